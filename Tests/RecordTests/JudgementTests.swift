import Platform
import Record
import Testing

/// One row of the table: what happened, and what it amounts to.
struct Row: Sendable, CustomTestStringConvertible {
  var name: String
  var verdict: DrillRecord.Verdict
  var exitCode: ExitCode
  var evidence: Judgement.Evidence

  init(
    _ name: String, _ verdict: DrillRecord.Verdict, _ exitCode: ExitCode,
    _ change: (inout Judgement.Evidence) -> Void
  ) {
    self.name = name
    self.verdict = verdict
    self.exitCode = exitCode
    evidence = Judgement.Evidence()
    evidence.checks = [check(.pass)]
    change(&evidence)
  }

  var testDescription: String { name }
}

func check(_ result: Outcome.Result, message: String = "it is so") -> Outcome {
  Outcome(
    kind: "count", suite: "core", namespace: "shop.orders", name: "count", result: result, message: message)
}

private func objective(limit: Double?, warn: Double? = nil, measured: Double?) -> DrillRecord.Objectives {
  var objectives = DrillRecord.Objectives()
  objectives.rto = DrillRecord.Objective(limit: limit, warn: warn, measured: measured)
  return objectives
}

private func failure(_ kind: Failure.Kind, _ code: String = "c") -> Failure {
  Failure(kind, code, "it broke")
}

private let figure: Outcome = {
  var outcome = Outcome(
    kind: "types", suite: "core", namespace: "shop.orders", name: "types", result: .pass, message: "12")
  outcome.figureOnly = true
  return outcome
}()
private let lost = DrillRecord.Collection(
  source: "shop.orders", target: "shop.orders", documents: 10, bytes: 100, inserted: 9, indexes: 0)
private let refused = DrillRecord.Problem(
  namespace: "shop.orders", subject: "document", name: "7", message: "too odd")

private let table: [Row] = [
  Row("a passing check", .pass, .pass) { _ in },
  Row("no check at all", .inconclusive, .notVerified) { $0.checks = [] },
  Row("nothing at all", .inconclusive, .notVerified) { $0 = Judgement.Evidence() },
  Row("a figure that is compared with nothing", .inconclusive, .notVerified) { $0.checks = [figure] },
  Row("a figure of a live server", .pass, .pass) {
    $0.checks = [figure]
    $0.takesFigures = true
  },
  Row("a figure and a check", .pass, .pass) { $0.checks.append(figure) },
  Row("a figure within its limits", .pass, .pass) {
    $0.checks = [figure]
    $0.checks[0].figureOnly = false
  },
  Row("a warning", .warn, .pass) { $0.checks.append(check(.warn)) },
  Row("a warning with --fail-on warn", .warn, .warnings) {
    $0.checks.append(check(.warn))
    $0.failOnWarn = true
  },
  Row("--fail-on warn without a warning", .pass, .pass) { $0.failOnWarn = true },
  Row("a failing check", .fail, .checkFailed) { $0.checks.append(check(.fail)) },
  Row("a failing check after a warning", .fail, .checkFailed) {
    $0.checks = [check(.warn), check(.fail)]
    $0.failOnWarn = true
  },
  Row("a check that could not be asked", .inconclusive, .incomplete) { $0.checks.append(check(.error)) },
  Row("a failing check and one in error", .inconclusive, .incomplete) {
    $0.checks = [check(.fail), check(.error)]
  },
  Row("a skipped check", .inconclusive, .notVerified) { $0.checks.append(check(.skipped)) },
  Row("a failing check and a skipped one", .fail, .checkFailed) {
    $0.checks = [check(.fail), check(.skipped)]
  },
  Row("only skipped checks", .inconclusive, .notVerified) { $0.checks = [check(.skipped)] },
  Row("a suite that was not reached", .inconclusive, .notVerified) {
    $0.unanswered = [DrillRecord.NotVerified("suite", "suite core was not asked")]
  },
  Row("an objective met", .pass, .pass) { $0.objectives = objective(limit: 60, warn: 30, measured: 10) },
  Row("an objective met on the dot", .pass, .pass) { $0.objectives = objective(limit: 60, measured: 60) },
  Row("an objective near its limit", .warn, .pass) {
    $0.objectives = objective(limit: 60, warn: 30, measured: 40)
  },
  Row("an objective near its limit with --fail-on warn", .warn, .warnings) {
    $0.objectives = objective(limit: 60, warn: 30, measured: 40)
    $0.failOnWarn = true
  },
  Row("an objective missed", .fail, .objectiveMissed) { $0.objectives = objective(limit: 60, measured: 61) },
  Row("an objective missed and a skipped check", .inconclusive, .notVerified) {
    $0.objectives = objective(limit: 60, measured: 61)
    $0.checks.append(check(.skipped))
  },
  Row("an objective missed and a failing check", .fail, .checkFailed) {
    $0.objectives = objective(limit: 60, measured: 61)
    $0.checks.append(check(.fail))
  },
  Row("an objective that could not be measured", .inconclusive, .notVerified) {
    $0.objectives = objective(limit: 60, measured: nil)
  },
  Row("a time without an objective", .pass, .pass) { $0.objectives = objective(limit: nil, measured: 1e9) },
  Row("a refused document", .fail, .checkFailed) {
    $0.problems = [refused]
    $0.problemCount = 1
  },
  Row("refused documents of which none is named", .fail, .checkFailed) { $0.problemCount = 3 },
  Row("a document missing without a word", .fail, .checkFailed) { $0.collections = [lost] },
  Row("a document that the backup holds twice", .pass, .pass) {
    $0.collections = [lost]
    $0.collections[0].repeated = 1
  },
  Row("a command of the scenario that says no", .fail, .checkFailed) {
    $0.refusals = [DrillRecord.Reason(.checkFailed, "command-failed", "smoke.sh ended with status 3")]
  },
  Row("a clean-up that failed", .pass, .cleanupFailed) { $0.cleanupFailures = [failure(.incomplete)] },
  Row("a clean-up that failed after a warning", .warn, .cleanupFailed) {
    $0.cleanupFailures = [failure(.incomplete)]
    $0.checks.append(check(.warn))
    $0.failOnWarn = true
  },
  Row("a clean-up that failed after a missed objective", .fail, .objectiveMissed) {
    $0.cleanupFailures = [failure(.incomplete)]
    $0.objectives = objective(limit: 60, measured: 61)
  },
  Row("a damaged backup", .fail, .damagedBackup) {
    $0.failures = [failure(.damagedBackup)]
    $0.checks = []
  },
  Row("a damaged backup and a failing check", .fail, .damagedBackup) {
    $0.failures = [failure(.damagedBackup)]
    $0.checks = [check(.fail)]
  },
  Row("no backup", .inconclusive, .backupNotFound) { $0.failures = [failure(.backupNotFound)] },
  Row("no mongod", .inconclusive, .noServer) { $0.failures = [failure(.noServer)] },
  Row("a drill that could not be completed", .inconclusive, .incomplete) {
    $0.failures = [failure(.incomplete)]
  },
  Row("Ctrl-C", .inconclusive, .interrupted) { $0.failures = [failure(.interrupted, "SIGINT")] },
  Row("SIGTERM", .inconclusive, .terminated) { $0.failures = [failure(.interrupted, "SIGTERM")] },
  Row("SIGTERM while a check failed and the server was lost", .inconclusive, .terminated) {
    $0.failures = [failure(.incomplete), failure(.interrupted, "SIGTERM")]
    $0.checks = [check(.fail)]
  },
  Row("a damaged backup beats Ctrl-C", .fail, .damagedBackup) {
    $0.failures = [failure(.interrupted, "SIGINT"), failure(.damagedBackup)]
  },
  Row("an invalid scenario", .inconclusive, .invalidScenario) { $0.failures = [failure(.invalidScenario)] },
  Row("a wrong command line", .inconclusive, .usage) { $0.failures = [failure(.usage)] },
  Row("a fault of mongodrill's own beats all", .inconclusive, .internal) {
    $0.failures = Failure.Kind.allCases.map { failure($0) }
  },
]

