internal import Arguments

/// `docs/reference/commands.md`: every command, as its `--help` says it.
enum CommandsPage {
  static var text: String {
    let program = Program.syntax
    var page = MarkdownPage("Commands", from: "\(program.name) manual --page commands")
    page.paragraph("\(program.name) \(MarkdownPage.prose(program.summary))")
    page.table(
      ["command", "does"],
      program.commands.map {
        ["[`\($0.name)`](#\($0.name.replacing(" ", with: "-")))", MarkdownPage.prose($0.summary)]
      })
    options(program.options, &page, level: 2)
    for command in program.commands { section(command, of: program, &page) }
    return page.text
  }

  private static func section(_ command: CommandSyntax, of program: ProgramSyntax, _ page: inout MarkdownPage)
  {
    page.heading(2, command.name)
    page.code("", "\(program.name) \(command.name) \(command.usage)")
    let summary = command.summary
    page.paragraph(MarkdownPage.prose("\(summary.prefix(1).uppercased())\(summary.dropFirst())."))
    for paragraph in command.description { page.paragraph(MarkdownPage.prose(paragraph)) }
    page.table(
      ["argument", ""],
      command.positionals.map { [MarkdownPage.literal($0.syntax.name), MarkdownPage.prose($0.syntax.help)] })
    for group in command.options { options(group, &page, level: 3) }
    let examples = command.examples.map { "# \($0.meaning)\n\($0.line)" }
    page.code("sh", examples.joined(separator: "\n\n"))
    page.table(["exit status", ""], command.exits.map { [$0.code, MarkdownPage.prose($0.meaning)] })
  }

  /// The title of a group stands in the table's head: as headings they would not be unique.
  private static func options(_ group: OptionGroup, _ page: inout MarkdownPage, level: Int) {
    if level == 2 { page.heading(2, group.title) }
    page.table(
      [level == 2 ? "option" : group.title, ""],
      group.options.map { option in
        [MarkdownPage.literal(option.syntax.signature), MarkdownPage.prose(option.syntax.explanation)]
      })
  }
}
