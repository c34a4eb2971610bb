import Platform
import Record
import Testing

@Suite("The rating")
struct RatingTests {
  /// A recovery of 10,000 documents and 20 indexes in two collections.
  private func record(missing: Int = 0, extra: Int = 0, refusedIndexes: Int = 0, refusedDocuments: Int = 0)
    -> DrillRecord
  {
    var record = DrillRecord()
    record.verdict = .pass
    record.exitCode = .pass
    record.backup.collections = [
      DrillRecord.Collection(
        source: "shop.orders", target: "shop.orders", documents: 9000, bytes: 1, inserted: 9000 - missing,
        indexes: 15 - refusedIndexes),
      DrillRecord.Collection(
        source: "shop.products", target: "shop.products", documents: 1005, bytes: 1, repeated: 5,
        inserted: 1000,
        indexes: 5),
      DrillRecord.Collection(
        source: "admin.system.version", target: nil, documents: 3, bytes: 1, inserted: 0, indexes: 0),
    ]
    record.backup.problems =
      (0..<refusedIndexes).map {
        DrillRecord.Problem(namespace: "shop.orders", subject: "index", name: "i\($0)", message: "no")
      }
      + (0..<refusedDocuments).map {
        DrillRecord.Problem(namespace: "shop.orders", subject: "document", name: "\($0)", message: "E11000")
      }
    record.backup.problemCount = record.backup.problems.count
    if extra > 0 {
      record.checks = [
        Outcome(
          kind: "count", suite: "core", namespace: "shop.orders", name: "count", result: .warn, message: "",
          measured: ["documents": .integer(Int64(9000 + extra)), "expected": 9000],
          expected: "9,000 documents ± 1%, as in the backup")
      ]
    }
    return record
  }

