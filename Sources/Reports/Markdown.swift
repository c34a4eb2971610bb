internal import Platform
internal import Record

extension Renderer {
  /// For people: the first screen says what a tired administrator has to know.
  package static let markdown = Renderer(
    name: "markdown", summary: "a report to read", fileName: "report.md", draw: { MarkdownReport($0).text })
}

/// The report in Markdown, from top to bottom.
struct MarkdownReport {
  let record: DrillRecord
  var lines: [String] = []

  init(_ record: DrillRecord) {
    self.record = record
    head()
    objectives()
    replayed()
    recovered()
    rated()
    exports()
    failures()
    notVerified()
    recommendations()
    damage()
    checks()
    steps("Steps", record.steps)
    members()
    faults()
    steps("Rollbacks", record.rollbacks)
    runbook()
    phases()
    environment()
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  mutating func add(_ line: String) { lines.append(line) }

  mutating func section(_ title: String) { lines += ["", "## \(title)", ""] }

  /// A table; columns whose title starts with `>` are aligned to the right.
  mutating func table(_ titles: [String], _ rows: [[String]]) {
    func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    add(row(titles.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }))
    add(row(titles.map { $0.hasPrefix(">") ? "---:" : "---" }))
    for cells in rows { add(row(cells)) }
  }

  private mutating func head() {
    let name = MarkdownText.escaped(record.scenario.title ?? record.scenario.name)
    add("# \(record.verdict.rawValue.uppercased()): \(name)")
    add("")
    add("**\(MarkdownText.escaped(record.summary.sentence))**")
    add("")
    var facts = [
      "Run \(MarkdownText.code(record.runID, inTable: false))", "\(readable(record.startedAt))",
      "took \(TimeSpan.format(record.durationSeconds))", "\(record.status.rawValue)",
      "exit code \(record.exitCode.rawValue)",
    ]
    if let sandbox = record.environment.sandbox, sandbox.kept {
      facts.append("data kept in \(MarkdownText.code(sandbox.directory, inTable: false))")
    }
    add(facts.joined(separator: " · "))
    if let resumed = record.resumed {
      add("")
      add(
        "It went on from step \(MarkdownText.code(resumed.step, inTable: false)) with what run "
          + "\(MarkdownText.code(resumed.runID, inTable: false)) had kept.")
    }
    reasons()
  }

  /// What the sentence doesn't say: the hint to its reason, and the other reasons.
  private mutating func reasons() {
    if let hint = record.reasons.first?.hint { lines += ["", MarkdownText.escaped(hint)] }
    let others = record.reasons.dropFirst()
    guard !others.isEmpty else { return }
    let most = 8
    lines += ["", "Besides:", ""]
    for reason in others.prefix(most) {
      var line = "- " + MarkdownText.escaped(reason.message)
      if let hint = reason.hint { line += ". " + MarkdownText.escaped(hint) }
      add(line)
    }
    if others.count > most { add("- … and \(Count.text(others.count - most)) more below") }
  }

  private mutating func objectives() {
    guard !record.objectives.all.isEmpty else { return }
    section("Objectives")
    table(
      ["Objective", ">Limit", ">Measured", ">Margin", "Result"],
      record.objectives.all.map { name, objective in
        func time(_ seconds: Double?) -> String { seconds.map(TimeSpan.format) ?? "–" }
        let result =
          switch objective.met {
          case true?: objective.isNearLimit ? "met, above its warning" : "met"
          case false?: "**missed**"
          case nil: objective.measuredSeconds == nil ? "not measured" : "no limit set"
          }
        let meaning = name == "RTO" ? "time to recover" : "data lost"
        return [
          "\(name), \(meaning)", time(objective.limitSeconds), time(objective.measuredSeconds),
          time(objective.marginSeconds), result + compared(objective),
        ]
      })
  }

  private mutating func environment() {
    section("Environment")
    let environment = record.environment
    var rows = [
      ["mongodrill", MarkdownText.escaped(record.tool.version)],
      [
        "Machine",
        MarkdownText.escaped(environment.host)
          + ", \(MarkdownText.escaped(environment.os)), \(Count.text(environment.cores, "core")), "
          + "\(ByteSize.format(environment.memoryBytes)) of memory",
      ],
    ]
    if let mongod = environment.mongod {
      rows.append(["mongod", "\(MarkdownText.escaped(mongod.version)), \(MarkdownText.code(mongod.path))"])
    }
    if let path = record.scenario.path {
      let digest = record.scenario.sha256.map { ", SHA-256 \(MarkdownText.code($0))" } ?? ""
      rows.append(["Scenario", MarkdownText.code(path) + digest])
    }
    if let sandbox = environment.sandbox {
      let members = sandbox.members.map { "a replica set of \($0), " } ?? ""
      rows.append([
        "Sandbox",
        "\(members)\(MarkdownText.code(sandbox.directory)), \(sandbox.kept ? "kept" : "removed")",
      ])
    }
    for pair in environment.meta {
      rows.append([MarkdownText.escaped(pair.key), MarkdownText.escaped(pair.value)])
    }
    table(["", ""], rows)
  }
}

/// `2026-11-21 13:04:49 UTC`.
func readable(_ time: WallTime) -> String {
  time.text.replacing("T", with: " ").replacing("Z", with: " UTC")
}
