package import Backups
internal import Facts
package import Mongo
package import Platform
package import Record
package import Restore

/// What a recovery to one target comes to, decided before anything is written.
package struct RecoveryPlan: Sendable {
  /// Which entries are applied.
  package let replay: ReplayPlan
  /// What is restored, and where the entries go.
  package let restore: ReplayedRestore

  /// Reads the oplog once. Of several targets in one sandbox each is told the last: what only entries before that one
  /// say of UUIDs (those of a time series of the base) holds from the beginning. Throws `Failure` when the oplog or
  /// the selection is wrong.
  package init(
    _ planned: PlannedReplay, of backup: any LogicalBackup, _ options: RestoreOptions,
    lastTarget: ResolvedTarget? = nil
  ) throws(Failure) {
    replay = try ReplayPlan(
      base: backup.collections, try planned.cursor(), from: planned.chain.coverage.windowStart,
      through: planned.target.through, dumpEnd: planned.chain.coverage.dumpEnd,
      learning: lastTarget?.through, skipping: planned.skip,
      isPartial: options.isPartial, settledThrough: planned.settled)
    restore = try ReplayedRestore(replay, of: backup, options)
  }
}

/// Restores a backup and replays its oplog, to one target or to several in order, in one sandbox.
///
/// The first target decides what is restored and under which names; on the way to a later one, collections are
/// renamed, dropped and created as the oplog did.
package struct Recovery {
  /// What came of one target.
  package struct Stage: Sendable {
    package var restore: RestoreResult
    package var replay: Replayer.Result
  }

  private let backup: any LogicalBackup
  private let pool: ClientPool
  private let options: RestoreOptions
  private let events: EventSink
  /// What the sandbox holds, and the target that it stands at once there was one.
  private var held: (plan: RecoveryPlan, result: RestoreResult, isReplayed: Bool)?

  /// What was decided for the target that the sandbox stands at; nil before the first.
  package var reached: RecoveryPlan? { held.flatMap { $0.isReplayed ? $0.plan : nil } }

  /// `pool` has to be a sandbox's: everything is written there.
  package init(
    backup: any LogicalBackup, pool: ClientPool, options: RestoreOptions, events: @escaping EventSink
  ) {
    self.backup = backup
    self.pool = pool
    self.options = options
    self.events = events
  }

  /// Restores the documents, on which `replay` to the same plan goes on. Throws like `Restorer`.
  package mutating func load(_ plan: RecoveryPlan) throws -> RestoreResult {
    let result = try restorer(plan).load()
    held = (plan, result, false)
    return result
  }

  /// Takes the sandbox as it is for the backup brought to `plan`: a physical copy that the server itself recovered to there.
  package mutating func adopt(_ plan: RecoveryPlan) { held = (plan, RestoreResult(), true) }

  /// Brings what `load` restored, or an earlier replay reached, to `plan`; then come options, views and indexes.
  /// Throws `Failure` and `MongoError` like `Restorer` and `Replayer`.
  package mutating func replay(_ planned: PlannedReplay, _ plan: RecoveryPlan) throws -> Stage {
    guard let held else { throw Failure(.internal, "replay-on-nothing", "a replay before a restore") }
    let restorer = restorer(plan)
    var result = held.result
    if held.isReplayed {
      result = try Reconciliation(from: held.plan.restore, to: plan.restore, pool: pool).run(restorer)
    }
    result.phases = []
    let started = Clock.monotonic
    events(.phaseStarted("replay", total: Amount(documents: plan.replay.entries, bytes: plan.replay.bytes)))
    let replayer = Replayer(
      plan: plan.replay, after: held.isReplayed ? held.plan.replay.through : nil,
      destinations: plan.restore.destinations, pool: pool, lanes: options.lanes, events: events)
    let replayed = try replayer.run(base: backup.collections, try planned.cursor())
    let phase = Phase(
      "replay", seconds: Clock.monotonic - started, documents: replayed.ledger.entries,
      bytes: replayed.ledger.bytes)
    events(.phaseEnded(phase))
    result.phases.append(phase)
    // The backup's own counts say nothing of documents that the oplog changed.
    for var facts in result.expected.sorted {
      facts.documents = nil
      result.expected[facts.namespace] = facts
    }
    try restorer.finish(&result)
    self.held = (plan, result, true)
    return Stage(restore: result, replay: replayed)
  }

  private func restorer(_ plan: RecoveryPlan) -> Restorer {
    Restorer(backup: backup, plan: plan.restore.plan, pool: pool, options: options, events: events)
  }
}
