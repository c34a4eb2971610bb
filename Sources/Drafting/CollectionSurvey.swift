internal import BSON
internal import Facts

/// What was seen of one collection's documents: its fields, and the values by which others may refer to it.
///
/// The first documents are looked at as a whole; of all others only fields that matter are: `_id`, what may refer
/// to another collection, dates.
struct CollectionSurvey: Sendable {
  /// Deeper fields are not looked at.
  private static let deepest = 8
  /// The most fields of a collection.
  private static let mostFields = 600
  /// The most fields of one document: beyond it their names are taken for data.
  private static let mostChildren = 150
  /// Hashes that are kept of the values of a field, and of those of one that refers or is referred to by its name.
  private static let mostValues = 1 << 12
  private static let mostKeys = 1 << 22

  let facts: CollectionFacts
  /// The first is the document itself; the second is `_id`.
  private(set) var fields: [SurveyedField] = []
  private(set) var documents = 0
  private(set) var bytes = 0
  /// Of a collection of GridFS files: how many chunks they come to.
  private(set) var chunksOfFiles = 0
  /// Documents of which every field was looked at.
  private(set) var wideDocuments = 0
  private var isWide = true
  /// Paths by which others may refer to it: `_id`, and what a unique index says is one of a kind.
  let keyPaths: [String]
  private let memory: MemoryShare
  private let isOfFiles: Bool
  private var hasher = ValueHasher()

  init(_ facts: CollectionFacts, memory: MemoryShare) {
    self.facts = facts
    self.memory = memory
    isOfFiles = facts.namespace.collection.hasSuffix(".files")
    keyPaths = ["_id"] + facts.uniqueFields
    fields = [SurveyedField(path: "", depth: 0, keys: HashSample(largest: 16, memory: memory))]
    _ = add(name: "_id", hash: Self.hash("_id"), to: 0)
  }

  var namespace: Namespace { facts.namespace }

  /// Whether every field of every document was looked at.
  var isWhole: Bool { wideDocuments == documents }

  /// The fields, without those whose names are data, and those in arrays right within arrays, which no path reaches.
  var realFields: [SurveyedField] {
    let maps = fields.filter { $0.isMap || $0.nested > 0 }.map { Array("\($0.path).".utf8) }
    return fields.dropFirst().filter { field in !maps.contains { field.path.utf8.starts(with: $0) } }
  }

  /// The field of that path.
  func field(_ path: String) -> SurveyedField? { fields.first { $0.path.utf8.elementsEqual(path.utf8) } }

  /// Whether a field, or one that it lies in, is an array in some document; true, too, where not all were looked at.
  func mayHoldArray(_ path: String) -> Bool {
    let names = path.split(separator: ".", omittingEmptySubsequences: false)
    for count in 1...names.count {
      guard let field = field(names.prefix(count).joined(separator: ".")) else { return !isWhole }
      if field.arrays > 0 || !isWhole && !field.isOfAll { return true }
    }
    return false
  }

  // MARK: Taking documents

