import BSON
import Backups
import Facts
import Mongo
import Platform
import Replay
import Restore
import Sandbox
import TestSupport
import Testing

@Suite("A base whose window begins before its collections were made", .tags(.mongod), .timeLimit(.minutes(5)))
struct WindowTests {
  @Test(
    "has all of them, whatever had their names and their database before",
    .needs(ServerVersion(5, 0), "time series"))
  func names() throws {
    let source = try LiveSource.start()
    defer { source.stop() }
    let pool = source.pool
    func insert(_ count: Int32, _ collection: String, _ database: String) throws {
      let documents = (0..<count).map { Value.document(["_id": .int32($0), "in": .string(collection)]) }
      try pool.run(["insert": .string(collection), "documents": .list(documents)], on: database)
    }
    func rename(_ from: String, _ to: String, _ more: Document = [:]) throws {
      let command: Document = ["renameCollection": .string(from), "to": .string(to)]
      try pool.run(more.reduce(command) { $0.setting($1.name, to: $1.value) })
    }
    try insert(2, "old", "reporting")
    let start = try source.now()
    try pool.run(["dropDatabase": 1], on: "reporting")
    try insert(3, "daily", "reporting")
    // Two namesakes, of which the dump finds the second under another name.
    try insert(1, "orders", "shop")
    try pool.run(["drop": "orders"], on: "shop")
    try insert(4, "orders", "shop")
    try insert(5, "archive", "shop")
    try rename("shop.archive", "shop.archive_2025")
    try rename("shop.orders", "shop.archive")
    // A rename that drops what has the name.
    try insert(6, "orders", "shop")
    try insert(7, "fresh", "shop")
    try rename("shop.fresh", "shop.orders", ["dropTarget": true])
    try pool.run(["create": "gauges", "timeseries": ["timeField": "t"]], on: "shop")
    try pool.run(["insert": "gauges", "documents": [["t": .date(0), "v": 1]]], on: "shop")

    let folder = "/tmp/mongodrill-window-\(source.port)"
    defer { try? Files.removeTree(folder) }
    let end = try source.dump(["reporting", "shop"], to: folder)
    // As of a store that begins its oplog before it lists collections, or of an old transaction.
    try source.slice(
      after: Timestamp(bits: start.bits - 1), through: end, to: Files.join(folder, "oplog.bson"))
    let want = try Truth(of: pool)
    #expect(
      want.collections[Namespace("shop", "orders")]?.count == 7
        && want.collections[Namespace("shop", "archive")]?.count == 4)

    try withSandbox { sandbox in
      let backup = try openBackup(folder)
      let options = RestoreOptions()
      let planned = try PlannedReplay(of: backup, slices: [], to: nil)
      let plan = try RecoveryPlan(planned, of: backup, options)
      var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: { _ in })
      #expect(try recovery.load(plan).problems == [])
      let stage = try recovery.replay(planned, plan)
      #expect(stage.restore.problems == [] && stage.replay.problems == [])
      let uuids = Set(backup.collections.compactMap(\.facts.uuid))
      #expect(try Truth(of: sandbox.pool).differences(from: want, uuids: uuids) == [])
    }
  }
}
