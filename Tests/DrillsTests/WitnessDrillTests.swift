import BSON
import Checks
import Drills
import Facts
import Glibc
import Mongo
import Platform
import Record
import TestSupport
import Testing
import Witness

/// A live source, backed up and witnessed while it is written to.
private struct WitnessedBackup {
  let folder: TemporaryFolder
  let batches: Int
  /// When the last batch was read.
  let last: Timestamp

  init(batchSeconds: Double?) throws {
    folder = try TemporaryFolder()
    let source = try LiveSource.start()
    defer { source.stop() }
    for name in ["orders", "customers"] {
      for start in stride(from: 0, to: 4000, by: 1000) {
        let documents = (start..<start + 1000).map { number -> Value in
          ["_id": .int32(Int32(number)), "n": 0, "in": ["a": .string("a\(number)"), "b": .list([1, 2.5])]]
        }
        try source.pool.run(["insert": .string(name), "documents": .list(documents)], on: "shop")
      }
    }
    try source.pool.run(
      ["createIndexes": "orders", "indexes": .list([["key": ["n": 1], "name": "n_1"]])], on: "shop")
    let isOver = Monitor(false)
    let pool = source.pool
    let writer = try Threads.start {
      var number = 0
      while !isOver.withLock({ $0 }) {
        number += 1
        let id = Value.int32(Int32(number * 7919 % 5000))
        for name in ["orders", "customers"] {
          _ = try? pool.run(
            [
              "update": .string(name),
              "updates": .list([
                [
                  "q": ["_id": id], "u": ["$inc": ["n": 1], "$set": ["in.a": .string("w\(number)")]],
                  "upsert": true,
                ]
              ]),
            ], on: "shop")
        }
        if number.isMultiple(of: 3) {
          _ = try? pool.run(
            [
              "delete": "orders",
              "deletes": .list([["q": ["_id": .int32(Int32(number * 31 % 4000))], "limit": 1]]),
            ],
            on: "shop")
        }
        // Hundreds a second are enough, and leave something for the other tests.
        usleep(2000)
      }
    }
    defer {
      isOver.withLock { $0 = true }
      writer.join()
    }
    let end = try source.dump(["shop"], to: Files.join(folder.path, "dump"))
    Interruption.sleep(0.3)
    var request = WitnessRequest()
    request.include = ["shop"]
    request.detail = .fields
    request.rangeDocuments = 500
    request.connections = 1
    request.batchSeconds = batchSeconds
    let queries = Files.join(folder.path, "queries.yaml")
    try Files.writeAtomically(
      """
      version: 1
      checks:
        q:
          shop.orders:
          - {query: {find: {n: {$gte: 0}}, index: n_1}, name: by n}
          - count: {compare: backup}
      """.utf8, to: queries)
    let suites = try ChecksFile(queries, only: "query").suites
    request.queries = {
      try suites.flatMap { try $0.witnessedQueries(on: CheckedServer(pool, expected: nil, isSandbox: false)) }
    }
    if batchSeconds != nil { request.maxRate = 400_000 }
    let record = try WitnessReading(request, from: pool, events: { _ in }).record(
      to: Files.join(folder.path, "shop.witness.json"))
    batches = record.batches.count
    last = try #require(record.batches.last?.timestamp)
    Interruption.sleep(0.3)
    let now = try source.now()
    try Files.createFolder(Files.join(folder.path, "oplog"))
    // From the dump's last entry on, which proves that none between them is missing.
    try source.slice(
      after: Timestamp(bits: end.bits - 1), through: now, to: Files.join(folder.path, "oplog/000.bson"))
  }

  /// A scenario that replays to the witness and compares, with `steps` in between.
  func scenario(_ steps: String = "", suite: String = "\"*\": [{digest: {compare: witness}}]") throws
    -> Scenario
  {
    let path = Files.join(folder.path, "scenario.yaml")
    try Files.writeAtomically(
      """
      version: 1
      backup: {path: dump}
      oplog: [{path: oplog}]
      witness: shop.witness.json
      steps:
      - {id: restore, restore: {}}
      - {id: replay, replay: {to: witness}}
      \(steps)
      - {id: verify, check: [proof]}
      checks:
        proof:
          \(suite)
      """.utf8, to: path)
    return try Scenario(file: path)
  }
}

