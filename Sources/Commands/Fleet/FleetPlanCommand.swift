internal import Arguments
internal import Drills
internal import Fleet
internal import Platform
internal import Record

/// `mongodrill fleet plan FLEET`.
enum FleetPlanCommand: Command {
  static let syntax = CommandSyntax(
    name: "fleet plan", summary: "says what a round would run, on how much, how long and in what order",
    description: [
      "Opens each backup and estimates the disk that its sandbox needs; takes from the records of earlier rounds how long "
        + "each system takes (the median), else guesses by the size; puts them in order, the longest first; and says "
        + "whether the round fits into its machines and its time. Starts nothing.",
      "A fleet with a `budget` spends it on the systems that were proven longest ago, or never, as many as fit: the plan "
        + "names those that are left to another round, and those that aren't due (`every`). With a `policy` it names what "
        + "is overdue, collection by collection.",
    ],
    positionals: [FleetFlags.fleet],
    options: [OptionGroup("Options", [FleetFlags.records]), SandboxFlags.group],
    examples: [
      Example("mongodrill fleet plan fleet.yaml", "Before a round of hours."),
      Example("mongodrill fleet plan fleet.yaml --output json", "For a program."),
    ],
    exits: .codes([
      .pass: "The round could begin, and fits.",
      .incomplete: "It doesn't fit into its machines or its time, or a drill could not begin.", .usage: nil,
      .damagedBackup: nil, .backupNotFound: nil, .noServer: nil,
      .invalidScenario: "The fleet's file, or a system's scenario, is invalid.",
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let fleet = try FleetFlags.load(values)
    let options = ScenarioFlags.sandboxOptions(values, runID: "plan")
    let turns = try fleet.turns(scratch: FleetFlags.scratch(), options: options, looking: true)
    let plan = FleetPlan(fleet, turns, on: try fleet.capacity(options))
    session.result(text: plan.text, json: plan.json)
    return ExitCode.first(of: plan.problems.map { ExitCode($0) }).status
  }
}
