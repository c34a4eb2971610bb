/// JSON as it is spelled (RFC 8259): numbers keep their text, objects the order of their members.
enum JSONText {
  case null
  case bool(Bool)
  case number(Substring)
  case string(String)
  case array([JSONText])
  case object([(name: String, value: JSONText)])

  /// Reads a text that is one JSON value; offsets in errors are bytes of the text.
  init(_ text: String) throws(MalformedBSON) {
    var parser = Parser(bytes: Array(text.utf8))
    self = try parser.value(depth: 0)
    parser.skipBlanks()
    if parser.at < parser.bytes.count { throw parser.error("something follows the end") }
  }

  private struct Parser {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Documents nest to 200 levels in the server, and each value may take two more to spell.
    static let depth = 256
    /// What a value takes in memory is many times its text (`[0,0,…`, which compresses well). Those of a backup's
    /// metadata are a few for each collection, and a few more for each index.
    static let mostValues = 2_000_000
    private var values = 0

    func error(_ reason: String) -> MalformedBSON { MalformedBSON(reason, at: at) }

    mutating func skipBlanks() {
      while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      skipBlanks()
      guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
      at += 1
      return true
    }

    mutating func value(depth: Int) throws(MalformedBSON) -> JSONText {
      guard depth < Self.depth else { throw error("nested deeper than \(Self.depth)") }
      values += 1
      guard values <= Self.mostValues else { throw error("more than \(Self.mostValues) values") }
      skipBlanks()
      guard at < bytes.count else { throw error("ends too early") }
      switch bytes[at] {
      case UInt8(ascii: "{"): return try object(depth: depth)
      case UInt8(ascii: "["): return try array(depth: depth)
      case UInt8(ascii: "\""): return .string(try string())
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
      default:
        for (word, value) in [("null", JSONText.null), ("true", .bool(true)), ("false", .bool(false))]
        where bytes[at...].starts(with: word.utf8) {
          at += word.utf8.count
          return value
        }
        throw error("no JSON value")
      }
    }

    private mutating func object(depth: Int) throws(MalformedBSON) -> JSONText {
      at += 1
      var members: [(name: String, value: JSONText)] = []
      if skip("}") { return .object(members) }
      repeat {
        skipBlanks()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw error("no name of a member") }
        let name = try string()
        guard skip(":") else { throw error("no colon after a name") }
        members.append((name, try value(depth: depth + 1)))
      } while skip(",")
      guard skip("}") else { throw error("an object without an end") }
      return .object(members)
    }

    private mutating func array(depth: Int) throws(MalformedBSON) -> JSONText {
      at += 1
      var values: [JSONText] = []
      if skip("]") { return .array(values) }
      repeat { values.append(try value(depth: depth + 1)) } while skip(",")
      guard skip("]") else { throw error("an array without an end") }
      return .array(values)
    }

    private mutating func number() throws(MalformedBSON) -> Substring {
      let start = at
      if bytes[at] == UInt8(ascii: "-") { at += 1 }
      let leading = at
      let whole = digits()
      guard whole > 0, whole == 1 || bytes[leading] != UInt8(ascii: "0") else { throw error("no number") }
      if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
        at += 1
        guard digits() > 0 else { throw error("no digits after the point") }
      }
      if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
        at += 1
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at += 1 }
        guard digits() > 0 else { throw error("no digits in the exponent") }
      }
      return Substring(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func digits() -> Int {
      let start = at
      while at < bytes.count, 0x30...0x39 ~= bytes[at] { at += 1 }
      return at - start
    }

    private mutating func string() throws(MalformedBSON) -> String {
      at += 1
      var text: [UInt8] = []
      while at < bytes.count {
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
        case UInt8(ascii: "\\"): try escape(&text)
        case 0..<0x20:
          at -= 1
          throw error("a control character in a string")
        default: text.append(byte)
        }
      }
      throw error("a string without an end")
    }

    private mutating func escape(_ text: inout [UInt8]) throws(MalformedBSON) {
      guard at < bytes.count else { throw error("a string without an end") }
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"):
        var code = UInt32(try codeUnit())
        if 0xD800..<0xDC00 ~= code {
          guard bytes[at...].starts(with: "\\u".utf8) else { throw error("half of a surrogate pair") }
          at += 2
          let low = UInt32(try codeUnit())
          guard 0xDC00..<0xE000 ~= low else { throw error("half of a surrogate pair") }
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
        text += Array(String(scalar).utf8)
      default: throw error("an escape that there is not")
      }
    }

    private mutating func codeUnit() throws(MalformedBSON) -> UInt16 {
      let digits = bytes[at...].prefix(4)
      guard digits.count == 4, let pair = hexBytes(String(decoding: digits, as: UTF8.self)) else {
        throw error("no four hexadecimal digits")
      }
      at += 4
      return UInt16(pair[0]) << 8 | UInt16(pair[1])
    }
  }
}
