internal import Platform
internal import Readiness
internal import Record
internal import Reports

extension FleetReport {
  /// Rows of a table of a ticket: more are in the JSON.
  private static let mostRows = 200

  /// In Markdown, cut where nobody would read on.
  package func markdown(version: String) -> String { page(version, most: FleetReport.mostRows).markdown }

  /// As one HTML file with all systems.
  package func html(version: String) -> String { page(version, most: .max).html }

  private func page(_ version: String, most: Int) -> Page {
    Page(
      Prose(data: round.fleetTitle ?? Files.name(of: round.fleetPath)), verdict,
      sentence: Prose(own: sentence),
      facts: [
        "Round \(code: round.round)", Prose(own: "begun \(round.startedAt.text)"),
        Prose(own: Count.text(rows.count, "system")), Prose(own: "exit code \(exitCode.rawValue)"),
      ],
      sections: [
        broken(most), systems(most), changes(most), coverage(most), overdue(most), slowest, remarks(most),
        others,
      ].compactMap(\.self),
      foot: Prose(
        own: "Drawn \(time.text) by mongodrill \(version) from the records of the round. Times are UTC."),
      version: version)
  }

  private func cut(_ rows: [[Prose]], _ titles: [String], _ most: Int) -> [Block] {
    let table = Block.table(titles, Array(rows.prefix(most)))
    guard rows.count > most else { return [table] }
    return [table, .paragraph(Prose(own: "… and \(Count.text(rows.count - most)) more in the JSON."))]
  }

  private func time(_ seconds: Double?) -> Prose { Prose(own: seconds.map(TimeSpan.format) ?? "–") }

  private func result(_ row: Row) -> Prose {
    let word = row.answer.word
    return row.answer.isSuccess ? Prose(own: word) : Prose(strong: Prose(own: word))
  }

  private func owner(_ row: Row) -> Prose { Prose(data: row.system.owner ?? "–") }

  /// What somebody has to look at: the sentence and what to do.
  private func broken(_ most: Int) -> Section? {
    let rows = rows.filter { $0.exitCode != .pass && !($0.answer.isSuccess && !$0.isBeyondRequirement) }
    guard !rows.isEmpty else { return nil }
    return Section(
      "What is wrong",
      cut(
        rows.map { row in
          [
            result(row), Prose(code: row.name), owner(row), Prose(data: row.answer.sentence),
            Prose(
              data: row.answer.hint
                ?? (row.isBeyondRequirement ? "Drill it: its last proof is too old." : "–")),
            Prose(own: "\(row.exitCode.rawValue)"),
          ]
        }, ["Answer", "System", "Owner", "Found", "What to do", ">Exit"], most))
  }

  private func systems(_ most: Int) -> Section {
    Section(
      "Systems, the worst first",
      cut(
        rows.map { row in
          let run = row.answer.run
          return [
            result(row), Prose(code: row.name), owner(row), objective(run?.rto), objective(run?.rpo),
            time(run?.seconds),
            row.slowestPhase.map { "\($0.name), \(own: TimeSpan.format($0.seconds))" } ?? "–",
            proven(row),
          ]
        }, ["Answer", "System", "Owner", ">RTO", ">RPO", ">Time", "Slowest phase", "Last proven"], most))
  }

  /// `22m 04s of 30m 00s`, in bold where it was missed.
  private func objective(_ objective: DrillRecord.Objective?) -> Prose {
    guard let objective, let measured = objective.measuredSeconds else { return "–" }
    let text = TimeSpan.format(measured) + (objective.limitSeconds.map { " of \(TimeSpan.format($0))" } ?? "")
    return objective.met == false ? Prose(strong: Prose(own: text + ", missed")) : Prose(own: text)
  }

  private func proven(_ row: Row) -> Prose {
    guard let age = row.age, let moment = row.coverage.proven else { return Prose(strong: "never") }
    let text = Prose(own: "\(moment.text.prefix(10)), \(TimeSpan.format(age)) ago")
    return row.isOverdue || row.isBeyondRequirement ? Prose(strong: text) : text
  }

