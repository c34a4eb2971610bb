internal import Platform

extension MarkdownText {
  /// Prose on one line; in a table pipes are kept from ending the cell.
  static func drawn(_ prose: Prose, inTable: Bool = false) -> String {
    prose.parts.map { part in
      switch part {
      case .own(let text): text
      case .data(let text): escaped(text)
      case .code(let text): code(text, inTable: inTable)
      case .strong(let parts): strong(drawn(Prose(parts: parts), inTable: inTable))
      }
    }.joined()
  }

  /// Asterisks beside a space would be asterisks.
  private static func strong(_ text: String) -> String {
    let start = text.drop { $0 == " " }
    let end = start.reversed().prefix { $0 == " " }.count
    return start.isEmpty ? text : "**" + start.dropLast(end) + "**"
  }

  /// The lines of a block.
  static func drawn(_ block: Block) -> [String] {
    switch block {
    case .paragraph(let prose): [drawn(prose)]
    case .list(let items): items.map { "- " + drawn($0) }
    case .tasks(let items): items.map { "- [ ] " + drawn($0) }
    case .table(let titles, let rows): table(titles, rows)
    case .lines(let text, let language): self.block(text, language: language)
    }
  }

  private static func table(_ titles: [String], _ rows: [[Prose]]) -> [String] {
    func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    return [
      row(titles.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }),
      row(titles.map { $0.hasPrefix(">") ? "---:" : "---" }),
    ] + rows.map { row($0.map { drawn($0, inTable: true) }) }
  }
}
