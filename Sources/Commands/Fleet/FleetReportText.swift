internal import Fleet
internal import Platform
internal import Readiness
internal import Record

/// A report of a fleet for a terminal: the sentence, what is wrong, what changed, what is overdue.
struct FleetReportText {
  /// Rows of a table; more are in the other formats.
  private static let most = 100

  private let report: FleetReport

  init(_ report: FleetReport) { self.report = report }

  func text(color: Bool) -> String {
    let style: Style =
      switch report.verdict {
      case .pass: .green
      case .warn: .yellow
      case .fail, .inconclusive: .red
      }
    var text = "\(style.paint(report.verdict.rawValue.uppercased(), if: color)): \(report.sentence)\n"
    text +=
      "Round \(report.round.round) of \(report.round.fleetPath.visible), begun \(report.round.startedAt.text), exit code "
      + "\(report.exitCode.rawValue)\n"
    text += "\n" + systems
    for section in [changes, overdue, remarks, phases].compactMap(\.self) { text += "\n" + section }
    return text
  }

  private var systems: String {
    var table = Table([
      "System": .left, "Answer": .left, "RTO": .right, "RPO": .right, "Time": .right, "Last proven": .left,
      "Owner": .left,
    ])
    for row in report.rows.prefix(Self.most) {
      let run = row.answer.run
      table.add(
        row.name, row.answer.word, time(run?.rto?.measuredSeconds, run?.rto?.met),
        time(run?.rpo?.measuredSeconds, run?.rpo?.met), time(run?.seconds, nil),
        row.age.map { TimeSpan.format($0) + " ago" } ?? "never", row.system.owner ?? "")
    }
    var text = table.text + rest(report.rows.count, "systems; --format html has all of them")
    for row in report.rows.prefix(Self.most) where row.exitCode != .pass {
      text += "\n\(row.name.visible): \(row.answer.sentence.visible)\n"
      if let hint = row.answer.hint { text += "  \(hint.visible)\n" }
    }
    return text
  }

  private func rest(_ count: Int, _ words: String) -> String {
    count > Self.most ? "… and \(Count.text(count - Self.most)) more \(words)\n" : ""
  }

  private func time(_ seconds: Double?, _ met: Bool?) -> String {
    seconds.map { TimeSpan.format($0) + (met == false ? " !" : "") } ?? ""
  }

  private var changes: String? {
    guard let previous = report.previous else { return nil }
    let kinds: [(String, FleetReport.Change)] = [
      ("New failures", .newFailure), ("Still failing", .stillFailing), ("Mended", .mended),
      ("Slower", .slower),
      ("New in the fleet", .added),
    ]
    var lines = kinds.compactMap { title, change -> String? in
      line(title, report.changed(change).map(\.name))
    }
    if let gone = line("No longer in the fleet", report.removed) { lines.append(gone) }
    return "Since round \(previous):\n" + (lines.isEmpty ? "  nothing changed\n" : lines.joined())
  }

  private func line(_ title: String, _ names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    let more = names.count > 20 ? " and \(Count.text(names.count - 20)) more" : ""
    return "  \(title): \(names.prefix(20).map(\.visible).joined(separator: ", "))\(more)\n"
  }

  private var overdue: String? {
    let late = report.oldestFirst.filter { $0.isOverdue || $0.isBeyondRequirement }.map(\.name)
    let lines = [
      line("Overdue", late), line("Never drilled to an end", report.neverDrilled.map(\.name)),
      line("In the fleet's file, not in this round", report.unknown),
    ].compactMap(\.self)
    return lines.isEmpty ? nil : "Coverage:\n" + lines.joined()
  }

  private var remarks: String? {
    let rows = report.remarkable
    guard !rows.isEmpty || !report.strays.isEmpty || !report.unreadable.isEmpty else { return nil }
    var text = "Attempts:\n"
    for row in rows.prefix(Self.most) {
      text += "  \(row.name.visible): \(row.answer.notes.map(\.message.visible).joined(separator: "; "))\n"
    }
    text += rest(rows.count, "of these")
    for stray in report.strays.prefix(20) { text += "  \(stray.visible) is of no system of this round\n" }
    for failure in report.unreadable { text += "  \(failure.visible)\n" }
    return text
  }

  private var phases: String? {
    guard !report.phases.isEmpty else { return nil }
    var table = Table(["Phase": .left, "In all": .right, "Slowest in": .left, "There": .right])
    for phase in report.phases.prefix(8) {
      table.add(
        phase.name, TimeSpan.format(phase.seconds), phase.slowestSystem, TimeSpan.format(phase.slowestSeconds)
      )
    }
    return table.text
  }
}
