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

@Suite(
  "A base whose window begins before its collections were made", .tags(.mongod), .timeLimit(.minutes(10)))
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

  @Test(
    "has of a capped collection what the source had, though the dump read more than that",
    .needs(ServerVersion(5, 0), "capped collections that keep to their size at once"))
  func capped() throws {
    let source = try LiveSource.start()
    defer { source.stop() }
    let pool = source.pool
    func insert(_ numbers: Range<Int32>, pad: Int) throws -> [Document] {
      let documents = numbers.map { number -> Document in
        ["_id": .int32(number), "pad": .string(String(repeating: "x", count: pad + Int(number) % 50))]
      }
      try pool.run(["insert": "log", "documents": .list(documents.map { .document($0) })], on: "shop")
      return documents
    }
    try pool.run(["create": "log", "capped": true, "size": 16_384], on: "shop")
    _ = try insert(0..<500, pad: 40)
    let before = try pool.all(["find": "log"], on: "shop")
    let start = try source.now()
    // The cursor of a dump follows what is inserted while it reads. A large document throws out many.
    let read = try before + insert(500..<510, pad: 40) + insert(510..<511, pad: 3000)
    let folder = "/tmp/mongodrill-capped-\(source.port)"
    defer { try? Files.removeTree(folder) }
    let end = try source.dump(["shop"], to: folder)
    try Files.writeAtomically(read.flatMap(\.bytes), to: Files.join(folder, "shop/log.bson"))
    let want = try Truth(of: pool)
    #expect(want.collections[Namespace("shop", "log")].map { read.count - $0.count > 11 } == true)
    let oplog = Files.join(folder, "oplog.bson")
    try source.slice(after: start, through: end, to: oplog)

    /// What the load and then the replay object to; whether the sandbox holds what the source did.
    func recover(skipping skip: [OplogMatch] = []) throws -> (
      problems: [String], note: String?, differences: [String]
    ) {
      try withSandbox { sandbox in
        let backup = try openBackup(folder)
        let options = RestoreOptions()
        let chain = try OplogChain.open(base: backup, slices: [])
        let planned = PlannedReplay(chain, to: try Target.dumpEnd.resolve(in: chain), skipping: skip)
        let plan = try RecoveryPlan(planned, of: backup, options)
        var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: { _ in })
        let loaded = try recovery.load(plan)
        let stage = try recovery.replay(planned, plan)
        let uuids = Set(backup.collections.compactMap(\.facts.uuid))
        return (
          loaded.problems.map(\.subject) + stage.replay.problems.map(\.message),
          loaded.collections.first?.note,
          try Truth(of: sandbox.pool).differences(from: want, uuids: uuids)
        )
      }
    }
    let whole = try recover()
    #expect(whole.problems == [])
    #expect(whole.differences == [])
    #expect(whole.note?.hasSuffix("thrown out, as on the source while it was dumped") == true)
    // What a replay leaves out, the source had all the same.
    #expect(try recover(skipping: [OplogMatch(text: "{op: i, ns: shop.log}")]).problems == [])

    // A size that the collection didn't have is not explained by what was inserted.
    let metadata = Files.join(folder, "shop/log.metadata.json")
    let text = try Files.text(of: metadata)
    try Files.writeAtomically(text.replacing("16384", with: "8192").utf8, to: metadata)
    #expect(text.contains("16384"))
    #expect(try recover().problems == ["capped"])

    // Nor is anything where the dump has no oplog.
    try Files.writeAtomically(text.utf8, to: metadata)
    try Files.removeTree(oplog)
    try withSandbox { sandbox in
      let backup = try openBackup(folder)
      let options = RestoreOptions()
      let result = try Restorer(
        backup: backup, plan: RestorePlan(backup, options), pool: sandbox.pool, options: options,
        events: { _ in }
      ).run()
      #expect(result.problems.map(\.subject) == ["capped"])
    }
  }
}
