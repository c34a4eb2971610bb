/// A BSON value that owns its bytes: for metadata, commands, replies and scenarios, not for the documents of a
/// backup (those stay raw).
package enum Value: Sendable, Hashable {
  case double(Double)
  case string(String)
  case document(Document)
  case array(Document)
  case binary(subtype: UInt8, [UInt8])
  case undefined
  case objectID(ObjectID)
  case bool(Bool)
  /// Milliseconds since 1970-01-01 UTC.
  case date(Int64)
  case null
  case regex(pattern: String, options: String)
  case dbPointer(String, ObjectID)
  case code(String)
  case symbol(String)
  case codeWithScope(String, Document)
  case int32(Int32)
  case timestamp(Timestamp)
  case int64(Int64)
  case decimal128(low: UInt64, high: UInt64)
  case maxKey
  case minKey
}

/// Twelve bytes.
package struct ObjectID: Sendable, Hashable, CustomStringConvertible {
  /// The bytes, in their order.
  package var bytes: [UInt8]
  package init(bytes: [UInt8]) {
    precondition(bytes.count == 12)
    self.bytes = bytes
  }
  /// 24 hexadecimal digits.
  package var description: String { hexText(bytes) }
}

/// Lower-case hexadecimal digits, two a byte.
package func hexText(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

/// The bytes that hexadecimal digits spell; nil when `text` is something else.
package func hexBytes(_ text: some StringProtocol) -> [UInt8]? {
  let digits = Array(text.utf8)
  guard digits.count.isMultiple(of: 2) else { return nil }
  func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x37
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
  var bytes: [UInt8] = []
  for at in stride(from: 0, to: digits.count, by: 2) {
    guard let high = value(digits[at]), let low = value(digits[at + 1]) else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}

extension Value {
  /// A whole number of any numeric type that holds one exactly (a double only when it has no fraction).
  package var integer: Int64? {
    switch self {
    case .int32(let value): Int64(value)
    case .int64(let value): value
    case .double(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// A number as a double; nil for other types and for decimals.
  package var number: Double? {
    switch self {
    case .int32(let value): Double(value)
    case .int64(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// What the server takes for true in a command's reply or an option: `true`, or a number other than 0.
  package var isTrue: Bool {
    switch self {
    case .bool(let value): value
    default: number.map { $0 != 0 } ?? false
    }
  }

  /// The text of a string.
  package var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The sub-document, if it is one.
  package var document: Document? { if case .document(let value) = self { value } else { nil } }
  /// The array's elements, in order, if it is one.
  package var elements: [Value]? { if case .array(let value) = self { value.map(\.value) } else { nil } }
  /// The timestamp, if it is one.
  package var timestamp: Timestamp? { if case .timestamp(let value) = self { value } else { nil } }
  /// The bytes of binary data of subtype 4 (UUID), 16 of them.
  package var uuid: UUIDBytes? {
    if case .binary(subtype: 4, let bytes) = self, bytes.count == 16 { UUIDBytes(bytes) } else { nil }
  }

  /// An array of values.
  package static func list(_ values: [Value]) -> Value {
    var writer = DocumentWriter()
    for (index, value) in values.enumerated() { writer.append(value, String(index)) }
    return .array(writer.finished())
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An int32 where it fits, as the shell's drivers do.
  package init(integerLiteral value: Int64) {
    if let small = Int32(exactly: value) { self = .int32(small) } else { self = .int64(value) }
  }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(dictionaryLiteral elements: (String, Value)...) { self = .document(Document(elements)) }
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
}

/// The 16 bytes of a collection's UUID.
package struct UUIDBytes: Sendable, Hashable, CustomStringConvertible {
  // Two words rather than an array: replay looks one up for every entry.
  private let high: UInt64
  private let low: UInt64

  /// Takes 16 bytes, in the order in which they are stored.
  package init(_ bytes: some Collection<UInt8>) {
    precondition(bytes.count == 16)
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Takes the two halves, each with its first byte as the highest.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads 32 hexadecimal digits, with or without hyphens.
  package init?(_ text: some StringProtocol) {
    guard let bytes = hexBytes(String(text.filter { $0 != "-" })), bytes.count == 16 else { return nil }
    self.init(bytes)
  }

  /// The bytes, in the order in which they are stored.
  package var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }
  /// 32 hexadecimal digits, as mongodump's metadata writes them.
  package var description: String { hexText(bytes) }
  /// As a BSON value (binary, subtype 4).
  package var value: Value { .binary(subtype: 4, bytes) }
}
