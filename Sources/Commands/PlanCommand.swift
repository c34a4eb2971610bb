internal import Arguments
internal import Drills
internal import Platform
internal import Record

/// `mongodrill plan SCENARIO`.
enum PlanCommand: Command {
  static let scenario = Positional.one(
    "SCENARIO", help: "A scenario.yaml, the folder that it lies in, or a backup.")

  static let syntax = CommandSyntax(
    name: "plan", summary: "says what a drill would do, without doing it",
    description: [
      "Opens the backup, decides where each collection goes, lists steps and checks, estimates the disk that the "
        + "sandbox needs, and finds the mongod. Starts nothing and reads no documents."
    ],
    positionals: [scenario],
    options: [
      OptionGroup("Options", [ScenarioFlags.parameters, RunCommand.noReplay]), SandboxFlags.group,
    ],
    examples: [Example("mongodrill plan scenarios/shop", "Before a drill of hours.")],
    exits: .codes([
      .pass: "The drill could begin.", .incomplete: "It could not: too small a disk.", .usage: nil,
      .damagedBackup: nil, .backupNotFound: nil, .noServer: nil, .invalidScenario: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let scenario = try ScenarioFlags.load([values[self.scenario]], values)[0]
    let options = ScenarioFlags.options(values, runID: "plan")
    if let plan = try SetDrillPlan(scenario, options: options) {
      session.result(text: plan.text, json: plan.json)
      return ExitCode.first(of: plan.problems.map { ExitCode($0) }).status
    }
    if let plan = try PhysicalDrillPlan(scenario, options: options) {
      session.result(text: plan.text, json: plan.json)
      return ExitCode.first(of: plan.problems.map { ExitCode($0) }).status
    }
    let plan = try DrillPlan(scenario, options: options)
    session.result(text: plan.text, json: plan.json)
    return ExitCode.first(of: plan.problems.map { ExitCode($0) }).status
  }
}
