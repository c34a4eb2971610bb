import BSON
import Checks
import Facts
import Platform
import Record
import Testing
import Witness

@Suite("indexes", .tags(.mongod), .timeLimit(.minutes(10)))
struct IndexesCheckTests {
  /// One of each kind, as a person would ask for them.
  private static let specs: [Document] = [
    ["key": ["a": 1, "b": -1], "name": "ab", "unique": true],
    ["key": ["h": "hashed"], "name": "hash"],
    ["key": ["g": "2dsphere"], "name": "geo"],
    ["key": ["t": "text", "u": "text"], "name": "text", "weights": ["t": 3], "default_language": "none"],
    ["key": ["w.$**": 1], "name": "wild"],
    ["key": ["p": 1], "name": "part", "partialFilterExpression": ["p": ["$lt": 20]]],
    ["key": ["s": 1], "name": "sparse", "sparse": true, "hidden": true],
    ["key": ["e": 1], "name": "ttl", "expireAfterSeconds": 3600],
    ["key": ["n": 1], "name": "fr", "collation": ["locale": "fr", "strength": 2]],
  ]

  private func expect(_ database: borrowing TestDatabase, _ specs: [Document]) throws -> Catalogue {
    try database.create("source")
    for spec in specs { try database.index("source", spec) }
    let live = try Catalogue(of: database.pool, databases: [database.name])
    var facts = CollectionFacts(Namespace(database.name, "c"))
    facts.indexes = try #require(live[Namespace(database.name, "source")]).indexes
    return Catalogue([facts])
  }

  @Test("indexes of every kind are equal to themselves")
  func pass() throws {
    var database = try TestDatabase()
    database.expected = try expect(database, Self.specs)
    try database.create("c")
    for spec in Self.specs { try database.index("c", spec) }
    let outcome = try database.check("c", "indexes")
    #expect(outcome.result == .pass, "\(outcome)")
    #expect(outcome.message == "10 indexes, as in the backup")
    #expect(outcome.measured["indexes"] == 10)
  }

  @Test("missing, extra and differing ones are named")
  func fail() throws {
    var database = try TestDatabase()
    database.expected = try expect(database, Self.specs)
    try database.create("c")
    for spec in Self.specs.dropFirst() where spec["name"] != "ttl" { try database.index("c", spec) }
    try database.index("c", ["key": ["e": 1], "name": "ttl", "expireAfterSeconds": 60])
    try database.index("c", ["key": ["x": 1], "name": "more"])
    let outcome = try database.check("c", "indexes: {compare: backup}")
    #expect(outcome.result == .fail)
    #expect(outcome.message == "missing: ab; not expected: more; different: ttl")
    #expect(outcome.expected?.contains("index ttl: expireAfterSeconds: 3600") == true)
    #expect(outcome.observed?.contains("index ttl: expireAfterSeconds: 60") == true)
    #expect(try database.check("c", "{indexes: {}, error_if: '> 3'}").result == .pass)
  }

  @Test(
    "a list as a person writes it",
    arguments: [
      ("[{key: {a: 1, b: -1}, unique: true}]", .pass, "2 indexes, as listed"),
      ("[{key: {a: 1, b: -1}}]", .fail, "different: a_1_b_-1"),
      ("[{key: {b: -1, a: 1}, unique: true}]", .fail, "missing: b_-1_a_1; not expected: a_1_b_-1"),
      ("[]", .fail, "not expected: a_1_b_-1"),
    ] as [(String, Outcome.Result, String)])
  func list(list: String, result: Outcome.Result, message: String) throws {
    let database = try TestDatabase()
    try database.create("c")
    try database.index("c", ["key": ["a": 1, "b": -1], "name": "a_1_b_-1", "unique": true])
    let outcome = try database.check("c", "indexes: {list: \(list)}")
    #expect(outcome.result == result)
    #expect(outcome.message == message)
  }

  @Test("a view has none: asking is an error")
  func view() throws {
    let database = try TestDatabase()
    try database.create("v", ["viewOn": "c", "pipeline": []])
    let outcome = try database.check("v", "indexes: {list: []}")
    #expect(outcome.result == .error)
    #expect(outcome.message.hasSuffix("`indexes` cannot be asked of \(database.name).v, which is a view"))
  }
}