  private func changes(_ most: Int) -> Section? {
    guard let previous else { return nil }
    func names(_ title: String, _ names: [Prose]) -> Prose? {
      guard !names.isEmpty else { return nil }
      let shown = Array(names.prefix(min(most, 50)))
      let rest = names.count - shown.count
      return Prose(own: "\(title) (\(Count.text(names.count))): ") + shown.joined(separator: ", ")
        + Prose(own: rest > 0 ? " and \(Count.text(rest)) more" : "")
    }
    func plain(_ change: Change) -> [Prose] { changed(change).map { Prose(code: $0.name) } }
    let slower = changed(.slower).map { row -> Prose in
      let times =
        "\(TimeSpan.format(row.previousSeconds ?? 0)) → \(TimeSpan.format(row.answer.run?.seconds ?? 0))"
      return "\(code: row.name) \(own: times)"
    }
    let lines = [
      names("New failures", plain(.newFailure)), names("Still failing", plain(.stillFailing)),
      names("Mended", plain(.mended)), names("Slower", slower), names("New in the fleet", plain(.added)),
      names("No longer in the fleet", removed.map { Prose(code: $0) }),
    ].compactMap(\.self)
    return Section(
      "Since round \(code: previous)", [lines.isEmpty ? .paragraph("Nothing changed.") : .list(lines)])
  }

  private func coverage(_ most: Int) -> Section {
    var blocks: [Block] = [
      .table(
        ["Last proven", ">Systems", ">Share"],
        ages.map { age in
          let share = rows.isEmpty ? 0 : Double(age.systems) / Double(rows.count) * 100
          return [
            Prose(own: age.title), Prose(own: Count.text(age.systems)),
            Prose(own: Decimals.format(share, 1) + "%"),
          ]
        })
    ]
    let oldest = oldestFirst.prefix(min(most, 20))
    blocks.append(.paragraph("Proven longest ago, or never:"))
    blocks.append(
      .table(
        ["System", "Last proven", "Round", "Due"],
        oldest.map { row in
          [
            Prose(code: row.name), proven(row), row.coverage.round.map { Prose(code: $0) } ?? "–",
            Prose(own: row.system.everySeconds.map { "every \(TimeSpan.format($0))" } ?? "–"),
          ]
        }))
    return Section("Coverage over time", blocks)
  }

  private func overdue(_ most: Int) -> Section? {
    let late = oldestFirst.filter { $0.isOverdue || $0.isBeyondRequirement }
    let undrilled = neverDrilled
    guard !late.isEmpty || !undrilled.isEmpty || !unknown.isEmpty else { return nil }
    var items = late.prefix(most).map { row -> Prose in
      let limit = row.isOverdue ? row.system.everySeconds : round.everySystemWithinSeconds
      return
        "\(code: row.name) is overdue: \(own: row.age.map { "proven \(TimeSpan.format($0)) ago" } ?? "never proven"), due every \(own: TimeSpan.format(limit ?? 0))"
    }
    items += undrilled.prefix(most).map { "\(code: $0.name) was never drilled to an end" }
    items += unknown.prefix(most).map { "\(code: $0) is in the fleet's file, and not in this round" }
    return Section("Overdue, and without a drill", [.list(items)])
  }

  private var slowest: Section? {
    guard !phases.isEmpty else { return nil }
    return Section(
      "Where the time goes",
      [
        .table(
          ["Phase", ">Time in all", ">Share", "Slowest in", ">There"],
          phases.map { phase in
            [
              Prose(data: phase.name), time(phase.seconds),
              Prose(own: Decimals.format(phase.share * 100, 1) + "%"),
              Prose(code: phase.slowestSystem), time(phase.slowestSeconds),
            ]
          })
      ])
  }

  private func remarks(_ most: Int) -> Section? {
    let rows = remarkable
    guard !rows.isEmpty else { return nil }
    return Section(
      "Run twice, in disagreement, or damaged",
      cut(
        rows.map { row in
          [
            Prose(code: row.name), Prose(own: "\(row.answer.attempts.count)"),
            Prose(data: row.answer.notes.map(\.message).joined(separator: "; ")),
          ]
        }, ["System", ">Attempts", "What is known"], most))
  }

  private var others: Section? {
    guard !strays.isEmpty || !unreadable.isEmpty else { return nil }
    return Section(
      "Not read",
      [.list(strays.map { "\(code: $0) is of no system of this round" } + unreadable.map { Prose(data: $0) })]
    )
  }
}

extension TaskAnswer {
  /// Its verdict, or why it has none, in a word or two.
  package var word: String {
    switch state {
    case .answered: verdict.rawValue
    case .unanswered: "no verdict"
    case .unknownVersion: "unknown version"
    case .leftOut: "left out"
    case .unfinished, .damaged, .foreign, .missing: state.rawValue
    }
  }
}
