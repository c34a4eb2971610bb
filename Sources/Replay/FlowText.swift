internal import BSON
internal import Platform

/// Reads one line of YAML or JSON, such as a person types in a shell: `{op: d, ns: shop.orders, _id: {$oid: …}}`.
struct FlowText {
  private let bytes: [UInt8]
  private var at = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The mapping that the text is, from its start to its end.
  mutating func document() throws(Failure) -> Document {
    skipSpaces()
    guard case .document(let document) = try value(depth: 0) else { throw .invalidMatch("not {…}", nil) }
    skipSpaces()
    guard at == bytes.count else { throw unexpected("the end") }
    return document
  }

  private mutating func value(depth: Int, asText: Bool = false) throws(Failure) -> Value {
    guard depth < 32 else { throw .invalidMatch("nested too deeply", nil) }
    switch peek {
    case UInt8(ascii: "{"): return try mapping(depth: depth)
    case UInt8(ascii: "["): return try sequence(depth: depth)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try quoted())
    default:
      let text = plain(until: ",]}")
      guard !text.isEmpty else { throw unexpected("a value") }
      return asText ? .string(text) : Self.scalar(text)
    }
  }

  private mutating func mapping(depth: Int) throws(Failure) -> Value {
    at += 1
    var elements: [(String, Value)] = []
    while true {
      skipSpaces()
      if take("}") { break }
      let isQuoted = peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'")
      let name = isQuoted ? try quoted() : plain(until: ":,{}[]")
      skipSpaces()
      guard !name.isEmpty, !name.utf8.contains(0), take(":") else { throw unexpected("NAME: VALUE") }
      guard !elements.contains(where: { $0.0.utf8.elementsEqual(name.utf8) }) else {
        throw .invalidMatch("\"\(name)\" stands twice", nil)
      }
      skipSpaces()
      // The wrappers of Extended JSON hold their numbers as text.
      elements.append((name, try value(depth: depth + 1, asText: name.hasPrefix("$"))))
      skipSpaces()
      if !take(",") {
        guard take("}") else { throw unexpected("a comma or }") }
        break
      }
    }
    let document = Document(elements)
    guard let first = elements.first, first.0.hasPrefix("$") else { return .document(document) }
    let text = Document([("v", .document(document))]).extendedJSON(relaxed: true)
    guard let value = try? Document(extendedJSON: text)["v"], value.document == nil else {
      throw .invalidMatch("\(first.0) is no type of Extended JSON, or not written as one", nil)
    }
    return value
  }

  private mutating func sequence(depth: Int) throws(Failure) -> Value {
    at += 1
    var values: [Value] = []
    while true {
      skipSpaces()
      if take("]") { return .list(values) }
      values.append(try value(depth: depth + 1))
      skipSpaces()
      if !take(",") {
        guard take("]") else { throw unexpected("a comma or ]") }
        return .list(values)
      }
    }
  }

  /// A text in quotes: double ones as in JSON, single ones with `''` for one of them.
  private mutating func quoted() throws(Failure) -> String {
    let quote = bytes[at]
    let start = at
    at += 1
    var text: [UInt8] = []
    while let byte = peek {
      at += 1
      if byte == quote {
        guard quote == UInt8(ascii: "'") else {
          let json = String(decoding: bytes[start..<at], as: UTF8.self)
          guard let value = try? Document(extendedJSON: "{\"v\":\(json)}")["v"]?.string else { break }
          return value
        }
        guard peek == quote else { return String(decoding: text, as: UTF8.self) }
        at += 1
      } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        at += 1
      }
      text.append(byte)
    }
    throw .invalidMatch("a quoted text without an end", nil)
  }

  /// A text without quotes, up to one of these characters; spaces around it are no part of it.
  private mutating func plain(until ends: String) -> String {
    let start = at
    while let byte = peek, !ends.utf8.contains(byte) { at += 1 }
    var end = at
    while end > start, Self.isSpace(bytes[end - 1]) { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// What YAML's core schema makes of a plain text.
  private static func scalar(_ text: String) -> Value {
    switch text {
    case "null", "~": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: break
    }
    if let value = Int64(text) { return Value(integerLiteral: value) }
    let isNumber = text.utf8.allSatisfy { 0x30...0x39 ~= $0 || "+-.eE".utf8.contains($0) }
    if isNumber, let value = Double(text) { return .double(value) }
    return .string(text)
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func skipSpaces() { while let byte = peek, Self.isSpace(byte) { at += 1 } }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private func unexpected(_ wanted: String) -> Failure {
    let found =
      at < bytes.count ? "\"\(String(decoding: bytes[at...].prefix(12), as: UTF8.self))\"" : "the end"
    return .invalidMatch("\(wanted) expected at character \(at + 1), where there is \(found)", nil)
  }
}
