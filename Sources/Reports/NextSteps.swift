internal import Platform
internal import Record

/// What a person does after a drill that didn't simply pass.
enum NextSteps {
  /// The most urgent first; empty after a plain pass.
  static func after(_ record: DrillRecord) -> [Prose] {
    guard record.verdict != .pass || record.exitCode != .pass else { return [] }
    let hint = record.reasons.first?.hint.map { [Prose(data: $0)] } ?? []
    let steps = hint + advice(record)
    return steps + again(record, isOnly: steps.isEmpty)
  }

  private static func advice(_ record: DrillRecord) -> [Prose] {
    if let obstacle = record.obstacle { return advice(on: obstacle, record) }
    switch record.exitCode {
    case .checkFailed: return failed(record)
    case .objectiveMissed: return missed(record)
    case .damagedBackup:
      return ["Rely on an older backup that passed, and take a new one.", verification(record)].compactMap(
        \.self)
    case .notVerified:
      return ["Until what stands under “What was not verified” has an answer, nothing is proven."]
    case .cleanupFailed:
      return ["See what is left with `mongodrill doctor`, and remove it with `mongodrill clean`."]
    case .incomplete:
      let isUnanswered = record.reasons.first?.code == "check-error"
      return isUnanswered
        ? [
          "See under “What is wrong” why the check has no answer: it is the question's fault, not the data's."
        ]
        : ["The backup is neither proven nor refuted: take away what stopped the drill."]
    case .pass, .warnings:
      return record.verdict == .warn ? ["Look at what warns, and decide whether it may stay."] : []
    case .usage, .backupNotFound, .noServer, .internal, .invalidScenario, .interrupted, .terminated,
      .tryAgain:
      return []
    }
  }

  /// What is asked for can't be had here, which says nothing against the backup.
  private static func advice(on obstacle: DrillRecord.Obstacle, _ record: DrillRecord) -> [Prose] {
    switch obstacle {
    case .target:
      return ["Nothing speaks against the backup: give what reaches the target, or another target."]
    case .gap:
      return [
        "Find the missing slice. Without it, what was written in the gap is lost, and everything up to the gap can "
          + "still be recovered: give a target before it.", verification(record),
      ].compactMap(\.self)
    case .noOplog:
      return [
        "Nothing speaks against the backup's documents: give the oplog that belongs to it, or restore them without one."
      ]
    case .noBackup: return ["Look whether the path is the one that was meant: no backup was looked at."]
    }
  }

  private static func failed(_ record: DrillRecord) -> [Prose] {
    switch record.reasons.first?.code {
    case "check-failed":
      let hasQuery = record.checks.contains { $0.result == .fail && $0.query != nil }
      let look: Prose? = RestoreCommand(record).map {
        "Look at the data: \(code: $0.text) brings it back"
          + (hasQuery ? ", and the failed check's query, below, shows what is wrong." : ".")
      }
      return [
        look, search(record),
        "If the live data is wrong in the same way, mend it there. If it isn't, don't rely on this backup: take another.",
      ].compactMap(\.self)
    case "not-approved": return ["Ask who refused what they found wrong."]
    case "command-failed": return ["Read what the command wrote, under “Steps”."]
    case "operation-failed":
      return [
        "The oplog and the backup don't fit together, or something of the oplog is missing.",
        verification(record),
      ]
      .compactMap(\.self)
    case "failover-failed", "fault-not-as-expected":
      return ["See what each member did, under “Failover” or “Faults”."]
    case DrillRecord.Damage.unnoticed:
      return ["Add the checks that stand under “Planted faults” to the scenario."]
    default:
      return ["The server's own words, below, say what it refused.", verification(record)].compactMap(\.self)
    }
  }

  /// What was deleted or changed by mistake before the target is wrong in a good recovery, too.
  private static func search(_ record: DrillRecord) -> Prose? {
    guard let replay = record.replay, !record.backup.slices.isEmpty, !record.backup.isPhysical,
      record.shards.isEmpty
    else {
      return nil
    }
    let slices = record.backup.slices.map { " --oplog \(ShellWord.quoted($0))" }.joined()
    let command = "mongodrill find \(ShellWord.quoted(record.backup.path))\(slices)"
    return
      "If something deleted or changed it before \(code: replay.lastApplied ?? replay.through), \(code: command) says when: "
      + "recover to just before that."
  }

  private static func missed(_ record: DrillRecord) -> [Prose] {
    var steps: [Prose] = []
    if record.objectives.rto?.met == false, let slowest = record.phases.max(by: { $0.seconds < $1.seconds }) {
      steps.append(
        "Most of the time went into \(slowest.name): \(own: TimeSpan.format(slowest.seconds)) of "
          + "\(own: TimeSpan.format(record.durationSeconds)). Make that quicker, or agree on another limit.")
    }
    if record.objectives.rpo?.met == false {
      steps.append("Save the oplog more often: what was written after its last saved entry is lost.")
    }
    return steps
  }

  /// How to learn whether the backup's files are whole.
  private static func verification(_ record: DrillRecord) -> Prose? {
    guard record.environment.server == nil, record.shards.isEmpty, !record.backup.path.isEmpty else {
      return nil
    }
    let slices = record.backup.slices.map { " --oplog \(ShellWord.quoted($0))" }.joined()
    let command = "mongodrill verify \(ShellWord.quoted(record.backup.path))\(slices)"
    return "\(code: command) says whether its files are whole."
  }

  private static func again(_ record: DrillRecord, isOnly: Bool) -> [Prose] {
    guard record.environment.server == nil, record.damage == nil, record.verdict != .warn else { return [] }
    let path = record.scenario.path ?? record.backup.path
    if path.isEmpty { return [] }
    let command = "mongodrill run \(ShellWord.quoted(path))"
    return isOnly ? ["Drill again: \(code: command)."] : ["Then drill again: \(code: command)."]
  }
}

/// The command that brings the data of a drill back, for a closer look.
struct RestoreCommand {
  let text: String

  /// Nil where no backup was restored, or one that this command doesn't take: a sharded set.
  init?(_ record: DrillRecord) {
    guard record.environment.server == nil, record.shards.isEmpty, !record.backup.path.isEmpty else {
      return nil
    }
    let documentsAlone = record.backup.oplog != nil && record.replay == nil
    var text =
      "mongodrill restore \(documentsAlone ? "--no-replay " : "")\(ShellWord.quoted(record.backup.path))"
    if let replay = record.replay {
      text += record.backup.slices.map { " --oplog \(ShellWord.quoted($0))" }.joined()
      text += " --to \(replay.lastApplied ?? replay.through)"
    }
    self.text = text
  }
}
