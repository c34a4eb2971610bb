package import BSON

/// One operation of an oplog: an entry's own, or one inside an `applyOps`. It shares the entry's bytes, and
/// nothing of them is lost by decoding.
///
/// Source: the server's `OplogEntryBase` and `DurableReplOperation` (oplog_entry.idl).
package struct OplogOperation: Sendable {
  /// What it does.
  package enum Kind: UInt8, Sendable, Hashable {
    case noop = 0x6E  // n
    case insert = 0x69  // i
    case update = 0x75  // u
    case delete = 0x64  // d
    case command = 0x63  // c
    /// Anything else: `db` of ancient servers, the container and key operations of 8.3 (`ci`, `cd`, `cu`, `km`).
    case unknown = 0
  }

  /// The bytes of the document that it was read from.
  package let bytes: ArraySlice<UInt8>
  package let kind: Kind
  /// Where its `ns` lies, without length and NUL.
  private let namespaceBytes: Range<Int>
  /// The UUID of the collection it is about.
  package let uuid: UUIDBytes?
  private let objectBytes: Range<Int>?
  private let object2Bytes: Range<Int>?

  /// The namespace as it was when the operation happened, `db.collection` or `db.$cmd`.
  package var namespaceText: String { String(decoding: bytes[namespaceBytes], as: UTF8.self) }

  /// The namespace; nil for no-ops, which have none.
  package var namespace: Namespace? { Namespace(namespaceText) }

  /// Whether its `ns` is the same as that of another operation, byte for byte.
  package func hasSameNamespace(as other: OplogOperation) -> Bool {
    bytes[namespaceBytes].elementsEqual(other.bytes[other.namespaceBytes])
  }

  /// `o`: the document, the update or the command.
  package var object: Document? { objectBytes.map { Document(validated: bytes[$0]) } }
  /// `o2`: for updates the `_id` they are about.
  package var object2: Document? { object2Bytes.map { Document(validated: bytes[$0]) } }
  /// The bytes of `o`.
  package var objectSlice: ArraySlice<UInt8>? { objectBytes.map { bytes[$0] } }
  /// The bytes of `o2`.
  package var object2Slice: ArraySlice<UInt8>? { object2Bytes.map { bytes[$0] } }

  /// The command's name: the first field of `o`.
  package var commandName: String? { kind == .command ? object?.first { _ in true }?.name : nil }

  /// The `_id` of the document that it is about, as its bytes with their type; nil for commands and no-ops.
  package var documentID: (type: ElementType, bytes: ArraySlice<UInt8>)? {
    let holder = kind == .update ? object2Bytes : objectBytes
    guard kind == .insert || kind == .update || kind == .delete, let holder else { return nil }
    return RawFields(bytes[holder]).first(.id)
  }

  /// Reads the fields of a document that was checked. Nil when it is no operation: `op`, `ns` or `o` is missing or
  /// of another type.
  package init?(validated bytes: ArraySlice<UInt8>) {
    self.init(OplogFields(bytes))
  }

  init?(_ fields: OplogFields) {
    guard let kind = fields.kind, let namespace = fields.namespace else { return nil }
    guard kind == .noop || kind == .unknown || fields.object != nil else { return nil }
    bytes = fields.bytes
    self.kind = kind
    namespaceBytes = namespace
    uuid = fields.uuid
    objectBytes = fields.object
    object2Bytes = fields.object2
  }
}

