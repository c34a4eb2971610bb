import BSON
import Checks
import Facts
import Mongo
import Platform
import Record
import Sandbox
import TestSupport
import Testing
import Witness

@Suite("validate", .tags(.mongod), .timeLimit(.minutes(10)))
struct ValidateCheckTests {
  @Test(
    "a sound collection passes, and says what was looked at",
    arguments: ["validate", "validate: {full: true}"])
  func pass(item: String) throws {
    let database = try TestDatabase()
    try database.insert("c", numbered(50))
    try database.index("c", ["key": ["a": 1], "name": "a_1"])
    let outcome = try database.check("c", item)
    #expect(outcome.result == .pass, "\(outcome)")
    #expect(outcome.message == "50 records and 2 indexes are sound")
    #expect(outcome.measured["records"] == 50 && outcome.measured["fast_count"] == 50)
  }

  @Test("an empty collection is sound")
  func empty() throws {
    let database = try TestDatabase()
    try database.create("c")
    #expect(try database.check("c", "validate").result == .pass)
  }

  @Test(
    "documents that a validator would refuse are told, and are no failure",
    .needs(ServerVersion(6, 0), "validate counts what a validator refuses"),
    arguments: [["validationLevel": "strict"], ["validationLevel": "moderate"], ["validationAction": "warn"]]
      as [Document])
  func validator(options: Document) throws {
    let database = try TestDatabase()
    try database.insert("c", numbered(3))
    let command: Document = ["collMod": "c", "validator": ["a": ["$exists": true]]]
    try database.run(Document((Array(command) + Array(options)).map { ($0.name, $0.value) }))
    let outcome = try database.check("c", "validate")
    #expect(outcome.result == .pass, "\(outcome)")
    #expect(outcome.message == "3 records and 1 index are sound; 3 documents would not pass the validator")
    // The validator is there as before.
    let facts = try #require(
      try Catalogue(of: database.pool, databases: [database.name])[Namespace(database.name, "c")])
    #expect(facts.options["validationLevel"] == options["validationLevel"] ?? "strict")
  }

  @Test("a time series is validated by its buckets", .needs(ServerVersion(5, 0), "time series"))
  func timeSeries() throws {
    let database = try TestDatabase()
    try database.create("t", ["timeseries": ["timeField": "at"]])
    try database.insert("t", [["at": .date(1_700_000_000_000)]])
    let outcome = try database.check("t", "validate")
    #expect(outcome.result == .pass, "\(outcome)")
    #expect(outcome.measured["records"] == 1)
  }

  @Test("is not asked of a server that is no sandbox, and can't be of a view")
  func notAsked() throws {
    var database = try TestDatabase()
    try database.insert("c", numbered(1))
    try database.create("v", ["viewOn": "c", "pipeline": []])
    #expect(try database.check("v", "validate").result == .error)
    database.isSandbox = false
    let outcome = try database.check("c", "validate")
    #expect(outcome.result == .skipped)
    #expect(outcome.message == "`validate` locks the collection, and this server is not a sandbox")
  }

  @Test(
    "an index that disagrees with its documents fails, also behind a validator that they would not pass",
    .needs(ServerVersion(6, 0), "validate counts what a validator refuses"))
  func damagedIndex() throws {
    var options = SandboxOptions()
    options.cacheBytes = 256 << 20
    options.extraArguments = ["--setParameter", "enableTestCommands=1"]
    let server = try Sandbox.start(options)
    defer { try? server.stop() }
    let database = try TestDatabase(on: server)
    try database.insert("c", numbered(5) { ["a": .int32(Int32($0))] })
    try database.index("c", ["key": ["a": 1], "name": "a_1"])
    // The server forgets to take deleted documents out of that index.
    try server.pool.run([
      "configureFailPoint": "skipUnindexingDocumentWhenDeleted", "mode": "alwaysOn",
      "data": ["indexName": "a_1"],
    ])
    try database.run(["delete": "c", "deletes": [["q": ["_id": 3], "limit": 1]]])
    let damaged = try database.check("c", "validate")
    #expect(damaged.result == .fail, "\(damaged)")
    #expect(damaged.measured["extraIndexEntries"] == 1)
    try database.run(["collMod": "c", "validator": ["b": ["$exists": true]]])
    let hidden = try database.check("c", "validate")
    #expect(hidden.result == .fail, "\(hidden)")
    #expect(hidden.measured["extraIndexEntries"] == 1 && hidden.measured["non_compliant"] == 4)
  }
}
