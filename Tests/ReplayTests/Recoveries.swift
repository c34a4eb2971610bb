import BSON
import Backups
import Facts
import Mongo
import Platform
import Replay
import Restore
import Sandbox
import Testing

/// A sandbox for one test; it has no other user.
func withSandbox<Result>(_ body: (Sandbox) throws -> Result) throws -> Result {
  let sandbox = try Sandbox.start(SandboxOptions(cacheBytes: 256 << 20))
  defer { try? sandbox.stop() }
  return try body(sandbox)
}

extension History {
  /// Recovers from a base to each of `points` in turn, in one sandbox, and compares each with the source.
  func expectRecovery(
    of base: String, to points: [Point], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let backup = try openBackup(base)
    let chain = try OplogChain.open(base: backup, slices: slices)
    let recorded = Set(backup.collections.compactMap(\.facts.uuid))
    try withSandbox { sandbox in
      var recovery = Recovery(
        backup: backup, pool: sandbox.pool, options: RestoreOptions(), events: { _ in })
      for (index, point) in points.enumerated() {
        let planned = PlannedReplay(chain, to: try Target.through(point.timestamp).resolve(in: chain))
        let plan = try RecoveryPlan(planned, of: backup, RestoreOptions())
        if index == 0 { #expect(try recovery.load(plan).problems == [], sourceLocation: sourceLocation) }
        let stage = try recovery.replay(planned, plan)
        #expect(stage.restore.problems == [], "\(point.name)", sourceLocation: sourceLocation)
        #expect(stage.replay.problems == [], "\(point.name)", sourceLocation: sourceLocation)
        #expect(stage.replay.ledger.last == point.timestamp, "\(point.name)", sourceLocation: sourceLocation)
        let differences = try Truth(of: sandbox.pool).differences(
          from: point.truth, uuids: recorded.union(uuids(through: point.timestamp)))
        #expect(differences == [], "\(point.name)", sourceLocation: sourceLocation)
      }
    }
  }
}
