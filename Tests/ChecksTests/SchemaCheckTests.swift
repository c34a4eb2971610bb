import BSON
import Checks
import Facts
import Platform
import Record
import TestSupport
import Testing

@Suite("schema and failed_documents", .tags(.mongod), .timeLimit(.minutes(10)))
struct SchemaCheckTests {
  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert(
      "c",
      [
        ["_id": 1, "n": 1, "tags": ["a"], "in": ["x": 1]], ["_id": 2, "n": "two", "tags": [1, 2]],
        ["_id": 3, "tags": .null], ["_id": 4, "n": 4, "tags": [], "a.b": 1],
      ])
    return database
  }

  @Test(
    "documents that don't fit a schema are counted and named",
    arguments: [
      ("{required: [n]}", .fail, "1 of 4 documents do not fit the schema", ["3"]),
      ("{properties: {n: {bsonType: int}}}", .fail, "1 of 4 documents do not fit the schema", ["2"]),
      (
        "{properties: {tags: {bsonType: array, items: {bsonType: string}}}}", .fail,
        "2 of 4 documents do not fit the schema", ["2", "3"]
      ),
      ("{properties: {in: {required: [x]}}}", .pass, "4 documents, each fits the schema", []),
      ("{required: [a.b]}", .fail, "4 of 4 documents do not fit the schema", ["1", "2", "3", "4"]),
    ] as [(String, Outcome.Result, String, [String])])
  func schema(schema: String, result: Outcome.Result, message: String, samples: [String]) throws {
    let outcome = try filled().check("c", "schema: {schema: \(schema)}")
    #expect(outcome.result == result)
    #expect(outcome.message == message)
    #expect(outcome.samples == samples)
    #expect(outcome.measured["documents"] == 4)
  }

  @Test("thresholds, a filter, few samples, and what is said again in the shell")
  func common() throws {
    let database = try filled()
    let check =
      "{schema: {schema: {required: [x]}}, where: {_id: {$gt: 2}}, samples: 1, warn_if: '> 0', error_if: '> 2'}"
    let outcome = try database.check("c", check)
    #expect(outcome.result == .warn)
    #expect(outcome.message == "2 of 2 documents do not fit the schema")
    #expect(outcome.samples == ["3"])
    #expect(
      outcome.query == """
        db.getSiblingDB("\(database.name)").getCollection("c").find({$and: [{_id: {$gt: 2}}, \
        {$nor: [{$jsonSchema: {required: ["x"]}}]}]})
        """)
    #expect(try database.check("c", "{schema: {schema: {required: [x]}}, error_if: '> 50%'}").result == .fail)
    #expect(try database.check("c", "schema: {schema: {bsonType: nonsense}}").result == .error)
    #expect(try database.check("c", "{schema: {schema: {required: [x]}}, where: {_id: 99}}").result == .error)
    #expect(try database.check("lost", "schema: {schema: {required: [x]}}").result == .fail)
  }

  @Test("the collection's own validator, whatever it says, by the collection's collation")
  func validator() throws {
    let database = try TestDatabase()
    try database.create("c", ["collation": ["locale": "en", "strength": 2]])
    try database.insert(
      "c", [["_id": 1, "s": "NEW", "a": 1, "b": 2], ["_id": 2, "s": "old", "a": 2, "b": 1]])
    #expect(
      try database.check("c", "schema").message == "the collection has no validator, and no `schema` is given"
    )
    try database.run(["collMod": "c", "validator": ["s": "new"]])
    let equal = try database.check("c", "schema")
    #expect(equal.samples == ["2"], "\(equal)")
    try database.run([
      "collMod": "c", "validator": ["$expr": ["$gt": ["$a", "$b"]], "s": ["$exists": true]],
    ])
    #expect(try database.check("c", "schema").samples == ["1"])
    try database.run(["collMod": "c", "validator": ["$jsonSchema": ["required": ["s"]]]])
    #expect(try database.check("c", "schema").message == "2 documents, each fits the validator")
    // Under the database: those that have one.
    try database.create("plain")
    #expect(try database.checks("s: {DB: [schema]}").map(\.namespace) == ["\(database.name).c"])
    // In the backup it had one.
    var restored = try TestDatabase()
    var lost = CollectionFacts(Namespace(restored.name, "plain"))
    lost.options = ["validator": ["a": 1]]
    restored.expected = Catalogue([lost])
    #expect(try restored.checks("s: {'*': [schema]}").map(\.result) == [.fail])
  }

  @Test("views and time series are asked like collections", .needs(ServerVersion(5, 0), "time series"))
  func views() throws {
    let database = try filled()
    try database.create("v", ["viewOn": "c", "pipeline": [["$match": ["_id": ["$lt": 3]]]]])
    #expect(
      try database.check("v", "schema: {schema: {required: [n]}}").message
        == "2 documents, each fits the schema")
    try database.create("t", ["timeseries": ["timeField": "t"]])
    try database.insert("t", [["t": .date(0), "v": 1], ["t": .date(1000)]])
    #expect(
      try database.check("t", "schema: {schema: {required: [v]}}").message
        == "1 of 2 documents do not fit the schema")
    #expect(
      try database.check("t", "{failed_documents: , where: {v: 1}}").message
        == "1 failed document of 2 documents")
  }

  @Test(
    "failed documents are those that match, or that a pipeline gives",
    .needs(ServerVersion(5, 0), "$getField"),
    arguments: [
      ("{failed_documents: , where: {n: {$type: string}}}", .fail, "1 failed document of 4 documents", ["2"]),
      ("{failed_documents: , where: {n: 99}}", .pass, "none of 4 documents failed", []),
      (
        "failed_documents: {pipeline: [{$match: {tags: {$size: 0}}}]}", .fail,
        "1 failed document of 4 documents",
        ["4"]
      ),
      (
        "{failed_documents: {pipeline: [{$match: {tags: {$exists: true}}}]}, where: {_id: {$lt: 3}}}", .fail,
        "2 failed documents of 2 documents", ["1", "2"]
      ),
      (
        "failed_documents: {pipeline: [{$group: {_id: $n, c: {$sum: 1}}}, {$match: {c: {$gt: 1}}}]}", .pass,
        "none of 4 documents failed", []
      ),
      (
        "failed_documents: {pipeline: [{$match: {$expr: {$ne: [{$getField: a.b}, null]}}}, {$match: {_id: 4}}]}",
        .fail,
        "1 failed document of 4 documents", ["4"]
      ),
      (
        "{failed_documents: , where: {n: {$type: string}}, error_if: '> 25%'}", .pass,
        "1 failed document of 4 documents", ["2"]
      ),
      (
        "{failed_documents: , where: {n: {$type: string}}, warn_if: '>= 25%'}", .warn,
        "1 failed document of 4 documents", ["2"]
      ),
    ] as [(String, Outcome.Result, String, [String])])
  func failed(check: String, result: Outcome.Result, message: String, samples: [String]) throws {
    let outcome = try filled().check("c", check)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.message == message)
    #expect(outcome.samples == samples)
  }

  @Test("large documents don't matter, an empty collection is no answer, a bad pipeline is an error")
  func edges() throws {
    let database = try TestDatabase()
    let text = String(repeating: "x", count: 5 << 20)
    for n in 1...4 { try database.insert("c", [["_id": ["n": .int32(Int32(n))], "t": .string(text)]]) }
    let outcome = try database.check("c", "failed_documents: {pipeline: [{$sort: {t: 1}}]}")
    #expect(outcome.message == "4 failed documents of 4 documents")
    #expect(outcome.samples.first == #"{ "n" : 1 }"#)
    try database.create("empty")
    #expect(try database.check("empty", "{failed_documents: , where: {a: 1}}").result == .error)
    #expect(
      try database.check("empty", "{failed_documents: , where: {a: 1}, allow_empty: true}").result == .pass)
    #expect(try database.check("c", "failed_documents: {pipeline: [{$nope: 1}]}").result == .error)
  }
}
