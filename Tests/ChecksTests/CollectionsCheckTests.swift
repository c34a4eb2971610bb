import BSON
import Checks
import Facts
import Platform
import Record
import TestSupport
import Testing
import Witness

@Suite("collections", .tags(.mongod), .timeLimit(.minutes(10)))
struct CollectionsCheckTests {
  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    for name in ["orders", "orders_2023", "tmp.a"] { try database.create(name) }
    try database.create("paid", ["viewOn": "orders", "pipeline": []])
    try database.create("at", ["timeseries": ["timeField": "t"]])
    return database
  }

  @Test(
    "names that are required, forbidden or all that there may be", .needs(ServerVersion(5, 0), "time series"),
    arguments: [
      ("{required: [orders, paid, at]}", .pass, "5 collections"),
      ("{required: ['orders_*']}", .pass, "5 collections"),
      ("{required: [orders, lost, 'gone_*']}", .fail, "missing: lost, gone_*"),
      ("{forbidden: ['tmp.*']}", .fail, "forbidden: tmp.a"),
      ("{forbidden: ['tmp']}", .pass, "5 collections"),
      ("{exact: ['orders*', paid, at, 'tmp.a']}", .pass, "5 collections, as listed"),
      ("{exact: [orders, paid, at, more]}", .fail, "missing: more; not expected: orders_2023, tmp.a"),
      ("{exact: ['*']}", .pass, "5 collections, as listed"),
      ("{exact: ['o*r*s', '*_*3', 'p*', 'a*t', 't**a']}", .pass, "5 collections, as listed"),
    ] as [(String, Outcome.Result, String)])
  func lists(keys: String, result: Outcome.Result, message: String) throws {
    let outcomes = try filled().checks("s: {DB: [{collections: \(keys)}]}")
    #expect(outcomes.map(\.result) == [result])
    #expect(outcomes.first?.message == message)
    #expect(outcomes.first?.measured["collections"] == 5)
    #expect(outcomes.first?.namespace == nil)
  }

  @Test(
    "compared with the backup or a witness: missing, unexpected, and of another kind",
    .needs(ServerVersion(5, 0), "time series"))
  func compare() throws {
    var database = try filled()
    #expect(
      try database.checks("s: {DB: [collections]}").first?.message == "there is no backup to compare with")
    let live = try Catalogue(of: database.pool, databases: [database.name])
    database.expected = live
    let same = try database.checks("s: {DB: [collections]}")
    #expect(same.map(\.result) == [.pass])
    #expect(same.first?.message == "5 collections, as in the backup")

    var other = live
    other[Namespace(database.name, "orders")] = nil
    other[Namespace(database.name, "lost")] = CollectionFacts(Namespace(database.name, "lost"))
    other[Namespace(database.name, "paid")]?.kind = .collection
    // Those of other databases and the server's own are nobody's business here.
    other[Namespace("elsewhere", "x")] = CollectionFacts(Namespace("elsewhere", "x"))
    other[Namespace(database.name, "system.users")] = CollectionFacts(
      Namespace(database.name, "system.users"))
    database.witness = other
    let outcomes = try database.checks("s: {DB: [{collections: {compare: witness}}]}")
    #expect(outcomes.map(\.result) == [.fail])
    #expect(
      outcomes.first?.message == "missing: lost; not expected: orders; paid is a view and was a collection")
    #expect(outcomes.first?.measured["missing"] == ["lost"])
    #expect(
      try database.checks("s: {DB: [{collections: {compare: witness}, warn_if: '> 0', error_if: '> 3'}]}")
        .map(\.result)
        == [.warn])
    // Without a backup, the witness is what there is to compare with.
    database.expected = nil
    #expect(try database.checks("s: {DB: [collections]}").map(\.result) == [.fail])
  }

  @Test("a database without collections is no answer, unless something was to be there")
  func empty() throws {
    let database = try TestDatabase()
    let outcomes = try database.checks(
      """
      s:
        DB:
          - collections: {forbidden: [x]}
          - {collections: {forbidden: [x]}, allow_empty: true}
          - collections: {required: [x]}
      """)
    #expect(outcomes.map(\.result) == [.error, .pass, .fail])
  }

  @Test("of everything, names have their database", .needs(ServerVersion(5, 0), "time series"))
  func everything() throws {
    let database = try filled()
    let outcomes = try database.checks(
      "s: {'*': [{collections: {required: [DB.orders, 'DB.*'], forbidden: [orders]}}, {collections: {required: [orders]}}]}"
    )
    #expect(outcomes.map(\.result) == [.pass, .fail])
  }
}
