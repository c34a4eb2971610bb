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
  /// A recovery from one of the bases into a sandbox, ready to start, and where its window starts.
  func recovery(
    of base: String, in sandbox: Sandbox, _ options: RestoreOptions = RestoreOptions()
  ) throws -> (recovery: Recovery, from: Timestamp, recorded: Set<UUIDBytes>) {
    let backup = try openBackup(base)
    let window = try #require(try backup.scan(ReadRequest([])).oplog)
    let entries = entries
    let recovery = Recovery(
      backup: backup, pool: sandbox.pool, options: options, events: { _ in },
      openOplog: { EntryList(entries) })
    return (recovery, try #require(window.first), Set(backup.collections.compactMap(\.facts.uuid)))
  }

  /// Recovers from a base to each of `points` in turn, in one sandbox, and compares each with the source.
  func expectRecovery(
    of base: String, to points: [Point], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try withSandbox { sandbox in
      var (recovery, from, recorded) = try recovery(of: base, in: sandbox)
      for point in points {
        let stage = try recovery.advance(to: .init(from: from, through: point.timestamp))
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
