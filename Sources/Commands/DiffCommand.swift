internal import Arguments
internal import Platform
internal import Readiness
internal import Record

/// `mongodrill diff A B`.
enum DiffCommand: Command {
  /// What ends in an exit code of its own.
  enum FailOn: String, Sendable, CaseIterable {
    case none
    case worse
    case any
  }

  static let before = Positional.one(
    "A",
    help:
      "The earlier run: its folder, its report.json, or its id, which is looked for in the folder of reports."
  )
  static let after = Positional.one("B", help: "The later one.")
  static let failOn = Option.choice(
    "--fail-on", default: FailOn.none,
    help:
      "With worse, exit status 1 when a verdict, a rating, a check, a collection or an index is worse than before; with any, "
      + "when anything changed.")

  static let syntax = CommandSyntax(
    name: "diff", summary: "shows what changed between two runs",
    description: [
      "Compares two records: verdict and rating, versions and machine, the backup, documents and indexes of each "
        + "collection, checks whose outcome changed, objectives and phases. Times that differ by less than a tenth are "
        + "taken for the same."
    ],
    positionals: [before, after], options: [OptionGroup("Options", [RunCommand.reports, failOn])],
    examples: [
      Example("mongodrill diff 20261114T030000Z-shop 20261121T030000Z-shop", "This week and the last."),
      Example("mongodrill diff before/ after/report.json --fail-on worse", "A gate for a new version."),
    ],
    exits: .codes([
      .pass: "Compared.", .checkFailed: "With --fail-on: something changed for the worse, or at all.",
      .incomplete: "The result could not be written.", .usage: nil,
      .damagedBackup: "A number of a record is out of range.", .internal: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let folder = values[RunCommand.reports] ?? "reports"
    let difference = RunDifference(
      try RunIndex.record(of: values[before], in: folder), try RunIndex.record(of: values[after], in: folder))
    session.result(text: text(difference), json: difference.json)
    let isBad =
      switch values[failOn] {
      case .none: false
      case .worse: difference.isWorse
      case .any: !difference.changes.isEmpty
      }
    return isBad ? ExitCode.checkFailed.status : ExitCode.pass.status
  }

  private static func text(_ difference: RunDifference) -> String {
    guard !difference.changes.isEmpty else { return "Nothing changed.\n" }
    var table = Table(["": .left, "What": .left, difference.before: .left, difference.after: .left])
    for change in difference.changes {
      table.add(
        change.isWorse ? "worse" : "", "\(change.area.rawValue): \(change.name)", change.before ?? "-",
        change.after ?? "-")
    }
    return table.text
  }
}
