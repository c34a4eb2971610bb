import BSON
import Facts
import Glibc
import Mongo
import Restore
import Sandbox
import TestSupport
import Testing
import Witness

@Suite("An index", .tags(.mongod), .timeLimit(.minutes(10)))
struct IndexTests {
  static let german: Document = [
    "locale": "de", "caseLevel": false, "caseFirst": "off", "strength": 1, "numericOrdering": false,
    "alternate": "non-ignorable", "maxVariable": "punct", "normalization": false, "backwards": false,
    "version": "57.1",
  ]

  @Test(
    "of every sort comes back with every option",
    .needs(ServerVersion(6, 0), "the options of indexes that 6.0 has"))
  func allSorts() throws {
    let indexes: [Document] = [
      ["v": 2, "key": ["a": 1, "b": -1], "name": "compound"],
      ["v": 2, "key": ["a": -1], "name": "unique sparse", "unique": true, "sparse": true],
      ["v": 2, "key": ["a.b": 1], "name": "hidden", "hidden": true],
      ["v": 2, "key": ["_id": "hashed"], "name": "_id_hashed"],
      ["v": 2, "key": ["a": 1, "_id": "hashed"], "name": "compound hashed"],
      ["v": 2, "key": ["at": 1], "name": "ttl", "expireAfterSeconds": 3600],
      ["v": 2, "key": ["at2": 1], "name": "ttl long", "expireAfterSeconds": 2_147_483_647],
      [
        "v": 2, "key": ["c": 1], "name": "partial unique", "unique": true,
        "partialFilterExpression": ["c": ["$exists": true], "d": ["$gt": 5.5]],
      ],
      ["v": 2, "key": ["$**": 1], "name": "wildcard", "wildcardProjection": ["a": 1, "b": 1]],
      ["v": 2, "key": ["name": 1], "name": "with collation", "collation": .document(Self.german)],
      [
        "v": 2, "key": ["lang": 1, "_fts": "text", "_ftsx": 1], "name": "text",
        "weights": ["body": 1, "title": 10], "default_language": "german", "language_override": "lang",
        "textIndexVersion": 3,
      ],
      ["v": 2, "key": ["place": "2dsphere"], "name": "sphere", "2dsphereIndexVersion": 3],
      ["v": 2, "key": ["flat": "2d"], "name": "flat", "bits": 20, "min": -10.0, "max": 10.0],
      ["v": 1, "key": ["old": 1], "name": "version 1"],
    ]
    let (result, server, dump) = try Workbench.restore {
      try $0.add("c", numbered(1...50) { ["a": .int32(Int32($0)), "title": "Bäume"] }, indexes: indexes)
    }
    #expect(result.problems == [])
    #expect(result.collections.map(\.indexes) == [indexes.count])
    let live = try Catalogue(of: server.pool, databases: [dump.database], counting: .exact)
    #expect(live.differences(from: result.expected) == [])
    let found = try server.indexes(dump.namespace("c"))
    #expect(found.count == indexes.count + 1)
    for index in indexes { #expect(found[index["name"]?.string ?? ""] == index) }
  }

  @Test("that can't be built is named, and takes no other with it") func bad() throws {
    let (result, server, dump) = try Workbench.restore {
      try $0.add(
        "c",
        numbered(1...100) { ["same": 1, "text": "x", "n": .int32(Int32($0)), "list": [1, 2], "too": [1]] },
        indexes: [
          ["v": 2, "key": ["n": 1], "name": "n_1", "unique": true],
          ["v": 2, "key": ["same": 1], "name": "same_1", "unique": true],
          ["v": 2, "key": ["text": "2dsphere"], "name": "no place", "2dsphereIndexVersion": 3],
          ["v": 2, "key": ["list": 1, "too": 1], "name": "parallel arrays"],
          ["v": 2, "key": ["x": "no such kind"], "name": "no such kind"],
          ["v": 2, "key": ["text": 1], "name": "text_1"],
        ])
    }
    let problems = result.problems.sorted { ($0.name ?? "") < ($1.name ?? "") }
    #expect(problems.map(\.name) == ["no place", "no such kind", "parallel arrays", "same_1"])
    #expect(problems.allSatisfy { $0.subject == "index" && $0.namespace == dump.namespace("c") })
    #expect(problems.last?.message.contains("11000 DuplicateKey") == true)
    #expect(Set(try server.indexes(dump.namespace("c")).keys) == ["_id_", "n_1", "text_1"])
    #expect(result.collections.map(\.indexes) == [2])
    // What is expected is what the backup holds: a check sees that they are missing.
    #expect(result.expected[dump.namespace("c")]?.indexes.count == 7)
  }

  @Test("of an old server, with ns, background and dropDups, is built") func legacy() throws {
    let (result, server, dump) = try Workbench.restore {
      try $0.add(
        "c", numbered(1...10) { ["a": .int32(Int32($0))] },
        indexes: [
          [
            "v": 1, "unique": true, "key": ["a": 1], "name": "a_1", "ns": .string("\($0.database).c"),
            "background": true, "dropDups": true, "safe": true,
          ],
          ["v": 1, "key": ["b": true], "name": "true"],
          ["v": 2, "key": ["d": .double(1)], "name": "double", "sparse": 1],
        ])
    }
    // What this server no longer builds is named.
    #expect(result.problems.map(\.name) == ["true"])
    let found = try server.indexes(dump.namespace("c"))
    #expect(found["a_1"]?["unique"] == true && found["a_1"]?["ns"] == nil)
    let live = try Catalogue(of: server.pool, databases: [dump.database], counting: .exact)
    #expect(live.differences(from: result.expected).map(\.subject) == ["index true"])
  }

  @Test("without a collation on a collection that has one stays without") func withoutCollation() throws {
    let (result, server, dump) = try Workbench.restore {
      try $0.add(
        "c", [["_id": "a", "name": "x"], ["_id": "b", "name": "X"]],
        options: ["collation": .document(Self.german)],
        indexes: [
          ["v": 2, "key": ["name": 1], "name": "binary", "unique": true],
          ["v": 2, "key": ["name": -1], "name": "german", "collation": .document(Self.german)],
        ])
    }
    // Under the collection's collation the two names would be one.
    #expect(result.problems == [])
    let found = try server.indexes(dump.namespace("c"))
    #expect(found["binary"]?["collation"] == nil)
    #expect(found["german"]?["collation"]?.document?["locale"] == "de")
    let live = try Catalogue(of: server.pool, databases: [dump.database], counting: .exact)
    #expect(live.differences(from: result.expected) == [])
  }

  @Test("of a time series is built by its own keys", .needs(ServerVersion(5, 0), "time series"))
  func timeSeries() throws {
    let (result, server, dump) = try Workbench.restore {
      try $0.add(
        "c",
        options: [
          "timeseries": ["timeField": "at", "metaField": "host", "granularity": "hours"],
          "expireAfterSeconds": .int64(86400),
        ],
        indexes: [
          ["v": 2, "key": ["host": 1, "at": -1], "name": "host_1_at_-1"],
          ["v": 2, "key": ["host.name": 1], "name": "host.name_1"],
        ], kind: .timeseries)
    }
    #expect(result.problems == [])
    let live = try Catalogue(of: server.pool, databases: [dump.database], counting: .exact)
    #expect(live.differences(from: result.expected) == [])
    #expect(
      Set(try server.indexes(dump.namespace("c")).keys).isSuperset(of: ["host_1_at_-1", "host.name_1"]))
    #expect(try server.options(dump.namespace("c"))["expireAfterSeconds"] == .int64(86400))
  }

