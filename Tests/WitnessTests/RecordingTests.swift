import BSON
import Facts
import Mongo
import Platform
import Record
import TestSupport
import Testing
import Witness

@Suite("A witness of a live source", .tags(.mongod), .timeLimit(.minutes(10)))
struct RecordingTests {
  static let documents: [Document] = (0..<3000).map {
    ["_id": .int32($0), "n": 0, "in": ["a": .int32($0), "b": ["x", "y"]], "t": .string("text \($0)")]
  }

  @Test(
    "under writes is that of a copy at its cluster time",
    .needs(ServerVersion(5, 0), "reading at a cluster time"), arguments: [1, 4])
  func underWrites(connections: Int) throws {
    try withFolder { folder in
      let database = try SourceDatabase()
      try database.insert("c", RecordingTests.documents)
      let writer = try Writer(database.namespace("c"), on: database.pool, documents: 3000)
      let record = try database.witness(in: folder) {
        $0.rangeDocuments = 300
        $0.connections = connections
        // So that it takes a while.
        $0.maxRate = 600_000
      }
      try writer.stop()
      #expect(record.batches.count == 1)
      let witnessed = try #require(record[database.namespace("c")])
      #expect(witnessed.ranges.count == witnessed.cuts)
      #expect(witnessed.cuts >= 10)
      #expect(witnessed.way == .snapshot)
      #expect(record.source.set == LiveSource.set)

      let copy = try RestoredDatabase()
      try database.copy("c", at: record.batches[0].timestamp, to: copy)
      let name = copy.name
      let same = try record.compare(batch: 0, with: copy.pool, renamed: { Namespace(name, $0.collection) })
      try #require(same.count == 1)
      #expect(same[0].isEqual)
      #expect(same[0].isComplete)
      #expect(same[0].found.documents == witnessed.ranges.reduce(0) { $0 + $1.digest.documents })
      #expect(same[0].notes == [])

      // The source has gone on since: it differs.
      let later = try RestoredDatabase()
      try database.copy("c", to: later)
      let laterName = later.name
      let differing = try record.compare(
        batch: 0, with: later.pool, renamed: { Namespace(laterName, $0.collection) })
      #expect(!differing[0].isEqual)
      #expect(differing[0].isCounted)
      #expect(differing[0].extra > 0)
    }
  }

  @Test(
    "is complete in several batches when the server gives snapshots up",
    .needs(ServerVersion(5, 0), "reading at a cluster time"))
  func severalBatches() throws {
    try withFolder { folder in
      let database = try SourceDatabase(on: LiveSource.start())
      let pool = database.pool
      try database.insert("c", RecordingTests.documents)
      let writer = try Writer(database.namespace("c"), on: pool, documents: 3000)
      let name = database.name
      let ranges = Monitor(0)
      let record = try database.witness(
        in: folder,
        {
          $0.rangeDocuments = 300
          $0.maxRate = 3_000_000
          $0.connections = 1
        },
        events: { event in
          guard case .progress = event,
            ranges.update({
              $0 += 1
              return $0
            }) == 2
          else { return }
          // The third find of a range fails.
          _ = try? pool.run([
            "configureFailPoint": "failCommand", "mode": ["times": 1],
            "data": ["failCommands": ["find"], "errorCode": 239, "namespace": .string("\(name).c")],
          ])
        })
      try writer.stop()
      #expect(record.batches.count >= 2)
      let witnessed = try #require(record[database.namespace("c")])
      #expect(witnessed.ranges.count == witnessed.cuts)
      for (batch, time) in record.batches.map(\.timestamp).enumerated() {
        let copy = try RestoredDatabase()
        try database.copy("c", at: time, to: copy)
        let copyName = copy.name
        let compared = try record.compare(
          batch: batch, with: copy.pool, renamed: { Namespace(copyName, $0.collection) })
        try #require(compared.count == 1)
        #expect(compared[0].isEqual)
        #expect(!compared[0].isComplete)
        #expect(compared[0].notes.count == 1)
      }
    }
  }

