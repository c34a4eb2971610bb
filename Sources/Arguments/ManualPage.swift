extension ProgramSyntax {
  /// What a manual page says besides the command line.
  package struct ManualSection: Sendable {
    /// In capitals, as in any manual page: `ENVIRONMENT`.
    package let title: String
    /// Terms and what they are.
    package let terms: [(term: String, meaning: String)]

    package init(_ title: String, _ terms: [(term: String, meaning: String)]) {
      self.title = title
      self.terms = terms
    }
  }

  /// The manual page of section 1 with all commands, in the man macros of roff; ends in a newline.
  /// `date` is that of the page, `2026-11-21`.
  package func manualPage(version: String, date: String, sections: [ManualSection]) -> String {
    var page = Roff()
    page.heading("\(name.uppercased()) 1 \(date) \"\(name) \(version)\" \"User Commands\"")
    page.macro("SH", "NAME")
    page.line("\(name) - \(firstSentence(of: summary))")
    page.macro("SH", "SYNOPSIS")
    page.synopsis(name, "COMMAND [ARGUMENT]… [OPTION]…")
    page.macro("SH", "DESCRIPTION")
    page.line("\(name) \(summary)")
    page.macro("PP")
    page.line(
      "Options may stand before or after arguments; a value follows its option as the next word or after '='."
    )
    page.macro("SH", "COMMANDS")
    for command in commands { page.command(command, of: name) }
    page.macro("SH", options.title.uppercased())
    page.options(options)
    for section in sections {
      page.macro("SH", section.title)
      page.terms(section.terms)
    }
    page.macro("SH", "EXAMPLES")
    page.examples(examples)
    return page.text
  }
}

/// A manual page while it is written.
private struct Roff {
  private(set) var text = ""

  /// The page's first line; no minus signs in its date.
  mutating func heading(_ arguments: String) { text += ".TH \(arguments)\n" }

  /// A request, each of its arguments in quotes.
  mutating func macro(_ name: String, _ arguments: String...) {
    let words = arguments.map { "\"" + Roff.escaped($0).replacing("\"", with: #"\(dq"#) + "\"" }
    text += ([".\(name)"] + words).joined(separator: " ") + "\n"
  }

  /// A line of text, which is filled with those before it.
  mutating func line(_ line: String) { text += Roff.guarded(Roff.escaped(line)) + "\n" }

  mutating func synopsis(_ name: String, _ rest: String) {
    text += Roff.guarded("\\fB\(Roff.escaped(name))\\fR \(Roff.escaped(rest))") + "\n"
  }

  mutating func command(_ command: CommandSyntax, of program: String) {
    macro("SS", "\(program) \(command.name)")
    synopsis("\(program) \(command.name)", command.usage)
    macro("PP")
    line("\(command.summary.prefix(1).uppercased())\(command.summary.dropFirst()).")
    for paragraph in command.description {
      macro("PP")
      line(paragraph)
    }
    terms(command.positionals.map { ($0.syntax.name, $0.syntax.help) })
    for group in command.options {
      macro("PP")
      text += "\\fI\(Roff.escaped(group.title))\\fR\n"
      options(group)
    }
    macro("PP")
    text += "\\fIExit status\\fR\n"
    terms(command.exits.map { ($0.code, $0.meaning) })
    macro("PP")
    text += "\\fIExamples\\fR\n"
    examples(command.examples)
  }

  mutating func options(_ group: OptionGroup) {
    terms(group.options.map { ($0.syntax.signature, $0.syntax.explanation) })
  }

  mutating func terms(_ terms: [(term: String, meaning: String)]) {
    for (term, meaning) in terms {
      macro("TP")
      text += Roff.guarded("\\fB\(Roff.escaped(term))\\fR") + "\n"
      line(meaning)
    }
  }

  mutating func examples(_ examples: [Example]) {
    for (index, example) in examples.enumerated() {
      if index > 0 { macro("PP") }
      line(example.meaning)
      macro("PP")
      macro("RS", "4")
      macro("nf")
      line(example.line)
      macro("fi")
      macro("RE")
    }
  }

  /// A text line must not begin like a request.
  private static func guarded(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
  }

  /// The text in ASCII, with a minus where one can be copied.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "`": escaped += "\\(ga"
      case "^": escaped += "\\(ha"
      case "~": escaped += "\\(ti"
      default:
        if scalar.isASCII {
          escaped.unicodeScalars.append(scalar)
        } else {
          let hex = String(scalar.value, radix: 16, uppercase: true)
          escaped += "\\[u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex + "]"
        }
      }
    }
    return escaped
  }
}
