internal import Checks
internal import Configuration
package import Platform

extension Scenario {
  /// The checks that compare with the backup's documents and are asked only of what an oplog was replayed to, of which
  /// nobody knows what the backup would hold. `hasOplog`: whether the backup took an oplog along; `noReplay`: whether
  /// that is left alone.
  package func comparisonsAfterReplay(hasOplog: Bool, noReplay: Bool = false) -> [Failure] {
    // Those of a sharded set are asked of all shards, and say so themselves.
    guard let suites, set == nil else { return [] }
    var isReplayed = false
    var restores = 0
    var asked: [Bool] = suites.map { _ in false }
    var answered = asked
    for (at, step) in steps.enumerated() {
      let names: [String]
      switch step.action {
      case let restore as RestoreStep:
        let hasReplay = steps[(at + 1)...].prefix { !($0.action is RestoreStep) }
          .contains { $0.action is ReplayStep }
        let isAlone = noReplay || restore.noReplay || !hasReplay && !hasOplog && oplog.isEmpty
        isReplayed = !isAlone && (isReplayed || restores == 0)
        restores += 1
        continue
      case let check as CheckStep: names = check.suites.map(\.value)
      case let replay as ReplayStep where !replay.untilFailing.isEmpty:
        names = replay.untilFailing.map(\.value)
      default: continue
      }
      for (index, suite) in suites.enumerated() where names.isEmpty || names.contains(suite.name) {
        if isReplayed { asked[index] = true } else { answered[index] = true }
      }
    }
    return zip(suites.indices, suites).filter { asked[$0.0] && !answered[$0.0] }.flatMap { $0.1.checks }
      .filter(\.comparesDocumentsOfBackup)
      .map { .comparedAfterReplay($0.declaration.kind, at: $0.place) }
  }
}

extension Failure {
  static func comparedAfterReplay(_ kind: String, at place: Place?) -> Failure {
    .invalid(
      "compared-after-replay",
      "`\(kind)` compares with the backup's documents, and an oplog is replayed to them", at: place,
      hint: kind == "count"
        ? "Give `min`, `max` or `equals`, or compare with a witness, after `replay: {to: witness}`."
        : "Compare with a witness, after `replay: {to: witness}`.")
  }
}
