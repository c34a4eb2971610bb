import BSON
import Backups
import Mongo
import Platform
import Replay
import Restore
import Sandbox
import TestSupport
import Testing

@Suite("Between the points of the shop", .tags(.mongod), .timeLimit(.minutes(10)))
struct ModelTests {
  /// With `scripts/test --full` at every 50th entry.
  @Test(
    "the documents are what a simple interpreter makes of the entries, at many entries of three slices",
    .needsFixtures, arguments: [isFullRun ? 50 : 125])
  func everyFew(step: Int) throws {
    let shop = try Shop.history.get()
    // Ordinary writes, large transactions, and definitions.
    let (start, end) = (try shop.point("after-base").timestamp, try shop.point("ddl").timestamp)
    let inside = shop.entries.map(\.timestamp).filter { start < $0 && $0 <= end }
    let targets = inside.enumerated().filter { $0.offset % step == step - 1 }.map(\.element)
    try #require(targets.count == 1500 / step)

    let backup = try openBackup(Shop.path("dump"))
    let chain = try OplogChain.open(base: backup, slices: shop.slices)
    var model = try Model(base: backup)
    var entries = shop.entries.filter { $0.timestamp >= chain.coverage.windowStart }[...]
    let resolved = try targets.map { try Target.through($0).resolve(in: chain) }
    try withSandbox { sandbox in
      let options = RestoreOptions()
      var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: { _ in })
      for target in resolved {
        let planned = PlannedReplay(chain, to: target)
        let plan = try RecoveryPlan(planned, of: backup, options, lastTarget: resolved.last)
        if target == resolved.first { _ = try recovery.load(plan) }
        let stage = try recovery.replay(planned, plan)
        #expect(stage.restore.problems == [] && stage.replay.problems == [])
        while let entry = entries.first, entry.timestamp <= target.through {
          try model.apply(Document(validated: entry.operation.bytes))
          entries.removeFirst()
        }
        #expect(try Truth(of: sandbox.pool).differences(from: model) == [], "at \(target.through)")
      }
    }
  }
}

extension Truth {
  /// In which collections a server's documents are not those of the model.
  fileprivate func differences(from model: Model) -> [String] {
    let stored = collections.filter { $0.value.type == "collection" }
    return Set(stored.keys).union(model.collections.keys).sorted().compactMap { name in
      guard let documents = model.collections[name] else {
        return name.database == "admin" ? nil : "\(name) exists, should not"
      }
      guard let found = stored[name] else { return "\(name) is missing" }
      let sorted = documents.values.map(\.bytes).sorted(by: precedes)
      let digest = SHA256.hex(of: sorted.reduce(into: []) { $0 += $1 })
      return digest == found.digest
        ? nil : "\(name): \(found.count) documents, \(documents.count) by the model"
    }
  }
}