@Suite("A drill to the moment of a witness", .tags(.mongod), .timeLimit(.minutes(10)))
struct WitnessDrillTests {
  @Test(
    "of a source under writes finds every document as it was there, at one moment and at several",
    .needs(ServerVersion(5, 0), "reading at a cluster time"),
    arguments: [nil, 0.4])
  func equal(batchSeconds: Double?) throws {
    let backup = try WitnessedBackup(batchSeconds: batchSeconds)
    #expect(batchSeconds == nil ? backup.batches == 1 : backup.batches > 1)
    let record = drill(
      try backup.scenario(
        suite:
          "shop: [{digest: {compare: witness}}, {indexes: {compare: witness}}, {options: {compare: witness}}]"
      ))
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(record.checks.count == 6)
    let digests = record.checks.filter { $0.kind == "digest" }
    #expect(
      digests.allSatisfy { $0.message.hasSuffix("byte for byte as on the source") },
      "\(digests.map(\.message))")
    #expect(digests.allSatisfy { $0.measured["differing_ranges"] == 0 })
    #expect(record.replay?.all.count == backup.batches)
  }

  @Test(
    "compares a query's time and work with what the witness measured under its name",
    .needs(ServerVersion(5, 0), "reading at a cluster time"))
  func queries() throws {
    let backup = try WitnessedBackup(batchSeconds: nil)
    let record = drill(
      try backup.scenario(
        suite: """
          shop.orders:
              - {query: {find: {n: {$gte: 0}}, compare: witness, tolerance: 100000%}, name: by n}
              - {query: {find: {n: {$gte: 0}}, compare: witness}, name: another}
              - {query: {find: {"in.a": x}, compare: witness, tolerance: 0%}, name: by n}
          """))
    let results = record.checks.map(\.result)
    try #require(results.count == 3, "\(record.reasons)")
    #expect(results[0] == .pass, "\(record.checks[0])")
    #expect(record.checks[1].message.hasPrefix("the witness timed no query another of shop.orders"))
    #expect(results[1] == .error)
    // Without an index it looks at every document, as the other did: no more.
    #expect(record.checks[2].measured["scans_collection"] == true)
  }

  @Test(
    "names the document and the field that were changed after the replay, and what is missing and extra",
    .needs(ServerVersion(5, 0), "reading at a cluster time"))
  func changed() throws {
    let backup = try WitnessedBackup(batchSeconds: nil)
    let address = Files.join(backup.folder.path, "uri")
    let scenario = try backup.scenario(
      """
      - {id: tell, run: {argv: [sh, -c, 'printf %s "$MONGODRILL_URI" > uri']}}
      - {id: change, approve: change it}
      """)
    let ids = Monitor<[Value]>([])
    let record = drill(scenario) {
      $0.ask = { _ in
        let pool = try ClientPool(uri: try Files.text(of: address))
        let found = try pool.all(
          [
            "find": "customers", "filter": ["_id": ["$lt": 4000]], "sort": ["_id": 1], "limit": 2,
            "projection": ["_id": 1],
          ],
          on: "shop"
        ).compactMap { $0["_id"] }
        ids.withLock { $0 = found }
        try pool.run(
          [
            "update": "customers",
            "updates": .list([["q": ["_id": found[0]], "u": ["$set": ["in.a": "changed"]]]]),
          ],
          on: "shop")
        try pool.run(
          ["delete": "customers", "deletes": .list([["q": ["_id": found[1]], "limit": 1]])], on: "shop")
        try pool.run(["insert": "customers", "documents": .list([["_id": "extra"]])], on: "shop")
        return "Ada"
      }
    }
    #expect(record.verdict == .fail && record.exitCode == .checkFailed, "\(record.reasons)")
    let outcomes = record.checks.filter { $0.kind == "digest" }
    #expect(outcomes.first { $0.namespace == "shop.orders" }?.result == .pass)
    let customers = try #require(outcomes.first { $0.namespace == "shop.customers" })
    #expect(customers.message == "1 document with another content, 1 missing, 1 extra")
    let (first, second) = ids.withLock { ($0[0].extendedJSON(), $0[1].extendedJSON()) }
    #expect(
      customers.samples.contains { $0.hasPrefix("\(first): ") && $0.contains("in.a") }, "\(customers.samples)"
    )
    #expect(customers.samples.contains { $0.hasPrefix("\(second): ") && $0.contains("missing") })
    #expect(customers.samples.contains { $0.hasPrefix("\"extra\": ") })
  }

  @Test(
    "a check that compares with a witness says so when there is none, and when the data stands elsewhere",
    .needsFixtures)
  func elsewhere() throws {
    let backup = try WitnessedBackup(batchSeconds: nil)
    var scenario = try backup.scenario()
    scenario.witness = nil
    let none = drill(scenario)
    #expect(none.exitCode == .invalidScenario, "\(none.reasons)")
    scenario = try backup.scenario()
    scenario.steps[1].action =
      try Scenario(file: path(backup, "- {id: replay, replay: {to: latest}}")).steps[1].action
    let other = drill(scenario)
    #expect(other.exitCode == .incomplete)
    #expect(
      other.checks.allSatisfy { $0.result == .error && $0.message.contains("replay `to: witness`") },
      "\(other.checks)")
  }

  @Test(
    "a witness of several moments that is compared at the last alone is a warning that counts what is left",
    .needs(ServerVersion(5, 0), "reading at a cluster time"))
  func inPart() throws {
    let backup = try WitnessedBackup(batchSeconds: 0.4)
    #expect(backup.batches > 1)
    var scenario = try backup.scenario()
    scenario.steps[1].action =
      try Scenario(file: path(backup, "- {id: replay, replay: {to: \"\(backup.last)\"}}")).steps[1].action
    let record = drill(scenario)
    let part = record.checks.filter { $0.kind == "digest" && $0.result == .warn }
    #expect(!part.isEmpty, "\(record.checks)")
    for outcome in part {
      #expect(outcome.message.contains("that the witness holds were not compared"), "\(outcome.message)")
      #expect(
        record.notVerified.contains {
          $0.code == "check" && $0.message.hasPrefix("digest of \(outcome.namespace ?? ""): ")
        }, "\(record.notVerified)")
    }
    #expect(record.verdict != .pass)
  }

  @Test(
    "without checks of its own names what the witness left out, and has no plain pass where that was not on purpose",
    .needs(ServerVersion(5, 0), "reading at a cluster time"))
  func leftOut() throws {
    let backup = try WitnessedBackup(batchSeconds: nil)
    let file = Files.join(backup.folder.path, "shop.witness.json")
    let whole = try WitnessRecord.read(file)
    let scenario = try Scenario(
      file: path(backup, "- {id: replay, replay: {to: witness}}\n- {check: []}\nwitness: shop.witness.json"))
    let customers = try #require(
      whole.collections.firstIndex { $0.facts.namespace.collection == "customers" })

    var unread = whole
    unread.collections[customers].ranges = []
    unread.collections[customers].way = .none
    unread.collections[customers].reason = "it changed whenever it was read"
    try unread.write(to: file)
    let first = drill(scenario)
    #expect(first.exitCode == .notVerified && first.verdict == .inconclusive, "\(first.reasons)")
    let skipped = first.checks.filter { $0.result == .skipped }
    #expect(skipped.map(\.namespace) == ["shop.customers"])
    #expect(
      skipped.first?.message
        == "the witness holds no documents of shop.customers: it changed whenever it was read")

    var selected = whole
    selected.collections.remove(at: customers)
    selected.collections[0].changed = ["options"]
    selected.selection.include = ["shop.orders"]
    try selected.write(to: file)
    let second = drill(scenario)
    #expect(second.exitCode == .pass, "\(second.reasons)")
    let left = second.notVerified.filter { $0.code == "witness" }.map(\.message)
    #expect(
      left == [
        "the witness, recorded with --include shop.orders, says nothing of 1 collection of the backup: shop.customers",
        "the options of shop.orders changed while the witness was recorded: it can't say what they were",
      ])
  }

  private func path(_ backup: WitnessedBackup, _ step: String) throws -> String {
    let path = Files.join(backup.folder.path, "other.yaml")
    try Files.writeAtomically(
      "version: 1\nbackup: {path: dump}\noplog: [{path: oplog}]\nsteps:\n- {restore: {}}\n\(step)\n".utf8,
      to: path)
    return path
  }
}
