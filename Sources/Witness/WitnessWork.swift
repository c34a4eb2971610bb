internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record

/// The reading of the planned ranges, batch after batch.
final class WitnessWork: Sendable {
  private struct State: Sendable {
    var batches: [WitnessRecord.Batch] = []
    /// For each planned item what was read of it.
    var read: [WitnessedRange?]
    var done = Amount()
  }

  /// How many batches in a row may bring nothing.
  private static let mostIdleBatches = 5

  private let plan: WitnessPlan
  private let source: WitnessedSource
  private let request: WitnessRequest
  private let file: DocumentsFile
  private let pace: Pace
  private let events: EventSink
  private let state: Monitor<State>
  private let unstable = Monitor<Set<Int>>([])

  init(
    _ plan: WitnessPlan, _ source: WitnessedSource, _ request: WitnessRequest, _ file: DocumentsFile,
    _ events: @escaping EventSink
  ) {
    self.plan = plan
    self.source = source
    self.request = request
    self.file = file
    self.events = events
    pace = Pace(request.maxRate)
    state = Monitor(State(read: Array(repeating: nil, count: plan.items.count)))
  }

  /// Reads everything.
  func run() throws {
    let started = Clock.monotonic
    events(.phaseStarted("documents", total: plan.total))
    try readRepeatedly()
    try readSnapshots()
    let done = state.withLock { $0.done }
    events(
      .phaseEnded(
        Phase("documents", seconds: Clock.monotonic - started, documents: done.documents, bytes: done.bytes)))
  }

  /// The batches, and the collections with their ranges.
  func result() -> ([WitnessRecord.Batch], [WitnessedCollection]) {
    let (batches, read) = state.withLock { ($0.batches, $0.read) }
    var collections = plan.collections
    for (item, range) in zip(plan.items, read) {
      if let range { collections[item.collection].ranges.append(range) }
    }
    for index in unstable.withLock({ $0 }) {
      collections[index].way = .none
      collections[index].ranges = []
      collections[index].reason =
        (collections[index].reason.map { "\($0); " } ?? "") + "it changed whenever it was read"
    }
    return (batches, collections)
  }

  private func begin(_ time: Timestamp) -> Int {
    state.withLock { state in
      state.batches.append(WitnessRecord.Batch(time))
      return state.batches.count - 1
    }
  }
}

// MARK: - At a cluster time

extension WitnessWork {
  private func readSnapshots() throws {
    var pending = plan.items.indices.filter { plan.collections[plan.items[$0].collection].way == .snapshot }
    let seconds = request.batchSeconds ?? max(0.5, source.window * 2 / 3)
    var idle = 0
    while !pending.isEmpty {
      let time = try source.majorityTime()
      let batch = begin(time)
      let ends = Clock.monotonic + seconds
      let isOver = Monitor<(isOver: Bool, refusal: MongoError?)>((false, nil))
      let now = pending
      try Threads.forEach(below: now.count, on: connections) { index in
        try Interruption.check()
        // At least one: a range that takes longer than a batch is none of the batch's business.
        if isOver.withLock({ $0.isOver }) || index > 0 && Clock.monotonic > ends { return }
        do {
          let item = now[index]
          let range = try read(
            item, batch, at: time, deadline: ends + max(source.window, 30), keepsDetail: true)
          state.withLock { $0.read[item] = range }
        } catch let error as MongoError {
          guard WitnessWork.mayBeReadAgain(error) else { throw explain(error, now[index]) }
          // SnapshotUnavailable concerns one collection; what else there is would fail for the others, too.
          isOver.withLock { $0 = ($0.isOver || error.code != 246, error) }
        }
      }
      let left = state.withLock { state in now.filter { state.read[$0] == nil } }
      if left.count == now.count {
        idle += 1
        let refusal = isOver.withLock { $0.refusal }
        guard idle < WitnessWork.mostIdleBatches else {
          throw refusal.map { $0.isConnectionLoss ? Failure.sourceLost($0) : .snapshotsTooOld($0) }
            ?? .snapshotsTooOld(nil)
        }
        Interruption.sleep(0.2 * Double(idle))
      } else {
        idle = 0
      }
      pending = left
    }
  }