@Suite("The verdict")
struct JudgementTests {
  @Test("of each case is this", arguments: table)
  func judges(row: Row) {
    let judgement = Judgement(row.evidence)
    #expect(judgement.verdict == row.verdict)
    #expect(judgement.exitCode == row.exitCode)
    // What decides stands first, and everything but a plain pass has a reason.
    #expect(judgement.reasons.first?.exitCode ?? .pass == row.exitCode)
    #expect(judgement.reasons.isEmpty == (row.verdict == .pass && row.exitCode == .pass))
  }

  @Test("is 0 only when a check passed and nothing is missing")
  func noSilentPass() {
    for row in table where Judgement(row.evidence).exitCode == .pass {
      #expect(row.evidence.checks.contains { $0.result == .pass || $0.result == .warn })
      #expect(row.evidence.problemCount == 0 && row.evidence.failures.isEmpty)
      #expect(row.evidence.collections.allSatisfy { $0.missing == 0 })
    }
  }
}

@Suite("Exit codes")
struct ExitCodeTests {
  @Test("have one order of precedence that names each once")
  func order() {
    #expect(
      ExitCode.precedence.map(\.rawValue) == [70, 64, 78, 66, 69, 65, 130, 143, 75, 4, 1, 5, 2, 6, 3, 0])
    #expect(Set(ExitCode.precedence) == Set(ExitCode.allCases))
  }

  @Test(
    "of several are the first in that order",
    arguments: [
      ([0, 3], 3), ([1, 4, 0], 4), ([5, 1], 1), ([2, 5], 5), ([6, 2], 2), ([143, 65], 65), ([], 0),
    ])
  func first(codes: [Int], expected: Int) {
    #expect(ExitCode.first(of: codes.compactMap(ExitCode.init(rawValue:))).rawValue == expected)
  }

  @Test("each have a meaning of their own")
  func meanings() {
    #expect(Set(ExitCode.allCases.map(\.meaning)).count == ExitCode.allCases.count)
  }
}
