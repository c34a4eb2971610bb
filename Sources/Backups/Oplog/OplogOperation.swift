package import BSON
internal import Glibc

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

  /// Whether that is its `ns`, byte for byte.
  package func isAbout(_ namespace: Namespace) -> Bool {
    let (text, database, collection) = (
      bytes[namespaceBytes], namespace.database.utf8, namespace.collection.utf8
    )
    return text.count == database.count + 1 + collection.count && text.starts(with: database)
      && text[text.startIndex + database.count] == UInt8(ascii: ".")
      && text.suffix(collection.count).elementsEqual(collection)
  }

  /// Whether its `ns` is the same as that of another operation, byte for byte.
  package func hasSameNamespace(as other: OplogOperation) -> Bool {
    bytes[namespaceBytes].elementsEqual(other.bytes[other.namespaceBytes])
  }

  /// Whether it was read from the same bytes.
  func hasSameBytes(as other: OplogOperation) -> Bool {
    unsafe bytes.withUnsafeBytes { own in
      unsafe other.bytes.withUnsafeBytes { other in
        guard let first = own.baseAddress, let second = other.baseAddress else { return false }
        return unsafe own.count == other.count && memcmp(first, second, own.count) == 0
      }
    }
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
  var previous: Timestamp?
  var multiOpType: Int32?

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    let start = bytes.startIndex
    unsafe bytes.withUnsafeBytes { memory in
      guard let base = memory.baseAddress else { return }
      var at = 4
      while let element = unsafe elementOfValidBSON(base, at: at) {
        at = element.value.upperBound
        let name = unsafe FieldName(base, element.name)
        unsafe take(name, element, base, start)
      }
    }
  }

  /// Keeps one field; `start` is the index in `bytes` at which `base` lies.
  private mutating func take(
    _ name: FieldName, _ element: RawElement, _ base: UnsafeRawPointer, _ start: Int
  ) {
    let value = element.value
    let range = start + value.lowerBound..<start + value.upperBound
    func integer() -> Int64 {
      Int64(littleEndian: unsafe base.loadUnaligned(fromByteOffset: value.lowerBound, as: Int64.self))
    }
    switch (name, element.type) {
    case (.op, .string):
      // One letter.
      let letter = unsafe base.load(fromByteOffset: value.lowerBound + 4, as: UInt8.self)
      kind = value.count == 6 ? OplogOperation.Kind(rawValue: letter) ?? .unknown : .unknown
    case (.ns, .string): namespace = range.lowerBound + 4..<range.upperBound - 1
    case (.ui, .binary):
      func half(_ at: Int) -> UInt64 {
        UInt64(bigEndian: unsafe base.loadUnaligned(fromByteOffset: value.lowerBound + at, as: UInt64.self))
      }
      if value.count == 21 { uuid = UUIDBytes(high: half(5), low: half(13)) }
    case (.o, .document): object = range
    case (.o2, .document): object2 = range
    case (.ts, .timestamp): timestamp = Timestamp(bits: UInt64(bitPattern: integer()))
    case (.t, .int64): term = integer()
    case (.wall, .date): wall = integer()
    case (.lsid, .document): sessionID = range
    case (.txnNumber, .int64): transactionNumber = integer()
    case (.prevOpTime, .document):
      let inner = unsafe base + value.lowerBound
      var at = 4
      while let field = unsafe elementOfValidBSON(inner, at: at) {
        at = field.value.upperBound
        guard field.type == .timestamp, unsafe FieldName(inner, field.name) == .ts else { continue }
        let bits = unsafe inner.loadUnaligned(fromByteOffset: field.value.lowerBound, as: UInt64.self)
        previous = Timestamp(bits: UInt64(littleEndian: bits))
      }
    case (.multiOpType, .int32):
      multiOpType = Int32(
        littleEndian: unsafe base.loadUnaligned(fromByteOffset: value.lowerBound, as: Int32.self))
    default: break
    }
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
    let found: (element: RawElement, name: FieldName)? = unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, position < bytes.count,
        let element = unsafe elementOfValidBSON(base, at: position)
      else { return nil }
      return unsafe (element, FieldName(base, element.name))
    }
    guard let (element, name) = found else { return nil }
    at = element.value.upperBound
    let start = bytes.startIndex
    return Field(
      name: name, type: element.type,
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
  static let applyOps = FieldName("applyOps".utf8)

  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// The name that lies there in memory.
  init(_ base: UnsafeRawPointer, _ name: Range<Int>) {
    if name.count > 16 {
      (low, high) = (.max, .max)
      return
    }
    for at in name {
      let byte = UInt64(unsafe base.load(fromByteOffset: at, as: UInt8.self))
      let shift = 8 * UInt64(at - name.lowerBound)
      if shift < 64 { low |= byte << shift } else { high |= byte << (shift - 64) }
    }
  }

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
