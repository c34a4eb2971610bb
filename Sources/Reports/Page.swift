package import Record

/// A report of something that isn't one run: a headline, and sections that are drawn the same in every format.
package struct Page: Sendable {
  package var title: Prose
  /// What the first word says, and the colour.
  package var verdict: DrillRecord.Verdict
  /// One sentence: what there is to know.
  package var sentence: Prose
  /// Figures on one line below it.
  package var facts: [Prose]
  package var sections: [Section]
  /// Where it comes from, at its end.
  package var foot: Prose
  /// The version of mongodrill that draws it.
  package var version: String

  package init(
    _ title: Prose, _ verdict: DrillRecord.Verdict, sentence: Prose, facts: [Prose], sections: [Section],
    foot: Prose, version: String
  ) {
    self.title = title
    self.verdict = verdict
    self.sentence = sentence
    self.facts = facts
    self.sections = sections
    self.foot = foot
    self.version = version
  }

  private var word: String { verdict.rawValue.uppercased() }

  /// In Markdown, with a newline at the end.
  package var markdown: String {
    func drawn(_ prose: Prose) -> String { MarkdownText.drawn(prose) }
    var lines = ["# \(word): \(drawn(title))", "", drawn(Prose(strong: sentence))]
    if !facts.isEmpty { lines += ["", drawn(facts.joined(separator: " · "))] }
    for section in sections {
      lines += ["", "## \(drawn(section.title))"]
      for block in section.blocks { lines += [""] + MarkdownText.drawn(block) }
    }
    lines += ["", drawn(foot)]
    return lines.joined(separator: "\n") + "\n"
  }

  /// As one HTML file that needs nothing else: no script, no other file, no network.
  package var html: String {
    let head: [HTML] = [
      .element("p", ["class": "word"], HTML(word)), .element("h1", [:], HTML(title)),
      .element("p", ["class": "sentence"], HTML(sentence)),
      .element("p", ["class": "facts"], facts.map { .element("span", [:], HTML($0)) + " " }),
    ]
    let sections = self.sections.map { section in
      HTML.element(
        "section", [:], [.element("h2", [:], HTML(section.title))] + section.blocks.map { HTML($0) })
    }
    return HTML.page(
      title: "\(word): \(title.plain)", version: version,
      body: [
        .element("header", ["class": verdict.rawValue], .element("div", ["class": "inner"], head)),
        .element("main", [:], sections), .element("footer", [:], HTML(foot)),
      ])
  }
}

extension Prose {
  /// Its words without marks, for titles and terminals; what can't be seen is still in it.
  package var plain: String {
    parts.map { part in
      switch part {
      case .own(let text), .data(let text), .code(let text): text
      case .strong(let parts): Prose(parts: parts).plain
      }
    }.joined()
  }
}
