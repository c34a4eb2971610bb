package import BSON
package import Backups
internal import Facts
package import Mongo
package import Platform
package import Record
package import Restore

/// Restores a backup and replays its oplog, to one target or to several in order, in one sandbox.
///
/// The oplog is read once before anything is written, so that whatever is wrong with it shows then. The first target
/// decides what is restored and under which names; on the way to a later one, collections are renamed, dropped and
/// created as the oplog did.
package struct Recovery {
  /// Where to replay to.
  package struct Goal: Sendable, Hashable {
    /// The first entry of the dump's window.
    package var from: Timestamp
    /// The last entry that is applied.
    package var through: Timestamp

    package init(from: Timestamp, through: Timestamp) {
      self.from = from
      self.through = through
    }
  }

  /// What came of one target.
  package struct Stage: Sendable {
    package var restore: RestoreResult
    package var replay: Replayer.Result
  }

  private let backup: any LogicalBackup
  private let pool: ClientPool
  private let options: RestoreOptions
  private let openOplog: @Sendable () throws(Failure) -> any OplogCursor
  private let events: EventSink
  /// What the sandbox holds, once it holds something.
  private var reached: (plan: ReplayPlan, restore: ReplayedRestore)?

  /// `openOplog` gives the chain from its first entry, each time it is called.
  package init(
    backup: any LogicalBackup, pool: ClientPool, options: RestoreOptions, events: @escaping EventSink,
    openOplog: @escaping @Sendable () throws(Failure) -> any OplogCursor
  ) {
    self.backup = backup
    self.pool = pool
    self.options = options
    self.events = events
    self.openOplog = openOplog
  }

  /// What a recovery to `goal` comes to; writes nothing. Throws `Failure` when the oplog or the selection is wrong.
  package func plan(_ goal: Goal) throws(Failure) -> (replay: ReplayPlan, restore: ReplayedRestore) {
    let replay = try ReplayPlan(
      base: backup.collections, try openOplog(), from: goal.from, through: goal.through,
      isPartial: options.isPartial)
    return (replay, try ReplayedRestore(replay, of: backup, options))
  }

  /// Brings the sandbox to `goal`, from nothing or from the target before it. Throws `Failure` and `MongoError` like
  /// `Restorer` and `Replayer`.
  package mutating func advance(to goal: Goal) throws -> Stage {
    let (replay, restore) = try plan(goal)
    let restorer = Restorer(backup: backup, plan: restore.plan, pool: pool, options: options, events: events)
    var result: RestoreResult
    if let reached {
      result = try Reconciliation(from: reached.restore, to: restore, pool: pool).run(restorer)
    } else {
      result = try restorer.load()
    }
    let started = Clock.monotonic
    events(.phaseStarted("replay", total: Amount(documents: replay.entries, bytes: replay.bytes)))
    let replayer = Replayer(
      plan: replay, after: reached?.plan.through, destinations: restore.destinations, pool: pool,
      events: events)
    let replayed = try replayer.run(base: backup.collections, try openOplog())
    let phase = Phase(
      "replay", seconds: Clock.monotonic - started, documents: replayed.ledger.entries,
      bytes: replayed.ledger.bytes)
    events(.phaseEnded(phase))
    result.phases.append(phase)
    // Counts of the backup's own bytes say nothing about documents that the oplog changed.
    for var facts in result.expected.sorted {
      (facts.documents, facts.bytes) = (nil, facts.bytes)
      result.expected[facts.namespace] = facts
    }
    try restorer.finish(&result)
    reached = (replay, restore)
    return Stage(restore: result, replay: replayed)
  }
}
