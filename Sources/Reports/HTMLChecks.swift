internal import Platform
internal import Record

extension HTMLReport {
  /// What failed, what has no answer and what warns, the worst first.
  var failures: HTML? {
    let checks = record.checks.worstFirst.filter { $0.result != .pass }
    let problems = record.backup.problems
    guard !checks.isEmpty || !problems.isEmpty else { return nil }
    var articles = problems.map { problem in
      HTML.element(
        "article", ["class": "fail"], .element("h3", [:], HTML(problem.heading)), paragraph(problem.words))
    }
    if record.backup.problemCount > problems.count {
      let more = Count.text(record.backup.problemCount - problems.count)
      articles.append(paragraph(Prose(own: "… and \(more) more of these.")))
    }
    articles += checks.map(article)
    var content = Array(articles.prefix(Self.mostOpen))
    let rest = articles.dropFirst(Self.mostOpen)
    if !rest.isEmpty { content.append(fold("\(Count.text(rest.count)) more", Array(rest), isOpen: false)) }
    if checks.contains(where: { $0.query != nil }), let command = RestoreCommand(record) {
      content.append(
        paragraph("The queries are for `mongosh` on the restored data: \(code: command.text) brings it back.")
      )
    }
    return section("What is wrong", content, id: "wrong")
  }

  private func paragraph(_ prose: Prose) -> HTML { .element("p", [:], HTML(prose)) }

  private func article(_ check: Outcome) -> HTML {
    var content: [HTML] = [
      .element("h3", [:], badge(check.result), " ", HTML(Prose(data: check.title))),
      paragraph(Prose(data: check.message)),
    ]
    let facts = check.facts
    if !facts.isEmpty {
      content.append(.table(["", ""], facts.map { [HTML(Prose(own: $0.name)), HTML($0.value)] }))
    }
    if let query = check.query { content.append(.element("pre", [:], HTML(lines: query))) }
    return .element("article", ["class": check.result.rawValue], content)
  }

  private func badge(_ result: Outcome.Result) -> HTML {
    .element("span", ["class": "result \(result.rawValue)"], HTML(result.rawValue))
  }

  /// All checks, folded by collection; those that didn't all pass come first and are open.
  var checks: HTML {
    guard !record.checks.isEmpty else { return section("Checks", [paragraph("None was made.")]) }
    let groups = record.checks.byCollection
    var content = groups.enumerated().map { number, group in
      fold(group, isOpen: groups.count == 1 || (group.worst != .pass && number < Self.mostOpen))
    }
    let passed = groups.count { $0.worst == .pass }
    if passed > Self.mostPassed {
      let first = content.count - passed
      content[first...] = [
        fold(
          "\(Count.text(passed)) collections whose checks all passed", Array(content[first...]), isOpen: false
        )
      ]
    }
    return section("Checks", [.element("div", ["class": "checks"], content)], id: "checks")
  }

  /// Collections whose checks all passed are listed up to this number; more are folded.
  private static let mostPassed = 25

  private func fold(_ group: CheckGroup, isOpen: Bool) -> HTML {
    .element(
      "details", ["open": isOpen ? "" : nil],
      .element(
        "summary", [:], badge(group.worst), " ", group.namespace.map(HTML.code) ?? "all collections", " ",
        .element("span", ["class": "muted"], HTML(group.words))),
      table(group.checks))
  }

  private func table(_ checks: [Outcome]) -> HTML {
    .table(
      ["Result", "Suite", "Check", "Found", ">Time"],
      checks.map { check in
        [
          badge(check.result), HTML(Prose(data: check.suite)), HTML(Prose(data: check.name)),
          HTML(Prose(data: check.message)), HTML(TimeSpan.format(check.seconds)),
        ]
      })
  }
}
