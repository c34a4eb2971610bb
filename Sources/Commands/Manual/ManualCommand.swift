internal import Arguments
internal import Platform
internal import Record

/// `mongodrill manual`.
enum ManualCommand: Command {
  /// What can be printed.
  enum Page: String, Sendable, CaseIterable {
    case man
    case commands
    case checks
    case scenarios
    case exitCodes = "exit-codes"
    case compatibility
    case reports
  }

  static let page = Option.choice(
    "--page", default: Page.man,
    help:
      "man is the manual page of all commands, in roff. The others are references in Markdown: commands, kinds of "
      + "checks, keys of scenarios, exit codes, formats of reports and keys of the record, and how versions of MongoDB differ."
  )

  static let syntax = CommandSyntax(
    name: "manual", summary: "prints the manual page, or a reference",
    description: [
      "All of it is drawn from the tables that the program itself works by. The page's date is today's, or the one in "
        + "SOURCE_DATE_EPOCH."
    ],
    options: [OptionGroup("Options", [page])],
    examples: [
      Example("mongodrill manual | man -l -", "Read the manual page where it isn't installed."),
      Example("mongodrill manual --page checks", "Every kind of check with its keys."),
    ],
    exits: .codes([.pass: "Always.", .usage: nil]))

  static func run(_ values: Values, _ session: Session) -> Int32 {
    let text =
      switch values[page] {
      case .man:
        Program.syntax.manualPage(version: Version.text, date: date, sections: manualSections)
      case .commands: CommandsPage.text
      case .checks: ChecksPage.text
      case .scenarios: ScenariosPage.text
      case .exitCodes: ExitCodesPage.text
      case .compatibility: CompatibilityPage.text
      case .reports: ReportsPage.text
      }
    session.result(text: text, json: ["page": .string(values[page].rawValue), "text": .string(text)])
    return ExitCode.pass.status
  }

  /// The day of the build, where it says so (https://reproducible-builds.org/specs/source-date-epoch/).
  private static var date: String {
    let build = Environment["SOURCE_DATE_EPOCH"].flatMap { Int($0) }.map { WallTime(seconds: $0) }
    return String((build ?? .now).text.prefix(10))
  }

  private static var manualSections: [ProgramSyntax.ManualSection] {
    [
      .init("EXIT STATUS", ExitCode.allCases.map { (String($0.rawValue), $0.meaning) }),
      .init(
        "ENVIRONMENT",
        [
          ("MONGODRILL_MONGOD", "The mongod to run; --mongod wins."),
          ("MONGODRILL_SANDBOX_DIR", "Where the sandbox's files lie; --sandbox-dir wins."),
          (SourceFlags.variable, "The server that others use, for check and witness; --uri wins."),
          (
            "MONGODRILL_URI", "Set for the command of 'mongodrill restore -- COMMAND': the sandbox's address."
          ),
          ("NO_COLOR", "No colours when it is set to anything."),
          ("SOURCE_DATE_EPOCH", "The date of the manual page, in Unix seconds."),
        ]),
      .init(
        "FILES",
        [
          ("./reports", "Where reports go; --report-dir says otherwise."),
          ("/var/tmp", "Where sandboxes lie, in folders of their own that go when the drill ends."),
        ]),
    ]
  }
}
