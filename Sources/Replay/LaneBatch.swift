internal import BSON
internal import Backups

/// Operations on their way to the server in one `applyOps`, already as its bytes.
struct LaneBatch: Sendable {
  /// How a collection is named in operations: the bytes of `ns`. Its name in the sandbox is enough: it stays the
  /// same while operations are applied.
  struct Address: Sendable {
    let id: SourceCatalogue.ID
    let name: Namespace
    let fields: [UInt8]

    init(_ id: SourceCatalogue.ID, _ name: Namespace) {
      self.id = id
      self.name = name
      let field: Document = ["ns": .string(name.description)]
      fields = Array(field.bytes.dropFirst(4).dropLast())
    }
  }

  /// One operation of the batch.
  struct Operation: Sendable {
    let address: Address
    let kind: OplogOperation.Kind
    /// Where its document lies in `bytes`.
    let range: Range<Int>
    /// Its `_id`, with its type in front; what a missing document is known by.
    let id: ArraySlice<UInt8>
    let timestamp: Timestamp
  }

  private let form: ApplyForm
  /// The operations' documents, back to back.
  private(set) var bytes: [UInt8] = []
  private(set) var operations: [Operation] = []

  init(_ form: ApplyForm) { self.form = form }

  var isEmpty: Bool { operations.isEmpty }
  var count: Int { operations.count }

  /// Adds one operation on a document, reduced to what the server needs: the rest (`ts`, `t`, `lsid`, `wall`,
  /// `needsRetryImage`, …) is about the source's own history. Updates never insert: `b: false`.
  mutating func append(
    _ operation: OplogOperation, to address: Address, id: (type: ElementType, bytes: ArraySlice<UInt8>),
    at timestamp: Timestamp
  ) {
    guard let object = operation.objectSlice else { return }
    let key: ArraySlice<UInt8> = [id.type.rawValue] + id.bytes
    let isUpdate = operation.kind == .update
    append(
      operation.kind, object, isUpdate ? operation.object2Slice : nil, to: address, id: key, at: timestamp)
    guard operation.kind == .insert || isUpdate, let empty = LaneBatch.zeroTimestamps(in: object) else {
      return
    }
    var holder = DocumentWriter()
    holder.append(raw: id.bytes, type: id.type, "_id")
    append(.update, form.setting(empty).bytes, holder.finished().bytes, to: address, id: key, at: timestamp)
  }

  private mutating func append(
    _ kind: OplogOperation.Kind, _ object: ArraySlice<UInt8>, _ object2: ArraySlice<UInt8>?,
    to address: Address, id: ArraySlice<UInt8>, at timestamp: Timestamp
  ) {
    let start = bytes.count
    bytes += [0, 0, 0, 0]
    bytes += [0x02, 0x6F, 0x70, 0, 2, 0, 0, 0, kind.rawValue, 0]  // op: one letter
    bytes += address.fields
    if kind == .update { bytes += [0x08, 0x62, 0, 0] }  // b: false
    bytes += [0x03, 0x6F, 0]
    bytes += object
    if let object2 {
      bytes += [0x03, 0x6F, 0x32, 0]
      bytes += object2
    }
    bytes.append(0)
    LaneBatch.setLength(&bytes, from: start)
    operations.append(
      Operation(address: address, kind: kind, range: start..<bytes.count, id: id, timestamp: timestamp))
  }

  /// A document's own empty timestamps, to be given back to it, nil where it has none: in the place of those at its
  /// top, the server puts its time whenever a whole document replaces another.
  private static func zeroTimestamps(in object: ArraySlice<UInt8>) -> Document? {
    let names = unsafe object.withUnsafeBytes { object -> [Range<Int>] in
      guard let base = object.baseAddress else { return [] }
      var names: [Range<Int>] = []
      var at = 4
      while let element = unsafe elementOfValidBSON(base, at: at) {
        if element.type == .timestamp,
          unsafe object.loadUnaligned(fromByteOffset: element.value.lowerBound, as: UInt64.self) == 0
        {
          names.append(element.name)
        }
        at = element.value.upperBound
      }
      return names
    }
    if names.isEmpty { return nil }
    var fields: [(String, Value)] = []
    for name in names {
      let text = String(
        decoding: object[object.startIndex + name.lowerBound..<object.startIndex + name.upperBound],
        as: UTF8.self)
      if text != "_id" { fields.append((text, .timestamp(Timestamp(bits: 0)))) }
    }
    return fields.isEmpty ? nil : Document(fields)
  }

  /// The command that applies the operations of a range.
  func command(_ range: Range<Int>) -> Document {
    var command: [UInt8] = [0, 0, 0, 0, 0x04]
    command.reserveCapacity(bytes.count + 16 * operations.count + 128)
    command += "applyOps".utf8
    command.append(0)
    let list = command.count
    command += [0, 0, 0, 0]
    for (index, at) in range.enumerated() {
      command.append(0x03)
      command += String(index).utf8
      command.append(0)
      command += bytes[operations[at].range]
    }
    command.append(0)
    LaneBatch.setLength(&command, from: list)
    command += form.options.bytes.dropFirst(4)
    LaneBatch.setLength(&command, from: 0)
    return Document(validated: command[...])
  }

  private static func setLength(_ bytes: inout [UInt8], from start: Int) {
    let length = UInt32(bytes.count - start)
    for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
  }
}
