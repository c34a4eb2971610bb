internal import Platform
internal import Readiness
internal import Record

/// A history as text.
struct HistoryReport {
  let history: RunHistory
  let isASCII: Bool

  init(_ history: RunHistory, isASCII: Bool) {
    self.history = history
    self.isASCII = isASCII
  }

  private var dash: String { isASCII ? "-" : "–" }

  /// The runs, their trends, figures over intervals, and what is not right.
  func text(color: Bool) -> String {
    guard !history.index.runs.isEmpty else {
      return "There is no run with a record in \(history.index.folder.visible).\n" + remarks
    }
    return runs + trends(color) + statistics + remarks
  }

  private var runs: String {
    var table = Table([
      "Run": .left, "Verdict": .left, "Recovery": .right, "Data loss": .right, "Size": .right,
      "Documents": .right, "Checks": .right, "Rating": .left, "": .left,
    ])
    for run in history.shown {
      let verdict = run.verdict.rawValue + (run.kind == .drill ? "" : " (\(run.kind.rawValue))")
      table.add(
        run.runID, verdict, mark(run.rto), mark(run.rpo),
        run.backupBytes.map(ByteSize.format) ?? dash, Count.text(run.documents),
        "\(Count.text(run.checks.passed))/\(Count.text(run.checks.asked))", run.rating ?? dash,
        [
          run.clock == nil ? nil : "clock", run.isResumed ? "resumed" : nil,
          run.status == .aborted ? "aborted" : nil,
        ]
        .compactMap(\.self).joined(separator: ", "))
    }
    let all = history.index.runs.count
    let rest = all > history.shown.count ? "\(Count.text(history.shown.count)) of " : ""
    return table.text + "\n\(rest)\(Count.text(all, "run"))\n"
  }

  /// What was measured; with an exclamation mark where the limit was missed.
  private func mark(_ objective: DrillRecord.Objective?) -> String {
    guard let seconds = objective?.measuredSeconds else { return dash }
    return TimeSpan.format(seconds) + (objective?.met == false ? "!" : "")
  }

  private func trends(_ color: Bool) -> String {
    var text = ""
    var scenario: String?
    let width = history.trends.map(\.name.count).max() ?? 0
    for trend in history.trends where trend.known.count > 1 {
      if trend.scenario != scenario {
        text += "\n" + Style.bold.paint("Trend of \(trend.scenario.visible)", if: color) + "\n"
        scenario = trend.scenario
      }
      let row = Sparkline.text(trend.values, isASCII: isASCII)
      var figures = trend.last.map { "last \(figure($0, trend.unit))" } ?? ""
      if let median = trend.median { figures += ", median before \(figure(median, trend.unit))" }
      if let change = trend.change, change.magnitude >= 0.005 {
        figures += " (\(change > 0 ? "+" : "")\(Decimals.format(change * 100, 0))%)"
      }
      text += "  \(Columns.pad(trend.name, to: width))  \(row)  \(figures)\n"
    }
    return text
  }

  private func figure(_ value: Double, _ unit: RunTrend.Unit) -> String {
    switch unit {
    case .seconds: TimeSpan.format(value)
    case .bytes: ByteSize.format(Int(nearest: value))
    case .bytesPerSecond: "\(ByteSize.format(Int(nearest: value)))/s"
    case .documents: Count.text(Int(nearest: value))
    case .documentsPerSecond: "\(Count.text(Int(nearest: value)))/s"
    case .share: percent(value)
    }
  }

  private func percent(_ share: Double?) -> String {
    guard let share else { return dash }
    // 99.96% is not all of it.
    let text = Decimals.format(share * 100, 1)
    return (text == "100.0" ? (share < 1 ? "99.9" : "100") : text) + "%"
  }

