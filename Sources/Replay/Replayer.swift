package import BSON
package import Backups
package import Mongo
internal import Platform
package import Record

/// Applies the document operations of an oplog to a sandbox, on several lanes.
package struct Replayer: Sendable {
  /// What a replay did.
  package struct Result: Sendable {
    package var ledger: Ledger
    /// Operations that the server refused, or updates whose document was not there and that no delete explains;
    /// each with the collection in the sandbox, the `_id` where there is one, and what happened. The first few.
    package var problems: [Problem]
    package var problemCount: Int
  }

  /// One operation that did not do what it did on the source.
  package struct Problem: Sendable, Hashable {
    package var namespace: Namespace
    package var id: String?
    package var timestamp: Timestamp
    package var message: String
  }

  private let pool: ClientPool
  private let plan: ReplayPlan
  private let after: Timestamp?
  private let destinations: [SourceCatalogue.ID: Namespace]
  private let laneCount: Int
  private let events: EventSink

  /// `destinations` are the collections that are wanted, by their names in the sandbox (that of the buckets for a
  /// time series); operations on others are skipped and counted. What was committed through `after` is in the sandbox already.
  package init(
    plan: ReplayPlan, after: Timestamp? = nil, destinations: [SourceCatalogue.ID: Namespace],
    pool: ClientPool, lanes: Int? = nil,
    events: @escaping EventSink
  ) {
    self.plan = plan
    self.after = after
    self.destinations = destinations
    self.pool = pool
    laneCount = lanes ?? Machine.cores + 1
    self.events = events
  }

  /// Replays the plan's interval. `cursor` starts where the plan's did, over the same files. Throws `MongoError`
  /// when the server is gone and `Failure` on interruption or when the files have changed.
  package func run(base: [BackedUpCollection], _ cursor: any OplogCursor) throws -> Result {
    let form = try ApplyForm(of: pool)
    let lanes = (0..<laneCount).map { _ in Lane(pool: pool, isPartial: plan.isPartial) }
    let dispatcher = Monitor<Dispatcher?>(nil)
    let cancel: @Sendable (any Error) -> Void = { _ in for lane in lanes { lane.channel.cancel() } }
    nonisolated(unsafe) let cursor = cursor
    try Threads.concurrently(lanes.count + 1, onFirstError: cancel) { index in
      if index > 0 { return try lanes[index - 1].run() }
      var work = Dispatcher(
        plan: plan, after: after, base: base, destinations: destinations, lanes: lanes, pool: pool,
        form: form,
        events: events)
      try unsafe work.run(cursor)
      for lane in lanes { lane.channel.close() }
      dispatcher.withLock { $0 = work }
    }
    guard let work = dispatcher.withLock({ $0 }) else {
      throw Failure(.internal, "replay-without-end", "the replay ended without a result")
    }
    return result(work.ledger, lanes.map(\.findings))
  }

  private func result(_ ledger: Ledger, _ findings: [Lane.State]) -> Result {
    var result = Result(ledger: ledger, problems: [], problemCount: 0)
    for state in findings {
      result.ledger.explainedUpdates += state.explained
      result.problemCount += state.refusalCount
      result.problems += state.refusals.map {
        Problem(namespace: $0.address.name, id: nil, timestamp: $0.timestamp, message: $0.message)
      }
      result.ledger.updatesOutsideBase += state.outsideBase
      result.problemCount += state.missing.count
      result.problems += state.missing.sorted { $0.value < $1.value }.prefix(20).compactMap {
        missing, timestamp in
        destinations[missing.collection].map {
          Problem(
            namespace: $0, id: missing.text, timestamp: timestamp,
            message:
              "an update found no document, and no later delete explains it: the base is not consistent")
        }
      }
    }
    return result
  }
}

extension Lane.MissingDocument {
  /// The `_id` as Extended JSON.
  fileprivate var text: String? {
    guard let first = id.first, let type = ElementType(rawValue: first) else { return nil }
    var writer = DocumentWriter()
    writer.append(raw: id.dropFirst(), type: type, "_id")
    return writer.finished()["_id"]?.extendedJSON()
  }
}
