/// Writes a document element by element.
package struct DocumentWriter: Sendable {
  private var bytes: [UInt8] = [0, 0, 0, 0]
  /// Where each open document began, the outermost first.
  private var open: [Int] = [0]

  package init() {}

  /// Bytes written so far, terminators of open documents not counted.
  package var count: Int { bytes.count }

  /// Appends one element.
  package mutating func append(_ value: Value, _ name: String) {
    switch value {
    case .double(let number):
      header(.double, name)
      integer(number.bitPattern)
    case .string(let value):
      header(.string, name)
      text(value)
    case .document(let value):
      header(.document, name)
      bytes += value.bytes
    case .array(let value):
      header(.array, name)
      bytes += value.bytes
    case .binary(let subtype, let value):
      header(.binary, name)
      integer(Int32(value.count))
      bytes.append(subtype)
      bytes += value
    case .undefined: header(.undefined, name)
    case .objectID(let id):
      header(.objectID, name)
      bytes += id.bytes
    case .bool(let value):
      header(.bool, name)
      bytes.append(value ? 1 : 0)
    case .date(let value):
      header(.date, name)
      integer(value)
    case .null: header(.null, name)
    case .regex(let pattern, let options):
      header(.regex, name)
      cString(pattern)
      cString(options)
    case .dbPointer(let value, let id):
      header(.dbPointer, name)
      text(value)
      bytes += id.bytes
    case .code(let value):
      header(.code, name)
      text(value)
    case .symbol(let value):
      header(.symbol, name)
      text(value)
    case .codeWithScope(let value, let scope):
      header(.codeWithScope, name)
      integer(Int32(4 + 4 + value.utf8.count + 1 + scope.bytes.count))
      text(value)
      bytes += scope.bytes
    case .int32(let value):
      header(.int32, name)
      integer(value)
    case .timestamp(let value):
      header(.timestamp, name)
      integer(value.bits)
    case .int64(let value):
      header(.int64, name)
      integer(value)
    case .decimal128(let low, let high):
      header(.decimal128, name)
      integer(low)
      integer(high)
    case .maxKey: header(.maxKey, name)
    case .minKey: header(.minKey, name)
    }
  }

  /// Appends a value's bytes as they are; they have to be a well-formed value of that type.
  package mutating func append(raw value: UnsafeRawBufferPointer, type: ElementType, _ name: String) {
    header(type, name)
    unsafe bytes.append(contentsOf: value)
  }

  /// The same for bytes of another document.
  package mutating func append(raw value: some Sequence<UInt8>, type: ElementType, _ name: String) {
    header(type, name)
    bytes += value
  }

  /// Opens a document (or an array) that the next elements belong to, until `close()`.
  package mutating func begin(_ name: String, array: Bool = false) {
    header(array ? .array : .document, name)
    open.append(bytes.count)
    bytes += [0, 0, 0, 0]
  }

  /// Closes the document that `begin` opened last.
  package mutating func close() {
    let start = open.removeLast()
    bytes.append(0)
    let length = Int32(bytes.count - start)
    for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
  }

  /// The document, with everything that was open closed.
  package consuming func finished() -> Document {
    while !open.isEmpty { close() }
    return Document(unchecked: bytes[...])
  }

  private mutating func header(_ type: ElementType, _ name: String) {
    bytes.append(type.rawValue)
    cString(name)
  }

  /// A name's or pattern's bytes up to a NUL, which ends them in BSON.
  private mutating func cString(_ text: String) {
    bytes += text.utf8.prefix { $0 != 0 }
    bytes.append(0)
  }

  private mutating func text(_ value: String) {
    integer(Int32(value.utf8.count + 1))
    bytes += value.utf8
    bytes.append(0)
  }

  private mutating func integer(_ value: some FixedWidthInteger) {
    unsafe withUnsafeBytes(of: value.littleEndian) { value in unsafe bytes.append(contentsOf: value) }
  }
}
