package import BSON
internal import Facts
package import Mongo
internal import Platform

extension WitnessRecord {
  /// Compares what was read in a batch with a server that stands at the batch's cluster time.
  ///
  /// `only` leaves other collections out; `renamed` says where one is on the server, nil when it isn't meant to be there.
  /// `limit` is how many differing documents of each collection are named. Up to `threads` collections, or ranges of
  /// one, are read at one time. Ordered by namespace; a collection of which nothing was read in the batch isn't in the
  /// result. Throws `MongoError` (50 when the time is up) and a failure of kind `interrupted`.
  package func compare(
    batch: Int, with pool: ClientPool, only: (@Sendable (Namespace) -> Bool)? = nil,
    renamed: @Sendable (Namespace) -> Namespace? = { $0 }, limit: Int = 5, threads: Int = 2,
    deadline: Double? = nil
  ) throws -> [CollectionComparison] {
    let meant = collections.compactMap { collection -> (WitnessedCollection, Namespace)? in
      guard collection.ranges.contains(where: { $0.batch == batch }),
        only?(collection.facts.namespace) ?? true, let name = renamed(collection.facts.namespace)
      else { return nil }
      return (collection, name)
    }
    let found = Monitor([CollectionComparison?](repeating: nil, count: meant.count))
    try Threads.forEach(below: meant.count, on: min(threads, pool.connections)) { index in
      let (collection, name) = meant[index]
      let work = ComparisonWork(
        collection, batch: batch, restored: name, pool: pool, documentsFile: documentsFile, limit: limit,
        deadline: deadline)
      // One large collection is left to its own threads.
      let own = max(1, min(threads / meant.count, pool.connections / max(1, threads)))
      let comparison = try work.run(threads: own)
      found.withLock { $0[index] = comparison }
    }
    return found.withLock { $0.compactMap(\.self) }
  }
}

/// The comparison of one collection.
private struct ComparisonWork: Sendable {
  let collection: WitnessedCollection
  let ranges: [WitnessedRange]
  let restored: Namespace
  let reading: CollectionReading
  let pool: ClientPool
  let documentsFile: String?
  let limit: Int

  init(
    _ collection: WitnessedCollection, batch: Int, restored: Namespace, pool: ClientPool,
    documentsFile: String?, limit: Int, deadline: Double?
  ) {
    self.collection = collection
    ranges = collection.ranges.filter { $0.batch == batch }
    self.restored = restored
    self.pool = pool
    self.documentsFile = documentsFile
    self.limit = limit
    reading = CollectionReading(
      WitnessedCollection.place(of: restored, collection.content), deadline: deadline)
  }

  func run(threads: Int) throws -> CollectionComparison {
    var comparison = CollectionComparison(
      collection.facts.namespace, restored: restored, ranges: ranges.count, rangesInAll: collection.cuts)
    comparison.expected = ranges.reduce(ContentDigest()) { $0.adding($1.digest) }
    comparison.isCapped = collection.facts.options["capped"]?.isTrue == true
    if let reason = collection.reason { comparison.notes.append(reason) }
    if !comparison.isComplete {
      comparison.notes.append("\(ranges.count) of \(collection.cuts) ranges were compared")
    }
    // Read as it lies, a collection takes a third of the time, and most are as they should be.
    if comparison.isComplete, ranges.count > 1 {
      comparison.found = try reading.digest(of: [.whole], from: pool)
      if comparison.found == comparison.expected { return comparison }
    }
    let found = Monitor([RangeComparison?](repeating: nil, count: ranges.count))
    try Threads.forEach(below: ranges.count, on: threads) { index in
      let range = try compare(ranges[index])
      found.withLock { $0[index] = range }
    }
    comparison.found = ContentDigest()
    for (range, found) in zip(ranges, found.withLock { $0 }) {
      guard let found else { continue }
      comparison.add(found, range, limit: limit)
    }
    if comparison.differing > 0, comparison.unknownRanges.isEmpty, comparison.samples.isEmpty, limit > 0 {
      comparison.notes.append("the documents of a time series have no _id to name them by")
    }
    return comparison
  }

  private func compare(_ range: WitnessedRange) throws -> RangeComparison {
    var comparison = RangeComparison()
    comparison.found = try reading.digest(of: [range.range], from: pool)
    if comparison.found == range.digest { return comparison }
    comparison.isDifferent = true
    guard let place = range.detail, let documentsFile else { return comparison }
    guard let known = DocumentsFile.read(place, from: documentsFile) else {
      comparison.isDetailLost = true
      return comparison
    }
    guard collection.content != .measurements else { return comparison }
    try comparison.name(known, range.range, reading, pool, limit: limit)
    return comparison
  }
}

