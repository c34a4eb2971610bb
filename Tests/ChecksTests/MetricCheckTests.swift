import BSON
import Checks
import Facts
import Platform
import Record
import Testing

@Suite("metric", .tags(.mongod), .timeLimit(.minutes(10)))
struct MetricCheckTests {
  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert(
      "c",
      [
        ["_id": 1, "n": 10, "d": 0.5, "l": .int64(9_007_199_254_740_993)], ["_id": 2, "n": 20, "d": 0.25],
        ["_id": 3, "n": "x", "d": .double(.nan)],
      ])
    return database
  }

  private static let sum = "pipeline: [{$group: {_id: null, t: {$sum: $n}}}]"

  @Test(
    "a number within limits, or not",
    arguments: [
      ("metric: {\(sum), min: 30, max: 30}", .pass, "30"),
      ("metric: {\(sum), min: 31}", .fail, "30, less than 31"),
      ("metric: {\(sum), max: 29.5}", .fail, "30, more than 29.5"),
      ("metric: {\(sum), equals: 30.0}", .pass, "30"),
      ("metric: {\(sum), equals: {$numberDecimal: '30'}}", .pass, "30"),
      ("metric: {\(sum)}", .pass, "30"),
      ("{metric: {\(sum)}, error_if: '< 31'}", .fail, "30"),
      ("{metric: {\(sum)}, warn_if: '< 31'}", .warn, "30"),
      ("{metric: {\(sum), min: 31}, severity: warn}", .warn, "30, less than 31"),
      ("{metric: {\(sum), equals: 10}, where: {_id: 1}}", .pass, "10"),
      ("metric: {pipeline: [{$count: n}], equals: 3}", .pass, "3"),
      ("{metric: {pipeline: [{$match: {_id: 2}}], value: d, max: 0.25}}", .pass, "0.25"),
      // Two whole numbers that are one double.
      (
        "{metric: {pipeline: [{$match: {_id: 1}}], value: l, equals: {$numberLong: '9007199254740992'}}}",
        .fail,
        "9007199254740993, not 9007199254740992"
      ),
      ("metric: {pipeline: [{$group: {_id: null, t: {$avg: {$toDecimal: $_id}}}}], equals: 2}", .pass, "2"),
      ("metric: {pipeline: [{$group: {_id: null, i: {x: {y: 1}}}}], value: t}", .error, nil),
      (
        "metric: {pipeline: [{$match: {_id: 1}}]}", .error,
        "there is more than one number: n, d, l; say which with `value`"
      ),
      ("metric: {pipeline: [{$match: {_id: 1}}], value: x}", .error, "the pipeline's document has no `x`"),
      ("metric: {pipeline: [{$match: {_id: 3}}], value: n}", .error, #"not a number: "x""#),
      ("metric: {pipeline: [{$match: {_id: 3}}], value: d}", .error, #"the number is NaN"#),
      ("metric: {pipeline: [{$match: {n: 1}}], value: n}", .error, "no data: the pipeline gave no number"),
      (
        "metric: {pipeline: [{$group: {_id: null, t: {$max: $lost}}}]}", .error,
        "no data: the pipeline gave no number"
      ),
      (
        "metric: {pipeline: [{$project: {n: 1}}]}", .error,
        "the pipeline gave more than one document; end it with a $group by null, say"
      ),
      (
        "{metric: {pipeline: [{$match: {n: 1}}], value: n}, allow_empty: true}", .pass,
        "the pipeline gave no number"
      ),
    ] as [(String, Outcome.Result, String?)])
  func limits(check: String, result: Outcome.Result, message: String?) throws {
    let outcome = try filled().check("c", check)
    #expect(outcome.result == result, "\(outcome)")
    if let message { #expect(outcome.message == message) }
  }

  @Test("compared with an earlier run, within a tolerance")
  func baseline() throws {
    var database = try filled()
    let check = "metric: {\(Self.sum), compare: baseline"
    #expect(try database.check("c", "\(check)}").message == "there is no baseline to compare with")
    let first = try database.check("c", "metric: {\(Self.sum)}")
    #expect(first.measured["value"] == 30)
    database.baseline = Baseline(run: "r1", [first])
    let same = try database.check("c", "\(check)}")
    #expect(same.result == .pass)
    #expect(same.message == "30, +0.0% from the baseline's 30")
    try database.insert("c", [["_id": 9, "n": 3]])
    #expect(try database.check("c", "\(check), tolerance: 10%}").result == .pass)
    let off = try database.check("c", "\(check), tolerance: 9.9%}")
    #expect(off.result == .fail)
    #expect(off.message == "33, +10.0% from the baseline's 30")
    #expect(off.expected == "30 ± 9.900%, as in the baseline")
    #expect(off.measured["baseline"] == 30)
    #expect(
      try database.check("c", "{\(check)}, name: other}").message
        == "the baseline (run r1) holds no answer to this check")
  }
}
