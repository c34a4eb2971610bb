/// A JSON value whose objects keep the order of their keys, and its text (RFC 8259).
package enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number; infinities and NaN, which JSON lacks, are written as null.
  case double(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  /// A key and its value.
  package struct Member: Sendable, Hashable {
    package var key: String
    package var value: JSON
    package init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// An object from pairs in their order; pairs whose value is nil are left out.
  package static func record(_ pairs: KeyValuePairs<String, JSON?>) -> JSON {
    .object(pairs.compactMap { key, value in value.map { Member(key, $0) } })
  }

  /// The value under a key of an object.
  package subscript(key: String) -> JSON? {
    if case .object(let members) = self { members.first { $0.key == key }?.value } else { nil }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
  package init(nilLiteral: ()) { self = .null }
}

extension JSON {
  /// Its text: on one line, or with two spaces of indentation a level (and no newline at the end).
  package func text(pretty: Bool = false) -> String {
    var bytes: [UInt8] = []
    write(to: &bytes, indentation: pretty ? 0 : nil)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func write(to bytes: inout [UInt8], indentation: Int?) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .double(let value):
      if !value.isFinite {
        bytes += "null".utf8
      } else if let whole = Int64(exactly: value) {
        bytes += String(whole).utf8
      } else {
        bytes += "\(value)".utf8
      }
    case .string(let value): JSON.quote(value, to: &bytes)
    case .array(let values):
      JSON.list(values, "[", "]", to: &bytes, indentation) { value, bytes, inner in
        value.write(to: &bytes, indentation: inner)
      }
    case .object(let members):
      JSON.list(members, "{", "}", to: &bytes, indentation) { member, bytes, inner in
        JSON.quote(member.key, to: &bytes)
        bytes += (inner == nil ? ":" : ": ").utf8
        member.value.write(to: &bytes, indentation: inner)
      }
    }
  }

  private static func list<Item>(
    _ items: [Item], _ start: String, _ end: String, to bytes: inout [UInt8], _ indentation: Int?,
    _ write: (Item, inout [UInt8], Int?) -> Void
  ) {
    bytes += start.utf8
    for (index, item) in items.enumerated() {
      if index > 0 { bytes += ",".utf8 }
      newline(indentation.map { $0 + 1 }, to: &bytes)
      write(item, &bytes, indentation.map { $0 + 1 })
    }
    if !items.isEmpty { newline(indentation, to: &bytes) }
    bytes += end.utf8
  }

  private static func newline(_ level: Int?, to bytes: inout [UInt8]) {
    guard let level else { return }
    bytes.append(0x0A)
    bytes += repeatElement(0x20, count: 2 * level)
  }

  private static func quote(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(0x22)
    let start = bytes.count
    var isASCII = true
    for byte in text.utf8 {
      switch byte {
      case 0x22: bytes += "\\\"".utf8
      case 0x5C: bytes += "\\\\".utf8
      case 0x0A: bytes += "\\n".utf8
      case 0x0D: bytes += "\\r".utf8
      case 0x09: bytes += "\\t".utf8
      case 0..<0x20, 0x7F: escape(UInt32(byte), to: &bytes)
      default:
        bytes.append(byte)
        if byte >= 0x80 { isASCII = false }
      }
    }
    if !isASCII { spellOut(from: start, in: &bytes) }
    bytes.append(0x22)
  }

  private static func escape(_ unit: UInt32, to bytes: inout [UInt8]) {
    let hex = String(unit, radix: 16)
    bytes += ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8
  }

  /// What a terminal would obey (controls beyond ASCII) and what turns the direction of writing or breaks a line is
  /// spelled out, too: it is the same text to whoever parses it.
  private static func spellOut(from start: Int, in bytes: inout [UInt8]) {
    let text = String(decoding: bytes[start...], as: UTF8.self)
    guard text.unicodeScalars.contains(where: isUnsafe) else { return }
    bytes.removeSubrange(start...)
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) { escape(scalar.value, to: &bytes) } else { bytes += String(scalar).utf8 }
    }
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x80...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
    default: false
    }
  }
}
