internal import Arguments
internal import Drills
internal import Platform
internal import Record
internal import Reports

/// `mongodrill damage SCENARIO`.
enum DamageCommand: Command {
  static let scenario = Positional.one(
    "SCENARIO", help: "A scenario.yaml, the folder that it lies in, or a backup.")
  static let each = Option.value(
    "--each", placeholder: "N", kind: .integer(in: 0...1_000_000), default: "2",
    help: "In how many collections a kind of fault is planted, the largest first; 0 for all.")

  static let syntax = CommandSyntax(
    name: "damage", summary: "plants faults on purpose and scores the checks",
    description: [
      "Runs the scenario, and when everything passes plants one fault at a time: a collection removed, 1% of the "
        + "documents deleted, a document duplicated, a parent deleted, a field emptied or of another type, an index left out or "
        + "changed, an option lost, data a day too old; a byte of the backup flipped, a slice of the oplog left out, a "
        + "replay that stops half way. After each it asks the checks and undoes it. The backup itself stays untouched.",
      "It tells which faults were noticed and by what, and for each that was not a check that would have seen it. "
        + "Exit status 0 only when all were noticed, else 1. Rollbacks of the scenario do not run.",
    ],
    positionals: [scenario],
    options: [
      OptionGroup("Options", [each, ScenarioFlags.parameters, RunCommand.reports, RunCommand.noReplay]),
      SandboxFlags.group,
    ],
    examples: [
      Example("mongodrill damage scenarios/shop", "Would the scenario's checks notice?"),
      Example(
        "mongodrill damage dump/ --each 0 --output json", "Every kind in every collection, for a program."),
    ],
    exits: .codes([
      .pass: "All planted faults were noticed.", .checkFailed: "A fault went unnoticed.", .incomplete: nil,
      .notVerified: nil, .cleanupFailed: nil, .usage: nil, .damagedBackup: nil, .backupNotFound: nil,
      .noServer: nil, .internal: nil, .invalidScenario: nil, .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let scenario = try ScenarioFlags.load([values[self.scenario]], values)[0]
    let folder = try RunFolder(
      of: "\(scenario.name)-damage", at: .now, in: values[RunCommand.reports] ?? "reports")
    if !session.options.isQuiet { session.console.log("drill \(folder.id)") }
    let each = values[self.each] ?? 2
    let drilled = DamageDrill(
      scenario, options: ScenarioFlags.options(values, runID: folder.id), each: each == 0 ? nil : each,
      events: session.events
    ).run()
    let record = try folder.write(drilled)
    session.endProgress()
    let report = Files.join(folder.path, "report.md")
    session.result(text: text(record, report), json: record.json)
    return record.exitCode.status
  }

  /// A line a fault, then the score.
  private static func text(_ record: DrillRecord, _ report: String) -> String {
    let faults = record.damage?.faults ?? []
    var table = Table(["Fault": .left, "Planted in": .left, "": .left, "What noticed, or would": .left])
    for fault in faults {
      let place = fault.namespace ?? "the backup"
      switch fault.noticed {
      case true?: table.add(fault.kind, place, "noticed", fault.noticers)
      case false?: table.add(fault.kind, place, "UNNOTICED", fault.remedy ?? "")
      case nil: table.add(fault.kind, "", "not planted", fault.description)
      }
    }
    let sentence = record.damage.map { $0.planted > 0 ? $0.sentence : record.summary.sentence } ?? ""
    let word = record.verdict.rawValue.uppercased()
    return (faults.isEmpty ? "" : table.text + "\n")
      + "\(word)  \(sentence.visible)\nReport: \(report.visible)\n"
  }
}
