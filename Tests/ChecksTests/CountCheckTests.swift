import BSON
import Checks
import Facts
import Platform
import Record
import TestSupport
import Testing

@Suite("count", .tags(.mongod), .timeLimit(.minutes(10)))
struct CountCheckTests {
  @Test(
    "limits, thresholds and a filter",
    arguments: [
      ("count: {min: 12}", .pass, "12 documents"),
      ("count: {min: 13}", .fail, "12 documents, fewer than 13"),
      ("count: {max: 11}", .fail, "12 documents, more than 11"),
      ("count: {equals: 12}", .pass, "12 documents"),
      ("count: {equals: 0}", .fail, "12 documents, not 0"),
      ("{count: {min: 13}, severity: warn}", .warn, "12 documents, fewer than 13"),
      ("{count: {min: 1}, warn_if: '< 20'}", .warn, "12 documents"),
      ("{count: {}, error_if: '< 20', warn_if: '< 30'}", .fail, "12 documents"),
      ("{count: {}, error_if: '< 10'}", .pass, "12 documents"),
      ("{count: {equals: 3}, where: {even: true, _id: {$lte: 6}}}", .pass, "3 documents"),
    ] as [(String, Outcome.Result, String)])
  func limits(item: String, result: Outcome.Result, message: String) throws {
    let database = try TestDatabase()
    try database.insert("c", numbered(12) { ["even": .bool($0.isMultiple(of: 2))] })
    let outcome = try database.check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.message == message)
  }

  @Test("tells the query, what was expected and what was observed")
  func report() throws {
    let database = try TestDatabase()
    try database.insert("c", numbered(2))
    let outcome = try database.check(
      "c", "{count: {min: 5}, name: enough, where: {_id: {$gt: {$numberLong: 0}}}}")
    #expect(
      outcome.query
        == "db.getSiblingDB(\"\(database.name)\").getCollection(\"c\").countDocuments({_id: {$gt: Long(\"0\")}})"
    )
    #expect(outcome.expected == "at least 5 documents")
    #expect(outcome.observed == "2 documents")
    #expect(outcome.measured["documents"] == 2)
    #expect(outcome.name == "enough" && outcome.kind == "count" && outcome.suite == "s")
    #expect(outcome.namespace == "\(database.name).c")
    #expect(outcome.seconds > 0)
  }

  @Test(
    "compares with the backup, within a tolerance",
    arguments: [
      ("count", 100, .pass, "100 documents, as in the backup"),
      ("count", 101, .fail, "100 documents, 1 fewer than in the backup"),
      ("count: {compare: backup}", 98, .fail, "100 documents, 2 more than in the backup"),
      (
        "count: {compare: backup, tolerance: 2%}", 102, .pass,
        "100 documents, near enough to the backup's 102"
      ),
      ("count: {compare: backup, tolerance: 1%}", 102, .fail, "100 documents, 2 fewer than in the backup"),
      (
        "{count: {compare: backup, tolerance: 50%}, warn_if: '< 99%'}", 102, .warn,
        "100 documents, near enough to the backup's 102"
      ),
    ] as [(String, Int, Outcome.Result, String)])
  func backup(item: String, expected: Int, result: Outcome.Result, message: String) throws {
    var database = try TestDatabase()
    try database.insert("c", numbered(100))
    database.expected = Catalogue([CollectionFacts(Namespace(database.name, "c"), documents: expected)])
    let outcome = try database.check("c", item)
    #expect(outcome.result == result)
    #expect(outcome.message == message)
  }

  @Test("without a backup to compare with there is no answer")
  func noBackup() throws {
    var database = try TestDatabase()
    try database.insert("c", numbered(1))
    #expect(try database.check("c", "count").message == "there is no backup to compare with")
    database.expected = Catalogue()
    let outcome = try database.check("c", "count")
    #expect(outcome.result == .error)
    #expect(outcome.message == "the backup holds no \(database.name).c")
  }

  @Test("an empty collection passes when the backup's is empty, and is no data for limits")
  func empty() throws {
    var database = try TestDatabase()
    try database.create("c")
    database.expected = Catalogue([CollectionFacts(Namespace(database.name, "c"), documents: 0)])
    #expect(try database.check("c", "count").result == .pass)
    let outcome = try database.check("c", "count: {max: 5}")
    #expect(outcome.result == .error)
    #expect(outcome.message == "no data: 0 documents")
    #expect(try database.check("c", "{count: {max: 5}, allow_empty: true}").result == .pass)
    #expect(try database.check("c", "count: {min: 1}").result == .fail)
  }

  @Test("a collection that is missing fails, and with severity warn warns")
  func missing() throws {
    let database = try TestDatabase()
    let outcome = try database.check("nowhere", "count: {min: 0}")
    #expect(outcome.result == .fail)
    #expect(outcome.message == "the collection does not exist")
    #expect(try database.check("nowhere", "{count: {min: 0}, severity: warn}").result == .warn)
  }

  @Test(
    "a time series is counted in buckets against the backup, in measurements otherwise",
    .needs(ServerVersion(5, 0), "time series"))
  func timeSeries() throws {
    var database = try TestDatabase()
    try database.create("t", ["timeseries": ["timeField": "at", "metaField": "m"]])
    try database.insert(
      "t", (0..<10).map { ["at": .date(1_700_000_000_000 + $0), "m": .int32(Int32($0 % 2))] })
    database.expected = Catalogue([
      CollectionFacts(Namespace(database.name, "t"), kind: .timeseries, documents: 2)
    ])
    let outcome = try database.check("t", "count")
    #expect(outcome.result == .pass, "\(outcome)")
    #expect(outcome.message == "2 buckets, as in the backup")
    #expect(try database.check("t", "count: {equals: 10}").result == .pass)
  }

  @Test("a filter that the server refuses is an error, and so is a lack of time")
  func errors() throws {
    let database = try TestDatabase()
    try database.insert("c", numbered(2000))
    let refused = try database.check("c", "{count: {min: 1}, where: {$nope: 1}}")
    #expect(refused.result == .error)
    #expect(refused.message.contains("$nope"))
    let slow = try database.check(
      "c",
      "{count: {min: 1}, where: {$expr: {$function: {body: 'function() { sleep(5); return true }', args: [], lang: js}}}, timeout: 200ms}"
    )
    #expect(slow.result == .error)
    #expect(slow.message == "no answer within 200 ms")
  }

  @Test(
    "compares with a witness, an earlier run and an earlier step, also when it is read with others",
    arguments: [
      ("count: {compare: witness}", .pass, "100 documents, as in the witness"),
      ("count: {compare: 'step:restore'}", .fail, "100 documents, 10 more than in step restore"),
      (
        "count: {compare: 'step:restore', tolerance: 15%}", .pass,
        "100 documents, near enough to step restore's 90"
      ),
      ("count: {compare: 'step:nope'}", .error, "there is no step nope to compare with"),
      ("count: {compare: backup}", .error, "there is no backup to compare with"),
      ("count: {compare: baseline}", .fail, "100 documents, 5 fewer than in the baseline"),
      (
        "{count: {compare: baseline}, where: {_id: {$lt: 3}}}", .error,
        "the baseline (run r1) holds no answer to this check"
      ),
    ] as [(String, Outcome.Result, String)], [false, true])
  func elsewhere(asked: (String, Outcome.Result, String), isShared: Bool) throws {
    var database = try TestDatabase()
    try database.insert("c", numbered(100))
    let name = Namespace(database.name, "c")
    var before = try database.check("c", "count: {min: 1}")
    before.measured = ["documents": 105]
    let baseline = Baseline(run: "r1", [before])
    database.server = { server in
      server.witness = Catalogue([CollectionFacts(name, documents: 100)])
      server.steps["restore"] = Catalogue([CollectionFacts(name, documents: 90)])
      if !asked.0.contains("where") { server.baseline = baseline }
    }
    if asked.0.contains("where") {
      before.name = "another"
      let other = Baseline(run: "r1", [before])
      database.server = { $0.baseline = other }
    }
    let more = isShared ? "    - missing: {field: _id}\n" : ""
    let outcome = try database.checks("s:\n  DB.c:\n    - \(asked.0)\n\(more)")[0]
    #expect(outcome.result == asked.1, "\(outcome)")
    #expect(outcome.message == asked.2)
  }

  @Test("says that an oplog was replayed where the backup's documents are not what is there")
  func replayed() throws {
    var database = try TestDatabase()
    try database.insert("c", numbered(2))
    database.expected = Catalogue([CollectionFacts(Namespace(database.name, "c"))])
    let outcome = try database.check("c", "count")
    #expect(outcome.result == .error)
    #expect(
      outcome.message.hasPrefix("what an oplog was replayed to can't be computed"), "\(outcome.message)")
  }
}
