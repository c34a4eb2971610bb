internal import BSON
internal import Backups

/// Operations on their way to the server in one `applyOps`, already as its bytes.
struct LaneBatch: Sendable {
  /// How a collection is named in operations: the bytes of `ns`, and of `ui` where its UUID is the source's.
  struct Address: Sendable {
    let id: SourceCatalogue.ID
    let name: Namespace
    let fields: [UInt8]

    init(_ id: SourceCatalogue.ID, _ name: Namespace, uuid: UUIDBytes?) {
      self.id = id
      self.name = name
      var elements: [(String, Value)] = [("ns", .string(name.description))]
      if let uuid { elements.append(("ui", uuid.value)) }
      fields = Array(Document(elements).bytes.dropFirst(4).dropLast())
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

  /// The operations' documents, back to back.
  private(set) var bytes: [UInt8] = []
  private(set) var operations: [Operation] = []

  var isEmpty: Bool { operations.isEmpty }
  var count: Int { operations.count }

  /// Adds one operation on a document, reduced to what the server needs: the rest (`ts`, `t`, `lsid`, `wall`,
  /// `needsRetryImage`, …) is about the source's own history. Updates never insert: `b: false`.
  mutating func append(
    _ operation: OplogOperation, to address: Address, id: (type: ElementType, bytes: ArraySlice<UInt8>),
    at timestamp: Timestamp
  ) {
    let start = bytes.count
    bytes += [0, 0, 0, 0]
    bytes += [0x02, 0x6F, 0x70, 0, 2, 0, 0, 0, operation.kind.rawValue, 0]  // op: one letter
    bytes += address.fields
    if operation.kind == .update { bytes += [0x08, 0x62, 0, 0] }  // b: false
    if let object = operation.objectSlice {
      bytes += [0x03, 0x6F, 0]
      bytes += object
    }
    if operation.kind == .update, let object = operation.object2Slice {
      bytes += [0x03, 0x6F, 0x32, 0]
      bytes += object
    }
    bytes.append(0)
    let length = UInt32(bytes.count - start)
    for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    operations.append(
      Operation(
        address: address, kind: operation.kind, range: start..<bytes.count,
        id: [id.type.rawValue] + id.bytes, timestamp: timestamp))
  }

  /// The command that applies the operations of a range: not as one transaction, never inserting what an update
  /// doesn't find, past validators.
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
    let options: Document = ["allowAtomic": false, "alwaysUpsert": false, "bypassDocumentValidation": true]
    command += options.bytes.dropFirst(4)
    LaneBatch.setLength(&command, from: 0)
    return Document(validated: command[...])
  }

  private static func setLength(_ bytes: inout [UInt8], from start: Int) {
    let length = UInt32(bytes.count - start)
    for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
  }
}
