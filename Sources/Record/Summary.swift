internal import Platform

extension DrillRecord {
  /// The record in a few figures and one sentence.
  package struct Summary: RecordPart {
    /// The verdict in one sentence.
    package var sentence = ""
    /// How many checks were asked, and how they ended.
    package var checks = 0
    package var passed = 0
    package var warned = 0
    package var failed = 0
    package var errors = 0
    package var skipped = 0
    /// What was restored: collections, documents the server took (after a replay those at the target), the BSON
    /// bytes that were read, indexes built.
    package var collections = 0
    package var documents = 0
    package var bytes = 0
    package var indexes = 0

    package init() {}

    package static var fields: [RecordField<Summary>] {
      [
        RecordField("sentence", \.sentence), RecordField("checks", \.checks), RecordField("passed", \.passed),
        RecordField("warned", \.warned), RecordField("failed", \.failed), RecordField("errors", \.errors),
        RecordField("skipped", \.skipped), RecordField("collections", \.collections),
        RecordField("documents", \.documents), RecordField("bytes", \.bytes),
        RecordField("indexes", \.indexes),
      ]
    }
  }

  /// The summary, from the rest of the record.
  package var summary: Summary {
    var summary = Summary()
    summary.checks = checks.count
    for check in checks {
      switch check.result {
      case .pass: summary.passed += 1
      case .warn: summary.warned += 1
      case .fail: summary.failed += 1
      case .error: summary.errors += 1
      case .skipped: summary.skipped += 1
      }
    }
    for collection in backup.collections where collection.target != nil {
      summary.collections += 1
      summary.documents += collection.atTarget ?? collection.inserted
      summary.bytes += collection.bytes
      summary.indexes += collection.indexes
    }
    summary.sentence = sentence(summary)
    return summary
  }

  private func sentence(_ summary: Summary) -> String {
    let restored = "\(Count.text(summary.documents, "document")) in \(collections(summary))"
    let deciding = reasons.first?.message ?? "nothing was verified"
    let others = reasons.dropFirst().count { !isConsequence($0) }
    let more = others > 0 ? " (and \(Count.text(others)) more)" : ""
    if let damage, damage.planted > 0, verdict == .pass || reasons.first?.code == Damage.unnoticed {
      return verdict == .pass
        ? "The checks notice what goes wrong: \(damage.sentence)."
        : "The checks miss something: \(damage.sentence)."
    }
    if let obstacle { return "\(obstacle.words): \(deciding)\(more)." }
    if let server = environment.server { return sentence(summary, of: server, deciding + more) }
    switch verdict {
    case .pass:
      let checks =
        summary.checks == 1 ? "the one check passed" : "all \(Count.text(summary.checks)) checks passed"
      return exitCode == .pass
        ? "The backup can be recovered\(moment): \(restored) came back and \(checks).\(found)"
        : "The backup can be recovered\(moment), but cleaning up failed: \(deciding)\(more).\(found)"
    case .warn:
      let part = leftByBudget > 0 ? ", in \(collections(summary))" : ""
      return "The backup can be recovered\(moment)\(part), with a warning: \(deciding)\(more).\(found)"
    case .fail:
      switch exitCode {
      case .damagedBackup: return "The backup cannot be recovered: \(deciding)\(more)."
      case .objectiveMissed: return "The data is good, but an objective was missed: \(deciding)\(more)."
      default:
        switch reasons.first?.code {
        case "check-failed":
          return
            "\(Count.text(summary.failed)) of \(Count.text(summary.checks, "check")) failed: \(deciding)\(more)."
        case "failover-failed", "fault-not-as-expected":
          return "The servers did not do what was expected of them: \(deciding)\(more)."
        case "command-failed": return "A command of the scenario failed: \(deciding)\(more)."
        case "not-approved": return "A person refused: \(deciding)\(more)."
        case "step-failed": return "A step of the scenario failed: \(deciding)\(more)."
        case "operation-failed": return "The oplog can't be replayed exactly: \(deciding)\(more)."
        default: return "Not all of the backup came back: \(deciding)\(more)."
        }
      }
    case .inconclusive:
      return "The drill cannot say whether the backup can be recovered: \(deciding)\(more)."
    }
  }

  /// Collections that the budget of time left to other runs.
  private var leftByBudget: Int { notVerified.count { $0.code == "budget" } }

  /// `12 collections`; of a drill with a budget `3 of 12 collections (the budget left out 9)`.
  private func collections(_ summary: Summary) -> String {
    let left = leftByBudget
    guard left > 0 else { return Count.text(summary.collections, "collection") }
    return "\(Count.text(summary.collections)) of \(Count.text(summary.collections + left, "collection")) "
      + "(the budget left out \(Count.text(left)))"
  }

  /// Whether a reason says no more than that the drill had ended before: its steps that were not begun, and what they
  /// would have answered.
  private func isConsequence(_ reason: Reason) -> Bool {
    let left = steps.filter { $0.attempts == 0 }
    switch reason.code {
    case "nothing-checked", "objective-not-measured": return !left.isEmpty
    case "not-verified": return left.contains { reason.message.hasPrefix("step \($0.id) was not begun:") }
    default: return false
    }
  }

  /// What is said of a server that was only checked.
  private func sentence(_ summary: Summary, of server: Server, _ deciding: String) -> String {
    let checks = Count.text(summary.checks, "check")
    switch verdict {
    case .pass:
      return summary.checks == 1
        ? "The one check of \(server.address) passed." : "All \(checks) of \(server.address) passed."
    case .warn: return "The checks of \(server.address) passed, with a warning: \(deciding)."
    case .fail: return "\(Count.text(summary.failed)) of \(checks) of \(server.address) failed: \(deciding)."
    case .inconclusive: return "Not all checks of \(server.address) have an answer: \(deciding)."
    }
  }

  /// ` to 1795259694:300 (2026-11-21T11:54:54Z)`, where a replay went there.
  private var moment: String {
    guard let last = replay?.lastApplied else { return "" }
    return " to \(last)" + (Replay.time(of: last).map { " (\($0.text))" } ?? "")
  }

  /// What searches for the entry that breaks checks found.
  private var found: String {
    (replay?.all ?? []).compactMap(\.bisect).map { " " + $0.sentence }.joined()
  }
}

extension DrillRecord.Obstacle {
  /// The beginning of the verdict's sentence.
  fileprivate var words: String {
    switch self {
    case .target: "The target is out of reach of this backup and its oplog"
    case .gap: "The oplog can't be followed to the target"
    case .noOplog: "There is no oplog to replay"
    case .noBackup: "There is no backup to drill"
    }
  }
}