  /// SnapshotTooOld; SnapshotUnavailable: the collection's definition has changed since; the time was up; the server
  /// can't be reached (now).
  private static func mayBeReadAgain(_ error: MongoError) -> Bool {
    // Of a member that steps down or is shut down: 91, 189, 10107, 11600, 11602, 13435, 13436.
    error.isConnectionLoss
      || [239, 246, 50, 91, 189, 10107, 11600, 11602, 13435, 13436, 43].contains(error.code)
  }

  private var connections: Int { max(1, min(request.connections, source.pool.connections)) }
}

// MARK: - Before and after a cluster time

extension WitnessWork {
  /// Reads what can't be read at a cluster time before it and after it: what is the same both times was so then.
  private func readRepeatedly() throws {
    var pending = Set(plan.collections.indices.filter { plan.collections[$0].way == .repeated })
    for _ in 0..<3 where !pending.isEmpty {
      let items = plan.items.indices.filter { pending.contains(plan.items[$0].collection) }
      let first = try all(items, at: nil, batch: 0, keepsDetail: false)
      let time = try source.majorityTime()
      let batch = begin(time)
      let second = try all(items, at: time, batch: batch, keepsDetail: true)
      let differing = Set(
        items.indices.filter { first[$0]?.digest != second[$0]?.digest }.map {
          plan.items[items[$0]].collection
        })
      for (index, item) in items.enumerated() where !differing.contains(plan.items[item].collection) {
        state.withLock { $0.read[item] = second[index] }
      }
      pending = differing
    }
    unstable.withLock { $0 = pending }
  }

  private func all(
    _ items: [Int], at time: Timestamp?, batch: Int, keepsDetail: Bool
  ) throws -> [WitnessedRange?] {
    let found = Monitor([WitnessedRange?](repeating: nil, count: items.count))
    try Threads.forEach(below: items.count, on: connections) { index in
      do {
        let range = try read(items[index], batch, at: time, deadline: nil, keepsDetail: keepsDetail)
        found.withLock { $0[index] = range }
      } catch let error as MongoError { throw explain(error, items[index]) }
    }
    return found.withLock { $0 }
  }
}

// MARK: - One range

extension WitnessWork {
  private func read(
    _ index: Int, _ batch: Int, at time: Timestamp?, deadline: Double?, keepsDetail: Bool
  ) throws -> WitnessedRange {
    let item = plan.items[index]
    let collection = plan.collections[item.collection]
    var reading = CollectionReading(collection.place, deadline: deadline)
    if collection.way == .repeated {
      reading.concern = .majority(after: time)
    } else {
      reading.snapshot = time
    }
    let level = keepsDetail ? plan.levels[item.collection] : .ranges
    var digest = ContentDigest()
    var details = DocumentDetails(level)
    var bytes = 0
    try unsafe reading.forEach(in: item.range, from: source.pool) { document in
      let first = unsafe digest.add(document)
      if level != .ranges { unsafe details.add(document, digest: first) }
      bytes += document.count
      if bytes >= 1 << 18 {
        advance(bytes, collection)
        bytes = 0
      }
    }
    advance(bytes, collection)
    state.withLock { $0.done.documents += digest.documents }
    var range = WitnessedRange(batch: batch, range: item.range, digest: digest)
    if level != .ranges, let bytes = details.finished() { range.detail = try file.append(bytes, level) }
    return range
  }

  private func advance(_ bytes: Int, _ collection: WitnessedCollection) {
    let done = state.withLock { state in
      state.done.bytes += bytes
      return state.done
    }
    events(
      .progress(
        Progress(
          phase: "documents", done: done, total: plan.total, current: [collection.facts.namespace.description]
        )))
    pace.take(bytes)
  }

  private func explain(_ error: MongoError, _ item: Int) -> Failure {
    .source(error, to: "read \(plan.collections[plan.items[item].collection].place)")
  }
}
