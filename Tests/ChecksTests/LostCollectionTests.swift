import BSON
import Checks
import Facts
import Platform
import Record
import Testing

@Suite("A collection that is lost", .tags(.mongod), .timeLimit(.minutes(10)))
struct LostCollectionTests {
  private func kept() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert("orders", numbered(3))
    return database
  }

  /// Orders as they are, and customers, of which there are none.
  private func catalogue(_ database: borrowing TestDatabase) -> Catalogue {
    var catalogue = Catalogue()
    for name in ["orders", "customers"] {
      var facts = CollectionFacts(Namespace(database.name, name), documents: 3)
      facts.indexes = [IndexSpec(["v": 2, "key": ["_id": 1], "name": "_id_"])]
      catalogue[facts.namespace] = facts
    }
    catalogue[Namespace(database.name, "v")] = CollectionFacts(Namespace(database.name, "v"), kind: .view)
    return catalogue
  }

  private static let absent = "the collection does not exist"

  @Test(
    "fails each check of its database that compares with a witness, with and without a backup",
    arguments: ["DB", "'*'"], [true, false])
  func witness(subject: String, hasBackup: Bool) throws {
    var database = try kept()
    database.witness = catalogue(database)
    let name = database.name
    if hasBackup { database.expected = Catalogue([CollectionFacts(Namespace(database.name, "orders"))]) }
    let items = "[{count: {compare: witness}}, {indexes: {compare: witness}}, {options: {compare: witness}}]"
    let outcomes = try database.checks("s: {\(subject): \(items)}").filter {
      $0.namespace?.hasPrefix("\(name).") == true
    }
    // Views have options alone.
    #expect(
      outcomes.filter { $0.result != .pass }.map {
        "\($0.kind) \($0.namespace?.split(separator: ".").last ?? "")"
      }
        == ["count customers", "indexes customers", "options customers", "options v"], "\(outcomes)")
    #expect(outcomes.allSatisfy { $0.result == .pass || $0.result == .fail && $0.message == Self.absent })
    #expect(outcomes.count == 7)
  }

  @Test("is looked for by checks that compare with the witness for want of a backup, and by no others")
  func unasked() throws {
    var database = try kept()
    database.witness = catalogue(database)
    let outcomes = try database.checks(
      "s: {DB: [indexes, {indexes: {list: [{key: {_id: 1}}]}}, {count: {min: 1}}]}")
    #expect(
      outcomes.map { "\($0.kind) \($0.result)" }
        == ["indexes fail", "indexes pass", "indexes pass", "count pass"], "\(outcomes)")
  }

  @Test("isn't looked for where nobody knows whether it is to be there")
  func fleeting() throws {
    var database = try kept()
    database.witness = catalogue(database)
    let customers = Namespace(database.name, "customers")
    database.server = { $0.fleeting = [customers] }
    let outcomes = try database.checks("s: {DB: [{count: {compare: witness}}]}")
    #expect(outcomes.map(\.namespace) == ["\(database.name).orders"])
  }

  @Test("in whose place there is a view is still asked for")
  func view() throws {
    var database = try kept()
    try database.create("customers", ["viewOn": "orders", "pipeline": []])
    database.witness = catalogue(database)
    let outcomes = try database.checks("s: {DB: [{indexes: {compare: witness}}]}")
    #expect(outcomes.map(\.result) == [.error, .pass], "\(outcomes)")
  }

  @Test("fails checks that compare with an earlier run or an earlier step, once each")
  func earlier() throws {
    var database = try kept()
    try database.insert("customers", numbered(3))
    let suites = """
      s:
        DB: [{count: {compare: baseline}}, {types: {field: _id, compare: baseline}}]
        DB.customers: [{count: {compare: baseline}}]
      other:
        DB: [{distinct: {field: _id, compare: baseline}}]
      """
    let free = suites.replacing("count: {compare: baseline}", with: "count: {min: 1}")
      .replacing(", compare: baseline", with: "").replacing("distinct: {field: _id}", with: "count: {min: 1}")
    database.baseline = Baseline(run: "before", try database.checks(free))
    try database.run(["drop": "customers"])
    let outcomes = try database.checks(suites)
    #expect(
      outcomes.map { "\($0.suite) \($0.kind) \($0.namespace?.split(separator: ".").last ?? "") \($0.result)" }
        == [
          "s count orders pass", "s types customers fail", "s types orders pass", "s count customers fail",
          "other distinct orders error",
        ], "\(outcomes)")
    // What is excluded today isn't missed; what has another name today neither.
    let name = database.name
    database.server = { $0.place = { $0.collection == "customers" ? nil : $0 } }
    #expect(try database.checks("s: {DB: [{types: {field: _id, compare: baseline}}]}").count == 1)
    database.server = {
      $0.place = { Namespace($0.database, $0.collection == "customers" ? "c2" : "orders") }
    }
    #expect(try database.checks("s: {DB: [{types: {field: _id, compare: baseline}}]}").count == 1)

    database.server = { server in
      server.steps = [
        "restore": Catalogue(
          ["orders", "customers"].map { CollectionFacts(Namespace(name, $0), documents: 3) })
      ]
    }
    let after = try database.checks("s: {DB: [{count: {compare: 'step:restore'}}]}")
    #expect(after.map(\.result) == [.fail, .pass] && after[0].message == Self.absent, "\(after)")
  }
}
