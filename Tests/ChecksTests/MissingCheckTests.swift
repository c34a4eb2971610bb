import BSON
import Checks
import Facts
import Platform
import Record
import Testing

@Suite("missing", .tags(.mongod), .timeLimit(.minutes(10)))
struct MissingCheckTests {
  static let documents: [Document] = [
    ["_id": 1, "a": 1, "b": ["c": "x"]], ["_id": 2, "a": .null, "b": ["c": ""]], ["_id": 3, "b": ["d": 1]],
    ["_id": 4, "a": .undefined, "b": .list([["c": 1], ["c": 2]])],
    ["_id": 5, "a": [:], "b": .list([["c": 1], [:]])],
    ["_id": 6, "a": .array([:]), "b": .array([:])], ["_id": 7, "a": .double(.nan), "b": 7],
  ]

  @Test(
    "tells what lacks a field from what has null, nothing or an array in it",
    arguments: [
      ("missing: {field: a}", 3, ["2", "3", "4"]),
      ("missing: {field: a, null: ignore}", 1, ["3"]),
      ("missing: {field: a, empty: count}", 5, ["2", "3", "4", "5", "6"]),
      ("missing: {field: b.c}", 4, ["3", "5", "6", "7"]),
      ("missing: {field: b.c, empty: count}", 5, ["2", "3", "5", "6", "7"]),
      ("missing: {fields: [a, b.c]}", 6, ["2", "3", "4", "5", "6"]),
      ("{missing: {field: a}, where: {_id: {$gt: 2}}}", 2, ["3", "4"]),
    ] as [(String, Int64, [String])])
  func missing(item: String, count: Int64, samples: [String]) throws {
    let database = try TestDatabase()
    try database.insert("c", Self.documents)
    let outcome = try database.check("c", item)
    #expect(outcome.result == .fail, "\(outcome)")
    #expect(outcome.measured["missing"] == .integer(count))
    #expect(outcome.samples == samples)
  }

  @Test(
    "the query that the report gives finds the same documents",
    arguments: ["{field: a}", "{field: a, empty: count}"])
  func query(keys: String) throws {
    let database = try TestDatabase()
    try database.insert("c", Self.documents)
    let outcome = try database.check("c", "missing: \(keys)")
    let filter =
      keys.contains("empty")
      ? "{$or: [{a: null}, {a: \"\"}, {a: {}}, {a: []}]}" : "{a: null}"
    #expect(
      outcome.query == "db.getSiblingDB(\"\(database.name)\").getCollection(\"c\").find(\(filter))")
  }

  @Test("is read in parts, and comes to the same answer")
  func parts() throws {
    var database = try TestDatabase()
    try database.insert("c", numbered(60_000) { $0.isMultiple(of: 100) ? [:] : ["a": .int32(1)] })
    database.parallel = 4
    let outcomes = try database.checks(
      "s:\n  DB.c:\n    - missing: {field: a}\n    - {missing: {field: z}, samples: 3}\n    - {missing: {field: _id}}\n"
    )
    #expect(outcomes.map(\.result) == [.fail, .fail, .pass])
    #expect(outcomes[0].measured["missing"] == 600 && outcomes[0].measured["documents"] == 60_000)
    #expect(outcomes[0].samples == ["100", "200", "300", "400", "500"])
    #expect(outcomes[1].samples == ["1", "2", "3"])
    #expect(outcomes[2].message == "60,000 documents, each with `_id`")
  }

  @Test("without a document there is no answer, without a collection a failure, in no time an error")
  func nothing() throws {
    let database = try TestDatabase()
    try database.create("empty")
    #expect(try database.check("empty", "missing: {field: a}").result == .error)
    #expect(try database.check("empty", "{missing: {field: a}, allow_empty: true}").result == .pass)
    #expect(try database.check("none", "missing: {field: a}").message == "the collection does not exist")
    try database.create(
      "view", ["viewOn": "none", "pipeline": .list([["$project": ["a": ["$divide": [1, 0]]]]])])
    #expect(try database.check("view", "missing: {field: a}").result == .error)
    try database.insert("none", [["_id": 1]])
    let outcome = try database.check("view", "missing: {field: a}")
    #expect(outcome.result == .error, "\(outcome)")
    #expect(outcome.message.contains("divide by zero"))
  }
}
