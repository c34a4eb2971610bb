internal import BSON
internal import Backups
internal import Checks
internal import Facts
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox

extension DrillPlan {
  /// The plan for people.
  package var text: String {
    var lines = ["Scenario   \(scenario.title ?? scenario.name)" + (scenario.path.map { " (\($0))" } ?? "")]
    var facts = [backup.form.rawValue]
    if backup.origin.bytes > 0 { facts.append(ByteSize.format(backup.origin.bytes)) }
    if backup.origin.isCompressed { facts.append("compressed") }
    if let version = backup.origin.serverVersion { facts.append("MongoDB \(version)") }
    lines.append("Backup     \(backup.path) (\(facts.joined(separator: ", ")))")
    lines += notes.map { "           \($0)" }
    lines += plans.lines(of: scenario, backup)
    lines += lost
    switch preflight.mongod {
    case .success(let found):
      lines.append("mongod     \(found.path) (\(found.version))")
      lines.append(
        "           its feature compatibility version will be \(found.version.major).\(found.version.minor); a dump "
          + "doesn't record its own")
    case .failure(let failure): lines.append("mongod     \(failure.message)")
    }
    if let replicaSet {
      lines.append(
        "Topology   a replica set of \(replicaSet.members), as soon as all is restored and replayed")
    }
    let need =
      preflight.diskNeeded.map { "about \(ByteSize.format($0)) needed" } ?? "how much is needed is not known"
    switch preflight.room {
    case .success(let room):
      lines.append("Disk       \(need), \(ByteSize.format(room.free)) free in \(room.folder)")
    case .failure(let failure): lines.append("Disk       \(failure.message)")
    }
    if let limit = scenario.objectives.rtoLimit { lines.append("RTO        \(TimeSpan.format(limit))") }
    if let limit = scenario.objectives.rpo?.limit { lines.append("RPO        \(TimeSpan.format(limit))") }
    if let seconds = earlier.seconds {
      lines.append(
        "Estimate   \(TimeSpan.format(seconds)), the median of \(Count.text(earlier.count, "earlier run"))")
    }
    lines.append("Protected  the backup and the oplog are only read; only the sandbox is written to")
    for condition in scenario.stopConditions { lines.append("Stops      when \(condition)") }
    // One very long name is not to push all the others' words off the screen.
    let width = min(50, items.map { $0.source.description.count }.max() ?? 0)
    lines += ["", "Collections"]
    for item in items {
      let name = item.source.description
      let padding = String(repeating: " ", count: max(0, width - name.count))
      lines.append("  \(name)\(padding)  \(item.words)")
    }
    lines += ["", "Steps"] + scenario.steps.map { "  \($0.words(took: earlier.steps[$0.id]))" }
    for suite in suites {
      lines += ["", "Checks of suite \(suite.name): \(suite.checks.count)"]
      for (subject, checks) in grouped(suite) {
        lines.append("  \(subject): \(checks.map(\.name).joined(separator: ", "))")
      }
    }
    if !scenario.rollbacks.isEmpty {
      lines += ["", "Rollbacks"] + scenario.rollbacks.map { "  \($0.words(took: nil))" }
    }
    if !scenario.runbook.preflight.isEmpty {
      lines += ["", "By hand, before"] + scenario.runbook.preflight.map { "  \($0)" }
    }
    if !scenario.runbook.followUp.isEmpty {
      lines += ["", "By hand, after"] + scenario.runbook.followUp.map { "  \($0)" }
    }
    for (step, command) in nearestCommands {
      lines += ["", "Nearest command of the Database Tools to step \(step)", "  \(command.text)"]
      lines += command.differences.map { "  but \($0)" }
    }
    if !preflight.warnings.isEmpty { lines += ["", "Warnings"] + preflight.warnings.map { "  \($0)" } }
    if !problems.isEmpty { lines += ["", "Problems"] + problems.map { "  \($0)" } }
    return lines.map(\.visible).joined(separator: "\n") + "\n"
  }

  /// What would be lost at the target.
  private var lost: [String] {
    var lines: [String] = []
    if let seconds = secondsLost {
      lines.append(
        "Lost       "
          + (seconds > 0
            ? "the \(TimeSpan.format(seconds)) of the oplog after the target"
            : "nothing of the oplog that is there"))
    }
    if let seconds = recoveryPoint {
      lines.append("           \(TimeSpan.format(seconds)) before the moment that the RPO is counted from")
    }
    return lines
  }

  /// The checks by what they are asked of, in the suite's order.
  private func grouped(_ suite: Suite) -> [(Subject, [PlannedCheck])] {
    var order: [Subject] = []
    var groups: [Subject: [PlannedCheck]] = [:]
    for check in suite.checks {
      if groups[check.subject] == nil { order.append(check.subject) }
      groups[check.subject, default: []].append(check)
    }
    return order.map { ($0, groups[$0] ?? []) }
  }
}

extension RestorePlan.Item {
  /// `1.2 MB, 3 indexes, as test.orders`.
  fileprivate var words: String {
    guard let target else { return "not restored: \(note ?? "not selected")" }
    var words: [String] = []
    if original.kind != .collection { words.append(original.kind.rawValue) }
    if fileBytes > 0 { words.append(ByteSize.format(fileBytes)) }
    let indexes = original.indexes.count { !$0.isIDIndex }
    if indexes > 0 { words.append(Count.text(indexes, "index", plural: "indexes")) }
    if target != source { words.append("as \(target)") }
    if let note { words.append(note) }
    return words.isEmpty ? "restored" : words.joined(separator: ", ")
  }
}

extension Step {
  fileprivate func words(took: Double?) -> String {
    var words = id == kind ? id : "\(id) (\(kind))"
    if let description { words += ": \(description)" }
    if let planned { words += ", planned \(TimeSpan.format(planned))" }
    if let took { words += ", took \(TimeSpan.format(took)) lately" }
    if let timeout { words += ", at most \(TimeSpan.format(timeout))" }
    return words
  }
}

extension RecoveryPlans {
  /// The replay for people: what is covered, and where each step goes.
  fileprivate func lines(of scenario: Scenario, _ backup: any LogicalBackup) -> [String] {
    guard let chain else {
      return backup.oplog.map { ["           its oplog, \($0.place.file), will not be replayed"] } ?? []
    }
    let coverage = chain.coverage
    var proven = "proven through \(coverage.provenEnd)"
    if coverage.end > coverage.provenEnd { proven += ", past unproven seams through \(coverage.end)" }
    var lines = ["Oplog      targets from \(coverage.dumpEnd), the dump's end, \(proven)"]
    lines += coverage.unproven.map { "           unproven: \($0.description)" }
    lines += coverage.gaps.map { "           gap: \($0.description)" }
    lines += chain.notes.map { "           \($0)" }
    for stage in stages(of: scenario) {
      let entries = Count.text(stage.plan.replay.entries, "entry", plural: "entries")
      lines.append("Target     \(stage.replay.target.text): \(entries) (step \(stage.step))")
      if let search = stage.search {
        lines.append(
          "           from there to \(search.end.target.text): the first entry that breaks "
            + search.suites.joined(separator: ", "))
      }
      if !stage.replay.skip.isEmpty {
        lines.append(
          "           without \(stage.replay.skip.map(\.description).joined(separator: ", ")), a state that never "
            + "existed")
      }
    }
    return lines
  }
}
