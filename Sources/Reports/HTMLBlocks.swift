internal import Platform

extension HTML {
  /// Prose in a line. mongodrill's own words may mark code with backticks.
  init(_ prose: Prose) { self = prose.parts.map(HTML.init).joined() }

  private init(_ part: Prose.Part) {
    self =
      switch part {
      case .own(let text): HTML.own(text)
      // Apart from its neighbours where it is written from right to left.
      case .data(let text): .element("bdi", [:], HTML(text))
      case .code(let text): .code(text)
      case .strong(let parts): .element("strong", [:], HTML(Prose(parts: parts)))
      }
  }

  /// A name, a path or a value.
  static func code(_ text: String) -> HTML {
    text.isEmpty ? .element("em", [:], "(empty)") : .element("code", [:], HTML(text))
  }

  private static func own(_ text: String) -> HTML {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, words in
      index.isMultiple(of: 2) ? HTML(String(words)) : .code(String(words))
    }.joined()
  }

  /// A block of a section.
  init(_ block: Block) {
    self =
      switch block {
      case .paragraph(let prose): .element("p", [:], HTML(prose))
      case .list(let items): .element("ul", [:], items.map { .element("li", [:], HTML($0)) })
      case .tasks(let items):
        .element(
          "ul", ["class": "tasks"],
          items.map { .element("li", [:], .element("span", ["class": "box"], ""), HTML($0)) })
      case .table(let titles, let rows): .table(titles, rows.map { $0.map { HTML($0) } })
      case .lines(let text, _): .element("pre", [:], HTML(lines: text))
      }
  }

  /// A table that scrolls by itself where the screen is narrow. Without titles the first column is one of titles.
  static func table(_ titles: [String], _ rows: [[HTML]], classes: String? = nil) -> HTML {
    let isRight = titles.map { $0.hasPrefix(">") }
    let isTitled = titles.contains { !$0.isEmpty }
    func cell(_ html: HTML, _ column: Int) -> HTML {
      !isTitled && column == 0
        ? .element("th", ["scope": "row"], html)
        : .element("td", ["class": isRight[column] ? "figure" : nil], html)
    }
    let head = titles.enumerated().map { column, title in
      HTML.element(
        "th", ["scope": "col", "class": isRight[column] ? "figure" : nil],
        HTML(isRight[column] ? String(title.dropFirst()) : title))
    }
    let body = rows.map { row in HTML.element("tr", [:], row.enumerated().map { cell($1, $0) }) }
    return .element(
      "div",
      ["class": "wide", "tabindex": "0", "role": "region", "aria-label": isTitled ? "Table" : "Facts"],
      .element(
        "table", ["class": classes ?? (isTitled ? nil : "facts")],
        (isTitled ? [.element("thead", [:], .element("tr", [:], head))] : [])
          + [.element("tbody", [:], body)]))
  }
}
