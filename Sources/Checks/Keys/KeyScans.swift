internal import BSON

/// Counts the keys that refer to something.
struct ReferenceCount: Scan {
  /// How many there are of what.
  struct Tally: Sendable {
    /// Keys without a missing or null part.
    var references = 0
    var missing = 0
    var null = 0
  }

  private let fields: KeyFields
  private let memory: KeyMemory
  private let part: HashPart
  /// None before the first document, so that no two parts of a reading share one.
  private var own: KeyTable?
  private(set) var tally = Tally()
  private var scratch: [UInt8] = []

  init(_ fields: KeyFields, _ memory: KeyMemory, of part: HashPart = .all) {
    self.fields = fields
    self.memory = memory
    self.part = part
  }

  var reads: DocumentPart { .fields(fields.names) }

  /// How often each was seen.
  var table: KeyTable { own ?? KeyTable(memory, of: part) }

  mutating func see(_ document: RawDocument) throws {
    let table = table
    if own == nil { own = table }
    var more = tally
    try fields.forEach(in: document, &scratch) { key, _ in
      switch key {
      case .missing, .partial(_, isMissing: true): more.missing += 1
      case .null, .undefined, .partial: more.null += 1
      case .hash(let hash):
        more.references += 1
        try table.add(hash)
      }
    }
    tally = more
  }

  mutating func append(_ next: ReferenceCount) throws {
    tally.references += next.tally.references
    tally.missing += next.tally.missing
    tally.null += next.tally.null
    if let own, let more = next.own { try own.append(more) } else { own = own ?? next.own }
  }
}

/// Counts the keys of an index, each once a document.
struct IndexCount: Scan {
  private let fields: KeyFields
  /// Whether keys with nothing in them are left out.
  private let ignoresNull: Bool
  private let memory: KeyMemory
  private let part: HashPart
  private var own: KeyTable?
  private(set) var documents = 0
  /// Those with a key that has nothing in it: null, undefined or missing.
  private(set) var null = 0
  private var scratch: [UInt8] = []
  private var found: [KeyHash] = []

  init(_ fields: KeyFields, ignoringNull: Bool, _ memory: KeyMemory, of part: HashPart = .all) {
    self.fields = fields
    ignoresNull = ignoringNull
    self.memory = memory
    self.part = part
  }

  var reads: DocumentPart { .fields(fields.names) }

  /// How many documents have each.
  var table: KeyTable { own ?? KeyTable(memory, of: part) }

  mutating func see(_ document: RawDocument) throws {
    documents += 1
    let table = table
    if own == nil { own = table }
    var hasNull = false
    var (first, count): (KeyHash?, Int) = (nil, 0)
    found.removeAll(keepingCapacity: true)
    try fields.forEach(in: document, &scratch) { [ignoresNull] key, _ in
      let (hash, isNull) = key.indexed
      hasNull = hasNull || isNull
      if isNull, ignoresNull { return }
      // Most documents have one key.
      if count == 0 { first = hash } else { found.append(hash) }
      count += 1
    }
    if hasNull { null += 1 }
    guard let first else { return }
    try table.add(first)
    guard count > 1 else { return }
    for hash in Set(found).subtracting([first]) { try table.add(hash) }
  }

  mutating func append(_ next: IndexCount) throws {
    documents += next.documents
    null += next.null
    if let own, let more = next.own { try own.append(more) } else { own = own ?? next.own }
  }
}

extension KeyFields.Key {
  /// What stands in an index for it, and whether there is nothing in it.
  var indexed: (KeyHash, isNull: Bool) {
    switch self {
    case .missing, .null: (.null, true)
    case .undefined: (.undefined, true)
    case .partial(let hash, _): (hash, true)
    case .hash(let hash): (hash, false)
    }
  }
}

/// Which positions of a table were met.
struct Marks: Sendable {
  private var words: [UInt64]

  init(_ count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

  subscript(_ position: Int) -> Bool { words[position >> 6] >> UInt64(position & 63) & 1 == 1 }

  mutating func set(_ position: Int) { words[position >> 6] |= 1 << UInt64(position & 63) }

  mutating func formUnion(_ other: Marks) { for at in words.indices { words[at] |= other.words[at] } }
}

/// Looks which keys of a table are there to be referred to.
struct ReferredKeys: Scan {
  private let fields: KeyFields
  private let table: KeyTable
  private(set) var found: Marks
  private var scratch: [UInt8] = []

  init(_ fields: KeyFields, in table: KeyTable) {
    self.fields = fields
    self.table = table
    found = Marks(table.positions)
  }

  var reads: DocumentPart { .fields(fields.names) }

  mutating func see(_ document: RawDocument) throws {
    let table = table
    var position: Int?
    var more: [Int] = []
    try fields.forEach(in: document, &scratch) { key, _ in
      guard case .hash(let hash) = key, let at = table.position(of: hash) else { return }
      if position == nil { position = at } else { more.append(at) }
    }
    if let position { found.set(position) }
    for position in more { found.set(position) }
  }

  mutating func append(_ next: ReferredKeys) { found.formUnion(next.found) }
}

/// The first few documents that have one of certain keys of a table, and some of these keys.
struct KeySamples: Scan {
  /// Keys that are kept as values.
  private static let most = 20

  private let fields: KeyFields
  private let table: KeyTable
  private let isWanted: @Sendable (Int) -> Bool
  private let limit: Int
  private(set) var documents: Samples
  private var taken = 0
  private(set) var values: [Value] = []
  private var known: Set<Int> = []
  private var scratch: [UInt8] = []

  /// At most `limit` documents. `isWanted` tells by positions.
  init(
    _ limit: Int, _ fields: KeyFields, in table: KeyTable, where isWanted: @escaping @Sendable (Int) -> Bool
  ) {
    self.limit = limit
    documents = Samples(limit)
    self.fields = fields
    self.table = table
    self.isWanted = isWanted
  }

  var reads: DocumentPart { .fields(fields.names) }
  var isDone: Bool { taken >= max(1, limit) }

  mutating func see(_ document: RawDocument) throws {
    guard !isDone else { return }
    var met: [(position: Int, value: RawValue?)] = []
    let (table, isWanted, isIndex) = (table, isWanted, fields.manner == .indexed)
    try fields.forEach(in: document, &scratch) { key, value in
      let hash: KeyHash
      switch key {
      case .hash(let plain): hash = plain
      case .missing, .null, .undefined, .partial:
        guard isIndex else { return }
        hash = key.indexed.0
      }
      guard let at = table.position(of: hash), isWanted(at) else { return }
      met.append((at, value))
    }
    guard !met.isEmpty else { return }
    taken += 1
    documents.add(document)
    for (position, value) in met where values.count < KeySamples.most && known.insert(position).inserted {
      values.append(value?.value ?? fields.tupleValue(in: document))
    }
  }

  mutating func append(_ next: KeySamples) {
    let room = max(0, max(1, limit) - taken)
    guard room > 0 else { return }
    taken += min(room, next.taken)
    documents.append(next.documents)
    values += next.values.prefix(KeySamples.most - values.count)
  }
}

extension KeyFields {
  /// The values of a key of several fields, by their paths.
  fileprivate func tupleValue(in document: RawDocument) -> Value {
    .document(Document(paths.map { ($0.description, $0.value(in: document)?.value ?? .null) }))
  }
}
