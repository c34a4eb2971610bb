import BSON
import Checks
import Facts
import Platform
import Record
import TestSupport
import Testing
import Witness

@Suite("options", .tags(.mongod), .timeLimit(.minutes(10)))
struct OptionsCheckTests {
  /// Name, options as they were, options that differ from them, and which do.
  private static let cases: [(String, Document, Document, String)] = [
    ("capped", ["capped": true, "size": 8192, "max": 10], ["capped": true, "size": 8192, "max": 11], "max"),
    ("gone", ["capped": true, "size": 8192], [:], "capped, size"),
    ("rule", ["validator": ["a": ["$gt": 1]]], ["validator": ["a": ["$gt": 2]]], "validator"),
    (
      "level", ["validator": ["a": 1], "validationLevel": "moderate", "validationAction": "warn"],
      ["validator": ["a": 1]], "validationLevel, validationAction"
    ),
    ("words", ["collation": ["locale": "de", "strength": 1]], ["collation": ["locale": "de"]], "collation"),
    (
      "times", ["timeseries": ["timeField": "t", "metaField": "m"], "expireAfterSeconds": 60],
      ["timeseries": ["timeField": "t"], "expireAfterSeconds": 61], "expireAfterSeconds, timeseries"
    ),
    (
      "clustered", ["clusteredIndex": ["key": ["_id": 1], "unique": true], "expireAfterSeconds": 60],
      ["clusteredIndex": ["key": ["_id": 1], "unique": true]], "expireAfterSeconds"
    ),
    (
      "images", ["changeStreamPreAndPostImages": ["enabled": true]], [:], "changeStreamPreAndPostImages"
    ),
    (
      "view", ["viewOn": "rule", "pipeline": [["$match": ["a": 1]]]],
      ["viewOn": "rule", "pipeline": [["$match": ["a": 2]]]], "pipeline"
    ),
  ]

  @Test(
    "each option that differs is named, and none that doesn't",
    .needs(ServerVersion(5, 3), "clustered collections"), arguments: 0..<cases.count)
  func differs(index: Int) throws {
    let (name, before, after, message) = Self.cases[index]
    var database = try TestDatabase()
    try database.create(name, before)
    let live = try Catalogue(of: database.pool, databases: [database.name])
    let was = try #require(live[Namespace(database.name, name)])
    database.expected = Catalogue([was])
    let same = try database.check(name, "options")
    #expect(same.result == .pass, "\(same)")
    #expect(same.message.hasSuffix("as in the backup"))
    try database.run(["drop": .string(name)])
    try database.create(name, after)
    database.witness = database.expected
    database.expected = nil
    let outcome = try database.check(name, "options: {compare: witness}")
    #expect(outcome.result == .fail)
    #expect(outcome.message == "different: \(message)")
    #expect(outcome.expected != nil && outcome.observed != nil)
    #expect(try database.check(name, "{options: {compare: witness}, severity: warn}").result == .warn)
  }

  @Test(
    "named options alone, as a person writes them",
    arguments: [
      ("{capped: true}", .pass, "1 option, as asked"),
      ("{capped: true, size: 4096, max: {$numberLong: '5'}}", .pass, "3 options, as asked"),
      ("{max: 6}", .fail, "different: max"),
      ("{capped: false}", .fail, "different: capped"),
      ("{validator: null}", .pass, "0 options, as asked"),
      ("{max: null}", .fail, "different: max"),
      ("{validationLevel: strict}", .pass, "0 options, as asked"),
    ] as [(String, Outcome.Result, String)])
  func equals(options: String, result: Outcome.Result, message: String) throws {
    let database = try TestDatabase()
    try database.create("c", ["capped": true, "size": 4096, "max": 5])
    let outcome = try database.check("c", "options: {equals: \(options)}")
    #expect(outcome.result == result)
    #expect(outcome.message == message)
  }

  @Test("under a database, views are asked, too; one that became a collection is noticed")
  func views() throws {
    var database = try TestDatabase()
    try database.create("c")
    try database.create("v", ["viewOn": "c", "pipeline": []])
    database.expected = try Catalogue(of: database.pool, databases: [database.name])
    #expect(try database.checks("s: {DB: [options]}").map(\.result) == [.pass, .pass])
    try database.run(["drop": "v"])
    try database.create("v")
    let outcomes = try database.checks("s: {DB: [options]}")
    #expect(outcomes.map(\.result) == [.pass, .fail])
    #expect(outcomes.last?.message == "different: kind, viewOn")
  }
}
