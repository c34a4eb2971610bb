internal import BSON
internal import Facts
package import Mongo
internal import Platform
package import Record

/// The recording of a witness: reads a source, and writes nothing to it.
///
/// A snapshot reaches back as far as the server keeps what was, five minutes by default. So the ranges are read in
/// batches, each at its own cluster time; a range that the server gives up meanwhile is read again in the next. What the
/// catalogue says has no time: it is read before the first batch and after the last, and what differs is left out.
package struct WitnessReading: Sendable {
  private let request: WitnessRequest
  private let pool: ClientPool
  private let events: EventSink

  package init(_ request: WitnessRequest, from pool: ClientPool, events: @escaping EventSink = { _ in }) {
    self.request = request
    self.pool = pool
    self.events = events
  }

  /// Reads it all, writes the file `path` and the one beside it, and returns what it wrote. After a failure, `interrupted`
  /// among them, neither is there, or what was there before.
  package func record(to path: String) throws -> WitnessRecord {
    let startedAt = WallTime(seconds: WallTime.now.seconds)
    let started = Clock.monotonic
    let source = try WitnessedSource(pool)
    let selection = NamespaceSelection(include: request.include, exclude: request.exclude)
    events(.phaseStarted("catalogue", total: nil))
    let before = try source.catalogue(selection.contains)
    if before.collections.isEmpty { throw Failure.nothingToWitness(isSelected: !request.include.isEmpty) }
    if request.include.isEmpty, !source.listsAllDatabases {
      events(.warning("the user sees only the databases that it may read: there may be others"))
    }
    let planned = try WitnessPlan(of: before, source, request, events)
    events(.phaseEnded(Phase("catalogue", seconds: Clock.monotonic - started)))

    let isLimited = request.detail == .auto
    let file = try DocumentsFile(of: path, limit: isLimited ? request.detailBytes : .max)
    defer { file.discard() }
    let work = WitnessWork(planned, source, request, file, events)
    try work.run()

    let after = try source.catalogue(selection.contains)
    var (batches, collections) = work.result()
    for index in collections.indices {
      collections[index].compare(with: after[collections[index].facts.namespace])
    }
    for facts in after.sorted where before[facts.namespace] == nil {
      collections.append(WitnessedCollection(facts, reason: "created while the source was read"))
    }
    collections.sort { $0.facts.namespace < $1.facts.namespace }
    WitnessReading.dropUnused(&batches, &collections)
    for collection in collections where collection.way == .none && collection.facts.kind != .view {
      events(.warning("\(collection.facts.namespace) is not witnessed: \(collection.reason ?? "unknown")"))
    }
    var record = WitnessRecord(
      tool: request.tool, startedAt: startedAt, endedAt: WallTime(seconds: WallTime.now.seconds),
      source: source.description,
      selection: WitnessRecord.Selection(
        include: request.include, exclude: request.exclude,
        sharePerMillion: Int((request.share * 1_000_000).rounded()), seed: request.seed),
      batches: batches, collections: collections)
    record.queries = try request.queries?() ?? []
    try Interruption.check()
    record.documentsFile = try file.finish()
    try record.write(to: path)
    return record
  }

  /// Batches of which no range is left; the others in the order of time.
  private static func dropUnused(
    _ batches: inout [WitnessRecord.Batch], _ collections: inout [WitnessedCollection]
  ) {
    let used = Set(collections.flatMap { $0.ranges.map(\.batch) })
    let order = used.sorted { batches[$0].timestamp < batches[$1].timestamp }
    var kept: [WitnessRecord.Batch] = []
    var numbers: [Int: Int] = [:]
    for old in order {
      // An idle source has the same cluster time for long.
      if kept.last?.timestamp != batches[old].timestamp { kept.append(batches[old]) }
      numbers[old] = kept.count - 1
    }
    for collection in collections.indices {
      for range in collections[collection].ranges.indices {
        let old = collections[collection].ranges[range].batch
        collections[collection].ranges[range].batch = numbers[old] ?? 0
      }
    }
    batches = kept
  }
}

/// Which namespaces are meant.
struct NamespaceSelection: Sendable {
  private let include: [NamespacePattern]
  private let exclude: [NamespacePattern]

  init(include: [String], exclude: [String]) {
    self.include = include.map { NamespacePattern($0) }
    self.exclude = exclude.map { NamespacePattern($0) }
  }

  func contains(_ namespace: Namespace) -> Bool {
    (include.isEmpty || include.contains { $0.matches(namespace) })
      && !exclude.contains { $0.matches(namespace) }
  }
}

extension WitnessedCollection {
  /// Takes back what can't be relied on, where the catalogue was another after the documents had been read.
  fileprivate mutating func compare(with after: CollectionFacts?) {
    guard let after, after.kind == facts.kind, after.uuid == facts.uuid else {
      way = .none
      reason =
        after == nil ? "dropped or renamed while the source was read" : "replaced while the source was read"
      ranges = []
      return
    }
    if after.options != facts.options { changed.append("options") }
    if after.indexes != facts.indexes { changed.append("indexes") }
  }
}
