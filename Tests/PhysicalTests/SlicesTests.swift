import BSON
import Backups
import Facts
import Mongo
import Physical
import Platform
import Replay
import Restore
import Sandbox
import TestSupport
import Testing
import Witness

@Suite("A physical copy and slices behind it", .tags(.mongod), .timeLimit(.minutes(10)))
struct SlicesTests {
  /// How the source held still while it was copied, and how its files lie.
  enum Manner: String, Sendable, CaseIterable {
    case atOnce, killed, locked, shutDown
    /// With the source's own folders for databases and for indexes.
    case inFolders

    /// A snapshot; all with `scripts/test --full`.
    static var asked: [Manner] { isFullRun ? allCases : [.atOnce] }

    var arguments: [String] {
      ["--syncdelay", "3600"]
        + (self == .inFolders ? ["--directoryperdb", "--wiredTigerDirectoryForIndexes"] : [])
    }
  }

  @Test(
    "are recovered to moments before, in and after the copy's own oplog",
    .needs(ServerVersion(5, 0), "time series"), arguments: Manner.asked)
  func moments(manner: Manner) throws {
    try withScratch { folder in
      let source = try LiveSource.start(arguments: manner.arguments)
      let early = try source.now()
      try begin(source.pool)
      try source.pool.run(["fsync": 1])
      let inside = try Moment(source, in: folder + "/inside")
      try goOn(source.pool)
      let copy = try copy(of: source, manner, to: folder + "/copy")
      try change(source)
      let after = try Moment(source, in: folder + "/after")
      try source.pool.run(["drop": "stock"], on: "shop")
      let end = try Moment(source, in: folder + "/end")
      let slices = folder + "/slices"
      try Files.createFolder(slices)
      try source.slice(after: Timestamp(bits: early.bits - 1), through: after.time, to: slices + "/1.bson")
      try source.slice(
        after: Timestamp(bits: after.time.bits - 1), through: end.time, to: slices + "/2.bson")
      source.stop()

      #expect(try refusal(copy, .through(early), [slices]) == "target-before-copy")
      try recover(copy, to: .through(after.time), [slices]) { sandbox, recovered, stage in
        let stage = try #require(stage)
        let own = try #require(recovered.oplog)
        #expect(
          stage.replay.problemCount == 0 && stage.restore.problemCount == 0,
          "\(stage.replay.problems) \(stage.restore.problems)")
        #expect(stage.replay.ledger.last == after.time && stage.replay.ledger.next != nil)
        #expect(try #require(stage.replay.ledger.first) > own.last)
        #expect(stage.replay.ledger.explainedUpdates == 0)
        try after.expect(on: sandbox.pool)
      }
      // The last entry of the slices is where it goes without a target.
      try recover(copy, to: nil, [slices]) { sandbox, _, stage in
        #expect(try #require(stage).replay.ledger.last == end.time)
        try end.expect(on: sandbox.pool)
      }
      let drop = try OplogMatch(text: "{op: drop, ns: shop.stock}")
      try recover(copy, to: .beforeFirst(drop), [slices]) { sandbox, _, _ in
        let found = try count("stock", sandbox)
        #expect(found == 200)
      }
      if manner == .atOnce || manner == .killed || manner == .inFolders {
        try recover(copy, to: .through(inside.time), [slices]) { sandbox, recovered, stage in
          #expect(stage == nil && recovered.onward == nil)
          try inside.expect(on: sandbox.pool)
        }
        // In its own oplog a copy can be searched without slices, too.
        let first = try OplogMatch(text: "{op: i, ns: shop.late}")
        try recover(copy, to: .beforeFirst(first), []) { sandbox, _, _ in
          let found = try count("late", sandbox)
          #expect(found == 0)
        }
      }
      let far = Timestamp(seconds: end.time.seconds + 1000, increment: 1)
      #expect(try refusal(copy, .through(far), [slices]) == "target-past-end")
    }
  }

  @Test("need an entry of the copy's own oplog; a gap is refused", .needs(ServerVersion(5, 0), "time series"))
  func gap() throws {
    try withScratch { folder in
      let source = try LiveSource.start(arguments: Manner.atOnce.arguments)
      try begin(source.pool)
      let copy = try copy(of: source, .atOnce, to: folder + "/copy")
      try change(source)
      let middle = try source.now()
      try source.pool.run(["insert": "late", "documents": [["_id": 0]]], on: "shop")
      try source.pool.run(["insert": "late", "documents": [["_id": 1]]], on: "shop")
      let end = try source.now()
      try source.pool.run(["insert": "items", "documents": [["_id": 2, "n": 1, "tag": "b"]]], on: "shop")
      let last = try source.now()
      try source.slice(after: middle, through: end, to: folder + "/1.bson")
      try source.slice(after: Timestamp(bits: end.bits - 1), through: last, to: folder + "/2.bson")
      source.stop()
      let code = try refusal(copy, .latest, [folder + "/1.bson", folder + "/2.bson"])
      #expect(code == "target-past-gap")
    }
  }

  @Test(
    "that only touch the copy's last entry are taken, and reported as unproven",
    .needs(ServerVersion(5, 0), "time series"))
  func unproven() throws {
    try withScratch { folder in
      let source = try LiveSource.start()
      try begin(source.pool)
      try source.pool.run(["fsync": 1, "lock": true])
      try source.copyData(to: folder + "/copy")
      try source.pool.run(["fsyncUnlock": 1])
      let copied = try source.now()
      // Its number in its second doesn't tell that none was before it.
      while WallTime.now.seconds <= Int(copied.seconds) { Interruption.sleep(0.01) }
      try source.pool.run(["insert": "stock", "documents": [["_id": 900]]], on: "shop")
      try source.pool.run(["insert": "stock", "documents": [["_id": 901]]], on: "shop")
      try source.slice(after: copied, through: source.now(), to: folder + "/1.bson")
      source.stop()
      try recover(PhysicalCopy(folder + "/copy"), to: nil, [folder + "/1.bson"]) { sandbox, recovered, _ in
        #expect(recovered.onward?.doubts.count == 1)
        let found = try count("stock", sandbox)
        #expect(found == 202)
      }
    }
  }

  @Test("of another replica set are refused", .needs(ServerVersion(5, 0), "time series"))
  func stranger() throws {
    try withScratch { folder in
      let (source, other) = (try LiveSource.start(), try LiveSource.start())
      try begin(source.pool)
      let early = try other.now()
      try begin(other.pool)
      try source.pool.run(["fsync": 1, "lock": true])
      try source.copyData(to: folder + "/copy")
      try begin(other.pool, "b")
      try other.slice(after: Timestamp(bits: early.bits - 1), through: other.now(), to: folder + "/1.bson")
      let copy = try PhysicalCopy(folder + "/copy")
      let code = try refusal(copy, .latest, [folder + "/1.bson"])
      #expect(code != nil)
    }
  }

  @Test(
    "bring back what a transaction did that was prepared before the copy and committed after it",
    .needs(ServerVersion(5, 0), "time series"))
  func prepared() throws {
    try withScratch { folder in
      let source = try LiveSource.start(arguments: Manner.atOnce.arguments)
      try begin(source.pool)
      let session = session(7)
      let reply = try source.transact([
        Document(
          [
            ("insert", "items"), ("$db", "shop"), ("documents", [["_id": 900, "n": 900]]),
            ("startTransaction", true),
          ]
            + session),
        Document(
          [("prepareTransaction", 1), ("$db", "admin"), ("writeConcern", ["w": "majority"])] + session),
      ])
      let moment = try #require(reply["prepareTimestamp"]?.timestamp)
      let early = try source.now()
      let copy = try copy(of: source, .atOnce, to: folder + "/copy")
      try source.transact([
        Document(
          [("commitTransaction", 1), ("$db", "admin"), ("commitTimestamp", .timestamp(moment))] + session)
      ])
      let end = try Moment(source, in: folder + "/end")
      try source.slice(after: Timestamp(bits: early.bits - 1), through: end.time, to: folder + "/1.bson")
      source.stop()
      try recover(copy, to: nil, []) { sandbox, _, _ in
        let found = try count("items", sandbox)
        #expect(found == 200)
      }
      try recover(copy, to: nil, [folder + "/1.bson"]) { sandbox, _, stage in
        #expect(stage?.replay.problemCount == 0)
        try end.expect(on: sandbox.pool)
      }
    }
  }

  // MARK: The source's history

  /// What is there when it is copied.
  private func begin(_ pool: ClientPool, _ tag: String = "a") throws {
    for id in 0..<200 {
      try pool.run(
        [
          "insert": "items",
          "documents": [["_id": .string("\(tag)\(id)"), "n": .int32(Int32(id)), "tag": .string(tag)]],
        ], on: "shop")
    }
    try pool.run(
      [
        "createIndexes": "items",
        "indexes": [
          ["key": ["n": 1, "tag": 1], "name": "n", "unique": true], ["key": ["tag": 1], "name": "tag"],
        ],
      ], on: "shop")
    let stock = (0..<200).map { Value.document(["_id": .int32($0), "left": .int32($0)]) }
    try pool.run(["insert": "stock", "documents": .list(stock)], on: "shop")
    try pool.run(["createIndexes": "stock", "indexes": [["key": ["left": 1], "name": "left"]]], on: "shop")
    for (name, options) in [
      ("ring", ["capped": true, "size": 4096, "max": 5]), ("open", ["viewOn": "items", "pipeline": []]),
      ("metrics", ["timeseries": ["timeField": "t", "metaField": "m"]]), ("doomed", [:]), ("moved", [:]),
    ] as [(String, Document)] {
      if tag != "a" { continue }
      try pool.run(
        Document([("create", .string(name))] + options.map { ($0.name, $0.value) }), on: "shop")
    }
    try pool.run(["insert": "moved", "documents": [["_id": 1]]], on: "shop")
  }

  /// What only its own oplog holds, unless it was shut down or locked.
  private func goOn(_ pool: ClientPool) throws {
    try pool.run(["insert": "late", "documents": [["_id": 0]]], on: "shop")
    try pool.run(["createIndexes": "late", "indexes": [["key": ["x": 1], "name": "x"]]], on: "shop")
    try pool.run(["update": "items", "updates": [["q": ["n": 3], "u": ["$set": ["x": 1]]]]], on: "shop")
    // A capped collection throws out by a count that has to hold what its own oplog brings, and takes.
    for id in 100..<107 {
      try pool.run(["insert": "ring", "documents": [["_id": .int32(Int32(id))]]], on: "shop")
    }
    // What was dropped and made anew in the copy's own oplog is one collection in its files.
    try pool.run(["drop": "doomed"], on: "shop")
    try pool.run(["insert": "doomed", "documents": [["_id": "new"]]], on: "shop")
    try pool.run(["insert": "late", "documents": [["_id": 1]], "writeConcern": ["j": true]], on: "shop")
  }

  /// All that a replay has to be right about.
  private func change(_ source: LiveSource) throws {
    let pool = source.pool
    // Values of a unique index go round: in another order than the source's, a document meets its neighbour's.
    for round in 0..<8 {
      for id in 0..<40 {
        let set: Document = ["$set": ["n": .int32(Int32(1000 + (id + round) % 41))]]
        let free = (id + round) % 41
        try pool.run(
          [
            "update": "items",
            "updates": [
              [
                "q": ["n": .int32(Int32(1000 + free))],
                "u": ["$set": ["n": .int32(Int32(5000 + round * 100 + id))]],
              ]
            ],
          ], on: "shop")
        try pool.run(
          ["update": "items", "updates": [["q": ["_id": .string("a\(id)")], "u": .document(set)]]], on: "shop"
        )
      }
    }
    try pool.run(["delete": "items", "deletes": [["q": ["_id": "a199"], "limit": 1]]], on: "shop")
    try pool.run(["insert": "items", "documents": [["_id": "b", "n": 199, "tag": "a"]]], on: "shop")
    try pool.run(
      ["createIndexes": "items", "indexes": [["key": ["x": 1], "name": "x", "sparse": true]]], on: "shop")
    try pool.run(["dropIndexes": "items", "index": "tag"], on: "shop")
    try pool.run(["collMod": "stock", "index": ["name": "left", "hidden": true]], on: "shop")
    try pool.run(["collMod": "stock", "validator": ["left": ["$gte": 0]]], on: "shop")
    for id in 0..<12 {
      try pool.run(["insert": "ring", "documents": [["_id": .int32(Int32(id))]]], on: "shop")
      try pool.run(
        [
          "insert": "metrics",
          "documents": [
            ["t": .date(1_700_000_000_000 + Int64(id) * 60_000), "m": "a", "v": .int32(Int32(id))]
          ],
        ], on: "shop")
    }
    try pool.run(["collMod": "open", "viewOn": "stock", "pipeline": []], on: "shop")
    try pool.run(["drop": "doomed"], on: "shop")
    try pool.run(["insert": "doomed", "documents": [["_id": "newest"]]], on: "shop")
    try pool.run(["renameCollection": "shop.moved", "to": "other.moved"])
    try pool.run(["insert": "moved", "documents": [["_id": 2]]], on: "other")
    try pool.run(["createUser": "ann", "pwd": "x", "roles": ["read"]], on: "shop")
    let session = session(9)
    try source.transact([
      Document(
        [
          ("insert", "stock"), ("$db", "shop"), ("documents", [["_id": 500, "left": 5]]),
          ("startTransaction", true),
        ]
          + session),
      Document(
        [("delete", "stock"), ("$db", "shop"), ("deletes", [["q": ["_id": 0], "limit": 1]])] + session),
      Document([("commitTransaction", 1), ("$db", "admin")] + session),
    ])
    try pool.run(["insert": "late", "documents": [["_id": 2]]], on: "shop")
  }

  private func session(_ number: UInt8) -> [(String, Value)] {
    [
      ("lsid", ["id": .binary(subtype: 4, Array(repeating: number, count: 16))]), ("txnNumber", .int64(1)),
      ("autocommit", false),
    ]
  }

  private func copy(of source: LiveSource, _ manner: Manner, to folder: String) throws -> PhysicalCopy {
    switch manner {
    case .atOnce, .inFolders: try source.copyDataAtOnce(to: folder)
    case .killed:
      source.kill()
      try source.copyData(to: folder)
      try source.restart()
    case .locked:
      try source.pool.run(["fsync": 1, "lock": true])
      try source.copyData(to: folder)
      try source.pool.run(["fsyncUnlock": 1])
    case .shutDown:
      try source.shutDown()
      try source.copyData(to: folder)
      try source.restart()
    }
    let copy = try PhysicalCopy(folder)
    #expect(copy.damage.isEmpty && copy.wasShutDown == (manner == .shutDown))
    #expect(copy.arguments.count == (manner == .inFolders ? 2 : 0))
    return copy
  }

  // MARK: What is done

  private func recover(
    _ copy: PhysicalCopy, to target: Target?, _ slices: [String],
    _ body: (Sandbox, RecoveredCopy, Recovery.Stage?) throws -> Void
  ) throws {
    let options = SandboxOptions(cacheBytes: 256 << 20)
    let (sandbox, recovered) = try PhysicalRecovery(
      .folder(copy), to: target, slices: slices, options: options
    ) { _ in
    }
    .run()
    defer { try? sandbox.stop() }
    let stage = try CopyReplay(recovered, from: copy.path, on: sandbox) { _ in }?.run()
    try body(sandbox, recovered, stage)
  }

  private func count(_ name: String, _ sandbox: Sandbox) throws -> Int64? {
    let reply = try sandbox.pool.run(["count": .string(name)], on: "shop")
    return reply["n"]?.integer
  }

  private func refusal(_ copy: PhysicalCopy, _ target: Target, _ slices: [String]) throws -> String? {
    do {
      try recover(copy, to: target, slices) { _, _, _ in }
      return nil
    } catch let failure as Failure {
      #expect(failure.kind == .damagedBackup)
      return failure.code
    }
  }
}