/// The fields of an oplog document that somebody looks at, found in one walk.
struct OplogFields {
  let bytes: ArraySlice<UInt8>
  var kind: OplogOperation.Kind?
  var namespace: Range<Int>?
  var uuid: UUIDBytes?
  var object: Range<Int>?
  var object2: Range<Int>?
  var timestamp: Timestamp?
  var term: Int64 = -1
  var wall: Int64?
  var sessionID: Range<Int>?
  var transactionNumber: Int64?
  var previous: Range<Int>?
  var multiOpType: Int32?

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    for field in RawFields(bytes) {
      switch field.name {
      case .op: if field.type == .string { kind = kind(field.value) }
      case .ns: if field.type == .string { namespace = field.value.dropFirst(4).dropLast().indices }
      case .ui:
        if field.type == .binary, field.value.count == 21 { uuid = UUIDBytes(field.value.dropFirst(5)) }
      case .o: if field.type == .document { object = field.value.indices }
      case .o2: if field.type == .document { object2 = field.value.indices }
      case .ts:
        if field.type == .timestamp { timestamp = Timestamp(bits: UInt64(bitPattern: integer(field.value))) }
      case .t: if field.type == .int64 { term = integer(field.value) }
      case .wall: if field.type == .date { wall = integer(field.value) }
      case .lsid: if field.type == .document { sessionID = field.value.indices }
      case .txnNumber: if field.type == .int64 { transactionNumber = integer(field.value) }
      case .prevOpTime: if field.type == .document { previous = field.value.indices }
      case .multiOpType:
        if field.type == .int32 { multiOpType = Int32(truncatingIfNeeded: integer(field.value)) }
      default: break
      }
    }
  }

  /// A kind by its text: one letter.
  private func kind(_ value: ArraySlice<UInt8>) -> OplogOperation.Kind {
    value.count == 6 ? OplogOperation.Kind(rawValue: value[value.startIndex + 4]) ?? .unknown : .unknown
  }

  private func integer(_ value: ArraySlice<UInt8>) -> Int64 {
    value.reversed().reduce(0) { $0 << 8 | Int64($1) }
  }
}

/// The elements of a checked document as slices of its bytes.
struct RawFields: Sequence, IteratorProtocol {
  struct Field {
    /// At most eight bytes of the name; longer names are told apart from all shorter ones.
    var name: FieldName
    var type: ElementType
    var value: ArraySlice<UInt8>
  }

  private let bytes: ArraySlice<UInt8>
  private var at = 4

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  mutating func next() -> Field? {
    let position = at
    let element: RawElement? = unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, position < bytes.count else { return nil }
      return unsafe elementOfValidBSON(base, at: position)
    }
    guard let element else { return nil }
    at = element.value.upperBound
    let start = bytes.startIndex
    let name = bytes[start + element.name.lowerBound..<start + element.name.upperBound]
    return Field(
      name: FieldName(name), type: element.type,
      value: bytes[start + element.value.lowerBound..<start + element.value.upperBound])
  }

  /// The first field of that name.
  func first(_ name: FieldName) -> (type: ElementType, bytes: ArraySlice<UInt8>)? {
    for field in self where field.name == name { return (field.type, field.value) }
    return nil
  }
}

/// A short field name as a number, compared in one step; names of over 16 bytes are all alike and equal to none
/// of those here.
struct FieldName: Hashable {
  static let id = FieldName("_id".utf8)
  static let op = FieldName("op".utf8)
  static let ns = FieldName("ns".utf8)
  static let ui = FieldName("ui".utf8)
  static let o = FieldName("o".utf8)
  static let o2 = FieldName("o2".utf8)
  static let ts = FieldName("ts".utf8)
  static let t = FieldName("t".utf8)
  static let wall = FieldName("wall".utf8)
  static let lsid = FieldName("lsid".utf8)
  static let txnNumber = FieldName("txnNumber".utf8)
  static let prevOpTime = FieldName("prevOpTime".utf8)
  static let multiOpType = FieldName("multiOpType".utf8)

  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ bytes: some Collection<UInt8>) {
    if bytes.count > 16 {
      (low, high) = (.max, .max)
      return
    }
    for (index, byte) in bytes.enumerated() {
      if index < 8 { low |= UInt64(byte) << (8 * index) } else { high |= UInt64(byte) << (8 * (index - 8)) }
    }
  }
}
