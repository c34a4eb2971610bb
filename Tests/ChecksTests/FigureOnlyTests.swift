import BSON
import Checks
import Platform
import Record
import Testing

@Suite("A check that passes whatever the data is", .tags(.mongod), .timeLimit(.minutes(10)))
struct FigureOnlyTests {
  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert("c", numbered(3) { ["n": .int32(Int32($0))] })
    return database
  }

  @Test(
    "says so",
    arguments: [
      "types: {field: nosuch}", "types: {fields: {nosuch: [], n: []}}", "query: {find: {}}",
      "options: {equals: {nosuch: null}}", "metric: {pipeline: [{$count: n}]}", "storage",
    ])
  func alone(item: String) throws {
    let outcome = try filled().check("c", item)
    #expect(outcome.result == .pass && outcome.isFigureAlone, "\(outcome)")
    // It is written where it holds alone, and read back.
    #expect(outcome.json["figure_only"] == true)
    #expect(try Outcome(json: outcome.json).isFigureAlone)
  }

  @Test(
    "and one that asks for something doesn't",
    arguments: [
      "types: {field: n, types: int}", "types: {fields: {nosuch: [], n: [int]}}",
      "query: {find: {}, max_examined: 3}", "{query: {find: {}}, error_if: '> 1m'}",
      "options: {equals: {capped: false}}", "metric: {pipeline: [{$count: n}], min: 1}",
      "{metric: {pipeline: [{$count: n}]}, warn_if: '< 1'}", "{types: {field: n}, error_if: '> 0'}",
      "validate",
    ])
  func asking(item: String) throws {
    let outcome = try filled().check("c", item)
    #expect(outcome.result == .pass && !outcome.isFigureAlone, "\(outcome)")
    #expect(outcome.json["figure_only"] == nil)
    #expect(try Outcome(json: outcome.json).isFigureAlone == false)
  }

  @Test("records from before say it by the kind")
  func before() throws {
    let json = try filled().check("c", "storage").json
    guard case .object(let members) = json else { return }
    let old = try Outcome(json: .object(members.filter { $0.key != "figure_only" }))
    #expect(old.isFigureAlone)
  }

  @Test(
    "a field that may be missing and that no document has is a warning",
    arguments: [
      ("types: {field: nosuch, types: [string, missing]}", .warn),
      ("types: {fields: {n: [int], nosuch: [string, missing]}}", .warn),
      ("types: {field: nosuch, types: missing}", .pass),
      ("types: {field: n, types: [int, missing]}", .pass), ("types: {field: nosuch}", .pass),
      ("types: {field: nosuch, types: string}", .fail),
    ] as [(String, Outcome.Result)])
  func unseen(item: String, result: Outcome.Result) throws {
    let outcome = try filled().check("c", item)
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.message.contains("no document has `nosuch`") == (result != .pass))
  }
}