/// What the source held at one moment.
private struct Moment {
  let time: Timestamp
  let witness: WitnessRecord
  let catalogue: Catalogue

  init(_ source: LiveSource, in folder: String) throws {
    try Files.createFolder(folder)
    var request = WitnessRequest()
    request.include = ["shop", "other"]
    witness = try WitnessReading(request, from: source.pool).record(to: folder + "/witness.json")
    catalogue = try Catalogue(of: source.pool, counting: .exact)
    time = try source.now()
  }

  /// Each document, and what all collections are.
  func expect(on pool: ClientPool) throws {
    let compared = try witness.compare(batch: witness.batches.count - 1, with: pool)
    #expect(!compared.isEmpty)
    for comparison in compared { #expect(comparison.isEqual, "\(comparison)") }
    let found = try Catalogue(of: pool, counting: .exact)
    #expect(found.sorted.map(\.namespace) == catalogue.sorted.map(\.namespace))
    for facts in catalogue.sorted {
      let here = try #require(found[facts.namespace])
      #expect(
        here.uuid == facts.uuid && here.documents == facts.documents && here.options == facts.options,
        "\(facts.namespace)")
      #expect(
        here.indexes.sorted { $0.name < $1.name } == facts.indexes.sorted { $0.name < $1.name },
        "\(facts.namespace)")
    }
  }
}

/// A folder for one test.
private func withScratch(_ body: (String) throws -> Void) throws {
  let folder = try OwnedFolder.scratch(in: "/tmp")
  defer { try? folder.remove() }
  try body(folder.path)
}