  @Test(
    "is complete when the server keeps what was for a second only",
    .needs(ServerVersion(5, 0), "reading at a cluster time"))
  func shortHistory() throws {
    try withFolder { folder in
      let database = try SourceDatabase(
        on: LiveSource.start(arguments: ["--setParameter", "minSnapshotHistoryWindowInSeconds=1"]))
      try database.insert("still", RecordingTests.documents)
      try database.insert("busy", [["_id": 1]])
      let writer = try Writer(database.namespace("busy"), on: database.pool, documents: 10)
      let record = try database.witness(in: folder) {
        $0.exclude = ["*.busy"]
        $0.rangeDocuments = 100
        $0.maxRate = 60_000
        // The server is to say it, not the clock.
        $0.batchSeconds = 60
        $0.connections = 1
      }
      try writer.stop()
      #expect(record.batches.count >= 2)
      let copy = try RestoredDatabase()
      try database.copy("still", to: copy)
      let name = copy.name
      for batch in record.batches.indices {
        let compared = try record.compare(
          batch: batch, with: copy.pool, renamed: { Namespace(name, $0.collection) })
        #expect(compared.count == 1 && compared[0].isEqual)
      }
    }
  }

  @Test("tells what is known in a weaker way, and why", .needs(ServerVersion(5, 3), "clustered collections"))
  func weaker() throws {
    try withFolder { folder in
      let database = try SourceDatabase()
      let pool = database.pool
      try database.create("capped", ["capped": true, "size": 100_000])
      try database.insert("capped", (0..<100).map { ["_id": .int32($0)] })
      try database.create("busy", ["capped": true, "size": 100_000])
      try database.insert("busy", [["_id": -1]])
      try database.create("ts", ["timeseries": ["timeField": "t", "metaField": "m"]])
      try database.insert(
        "ts", (0..<500).map { ["t": .date(Int64($0) * 3_600_000), "m": .int32($0 % 3), "v": .int32($0)] })
      try database.create("view", ["viewOn": "capped", "pipeline": [["$match": ["_id": 1]]]])
      try database.create("clustered", ["clusteredIndex": ["key": ["_id": 1], "unique": true]])
      try database.insert("clustered", mixedIDs.map { ["_id": $0] })
      try database.create("collated", ["collation": ["locale": "en", "strength": 2]])
      try database.insert("collated", mixedIDs.map { ["_id": $0] } + [["_id": "B2"], ["_id": "c"]])
      let busy = database.namespace("busy")
      let count = Monitor<Int32>(0)
      let record = try database.witness(
        in: folder, { $0.rangeDocuments = 3 },
        events: { event in
          // Whenever it has been read it gets another document.
          guard case .progress(let progress) = event, progress.current == [busy.description] else { return }
          let id = count.update { count -> Int32 in
            count += 1
            return count
          }
          try? insert([["_id": .int32(id)]], into: busy, on: pool)
        })
      #expect(count.withLock { $0 } == 6)

      let capped = try #require(record[database.namespace("capped")])
      #expect(capped.way == .repeated)
      #expect(capped.reason?.contains("capped") == true)
      #expect(capped.ranges.reduce(0) { $0 + $1.digest.documents } == 100)
      let unstable = try #require(record[busy])
      #expect(unstable.way == .none)
      #expect(unstable.ranges == [])
      #expect(unstable.reason?.hasSuffix("it changed whenever it was read") == true)
      let view = try #require(record[database.namespace("view")])
      #expect(view.facts.kind == .view && view.way == .none && view.cuts == 0)
      let series = try #require(record[database.namespace("ts")])
      #expect(series.content == .buckets && series.way == .snapshot && series.ranges.count == series.cuts)
      for name in ["clustered", "collated"] {
        let collection = try #require(record[database.namespace(name)])
        #expect(collection.cuts > 3)
        #expect(
          collection.ranges.reduce(0) { $0 + $1.digest.documents } == mixedIDs.count
            + (name == "collated" ? 2 : 0))
      }
      // The source itself, which stands still by now, is what was witnessed.
      for batch in record.batches.indices {
        for comparison in try record.compare(batch: batch, with: pool) {
          #expect(comparison.isEqual, "\(comparison)")
          #expect(comparison.isCapped == (comparison.namespace.collection == "capped"))
        }
      }
    }
  }

  @Test("leaves out what changes its definition meanwhile")
  func changes() throws {
    try withFolder { folder in
      let database = try SourceDatabase()
      let pool = database.pool
      let name = database.name
      for collection in ["dropped", "replaced", "indexed", "modified", "same"] {
        try database.insert(collection, [["_id": 1, "a": 1]])
      }
      let record = try database.witness(
        in: folder,
        events: { event in
          guard case .phaseEnded(let phase) = event, phase.name == "documents" else { return }
          for command: Document in [
            ["drop": "dropped"], ["drop": "replaced"], ["create": "replaced"], ["create": "new"],
            ["createIndexes": "indexed", "indexes": [["key": ["a": 1], "name": "a_1"]]],
            ["collMod": "modified", "validator": ["a": 1]],
          ] { _ = try? pool.run(command, on: name) }
        })
      func collection(_ name: String) throws -> WitnessedCollection {
        try #require(record[database.namespace(name)])
      }
      for name in ["dropped", "replaced", "new"] {
        let collection = try collection(name)
        #expect(collection.way == .none)
        #expect(collection.ranges == [])
        #expect(collection.reason != nil)
      }
      #expect(try collection("indexed").changed == ["indexes"])
      #expect(try collection("modified").changed == ["options"])
      #expect(try collection("same").changed == [])
      for name in ["indexed", "modified", "same"] { #expect(try collection(name).ranges.count == 1) }
    }
  }

  @Test(
    "of a share of the ranges takes the same ones for the same seed",
    .needs(ServerVersion(5, 3), "clustered collections"))
  func share() throws {
    try withFolder { folder in
      let database = try SourceDatabase()
      try database.create("clustered", ["clusteredIndex": ["key": ["_id": 1], "unique": true]])
      try database.insert("c", RecordingTests.documents)
      try database.insert("small", [["_id": 1]])
      let record = try database.witness(in: folder) {
        $0.rangeDocuments = 100
        $0.share = 0.1
        $0.seed = 7
      }
      let collection = try #require(record[database.namespace("c")])
      #expect(collection.cuts == 30)
      #expect(collection.ranges.count == 3)
      #expect(record[database.namespace("small")]?.ranges.count == 1)
      #expect(record.selection.sharePerMillion == 100_000)
      #expect(record.selection.seed == 7)
      let compared = try record.compare(batch: 0, with: database.pool)
      #expect(compared.map(\.isEqual) == [true, true, true])
      #expect(compared.map(\.isComplete) == [false, true, true])
    }
  }

  @Test("leaves no file behind when it can't be finished")
  func unfinished() throws {
    try withFolder { folder in
      let database = try SourceDatabase(on: LiveSource.start())
      try database.insert("c", RecordingTests.documents)
      let source = database.source
      #expect(throws: Failure.self) {
        try WitnessReading(
          database.request { $0.rangeDocuments = 100 },
          from: ClientPool(uri: source.uri(options: "serverSelectionTimeoutMS=500")),
          events: { event in if case .progress = event { source.stop() } }
        ).record(to: Files.join(folder, "witness.json"))
      }
      #expect(try Files.names(in: folder) == [])
    }
  }

  @Test("is refused of a server that has no cluster time")
  func standalone() throws {
    try withFolder { folder in
      let database = try RestoredDatabase()
      do {
        _ = try WitnessReading(WitnessRequest(), from: database.pool).record(to: Files.join(folder, "w"))
        Issue.record("a witness of a standalone server")
      } catch { #expect((error as? Failure)?.code == "no-replica-set") }
    }
  }
}
