import BSON
import Checks
import Facts
import Platform
import Record
import TestSupport
import Testing

@Suite("storage and query", .tags(.mongod), .timeLimit(.minutes(10)))
struct ServerFiguresCheckTests {
  @Test(
    "sizes are recorded, and compared with an earlier run or a witness within tolerances",
    .needs(ServerVersion(5, 0), "time series"))
  func storage() throws {
    var database = try TestDatabase()
    try database.insert("c", numbered(100) { ["n": .int32(Int32($0))] })
    let first = try database.check("c", "storage")
    #expect(first.result == .pass, "\(first)")
    guard case .integer(let data)? = first.measured["data"], case .integer? = first.measured["indexes"] else {
      Issue.record("\(first.measured)")
      return
    }
    #expect(data == 2100)
    let check = "storage: {compare: baseline, data: 10%}"
    #expect(try database.check("c", check).message == "there is no baseline to compare with")
    database.baseline = Baseline(run: "r", [first])
    #expect(try database.check("c", check).result == .pass)
    try database.insert("c", (101...111).map { ["_id": .int32(Int32($0)), "n": 1] })
    let grown = try database.check("c", check)
    #expect(grown.result == .fail)
    #expect(grown.message == "data 2.33 kB, +11.0% from 2.1 kB")
    #expect(grown.expected == "data 2.1 kB ± 10.0%")
    #expect(try database.check("c", "{\(check), warn_if: '> 0'}").result == .warn)
    var facts = CollectionFacts(Namespace(database.name, "c"), bytes: 2331)
    database.witness = Catalogue([facts])
    #expect(try database.check("c", "storage: {compare: witness, data: 0%}").result == .pass)
    let unknown = try database.check("c", "storage: {compare: witness, indexes: 0%}")
    #expect(unknown.result == .error)
    #expect(unknown.message == "the witness doesn't say `indexes` of \(database.name).c")
    facts.indexBytes = 1 << 30
    database.witness = Catalogue([facts])
    #expect(try database.check("c", "storage: {compare: witness, indexes: 50%}").result == .fail)
    try database.create("t", ["timeseries": ["timeField": "t"]])
    #expect(try database.check("t", "storage").result == .pass)
  }

  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert(
      "c", numbered(1000) { ["a": .int32(Int32($0 % 10)), "b": .int32(Int32($0)), "t": ["x", "y"]] })
    try database.index("c", ["key": ["a": 1], "name": "by_a"], ["key": ["t": 1], "name": "by_t"])
    try database.insert("o", numbered(10))
    try database.create("v", ["viewOn": "c", "pipeline": [["$match": ["a": 3]]]])
    try database.create("k", ["clusteredIndex": ["key": ["_id": 1], "unique": true]])
    try database.insert("k", numbered(10))
    return database
  }

  @Test(
    "the index that a plan uses, and the documents that it looks at, whichever engine runs it",
    .needs(ServerVersion(5, 3), "clustered collections"),
    arguments: [
      ("c", "{find: {a: 3}, index: by_a, max_examined: 100}", .pass, ["by_a"], 100),
      ("c", "{find: {a: 3}, index: by_t}", .fail, ["by_a"], 100),
      ("c", "{find: {b: 3}, index: by_a}", .fail, [], 1000),
      ("c", "{find: {b: 3}, max_examined: 999}", .fail, [], 1000),
      ("c", "{find: {_id: 3}, index: _id_, max_examined: 1}", .pass, ["_id_"], 1),
      ("c", "{find: {t: x}, sort: {b: 1}, index: by_t}", .pass, ["by_t"], 1000),
      ("c", "{find: {$or: [{a: 1}, {_id: 3}]}, index: _id_}", .pass, ["_id_", "by_a"], 101),
      ("c", "{pipeline: [{$match: {a: 3}}, {$group: {_id: $b}}], index: by_a}", .pass, ["by_a"], 100),
      (
        "c",
        "{pipeline: [{$match: {a: 3}}, {$lookup: {from: o, localField: a, foreignField: _id, as: x}}], index: _id_}",
        .pass, ["_id_", "by_a"], 200
      ),
      (
        "c",
        "{pipeline: [{$match: {_id: 3}}, {$unionWith: {coll: c, pipeline: [{$match: {a: 1}}]}}], index: by_a}",
        .pass,
        ["_id_", "by_a"], 101
      ),
      ("v", "{find: {b: 3}, index: by_a}", .pass, ["by_a"], 100),
      ("k", "{find: {_id: 3}, index: _id_}", .pass, ["_id_"], 2),
    ] as [(String, String, Outcome.Result, [String], Int)])
  func plans(collection: String, keys: String, result: Outcome.Result, indexes: [String], examined: Int)
    throws
  {
    let outcome = try filled().check(collection, "query: \(keys)")
    #expect(outcome.result == result, "\(outcome)")
    guard case .array(let found)? = outcome.measured["indexes"] else { throw MalformedTest() }
    #expect(Set(found) == Set(indexes.map { .string($0) }))
    guard case .integer(let number)? = outcome.measured["examined"] else { throw MalformedTest() }
    #expect(number <= examined && number >= min(examined, 1))
  }

  private struct MalformedTest: Error {}

  @Test(
    "time and documents against limits and an earlier run",
    .needs(ServerVersion(5, 3), "clustered collections"))
  func limits() throws {
    var database = try filled()
    let check = "query: {find: {b: {$gt: 0}}"
    #expect(try database.check("c", "\(check), max_time: 1m}").result == .pass)
    let slow = try database.check("c", "\(check), max_time: 0}")
    #expect(slow.result == .fail)
    #expect(slow.message.hasSuffix(", longer than 0 ms"), "\(slow.message)")
    #expect(try database.check("c", "{\(check)}, warn_if: '> 0s', error_if: '> 1h'}").result == .warn)
    #expect(try database.check("c", "{\(check), max_time: 0}, severity: warn}").result == .warn)
    #expect(try database.check("c", "query: {find: {b: 5000}}").result == .error)
    #expect(try database.check("c", "{query: {find: {b: 5000}}, allow_empty: true}").result == .pass)
    #expect(try database.check("c", "query: {find: {$nope: 1}}").result == .error)

    let first = try database.check("c", "\(check), runs: 1}")
    database.baseline = Baseline(run: "r", [first])
    let same = try database.check("c", "\(check), compare: baseline, tolerance: 100000%}")
    #expect(same.result == .pass, "\(same)")
    try database.insert("c", (2001...2600).map { ["_id": .int32(Int32($0)), "b": 1] })
    let more = try database.check("c", "\(check), compare: baseline, tolerance: 50%}")
    #expect(more.result == .fail)
    #expect(more.message.contains("+60.0% from the baseline's 1,000 documents"), "\(more.message)")
    #expect(
      more.query == """
        db.getSiblingDB("\(database.name)").getCollection("c").find({b: {$gt: 0}}).explain("executionStats")
        """)
  }
}
