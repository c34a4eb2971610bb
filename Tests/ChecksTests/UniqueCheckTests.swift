import BSON
import Checks
import Facts
import Platform
import Record
import TestSupport
import Testing

@Suite("unique", .tags(.mongod), .timeLimit(.minutes(10)))
struct UniqueCheckTests {
  static let documents: [Document] = [
    ["_id": 1, "a": "x", "b": 1], ["_id": 2, "a": "x", "b": .double(1)], ["_id": 3, "a": "y", "b": 1],
    ["_id": 4, "b": 2], ["_id": 5, "a": .null, "b": 2], ["_id": 6, "a": .null], ["_id": 7, "a": "X", "b": 7],
  ]

  @Test(
    "counts documents beyond the first of each key",
    arguments: [
      ("unique: {field: a}", .fail, 3, 2, ["1", "2", "4", "5", "6"]),
      ("unique: {field: a, null: ignore}", .fail, 1, 1, ["1", "2"]),
      ("unique: {fields: [a, b]}", .fail, 2, 2, ["1", "2", "4", "5"]),
      ("unique: {fields: [a, b], null: ignore}", .fail, 1, 1, ["1", "2"]),
      ("unique: {field: _id}", .pass, 0, 0, []),
      ("{unique: {field: a}, where: {_id: {$gte: 3, $lte: 4}}}", .pass, 0, 0, []),
      ("{unique: {field: a}, warn_if: '> 0', error_if: '> 50%'}", .warn, 3, 2, ["1", "2", "4", "5", "6"]),
      ("{unique: {field: a}, samples: 1}", .fail, 3, 2, ["1"]),
    ] as [(String, Outcome.Result, Int64, Int64, [String])])
  func unique(item: String, result: Outcome.Result, repeats: Int64, keys: Int64, samples: [String]) throws {
    let database = try TestDatabase()
    try database.insert("c", Self.documents)
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.measured["repeats"] == .integer(repeats))
    #expect(outcome.measured["repeated_keys"] == .integer(keys))
    #expect(outcome.samples == samples)
  }

  @Test("tells what it counted, and the query shows the groups")
  func report() throws {
    let database = try TestDatabase()
    try database.insert("c", Self.documents)
    let outcome = try database.check("c", "{unique: {field: a}, where: {b: {$gt: 0}}}")
    #expect(outcome.message == "2 of 6 documents repeat another's `a` (2 keys more than once)")
    #expect(
      outcome.measured == ["documents": 6, "keys": 4, "repeated_keys": 2, "repeats": 2, "null": 2])
    #expect(
      outcome.query
        == "db.getSiblingDB(\"\(database.name)\").getCollection(\"c\").aggregate([{$match: {b: {$gt: 0}}}, "
        + "{$unwind: {path: \"$a\", preserveNullAndEmptyArrays: true}}, "
        + "{$group: {_id: {$ifNull: [\"$a\", null]}, documents: {$addToSet: \"$_id\"}}}, "
        + "{$match: {\"documents.1\": {$exists: true}}}], {allowDiskUse: true})")
  }

  @Test("an element counts once a document; several fields with an array among them have no answer")
  func arrays() throws {
    let database = try TestDatabase()
    try database.insert(
      "c",
      [
        ["_id": 1, "t": [1, 1, 2], "l": .list([["s": "a"], ["s": "a"]])],
        ["_id": 2, "t": [2, 3], "l": ["s": "b"]],
        ["_id": 3, "t": .list([[2, 3]]), "l": .list([["s": "b"], ["s": "c"]])], ["_id": 4, "t": .array([:])],
      ])
    #expect(try database.check("c", "unique: {field: t}").measured["repeats"] == 1)
    #expect(try database.check("c", "unique: {field: l.s}").samples == ["2", "3"])
    let outcome = try database.check("c", "unique: {fields: [_id, t]}")
    #expect(outcome.result == .error, "\(outcome)")
    #expect(outcome.message == "`t` leads to an array in document 1; a key of several fields can't hold one")
  }

  @Test("where there is a collation, the server says what is equal")
  func collation() throws {
    let database = try TestDatabase()
    try database.create("c", ["collation": ["locale": "de", "strength": 1]])
    try database.insert("c", Self.documents)
    let outcome = try database.check("c", "unique: {field: a}")
    #expect(outcome.result == .fail, "\(outcome)")
    #expect(outcome.measured == ["documents": 7, "keys": 3, "repeated_keys": 2, "repeats": 4, "null": 3])
    #expect(
      try database.check("c", "unique: {fields: [a, b], null: ignore}").measured
        == ["documents": 7, "keys": 3, "repeated_keys": 1, "repeats": 1, "null": 3])
    try database.run([
      "update": "c", "updates": .list([["q": ["_id": 1], "u": ["$set": ["a": ["X", "x"]]]]]),
    ])
    #expect(try database.check("c", "unique: {field: a, null: ignore}").measured["repeats"] == 2)
    #expect(try database.check("c", "unique: {fields: [a, b]}").result == .error)
    try database.create(
      "view", ["viewOn": "c", "pipeline": [], "collation": ["locale": "de", "strength": 1]])
    #expect(try database.check("view", "unique: {field: a, null: ignore}").measured["repeats"] == 2)
  }

  @Test("a view and a time series are read as what they show", .needs(ServerVersion(5, 0), "time series"))
  func shown() throws {
    let database = try TestDatabase()
    try database.insert("c", Self.documents)
    try database.create("view", ["viewOn": "c", "pipeline": .list([["$match": ["_id": ["$lt": 3]]]])])
    #expect(try database.check("view", "unique: {field: a}").measured["repeats"] == 1)
    try database.create("t", ["timeseries": ["timeField": "at", "metaField": "m"]])
    try database.insert(
      "t", (0..<6).map { ["at": .date(1_700_000_000_000 + Int64($0 / 2)), "m": .int32(Int32($0))] })
    #expect(try database.check("t", "unique: {field: at}").measured["repeats"] == 3)
    #expect(try database.check("t", "unique: {field: m}").result == .pass)
  }

  @Test("without a document there is no answer; nor where no document has the field")
  func nothing() throws {
    let database = try TestDatabase()
    try database.create("empty")
    #expect(try database.check("empty", "unique: {field: a}").result == .error)
    #expect(try database.check("empty", "{unique: {field: a}, allow_empty: true}").result == .pass)
    try database.insert("c", [["_id": 1], ["_id": 2]])
    let outcome = try database.check("c", "unique: {field: emial, null: ignore}")
    #expect(outcome.message == "no data: no document has a value in `emial`")
  }

  @Test(
    "keys beyond the memory are counted in passes, with the same answer",
    arguments: [24 << 10, 64 << 20])
  func passes(memory: Int) throws {
    var database = try TestDatabase()
    database.memory = memory
    let documents = numbered(6000) {
      ["u": .int32(Int32($0)), "d": .int32(Int32($0 % 5000)), "p": .int32(Int32($0 * 2))]
    }
    try database.insert("c", documents)
    let outcomes = try database.checks(
      """
      s:
        DB.c:
          - unique: {field: u}
          - unique: {field: d}
          - references: {field: p, to: DB.c}
          - references: {fields: [u, d], to: DB.c, to_fields: [_id, d]}

      """)
    #expect(outcomes.map(\.result) == [.pass, .fail, .fail, .pass], "\(outcomes)")
    #expect(outcomes[0].measured["keys"] == 6000)
    #expect(outcomes[1].measured["repeats"] == 1000 && outcomes[1].measured["keys"] == 5000)
    #expect(outcomes[1].samples.count == 5)
    #expect(outcomes[2].measured["dangling"] == 3000 && outcomes[2].measured["dangling_values"] == 3000)
    #expect(outcomes[2].samples.count == 5)
    #expect(outcomes[3].measured["references"] == 6000)
  }
}
