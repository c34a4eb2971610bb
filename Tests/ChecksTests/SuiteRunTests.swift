import BSON
import Checks
import Facts
import Mongo
import Platform
import Record
import Synchronization
import TestSupport
import Testing
import Witness

@Suite("A suite on a server", .tags(.mongod), .timeLimit(.minutes(10)))
struct SuiteRunTests {
  @Test("checks of a database are asked of each collection that the backup holds, views aside")
  func spread() throws {
    var database = try TestDatabase()
    try database.insert("a", numbered(2))
    try database.insert("b", numbered(3))
    try database.create("v", ["viewOn": "a", "pipeline": []])
    let live = try database.checks("s: {DB: [{count: {min: 3}}]}")
    #expect(live.map(\.namespace) == ["\(database.name).a", "\(database.name).b"], "\(live)")
    #expect(live.map(\.result) == [.fail, .pass])
    database.expected = Catalogue([
      CollectionFacts(Namespace(database.name, "b"), documents: 3),
      CollectionFacts(Namespace(database.name, "lost"), documents: 1),
    ])
    let outcomes = try database.checks("s: {'*': [count]}")
    #expect(outcomes.map(\.result) == [.pass, .fail])
    #expect(outcomes.last?.message == "the collection does not exist")
  }

  @Test("a database without collections is no pass")
  func nothing() throws {
    let database = try TestDatabase()
    let outcomes = try database.checks("s: {DB: [validate]}")
    #expect(outcomes.map(\.result) == [.error])
    #expect(outcomes.first?.message == "no collection in \(database.name)")
  }

  @Test("outcomes come in the suite's order, events as they come, on several threads")
  func order() throws {
    let database = try TestDatabase()
    try database.insert("c", numbered(10))
    let heard = Mutex<[String]>([])
    var suite = Checks.Suite("many", checks: [])
    for number in 0..<30 {
      var common = CommonKeys(name: "n\(number)")
      common.filter = ["_id": ["$ne": .int32(Int32(number))]]
      suite.checks.append(
        PlannedCheck(ValidateCheck(), of: .collection(Namespace(database.name, "c")), common: common))
    }
    let server = CheckedServer(database.pool, expected: nil, isSandbox: true)
    let outcomes = try suite.run(on: server, parallel: 4) { event in
      if case .checked(let outcome) = event { heard.withLock { $0.append(outcome.name) } }
    }
    #expect(outcomes.map(\.name) == (0..<30).map { "n\($0)" })
    #expect(heard.withLock { Set($0) }.count == 30)
    #expect(outcomes.allSatisfy { $0.result == .pass }, "\(outcomes.filter { $0.result != .pass })")
  }

  @Test("a server that is not there makes errors, not passes")
  func noServer() throws {
    let pool = try ClientPool(
      uri: ClientPool.uri(socket: "/nowhere/mongod.sock") + "?serverSelectionTimeoutMS=100")
    let suite = Checks.Suite("s", checks: [PlannedCheck(CountCheck(), of: .collection(Namespace("a", "b")))])
    let outcomes = try suite.run(on: CheckedServer(pool, expected: nil, isSandbox: true), parallel: 1) { _ in
    }
    #expect(outcomes.map(\.result) == [.error])
  }

  @Test(
    "what a server holds, read and compared with itself, does not differ",
    .needs(ServerVersion(5, 3), "clustered collections"))
  func catalogue() throws {
    let database = try TestDatabase()
    try database.create("capped", ["capped": true, "size": 4096, "max": 10])
    try database.create(
      "t", ["timeseries": ["timeField": "at", "granularity": "minutes"], "expireAfterSeconds": 5])
    try database.create("de", ["collation": ["locale": "de", "strength": 1]])
    try database.create("clustered", ["clusteredIndex": ["key": ["_id": 1], "unique": true]])
    try database.create("v", ["viewOn": "de", "pipeline": [["$match": ["a": 1]]]])
    try database.create("checked", ["validator": ["a": 1], "validationLevel": "moderate"])
    try database.insert("de", numbered(7))
    let exact = try Catalogue(of: database.pool, databases: [database.name], counting: .exact)
    let fast = try Catalogue(of: database.pool, databases: [database.name], counting: .fast)
    #expect(exact.sorted.map(\.namespace.collection) == ["capped", "checked", "clustered", "de", "t", "v"])
    #expect(exact.differences(from: fast).isEmpty)
    let german = try #require(exact[Namespace(database.name, "de")])
    #expect(german.documents == 7 && german.uuid != nil && german.indexes.count == 1)
    #expect(exact[Namespace(database.name, "t")]?.kind == .timeseries)
    // As they were asked for, without what the server adds.
    let asked = CollectionFacts(
      Namespace(database.name, "t"), kind: .timeseries,
      options: [
        "expireAfterSeconds": .int64(5), "timeseries": ["timeField": "at", "granularity": "minutes"],
      ])
    #expect(exact[asked.namespace]?.differences(from: asked, comparing: .options).isEmpty == true)
    #expect(exact[asked.namespace]?.documents == 0)
    #expect(exact[Namespace(database.name, "v")]?.documents == nil)
  }
}
