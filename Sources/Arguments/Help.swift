extension ProgramSyntax {
  /// The help on the whole program, for a page that is `width` columns wide; ends in a newline.
  package func help(width: Int) -> String {
    var page = Page(width: width)
    page.paragraph("\(name): \(summary)")
    page.title("Usage")
    page.verbatim("\(name) COMMAND [ARGUMENT]… [OPTION]…")
    page.title("Commands")
    page.table(commands.map { ($0.name, $0.summary) })
    page.options(options)
    page.examples(examples)
    page.blank()
    page.paragraph(
      "Run '\(name) COMMAND --help' for a command's arguments, options, examples and exit status.")
    return page.text
  }

  /// The help on a group of its commands.
  package func help(onGroup group: String, width: Int) -> String {
    var page = Page(width: width)
    page.paragraph("\(name) \(group): \(summary(ofGroup: group))")
    page.title("Usage")
    page.verbatim("\(name) \(group) COMMAND [ARGUMENT]… [OPTION]…")
    page.title("Commands")
    page.table(commands(of: group).map { ($0.name, $0.summary) })
    page.options(options)
    page.examples(commands(of: group).compactMap(\.examples.first))
    page.blank()
    page.paragraph(
      "Run '\(name) \(group) COMMAND --help' for a command's arguments, options, examples and exit status.")
    return page.text
  }

  /// The help on one of its commands.
  package func help(on command: CommandSyntax, width: Int) -> String {
    var page = Page(width: width)
    page.paragraph("\(name) \(command.name): \(command.summary)")
    page.title("Usage")
    page.verbatim("\(name) \(command.name) \(command.usage)")
    for paragraph in command.description {
      page.blank()
      page.paragraph(paragraph)
    }
    if !command.positionals.isEmpty {
      page.title("Arguments")
      page.table(command.positionals.map { ($0.syntax.name, $0.syntax.help) })
    }
    for group in command.options { page.options(group) }
    page.options(options)
    page.examples(command.examples)
    page.title("Exit status")
    page.table(command.exits.map { ($0.code, $0.meaning) })
    return page.text
  }
}

/// A page of help while it is written.
private struct Page {
  let width: Int
  private(set) var text = ""

  init(width: Int) { self.width = width }

  mutating func blank() { text += "\n" }

  mutating func title(_ title: String) { text += "\n\(title):\n" }

  mutating func verbatim(_ line: String) { text += "  \(line)\n" }

  mutating func paragraph(_ words: String) {
    for line in wrapped(words, to: width) { text += line + "\n" }
  }

  mutating func options(_ group: OptionGroup) {
    title(group.title)
    table(group.options.map { ($0.syntax.spelling, $0.syntax.explanation) })
  }

  mutating func examples(_ examples: [Example]) {
    title("Examples")
    for (index, example) in examples.enumerated() {
      if index > 0 { blank() }
      for line in wrapped(example.meaning, to: width - 4) { verbatim("# " + line) }
      verbatim(example.line)
    }
  }

  /// Terms at the left, their explanations wrapped beside them, or below a term that is too long.
  mutating func table(_ rows: [(String, String)]) {
    let widest = 28
    let column = min(widest, rows.map(\.0.count).max() ?? 0) + 4
    for (term, explanation) in rows {
      let lines = wrapped(explanation, to: max(20, width - column))
      let indentation = String(repeating: " ", count: column)
      var start = "  " + term
      if start.count + 2 > column {
        text += start + "\n"
        start = ""
      }
      text += start + String(repeating: " ", count: column - start.count) + (lines.first ?? "") + "\n"
      for line in lines.dropFirst() { text += indentation + line + "\n" }
    }
  }

  private func wrapped(_ words: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in words.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}

extension OptionSyntax {
  /// `-o, --output FORM`; long names stand below one another.
  fileprivate var spelling: String {
    let names =
      names.count == 1 && names[0].hasPrefix("--") ? "    " + names[0] : names.joined(separator: ", ")
    return [names, placeholder].compactMap(\.self).joined(separator: " ")
  }

  /// `-o, --output FORM`.
  package var signature: String {
    [names.joined(separator: ", "), placeholder].compactMap(\.self).joined(separator: " ")
  }

  /// What it does, whether it repeats, and its default, as sentences.
  package var explanation: String {
    var text = help
    if isRepeated { text += " May be given several times." }
    if let defaultText { text += " Default: \(defaultText)." }
    return text
  }
}