  @Test(
    "is the first level whose conditions hold",
    arguments: [
      (0, 0, 0, 0, "EXCELLENT"), (9, 0, 0, 0, "GOOD"), (0, 9, 0, 0, "GOOD"), (10, 0, 0, 0, "ACCEPTABLE"),
      (0, 0, 1, 0, "GOOD"), (0, 0, 2, 0, "ACCEPTABLE"), (0, 0, 3, 0, "NEEDS_REVIEW"),
      (0, 0, 0, 1, "ACCEPTABLE"), (0, 0, 0, 9, "ACCEPTABLE"), (0, 0, 0, 10, "NEEDS_REVIEW"),
      (99, 0, 0, 0, "ACCEPTABLE"), (100, 0, 0, 0, "NEEDS_REVIEW"), (50, 50, 0, 0, "NEEDS_REVIEW"),
    ])
  func levels(missing: Int, extra: Int, indexes: Int, documents: Int, level: String) throws {
    let rating = try #require(
      record(missing: missing, extra: extra, refusedIndexes: indexes, refusedDocuments: documents).rating)
    #expect(rating.level.rawValue == level, "\(rating)")
    #expect(rating.documentsOriginal == 10_000 && rating.indexesOriginal == 20)
    #expect(rating.documentsMissing == missing && rating.documentsExtra == extra)
    #expect(rating.indexesRecovered == 20 - indexes && rating.constraintErrors == documents)
    #expect(abs(rating.documentCountVariance - Double(missing + extra) / 10_000) < 1e-12)
  }

  @Test(
    "is never above the verdict; a late recovery is as whole as one in time",
    arguments: [
      (DrillRecord.Verdict.fail, ExitCode.checkFailed, "NEEDS_REVIEW"),
      (.inconclusive, .incomplete, "NEEDS_REVIEW"), (.fail, .objectiveMissed, "EXCELLENT"),
      (.warn, .pass, "EXCELLENT"), (.pass, .cleanupFailed, "EXCELLENT"),
    ])
  func verdicts(verdict: DrillRecord.Verdict, exitCode: ExitCode, level: String) throws {
    var record = record()
    (record.verdict, record.exitCode) = (verdict, exitCode)
    let rating = try #require(record.rating)
    #expect(rating.level.rawValue == level && rating.limitedByVerdict == (level == "NEEDS_REVIEW"))
  }

  @Test("counts what checks found to break a rule, and indexes that they miss")
  func checks() throws {
    var record = record()
    record.checks = [
      Outcome(
        kind: "references", suite: "core", namespace: "shop.orders", name: "r", result: .fail, message: "",
        measured: ["dangling": 4]),
      Outcome(
        kind: "unique", suite: "core", namespace: "shop.orders", name: "u", result: .fail, message: "",
        measured: ["repeats": 2]),
      Outcome(
        kind: "unique", suite: "core", namespace: "shop.products", name: "u", result: .warn, message: "",
        measured: ["repeats": 1]),
      Outcome(
        kind: "indexes", suite: "core", namespace: "shop.orders", name: "i", result: .warn, message: "",
        measured: ["missing": ["a_1"], "differing": []]),
    ]
    let rating = try #require(record.rating)
    #expect(rating.constraintErrors == 6 && rating.indexesRecovered == 19 && rating.level == .acceptable)
  }

  @Test(
    "is not the best where a witness was a sample, and counts what the source's own number says is gone",
    arguments: [
      (5, 5, 9000, "EXCELLENT"), (1, 5, 9000, "GOOD"), (1, 5, 8990, "ACCEPTABLE"),
      (1, 5, 500, "NEEDS_REVIEW"),
    ]
      as [(Int64, Int64, Int64, String)])
  func samples(ranges: Int64, all: Int64, count: Int64, level: String) throws {
    var record = record()
    record.checks = [
      Outcome(
        kind: "digest", suite: "core", namespace: "shop.orders", name: "d", result: .warn, message: "",
        measured: [
          "ranges": .integer(ranges), "ranges_in_all": .integer(all), "count": .integer(count),
          "count_of_source": 9000,
        ])
    ]
    let rating = try #require(record.rating)
    #expect(rating.level.rawValue == level && rating.documentsMissing == 9000 - Int(count))
  }

  @Test("claims nothing of indexes that a restore was told to leave out")
  func indexesLeftOut() throws {
    var record = record()
    record.scenario.resolved = ["steps": [["restore": ["indexes": false]], ["check": []]]]
    let rating = try #require(record.rating)
    #expect(rating.level == .good && rating.indexesLeftOut)
    record.scenario.resolved = ["steps": [["restore": [:]], ["restore": ["indexes": true]], ["check": []]]]
    #expect(try #require(record.rating).level == .excellent)
  }

  @Test("is none where nothing was restored, or where faults were planted")
  func none() {
    #expect(DrillRecord().rating == nil)
    var record = record()
    record.damage = DrillRecord.Damage()
    #expect(record.rating == nil)
  }
}

@Suite("A regression limit")
struct RegressionTests {
  private func judged(_ objective: DrillRecord.Objective) -> Judgement {
    var evidence = Judgement.Evidence()
    evidence.checks = [
      Outcome(kind: "count", suite: "", namespace: nil, name: "count", result: .pass, message: "")
    ]
    evidence.objectives.rto = objective
    return Judgement(evidence)
  }

  @Test(
    "is missed above the median and the share that is allowed, and not at it",
    arguments: [(12.5, ExitCode.pass), (12.6, .objectiveMissed), (3, .pass)])
  func limit(measured: Double, exitCode: ExitCode) {
    var objective = DrillRecord.Objective(limit: 60, measured: measured)
    objective.regression = DrillRecord.Regression(
      limit: 0.25, runs: 10, medianSeconds: 10, measured: measured)
    let judgement = judged(objective)
    #expect(judgement.exitCode == exitCode)
    #expect(judgement.verdict == (exitCode == .pass ? .pass : .fail))
    #expect(judgement.reasons.map(\.code) == (exitCode == .pass ? [] : ["objective-regressed"]))
  }

  @Test("without enough earlier runs is not judged; without a measurement nothing was verified")
  func unjudged() {
    var objective = DrillRecord.Objective(limit: nil, measured: 99)
    objective.regression = DrillRecord.Regression(limit: 0.25, runs: 2, medianSeconds: nil, measured: 99)
    #expect(judged(objective).exitCode == .pass)
    objective.measuredSeconds = nil
    #expect(judged(objective).exitCode == .notVerified)
    objective.limitSeconds = 60
    #expect(judged(objective).reasons.count == 1)
  }
}