/// The comparison of one range.
private struct RangeComparison: Sendable {
  var found = ContentDigest()
  var isDifferent = false
  /// Whether the single documents were compared.
  var isNamed = false
  /// Whether what was known of them can't be read any more.
  var isDetailLost = false
  var changed = 0
  var missing = 0
  var extra = 0
  var samples: [DocumentDifference] = []

  /// Reads the range again, and looks each document up.
  mutating func name(
    _ known: KnownDocuments, _ range: IDRange, _ reading: CollectionReading, _ pool: ClientPool, limit: Int
  ) throws {
    isNamed = true
    var seen = [Bool](repeating: false, count: known.entries.count)
    var (changed, extra) = (0, 0)
    var samples: [DocumentDifference] = []
    // By `_id`, also where the whole is one range.
    try unsafe reading.forEach(in: range, from: pool) { document in
      guard let base = document.baseAddress, let id = unsafe elementOfValidBSON(base, at: 4) else { return }
      var key: [UInt8] = []
      unsafe appendCanonicalKey(base, id, to: &key)
      var digest = ContentDigest()
      let first = unsafe digest.add(document)
      if let place = known.places[key] {
        seen[place] = true
        let entry = known.entries[place]
        if entry.digest == first { return }
        changed += 1
        guard changed <= limit else { return }
        let fields = known.leaves(of: entry).map { unsafe RangeComparison.fields($0, base) }
        samples.append(DocumentDifference(entry.id ?? .null, .changed(fields)))
      } else {
        extra += 1
        guard extra <= limit else { return }
        let copy = try unsafe Document(copying: document)
        samples.append(DocumentDifference(copy.first { _ in true }?.value ?? .null, .extra))
      }
    }
    for (place, isSeen) in seen.enumerated() where !isSeen {
      missing += 1
      if missing <= limit, let id = known.entries[place].id {
        samples.append(DocumentDifference(id, .missing))
      }
    }
    self.changed = changed
    self.extra = extra
    self.samples = samples
    // The digests differ and no document does: what is kept of it, 8 bytes, is the same by chance.
    if differing == 0 { isNamed = false }
  }

  private var differing: Int { changed + missing + extra }

  /// In which fields a document differs from what is known of it.
  private static func fields(_ known: [[UInt8]: [UInt32]], _ base: UnsafeRawPointer) -> [FieldDifference] {
    var paths: [[UInt8]] = [[]]
    var found: [[UInt8]: [UInt32]] = [:]
    var order: [[UInt8]] = []
    _ = unsafe Leaves.forEach(base) { parent, name, value, type in
      let path = unsafe parent == 0 ? Array(name) : paths[parent] + [UInt8(ascii: ".")] + Array(name)
      if let value = unsafe value {
        if found[path] == nil { order.append(path) }
        unsafe found[path, default: []].append(Leaves.checksum(type, value))
      }
      paths.append(path)
      return paths.count - 1
    }
    var differences: [FieldDifference] = []
    for path in order where found[path] != known[path] {
      differences.append(
        FieldDifference(String(decoding: path, as: UTF8.self), known[path] == nil ? .added : .changed))
    }
    let removed = known.keys.filter { found[$0] == nil }.sorted { $0.lexicographicallyPrecedes($1) }
    return differences + removed.map { FieldDifference(String(decoding: $0, as: UTF8.self), .removed) }
  }
}

extension CollectionComparison {
  fileprivate mutating func add(_ range: RangeComparison, _ witnessed: WitnessedRange, limit: Int) {
    found.add(range.found)
    guard range.isDifferent else { return }
    differingRanges += 1
    guard range.isNamed else {
      unknownRanges.append(witnessed.range)
      let lost = "the file of documents can't be read, or isn't the one that belongs to the witness"
      if range.isDetailLost, !notes.contains(lost) { notes.append(lost) }
      return
    }
    changed += range.changed
    missing += range.missing
    extra += range.extra
    samples = CollectionComparison.first(limit, of: samples + range.samples)
  }

  /// So many of each kind in turn, as far as there are any.
  private static func first(_ limit: Int, of all: [DocumentDifference]) -> [DocumentDifference] {
    var kinds = [[DocumentDifference]](repeating: [], count: 3)
    for difference in all {
      switch difference.kind {
      case .changed: kinds[0].append(difference)
      case .missing: kinds[1].append(difference)
      case .extra: kinds[2].append(difference)
      }
    }
    var rest = limit
    var share = [0, 0, 0]
    while rest > 0, zip(share, kinds).contains(where: { $0 < $1.count }) {
      for kind in 0..<3 where rest > 0 && share[kind] < kinds[kind].count {
        share[kind] += 1
        rest -= 1
      }
    }
    return zip(kinds, share).flatMap { $0.prefix($1) }
  }
}