  /// Takes whole documents, back to back. After `wide` bytes in all, only fields that `matters` names are looked at.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, wide: Int, matters: (SurveyedField, CollectionFacts) -> Bool
  ) {
    guard let base = bytes.baseAddress else { return }
    var at = 0
    while at < bytes.count {
      let length = Int(unsafe base.loadUnaligned(fromByteOffset: at, as: Int32.self))
      unsafe walk(base + at, from: 0, field: 0)
      if isOfFiles { chunksOfFiles += unsafe chunks(ofFile: base + at) }
      at += length
      documents += 1
      self.bytes += length
      if isWide {
        wideDocuments += 1
        if self.bytes >= wide { narrow(matters) }
      }
    }
  }

  /// How many chunks a file of GridFS has, by its `length` and `chunkSize`.
  private func chunks(ofFile base: UnsafeRawPointer) -> Int {
    var sizes = (length: 0, chunk: 0)
    var at = 4
    while let element = unsafe elementOfValidBSON(base, at: at) {
      at = element.value.upperBound
      let name = unsafe UnsafeRawBufferPointer(
        start: base + element.name.lowerBound, count: element.name.count)
      let start = unsafe base + element.value.lowerBound
      let number: Int
      switch element.type {
      case .int32: number = Int(unsafe start.loadUnaligned(as: Int32.self))
      case .int64: number = Int(unsafe start.loadUnaligned(as: Int64.self))
      case .double: number = Int(exactly: unsafe start.loadUnaligned(as: Double.self)) ?? 0
      default: continue
      }
      if unsafe name.elementsEqual("length".utf8) { sizes.length = number }
      if unsafe name.elementsEqual("chunkSize".utf8) { sizes.chunk = number }
    }
    guard sizes.length > 0, sizes.chunk > 0 else { return 0 }
    return (sizes.length - 1) / sizes.chunk + 1
  }

  private mutating func walk(_ base: UnsafeRawPointer, from start: Int, field parent: Int) {
    var at = start + 4
    var next = 0
    var left = isWide ? Int.max : fields[parent].attended
    while left > 0, let element = unsafe elementOfValidBSON(base, at: at) {
      at = element.value.upperBound
      guard let child = unsafe child(of: parent, base, element.name, &next) else { continue }
      switch fields[child].attention {
      case .none: continue
      case .first: break
      case .all, .below: left -= 1
      }
      if isWide {
        fields[child].present += 1
        if fields[child].depth == 1 { fields[child].types[element.type, default: 0] += 1 }
      }
      unsafe note(base, element, child, inArray: false)
    }
  }

  private mutating func note(
    _ base: UnsafeRawPointer, _ element: RawElement, _ field: Int, inArray: Bool
  ) {
    switch element.type {
    case .null, .undefined: fields[field].nulls += 1
    case .document:
      fields[field].documents += 1
      // An `_id` may be a document, and is a value nevertheless.
      if field == 1, !inArray { fields[field].keys.insert(unsafe hasher.any(base, element).hash) }
      if isWide ? !fields[field].isMap : fields[field].attended > 0 {
        unsafe walk(base, from: element.value.lowerBound, field: field)
      }
    case .array where !inArray:
      fields[field].arrays += 1
      var at = element.value.lowerBound + 4
      while let inner = unsafe elementOfValidBSON(base, at: at) {
        at = inner.value.upperBound
        unsafe note(base, inner, field, inArray: true)
      }
    case .array: fields[field].nested += 1
    default:
      fields[field].values += 1
      if element.type == .date {
        let time = unsafe base.loadUnaligned(fromByteOffset: element.value.lowerBound, as: Int64.self)
        fields[field].latest = max(fields[field].latest ?? time, time)
        fields[field].dates += 1
      }
      if let (hash, kind) = unsafe hasher.key(base, element) {
        fields[field].classes[Int(kind.rawValue)] += 1
        fields[field].keys.insert(hash)
        if kind == .objectID, field == 1 {
          let seconds = unsafe base.loadUnaligned(fromByteOffset: element.value.lowerBound, as: UInt32.self)
          let time = Int64(UInt32(bigEndian: seconds)) * 1000
          fields[field].latest = max(fields[field].latest ?? time, time)
        }
      } else {
        fields[field].keyless += 1
        if field == 1 { fields[field].keys.insert(unsafe hasher.any(base, element).hash) }
      }
    }
  }

  // MARK: Fields

  /// The field of that name below another; nil when it is none to look at. `next` is where it is likely to be:
  /// documents of a collection mostly have their fields in one order.
  private mutating func child(
    of parent: Int, _ base: UnsafeRawPointer, _ name: Range<Int>, _ next: inout Int
  ) -> Int? {
    let hash = unsafe hashBytes(base + name.lowerBound, name.count, seed: 11)
    let count = fields[parent].children.count
    for step in 0..<count {
      var at = next + step
      if at >= count { at -= count }
      if fields[parent].children[at].name == hash {
        next = at + 1 == count ? 0 : at + 1
        return fields[parent].children[at].field
      }
    }
    guard isWide, !fields[parent].isMap, fields[parent].depth < Self.deepest else { return nil }
    guard fields[parent].children.count < Self.mostChildren else {
      fields[parent].isMap = true
      return nil
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: base + name.lowerBound, count: name.count)
    guard fields.count < Self.mostFields, let name = unsafe String(fieldName: bytes) else { return nil }
    next = 0
    return add(name: name, hash: hash, to: parent)
  }

  private mutating func add(name: String, hash: UInt64, to parent: Int) -> Int {
    let path = parent == 0 ? name : "\(fields[parent].path).\(name)"
    let isKey =
      keyPaths.contains { $0.utf8.elementsEqual(path.utf8) }
      || FieldName(path: path.split(separator: ".")).saysSo
    let keys = HashSample(largest: isKey ? Self.mostKeys : Self.mostValues, memory: memory)
    fields.append(SurveyedField(path: path, depth: fields[parent].depth + 1, keys: keys))
    fields[parent].children.append((hash, fields.count - 1))
    return fields.count - 1
  }

  private static func hash(_ name: String) -> UInt64 {
    let bytes = Array(name.utf8)
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe bytes.baseAddress.map { unsafe hashBytes($0, bytes.count, seed: 11) } ?? 0
    }
  }

  /// From here on, only what matters.
  private mutating func narrow(_ matters: (SurveyedField, CollectionFacts) -> Bool) {
    isWide = false
    for at in fields.indices.dropFirst() {
      let isWanted = at == 1 || matters(fields[at], facts)
      fields[at].attention = isWanted ? .all : .none
      // What was seen so far stays: it is enough for a guess.
    }
    // A field's fields come after it.
    for at in fields.indices.reversed() {
      for child in fields[at].children where fields[child.field].attention != .none {
        fields[at].attended += 1
      }
      if fields[at].attended > 0, at > 0, fields[at].attention == .none { fields[at].attention = .below }
    }
  }
}

extension String {
  /// A field's name that a path can hold; nil for others: empty ones, numbers (which would be an array's places), with
  /// a dot, a `$` (but those of a DBRef), or bytes that are no UTF-8.
  fileprivate init?(fieldName bytes: UnsafeRawBufferPointer) {
    guard unsafe !bytes.isEmpty, bytes.count <= 100,
      let name = unsafe String(validating: bytes, as: UTF8.self),
      !name.utf8.contains(UInt8(ascii: ".")), !name.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    if name.utf8.first == UInt8(ascii: "$"), !["$id", "$ref", "$db"].contains(name) { return nil }
    self = name
  }
}

extension CollectionFacts {
  /// Fields that a unique index on them alone makes one of a kind in every document that has them.
  var uniqueFields: [String] {
    indexes.compactMap { index in
      guard index.document["unique"]?.isTrue ?? false, index.document["collation"] == nil,
        index.document["partialFilterExpression"] == nil, index.key.names.count == 1
      else { return nil }
      return index.key.names[0]
    }
  }
}

extension IndexSpec {
  /// Whether it makes its fields' values one of a kind in all documents, compared byte by byte.
  var isPlainlyUnique: Bool {
    guard document["unique"]?.isTrue ?? false, !isIDIndex else { return false }
    let narrowing = ["partialFilterExpression", "sparse", "collation"]
    return narrowing.allSatisfy { document[$0] == nil || document[$0] == .bool(false) }
      && key.allSatisfy { $0.value.number != nil && !$0.name.contains("$") }
  }
}