  @Test("is not built where none is wanted, and the result says so") func none() throws {
    var options = RestoreOptions()
    options.buildIndexes = false
    let (result, server, dump) = try Workbench.restore(options) {
      try $0.add("c", numbered(1...3), indexes: [["v": 2, "key": ["a": 1], "name": "a_1"]])
    }
    #expect(Array(try server.indexes(dump.namespace("c")).keys) == ["_id_"])
    #expect(result.notVerified == ["1 indexes were not built (--no-indexes)"])
    #expect(result.expected[dump.namespace("c")]?.indexes.map(\.name) == ["_id_"])
  }

  @Test(
    "with a TTL lets nothing age, however long it is waited",
    .needs(ServerVersion(5, 3), "clustered collections"))
  func ttl() throws {
    try withSandbox(arguments: ["--setParameter", "ttlMonitorSleepSecs=1"]) { server, folder in
      let dump = try HandmadeDump(in: folder)
      let old = numbered(1...20) { _ in ["at": .date(0)] }
      try dump.add("c", old, indexes: [["v": 2, "key": ["at": 1], "name": "at_1", "expireAfterSeconds": 1]])
      try dump.add(
        "clustered", old.map { Document([("_id", $0["at"] ?? .null)]) }.suffix(1),
        options: [
          "clusteredIndex": ["v": 2, "key": ["_id": 1], "name": "_id_", "unique": true],
          "expireAfterSeconds": .int64(1),
        ])
      #expect(try server.restore(dump.path).problems == [])
      sleep(2)
      #expect(try server.count(dump.namespace("c")) == 20)
      #expect(try server.count(dump.namespace("clustered")) == 1)
      // They would be gone otherwise.
      try server.pool.run(["setParameter": 1, "ttlMonitorEnabled": true])
      #expect(eventually { (try? server.count(dump.namespace("c"))) == 0 })
    }
  }
}
