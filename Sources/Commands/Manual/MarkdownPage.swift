/// A reference while it is written, in Markdown.
struct MarkdownPage {
  private(set) var text: String

  /// Begins with the title, and with the line that says not to change it.
  init(_ title: String, from command: String) {
    text = "# \(title)\n\n<!-- Made by '\(command)': change the code, then run scripts/docs. -->\n"
  }

  /// A paragraph that is Markdown already.
  mutating func paragraph(_ markdown: String) { text += "\n\(markdown)\n" }

  mutating func heading(_ level: Int, _ title: String) {
    text += "\n\(String(repeating: "#", count: level)) \(title)\n"
  }

  mutating func code(_ language: String, _ lines: String) { text += "\n```\(language)\n\(lines)\n```\n" }

  /// A table, whose cells are Markdown; nothing when there are no rows.
  mutating func table(_ titles: [String], _ rows: [[String]]) {
    guard !rows.isEmpty else { return }
    text += "\n| \(titles.joined(separator: " | ")) |\n|\(String(repeating: "---|", count: titles.count))\n"
    for row in rows { text += "| \(row.joined(separator: " | ")) |\n" }
  }

  /// Plain text as Markdown; what stands between backticks stays code.
  static func prose(_ text: String) -> String {
    var markdown = ""
    var isCode = false
    for character in text {
      if character == "`" { isCode.toggle() }
      if character == "|" || !isCode && "*_<>[]$".contains(character) { markdown.append("\\") }
      markdown.append(character)
    }
    return markdown
  }

  /// Text in the face of code, in a cell of a table, too.
  static func literal(_ text: String) -> String { "`\(text.replacing("|", with: "\\|"))`" }
}
