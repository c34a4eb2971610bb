internal import Platform
internal import Record

extension Renderer {
  /// For people: the first screen says what a tired administrator has to know.
  package static let markdown = Renderer(
    name: "markdown", summary: "a report to read, for a ticket or a pull request", fileName: "report.md",
    draw: { MarkdownReport($0).text })
}

/// The report in Markdown, from top to bottom.
struct MarkdownReport {
  /// Tables longer than this are cut; the JSON has them whole.
  static let mostRows = 60

  let record: DrillRecord
  private(set) var lines: [String] = []

  init(_ record: DrillRecord) {
    self.record = record
    head()
    add(objectives)
    add(.replayed(record))
    add(.recovered(record, most: Self.mostRows))
    add(.shards(record))
    add(.exports(record))
    failures()
    add(.notVerified(record))
    add(.recommendations(record))
    add(.damage(record))
    add(checks)
    add(.steps("Steps", record.steps))
    for section in Section.failovers(record) { add(section) }
    add(.faults(record))
    add(.steps("Rollbacks", record.rollbacks))
    add(.runbook(record))
    add(.phases(record))
    add(.environment(record))
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  private mutating func add(_ section: Section?) {
    guard let section else { return }
    lines += ["", "## \(MarkdownText.drawn(section.title))"]
    for block in section.blocks { add(block) }
  }

  private mutating func add(_ block: Block) { lines += [""] + MarkdownText.drawn(block) }
  private mutating func add(_ prose: Prose) { add(.paragraph(prose)) }

  private mutating func head() {
    let name = MarkdownText.escaped(record.scenario.title ?? record.scenario.name)
    lines = ["# \(record.verdict.rawValue.uppercased()): \(name)"]
    add(Prose(strong: Prose(data: record.summary.sentence)))
    add(Section.facts(record).joined(separator: " · "))
    if let resumed = record.resumed {
      add("It went on from step \(code: resumed.step) with what run \(code: resumed.runID) had kept.")
    }
    let next = NextSteps.after(record)
    if !next.isEmpty {
      add("\(strong: "What to do next")")
      lines.append("")
      for (number, step) in next.enumerated() { lines.append("\(number + 1). \(MarkdownText.drawn(step))") }
    }
    let others = Section.otherReasons(record)
    if !others.isEmpty {
      add("Besides:")
      add(.list(others))
    }
  }

  private var objectives: Section? {
    guard !record.objectives.all.isEmpty else { return nil }
    return Section(
      "Objectives",
      [
        .table(
          ["Objective", ">Limit", ">Measured", ">Margin", "Result"],
          record.objectives.all.map { name, objective in
            func time(_ seconds: Double?) -> Prose { Prose(own: seconds.map(TimeSpan.format) ?? "–") }
            return [
              Prose(own: "\(name), \(objective.meaning(name))"), time(objective.limitSeconds),
              time(objective.measuredSeconds), time(objective.marginSeconds), objective.words,
            ]
          })
      ])
  }

  private mutating func failures() {
    let checks = record.checks.worstFirst.filter { $0.result != .pass }
    let problems = record.backup.problems
    guard !checks.isEmpty || !problems.isEmpty else { return }
    lines += ["", "## What is wrong"]
    for problem in problems {
      lines += ["", "### \(MarkdownText.drawn(problem.heading))"]
      add(problem.words)
    }
    if record.backup.problemCount > problems.count {
      add(Prose(own: "… and \(Count.text(record.backup.problemCount - problems.count)) more of these."))
    }
    for check in checks {
      lines += ["", "### \(check.result.rawValue.uppercased()): \(MarkdownText.escaped(check.title))"]
      add(Prose(data: check.message))
      let facts = check.facts
      if !facts.isEmpty { add(.list(facts.map { "\(own: $0.name): \($0.value)" })) }
      if let query = check.query { add(.lines(query, language: "js")) }
    }
    if checks.contains(where: { $0.query != nil }), let command = RestoreCommand(record) {
      add("The queries are for `mongosh` on the restored data: \(code: command.text) brings it back.")
    }
  }

  private var checks: Section {
    guard !record.checks.isEmpty else { return Section("Checks", [.paragraph("None was made.")]) }
    let most = Self.mostRows * 5
    let rows = record.checks.prefix(most).map { check in
      let result = Prose(own: check.result.rawValue)
      return [
        check.result == .pass ? result : Prose(strong: result), Prose(data: check.suite),
        Prose(data: check.name), check.namespace.map(Prose.init(code:)) ?? "", Prose(data: check.message),
        Prose(own: TimeSpan.format(check.seconds)),
      ]
    }
    let table = Block.table(["Result", "Suite", "Check", "Collection", "Found", ">Time"], rows)
    guard record.checks.count > most else { return Section("Checks", [table]) }
    let rest = Prose(own: "… and \(Count.text(record.checks.count - most)) more in report.json.")
    return Section("Checks", [table, .paragraph(rest)])
  }
}