  private var statistics: String {
    let all = history.statistics
    var table = Table([
      "Drills over": .left, "1 day": .right, "7 days": .right, "30 days": .right, "90 days": .right,
      "all": .right,
    ])
    func row(_ name: String, _ value: (RunStatistics) -> String) {
      let cells = all.map(value)
      if cells.contains(where: { $0 != dash }) {
        table.add(name, cells[0], cells[1], cells[2], cells[3], cells[4])
      }
    }
    func time(_ seconds: Double?) -> String { seconds.map(TimeSpan.format) ?? dash }
    func size(_ bytes: Double?) -> String { bytes.map { ByteSize.format(Int(nearest: $0)) } ?? dash }
    row("drills") { Count.text($0.drills) }
    row("succeeded") { percent($0.successRate) }
    row("recovery time, mean") { time($0.recovery?.mean) }
    row("recovery time, 95%") { time($0.recovery?.p95) }
    row("data loss, mean") { time($0.dataLoss?.mean) }
    row("data loss, 95%") { time($0.dataLoss?.p95) }
    row("restore rate, mean") { $0.bytesPerSecond.map { size($0.mean) + "/s" } ?? dash }
    row("backup size, mean") { size($0.size?.mean) }
    row("RTO met") { percent($0.rto.share) }
    row("RPO met") { percent($0.rpo.share) }
    for name in all.last?.scenarios.keys.sorted() ?? [] {
      row("  \(name)") { Count.text($0.scenarios[name] ?? 0) }
    }
    return "\n" + table.text
  }

  private var remarks: String { HistoryReport.remarks(on: history.index) }

  /// What is not right with the records.
  static func remarks(on index: RunIndex) -> String {
    var lines: [String] = []
    for run in index.doubtful {
      lines.append("\(run.runID.visible): \(run.clock?.words ?? ""), so its own times are not believed")
    }
    for one in index.unreadable { lines.append(one.failure.description.visible) }
    for one in index.unfinished {
      lines.append("\(one.runID.visible): no record; it is under way, or was killed")
    }
    return lines.isEmpty ? "" : "\n" + lines.map { "! \($0)\n" }.joined()
  }
}

extension HistoryReport {
  /// What a verification found.
  static func text(_ verification: ChainVerification) -> String {
    var text = ""
    for fault in verification.faults {
      text +=
        "\(fault.kind.rawValue)  " + (fault.runID.map { "\($0.visible) " } ?? "")
        + "\(fault.message.visible)\n"
    }
    for note in verification.notes { text += "note  \(note.visible)\n" }
    if let head = verification.head { text += "head  \(head.sha256)  \(head.runID.visible)\n" }
    if !verification.signers.isEmpty {
      let names = Set(verification.signers.values).sorted().joined(separator: ", ")
      text += "signed  \(Count.text(verification.signers.count, "record")), by \(names.visible)\n"
    }
    let intact = Count.text(verification.intact, "record")
    if verification.isSound {
      text +=
        verification.intact == 0
        ? "There is no record.\n" : "\(intact) \(verification.intact == 1 ? "is" : "are") as written.\n"
    } else {
      text += "\(Count.text(verification.faults.count, "fault")); \(intact) as written.\n"
    }
    return text
  }
}

extension HistoryReport {
  /// A projection: the answer, what it was made of, what it takes for given.
  static func text(_ projection: Projection) -> String {
    let sizes = projection.measuredBytes
    var text =
      "\(projection.scenario.visible) with a backup of \(ByteSize.format(projection.bytes)): recovered in about "
      + "\(TimeSpan.format(projection.median)), between \(TimeSpan.format(projection.interval.lowerBound)) and "
      + "\(TimeSpan.format(projection.interval.upperBound))\n"
    text +=
      "from \(Count.text(projection.runs.count, "drill")) with backups of \(ByteSize.format(sizes.lowerBound))"
      + (sizes.lowerBound == sizes.upperBound ? "" : " to \(ByteSize.format(sizes.upperBound))") + "\n\n"
    var table = Table(["Phase": .left, "Measured": .right, "Projected": .right, "Grows": .left])
    for part in projection.parts {
      table.add(
        part.phase, TimeSpan.format(part.measured), TimeSpan.format(part.projected),
        part.growth == .withSize ? "with the size" : "not")
    }
    text += table.text + "\nAssumed:\n"
    return text + projection.assumptions.map { "- \($0)\n" }.joined()
  }
}
