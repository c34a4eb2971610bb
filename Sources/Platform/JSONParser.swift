/// A text that is not JSON, and where.
package struct MalformedJSON: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, in lower case without a full stop.
  package var message: String
  /// The byte at which it was seen.
  package var offset: Int

  /// `message at byte 17`.
  package var description: String { "\(message) at byte \(offset)" }
}

extension JSON {
  /// Objects and arrays may lie in one another this deep; a text that goes deeper is refused.
  package static let deepestNesting = 200

  /// Reads one JSON text (RFC 8259) and nothing else: no comments, no trailing commas, no byte order mark, no
  /// key twice in an object, no surrogate without its partner, valid UTF-8. Whole numbers that an `Int64` holds
  /// become `.integer`, all others `.double`.
  package static func parse(_ bytes: [UInt8]) throws(MalformedJSON) -> JSON {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.at == bytes.count else { throw parser.error("text after the value's end") }
    return value
  }

  /// Reads one JSON text; see `parse(_:)` of bytes.
  package static func parse(_ text: String) throws(MalformedJSON) -> JSON { try parse(Array(text.utf8)) }
}

struct JSONParser {
  let bytes: [UInt8]
  var at = 0

  func error(_ message: String, at offset: Int? = nil) -> MalformedJSON {
    MalformedJSON(message: message, offset: offset ?? at)
  }

  var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  /// Passes over `byte` where it comes next (after space), and says whether it did.
  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte else { return false }
    at += 1
    return true
  }

  mutating func value(depth: Int) throws(MalformedJSON) -> JSON {
    skipSpace()
    guard depth <= JSON.deepestNesting else { throw error("nested too deeply") }
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case .some(let byte) where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return try number()
    case nil: throw error("the text ends where a value should stand")
    default: throw error("not a JSON value")
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(MalformedJSON) -> JSON {
    let text = Array("\(word)".utf8)
    guard bytes[at...].starts(with: text) else { throw error("not a JSON value") }
    at += text.count
    return value
  }

  private mutating func object(depth: Int) throws(MalformedJSON) -> JSON {
    at += 1
    var members: [JSON.Member] = []
    // Compared by their bytes: to Swift two spellings of one character are the same text.
    var keys: Set<[UInt8]> = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      let start = at
      guard next == UInt8(ascii: "\"") else { throw error("a key should stand here") }
      let key = try string()
      guard keys.insert(Array(key.utf8)).inserted else { throw error("a key stands twice", at: start) }
      guard take(UInt8(ascii: ":")) else { throw error("a colon should stand here") }
      members.append(JSON.Member(key, try value(depth: depth + 1)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("a comma or a closing brace should stand here") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(MalformedJSON) -> JSON {
    at += 1
    var values: [JSON] = []
    if take(UInt8(ascii: "]")) { return .array(values) }
    repeat { values.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("a comma or a closing bracket should stand here") }
    return .array(values)
  }

  private mutating func number() throws(MalformedJSON) -> JSON {
    let start = at
    var isWhole = true
    if next == UInt8(ascii: "-") { at += 1 }
    if next == UInt8(ascii: "0") { at += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      isWhole = false
      at += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isWhole = false
      at += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isWhole, let whole = Int64(text) { return .integer(whole) }
    guard let value = Double(text), value.isFinite else { throw error("a number too large", at: start) }
    return .double(value)
  }

  private mutating func digits() throws(MalformedJSON) {
    let start = at
    while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
    if at == start { throw error("a digit should stand here") }
  }
}

extension JSONParser {
  /// Reads a string from its opening quote through its closing one.
  mutating func string() throws(MalformedJSON) -> String {
    let start = at
    // Most have nothing to be unescaped: they are taken as they stand.
    let end = unsafe bytes.withUnsafeBufferPointer { unsafe JSONParser.plainEnd(of: $0, from: start + 1) }
    if end < bytes.count, bytes[end] == 0x22 {
      guard let valid = String(validating: bytes[(start + 1)..<end], as: UTF8.self) else {
        throw error("a string that is not UTF-8", at: start)
      }
      at = end + 1
      return valid
    }
    var text = Array(bytes[(start + 1)..<end])
    at = end
    while let byte = next {
      switch byte {
      case 0x22:
        at += 1
        guard let valid = String(validating: text, as: UTF8.self) else {
          throw error("a string that is not UTF-8", at: start)
        }
        return valid
      case 0x5C: try escape(into: &text)
      case 0..<0x20: throw error("a control character in a string")
      default:
        text.append(byte)
        at += 1
      }
    }
    throw error("a string without an end", at: start)
  }

  /// The first byte from `start` on that is a quote, a backslash or a control character; the count where none is.
  private static func plainEnd(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var at = start
    while at < bytes.count {
      let byte = unsafe bytes[at]
      if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
      at += 1
    }
    return at
  }

  private mutating func escape(into text: inout [UInt8]) throws(MalformedJSON) {
    let start = at
    at += 1
    guard let byte = next else { throw error("a string without an end", at: start) }
    at += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try unit()
      if (0xD800..<0xDC00).contains(code), bytes[at...].starts(with: [0x5C, UInt8(ascii: "u")]) {
        at += 2
        let low = try unit()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair", at: start) }
      text += Array(String(Character(scalar)).utf8)
    default: throw error("an unknown escape", at: start)
    }
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws(MalformedJSON) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt32
      switch next {
      case .some(let byte) where (0x30...0x39).contains(byte): digit = UInt32(byte) - 0x30
      case .some(let byte) where (0x41...0x46).contains(byte): digit = UInt32(byte) - 0x37
      case .some(let byte) where (0x61...0x66).contains(byte): digit = UInt32(byte) - 0x57
      default: throw error("a hexadecimal digit should stand here")
      }
      code = code << 4 | digit
      at += 1
    }
    return code
  }
}
