import BSON
import Backups
import Facts
import Mongo
import Platform
import Replay
import Restore
import Sandbox
import Testing

/// Sandboxes that are empty and have no user now; they end with this process.
private let idle = Monitor<[Sandbox]>([])

/// A sandbox that is empty and has no other user.
func withSandbox<Result>(_ body: (Sandbox) throws -> Result) throws -> Result {
  let sandbox =
    try idle.update { $0.popLast() } ?? Sandbox.start(SandboxOptions(cacheBytes: 256 << 20))
  do {
    let result = try body(sandbox)
    try sandbox.empty()
    idle.update { $0.append(sandbox) }
    return result
  } catch {
    try? sandbox.stop()
    throw error
  }
}

extension History {
  /// Recovers from a base to each of `points` in turn, in one sandbox, and compares each with the source.
  func expectRecovery(
    of base: String, to points: [Point], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try withSandbox { sandbox in
      try expectRecovery(of: base, to: points, in: sandbox, sourceLocation: sourceLocation)
    }
  }

  /// The same in a sandbox that is empty.
  func expectRecovery(
    of base: String, to points: [Point], in sandbox: Sandbox,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let options = RestoreOptions()
    let backup = try openBackup(base)
    let chain = try OplogChain.open(base: backup, slices: slices)
    let targets = try points.map { try Target.through($0.timestamp).resolve(in: chain) }
    let recorded = Set(backup.collections.compactMap(\.facts.uuid))
    var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: { _ in })
    for (point, target) in zip(points, targets) {
      let planned = PlannedReplay(chain, to: target)
      let plan = try RecoveryPlan(planned, of: backup, options, lastTarget: targets.last)
      if target == targets.first {
        #expect(try recovery.load(plan).problems == [], "\(point.name)", sourceLocation: sourceLocation)
      }
      let stage = try recovery.replay(planned, plan)
      #expect(stage.restore.problems == [], "\(point.name)", sourceLocation: sourceLocation)
      #expect(stage.replay.problems == [], "\(point.name)", sourceLocation: sourceLocation)
      #expect(stage.replay.ledger.last == point.timestamp, "\(point.name)", sourceLocation: sourceLocation)
      let told = try uuids(from: chain.coverage.windowStart, through: point.timestamp)
      let differences = try Truth(of: sandbox.pool).differences(
        from: point.truth, uuids: recorded.union(told))
      #expect(differences == [], "\(point.name)", sourceLocation: sourceLocation)
    }
  }
}

extension Sandbox {
  /// Makes it as it was at its start.
  func empty() throws {
    let databases = try pool.run(["listDatabases": 1, "nameOnly": true])["databases"]?.elements ?? []
    for name in databases.compactMap({ $0.document?["name"]?.string })
    where !["admin", "config", "local"].contains(name) {
      try pool.run(["dropDatabase": 1], on: name)
    }
    for users in ["system.users", "system.roles"] {
      try pool.run(["delete": .string(users), "deletes": [["q": [:], "limit": 0]]], on: "admin")
    }
  }
}
