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
      OptionGroup(
        "Options",
        [
          ScenarioFlags.parameters, RunCommand.witness, RunCommand.baseline, RunCommand.noReplay,
          RunCommand.budget,
          RunCommand.reports,
        ]),
      SandboxFlags.group,
    ],
    substitutes: ScenarioFlags.substitutes,
    examples: [Example("mongodrill plan scenarios/shop", "Before a drill of hours.")],
    exits: .codes([
      .pass: "The drill could begin.", .incomplete: "It could not: too small a disk.", .usage: nil,
      .damagedBackup: nil, .backupNotFound: nil, .noServer: nil, .invalidScenario: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    try plan(try ScenarioFlags.load([values[self.scenario]], values)[0], values, session).status
  }

  /// Says what the drills of one scenario would do, and how the plan would end.
  static func plan(_ scenario: Scenario, _ values: Values, _ session: Session) throws -> ExitCode {
    var options = ScenarioFlags.options(values, runID: "plan")
    options.reports = values[RunCommand.reports] ?? "reports"
    options.budget = values[RunCommand.budget]
    options.witness = values[RunCommand.witness]
    options.baseline = values[RunCommand.baseline]
    guard scenario.pick?.isSeveral == true else {
      let plan = try Plan(scenario, options)
      session.result(text: plan.text, json: plan.json)
      return ExitCode.first(of: plan.problems.map { ExitCode($0) })
    }
    // What keeps one of several drills from beginning stands in the place of its plan.
    let plans = scenario.drills.map { drill in Result { try Plan(drill, options) } }
    var failures: [Failure] = []
    for case .failure(let error) in plans { failures.append(.wrapping(error)) }
    let text = plans.compactMap { try? $0.get().text }.joined(separator: "\n")
    session.result(text: text, json: .array(plans.map { (try? $0.get().json) ?? .null }))
    failures.forEach(session.log)
    let problems = failures + plans.flatMap { (try? $0.get().problems) ?? [] }
    return ExitCode.first(of: problems.map { ExitCode($0) })
  }

  /// The plan of one drill, whatever its backup is.
  private struct Plan {
    var text: String
    var json: JSON
    var problems: [Failure]

    init(_ scenario: Scenario, _ options: DrillOptions) throws {
      if let plan = FetchPlan(scenario, options: options) {
        (text, json, problems) = (plan.text, plan.json, plan.problems)
      } else if let plan = try SetDrillPlan(scenario, options: options) {
        (text, json, problems) = (plan.text, plan.json, plan.problems)
      } else if let plan = try PhysicalDrillPlan(scenario, options: options) {
        (text, json, problems) = (plan.text, plan.json, plan.problems)
      } else {
        let plan = try DrillPlan(scenario, options: options)
        (text, json, problems) = (plan.text, plan.json, plan.problems)
      }
    }
  }
}
