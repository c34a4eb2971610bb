internal import BSON
internal import Backups
internal import Facts
internal import Mongo
internal import Platform
package import Record
package import Replay
internal import Restore
package import Sandbox
internal import Witness

/// Goes on from the last entry of a recovered copy with slices of the oplog, by the replay that dumps have: what the
/// server holds then stands in for what a dump's metadata says.
///
/// Unique indexes of collections that change are dropped before and built again after: lanes apply operations on different
/// documents in any order, and a standalone server doesn't relax what an index refuses on the way.
package struct CopyReplay {
  private let planned: PlannedReplay
  private let copy: RecoveredCopy
  private let path: String
  private let sandbox: Sandbox
  private let events: EventSink

  /// Nil where the copy stands at the target already.
  package init?(
    _ copy: RecoveredCopy, from path: String, on sandbox: Sandbox, events: @escaping EventSink
  ) {
    guard let planned = copy.onward else { return nil }
    self.planned = planned
    self.copy = copy
    self.path = path
    self.sandbox = sandbox
    self.events = events
  }

  /// Replays to the target. Throws like `Recovery.replay`.
  package func run(memory: Int? = nil) throws -> Recovery.Stage {
    guard let settled = planned.settled else {
      throw Failure(.internal, "copy-unsettled", "no end of a copy")
    }
    let base = try RecoveredBase(path, on: sandbox.pool)
    // The running counts miss what the server recovered, and a capped collection throws documents out by its own.
    for facts in base.collections.map(\.facts) where facts.options["capped"]?.isTrue == true {
      let validate: Document = ["validate": .string(facts.namespace.collection)]
      try sandbox.pool.run(validate, on: facts.namespace.database)
    }
    var options = RestoreOptions()
    if let memory { options.memory = memory }
    let here = PlannedReplay(
      planned.chain, to: try Target.through(settled).resolve(in: planned.chain), settledThrough: settled)
    var recovery = Recovery(backup: base, pool: sandbox.pool, options: options, events: events)
    recovery.adopt(try RecoveryPlan(here, of: base, options))
    return try recovery.replay(planned, RecoveryPlan(planned, of: base, options))
  }
}

/// What a recovered copy holds, as the base of a replay; its documents are in the server already.
private struct RecoveredBase: LogicalBackup {
  let form = BackupForm.physicalCopy
  let path: String
  let collections: [BackedUpCollection]
  let origin = BackupOrigin()
  let oplog: BackedUpOplog? = nil
  let notes: [String] = []
  let damage: [Failure] = []

  /// Lists what a server holds: all that a dump would, with the UUIDs.
  init(_ path: String, on pool: ClientPool) throws {
    self.path = path
    var catalogue = try Catalogue(of: pool)
    for facts in try Catalogue(of: pool, databases: ["admin"]).sorted { catalogue[facts.namespace] = facts }
    for name in ["system.users", "system.roles"] {
      let namespace = Namespace("admin", name)
      guard var facts = try Catalogue.listed(namespace, on: pool) else { continue }
      facts.indexes = try pool.all(["listIndexes": .string(name)], on: "admin").map(IndexSpec.init)
      catalogue[namespace] = facts
    }
    collections = try catalogue.sorted.compactMap { facts in
      var facts = facts
      let treatment = Treatment(facts.namespace)
      if case .notRestored = treatment { return nil }
      // A time series is known by its buckets' UUID.
      if facts.kind == .timeseries { facts.uuid = try Catalogue.listed(facts.stored, on: pool)?.uuid }
      return BackedUpCollection(facts: facts, place: nil, fileBytes: 0, treatment: treatment)
    }
  }

  func scan(_ request: ReadRequest) throws -> ReadSummary {
    throw Failure(.internal, "copy-not-read", "the documents of a recovered copy are in the server already")
  }
}
