import BSON
import Backups
import Facts
import Foundation
import Platform
import Replay
import Restore
import Sandbox
import TestSupport
import Testing

/// The real store in `Tests/Fixtures/pbm`: one snapshot and three slices of a replica set of MongoDB 6.0.5.
@Suite("A store of Percona Backup for MongoDB", .tags(.mongod), .timeLimit(.minutes(10)))
struct PBMStoreTests {
  @Test("is recovered to each of its points, in one sandbox", .needsFixtures)
  func sweep() throws {
    try withStore { store in
      let points = try StorePoint.all()
      #expect(points.count == 3)
      let backup = try openBackup(store, endingBy: points.first?.timestamp)
      let sandbox = try Sandbox.start(SandboxOptions(cacheBytes: 256 << 20))
      defer { try? sandbox.stop() }
      let options = RestoreOptions()
      var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: { _ in })
      for (number, point) in points.enumerated() {
        let replay = try PlannedReplay(of: backup, slices: [], to: .through(point.timestamp))
        #expect(replay.target.isProven)
        let plan = try RecoveryPlan(replay, of: backup, options)
        if number == 0 { _ = try recovery.load(plan) }
        let stage = try recovery.replay(replay, plan)
        #expect(stage.restore.problems == [])
        #expect(stage.replay.problems == [])
        #expect(stage.replay.ledger.last == point.timestamp)
        #expect(try point.differences(of: Truth(of: sandbox.pool)) == [], "\(point.timestamp)")
      }
      // Its UUID stands in the snapshot alone: no entry of the oplog is about it.
      let buckets = try Truth(of: sandbox.pool).collections[Namespace("shop", "system.buckets.metrics")]
      #expect(buckets?.uuid == backup.collections.first { $0.facts.kind == .timeseries }?.facts.uuid)
    }
  }

  @Test("reaches to the end of its last slice") func coverage() throws {
    try withStore { store in
      let chain = try OplogChain.open(base: openBackup(store), slices: [])
      #expect(chain.slices.map(\.role) == [.base, .slice, .slice, .slice])
      #expect(chain.coverage.windowStart == Timestamp(seconds: 1_795_259_828, increment: 13))
      #expect(chain.coverage.dumpEnd == Timestamp(seconds: 1_795_259_832, increment: 2))
      #expect(chain.coverage.end == Timestamp(seconds: 1_795_259_898, increment: 7))
      #expect(chain.coverage.seams.isEmpty)
      // Named once more, the store adds nothing.
      let again = try OplogChain.open(base: openBackup(store), slices: [store + "/pbmPitr"])
      #expect(again.slices.count == 4)
    }
  }

  @Test("has a gap where a slice is missing") func gap() throws {
    try withStore { store in
      let slices = "\(store)/pbmPitr/rs0/20261121"
      try FileManager.default.removeItem(atPath: "\(slices)/20261121111758-1.20261121111808-1.oplog.gz")
      let chain = try OplogChain.open(base: openBackup(store), slices: [])
      #expect(chain.coverage.seams.count == 1 && chain.coverage.gaps.count == 1)
      #expect(chain.coverage.seams.first?.before.timestamp == Timestamp(seconds: 1_795_259_878, increment: 1))
    }
  }
}

/// A copy of the store that goes with the test.
private func withStore(_ body: (String) throws -> Void) throws {
  let folder = NSTemporaryDirectory() + "/mongodrill-tests-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let tar = Process()
  tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  tar.arguments = ["tar", "-xzf", History.fixtures + "/pbm/store.tar.gz", "-C", folder]
  try tar.run()
  tar.waitUntilExit()
  try #require(tar.terminationStatus == 0)
  try body(folder + "/store")
}

/// What the source held in its database `shop` at one moment, without the documents of views.
private struct StorePoint: Decodable {
  struct Collection: Decodable {
    var count: Int
    var sha256OfSortedDocuments: String
    var indexes: [String]
  }
  private struct File: Decodable { var points: [StorePoint] }

  var ts: [UInt32]
  var collections: [String: [String: Collection]]

  var timestamp: Timestamp { Timestamp(seconds: ts[0], increment: ts[1]) }

  static func all() throws -> [StorePoint] {
    let data = try Data(contentsOf: URL(fileURLWithPath: History.fixtures + "/pbm/truth.json"))
    return try JSONDecoder().decode(File.self, from: data).points
  }

  /// In what a server differs from it, one line each.
  func differences(of server: Truth) -> [String] {
    var lines: [String] = []
    for (database, wanted) in collections {
      for (name, want) in wanted.sorted(by: { $0.key < $1.key }) {
        guard let have = server.collections[Namespace(database, name)] else {
          lines.append("\(name) is missing")
          continue
        }
        if have.count != want.count { lines.append("\(name): \(have.count) documents, want \(want.count)") }
        if have.digest != want.sha256OfSortedDocuments { lines.append("\(name): content differs") }
        let indexes = have.indexes.keys.sorted()
        if !name.hasPrefix("system."), indexes != want.indexes.sorted() {
          lines.append("\(name): indexes \(indexes), want \(want.indexes)")
        }
      }
      // Views and the logical side of time series are not recorded.
      for (name, have) in server.collections where name.database == database && have.type == "collection" {
        if wanted[name.collection] == nil { lines.append("\(name) exists, should not") }
      }
    }
    // PBM's own collections stay away.
    for name in server.collections.keys where name.isOfPBM { lines.append("\(name) exists, should not") }
    return lines
  }
}
