package import Platform

/// What a drill's evidence amounts to: the verdict, the exit code and why. A pure function of the evidence.
package struct Judgement: Sendable, Hashable {
  package var verdict: DrillRecord.Verdict
  package var exitCode: ExitCode
  /// The one that decides first; empty for a plain pass.
  package var reasons: [DrillRecord.Reason]

  /// All that a verdict can rest on.
  package struct Evidence: Sendable, Hashable {
    /// What ended the drill or a step of it: a damaged backup, no server, a signal.
    package var failures: [Failure] = []
    package var checks: [Outcome] = []
    package var collections: [DrillRecord.Collection] = []
    /// The first of what the server refused.
    package var problems: [DrillRecord.Problem] = []
    /// How much the server refused in all.
    package var problemCount = 0
    /// Commands of the scenario that ran and said no, as reasons.
    package var refusals: [DrillRecord.Reason] = []
    /// What was asked for and could not be answered, as sentences: a suite that wasn't reached, say.
    package var unanswered: [DrillRecord.NotVerified] = []
    /// What keeps a verdict from being a plain pass, as sentences: an unproven seam of the oplog, say.
    package var warnings: [String] = []
    package var objectives = DrillRecord.Objectives()
    /// What went wrong while cleaning up, rollbacks included.
    package var cleanupFailures: [Failure] = []
    /// Whether checks that only note a figure are enough: of a live server, to compare with later.
    package var takesFigures = false
    /// Whether a warning is to end in a code of its own (`--fail-on warn`).
    package var failOnWarn = false

    package init() {}
  }

  /// Judges. No evidence is no pass: without a single check the exit code is 5.
  package init(_ evidence: Evidence) {
    var reasons = evidence.failures.map(DrillRecord.Reason.init)
    reasons += Judgement.refused(evidence)
    reasons += evidence.refusals
    reasons += Judgement.answers(evidence.checks, failOnWarn: evidence.failOnWarn)
    reasons += evidence.unanswered.map { DrillRecord.Reason(.notVerified, "not-verified", $0.message) }
    reasons += evidence.warnings.map {
      DrillRecord.Reason(evidence.failOnWarn ? .warnings : .pass, "drill-warned", $0)
    }
    if evidence.checks.isEmpty {
      reasons.append(DrillRecord.Reason(.notVerified, "nothing-checked", "not a single check was made"))
    } else if !evidence.takesFigures, evidence.checks.allSatisfy(\.isFigureAlone) {
      reasons.append(
        DrillRecord.Reason(
          .notVerified, "nothing-checked",
          "figures were noted, and not a single check compares one with anything",
          hint:
            "Say in a check what has to be: a `metric` takes `min`, `max`, `equals` or `compare: baseline`, "
            + "`types` the types, `query` an index or a limit."))
    }
    for (name, objective) in evidence.objectives.all {
      reasons += Judgement.measured(name, objective, failOnWarn: evidence.failOnWarn)
    }
    reasons += evidence.cleanupFailures.map {
      DrillRecord.Reason(.cleanupFailed, $0.code, $0.description, hint: $0.hint)
    }

    let rank = Dictionary(uniqueKeysWithValues: ExitCode.precedence.enumerated().map { ($1, $0) })
    self.reasons = reasons.enumerated()
      .sorted { (rank[$0.element.exitCode] ?? 0, $0.offset) < (rank[$1.element.exitCode] ?? 0, $1.offset) }
      .map(\.element)
    let codes = Set(reasons.map(\.exitCode))
    exitCode = ExitCode.first(of: codes)
    verdict =
      switch exitCode {
      case .damagedBackup, .checkFailed, .objectiveMissed: .fail
      case .pass, .warnings, .cleanupFailed: Judgement.hasWarning(reasons) ? .warn : .pass
      case .incomplete, .notVerified, .usage, .backupNotFound, .noServer, .internal, .tryAgain,
        .invalidScenario,
        .interrupted,
        .terminated:
        .inconclusive
      }
  }

  /// The code of a reason that warns.
  private static let warnings: Set<String> = ["check-warned", "drill-warned", "objective-near-limit"]

  private static func hasWarning(_ reasons: [DrillRecord.Reason]) -> Bool {
    reasons.contains { warnings.contains($0.code) }
  }

  private static func refused(_ evidence: Evidence) -> [DrillRecord.Reason] {
    var reasons = evidence.problems.map { problem in
      if problem.subject == "capped" {
        return DrillRecord.Reason(
          .checkFailed, "capped-overflow",
          "documents of \(problem.title) are lost: \(problem.message)",
          hint:
            "The options in the backup's metadata are not those that the collection had, or it was written to while "
            + "it was dumped without --oplog. Compare them with the source; exclude the collection if its oldest documents may go."
        )
      }
      let isOperation = problem.subject == "operation"
      return DrillRecord.Reason(
        .checkFailed, isOperation ? "operation-failed" : "\(problem.subject)-refused",
        "\(isOperation ? "the oplog's replay failed at" : "the server refused") \(problem.title): "
          + problem.message)
    }
    let unnamed = evidence.problemCount - evidence.problems.count
    if unnamed > 0 {
      reasons.append(
        DrillRecord.Reason(.checkFailed, "more-refused", "there are \(Count.text(unnamed)) more of these"))
    }
    // Nothing that was read may be missing without a word, whatever the restore said of itself.
    let named = Set(evidence.problems.map(\.namespace))
    for collection in evidence.collections where collection.missing > 0 {
      guard let target = collection.target, !named.contains(target) else { continue }
      reasons.append(
        DrillRecord.Reason(
          .checkFailed, "documents-missing",
          "\(Count.text(collection.missing, "document")) of \(collection.source) did not arrive in \(target)")
      )
    }
    return reasons
  }

  private static func answers(_ checks: [Outcome], failOnWarn: Bool) -> [DrillRecord.Reason] {
    checks.compactMap { check in
      let (code, name): (ExitCode, String)
      switch check.result {
      case .pass: return nil
      case .warn: (code, name) = (failOnWarn ? .warnings : .pass, "check-warned")
      case .fail: (code, name) = (.checkFailed, "check-failed")
      case .error: (code, name) = (.incomplete, "check-error")
      case .skipped: (code, name) = (.notVerified, "check-skipped")
      }
      return DrillRecord.Reason(code, name, "\(check.title): \(check.message)")
    }
  }

  private static func measured(_ name: String, _ objective: DrillRecord.Objective, failOnWarn: Bool)
    -> [DrillRecord.Reason]
  {
    limited(name, objective, failOnWarn: failOnWarn) + compared(name, objective)
  }

  /// Against the median of earlier runs. Too few of them are no reason: the first drills of a scenario have none.
  private static func compared(_ name: String, _ objective: DrillRecord.Objective) -> [DrillRecord.Reason] {
    guard let regression = objective.regression else { return [] }
    guard let measured = objective.measuredSeconds else {
      let isSaid = objective.limitSeconds != nil || objective.warnSeconds != nil
      return isSaid
        ? [] : [DrillRecord.Reason(.notVerified, "objective-not-measured", "\(name) could not be measured")]
    }
    guard regression.met == false, let median = regression.medianSeconds, let change = regression.change
    else { return [] }
    let percent = Decimals.format(change * 100, 0)
    return [
      DrillRecord.Reason(
        .objectiveMissed, "objective-regressed",
        "\(name) was \(TimeSpan.format(measured)), \(percent)% above the \(TimeSpan.format(median)) that is the "
          + "median of "
          + "\(Count.text(regression.runs, "earlier run")); \(Decimals.format(regression.limit * 100, 1))% is allowed",
        hint: "Compare with an earlier run: mongodrill diff RUN RUN.")
    ]
  }

  private static func limited(_ name: String, _ objective: DrillRecord.Objective, failOnWarn: Bool)
    -> [DrillRecord.Reason]
  {
    guard let limit = objective.limitSeconds ?? objective.warnSeconds else { return [] }
    guard let measured = objective.measuredSeconds else {
      return [DrillRecord.Reason(.notVerified, "objective-not-measured", "\(name) could not be measured")]
    }
    let time = TimeSpan.format(measured)
    if objective.met == false {
      let over = TimeSpan.format(measured - limit)
      return [
        DrillRecord.Reason(
          .objectiveMissed, "objective-missed",
          "\(name) was \(time), \(over) above the limit of \(TimeSpan.format(limit))")
      ]
    }
    guard objective.isNearLimit, let warn = objective.warnSeconds else { return [] }
    return [
      DrillRecord.Reason(
        failOnWarn ? .warnings : .pass, "objective-near-limit",
        "\(name) was \(time), above the \(TimeSpan.format(warn)) at which it warns")
    ]
  }
}

extension Outcome {
  /// `no negative totals of shop.orders`, `count of shop.orders`.
  package var title: String { namespace.map { "\(name) of \($0)" } ?? name }
}

/// Numbers in sentences.
package enum Count {
  /// `1,204,311`: digits in groups of three.
  package static func text(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number.magnitude).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
  }

  /// `1 document`, `12 documents`.
  package static func text(_ number: Int, _ noun: String, plural: String? = nil) -> String {
    "\(text(number)) \(number == 1 ? noun : plural ?? noun + "s")"
  }
}
