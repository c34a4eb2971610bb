internal import Arguments
internal import Drills
internal import Fleet
internal import Platform
internal import Record

/// `mongodrill fleet lint FLEET`.
enum FleetLintCommand: Command {
  static let syntax = CommandSyntax(
    name: "fleet lint", summary: "checks a fleet's file, and the scenarios that it names",
    description: [
      "Says all that is wrong by file, line and column: keys and values of the fleet's file, and the scenario of each "
        + "system with what the fleet sets over it. A backup that lies at a path has to be there. No mongod is needed.",
      "`mongodrill schema --of fleet` prints the JSON Schema of fleet files.",
    ],
    positionals: [FleetFlags.fleet],
    examples: [Example("mongodrill fleet lint fleet.yaml", "Before it is merged.")],
    exits: .codes([
      .pass: "All of it is valid.", .usage: nil, .backupNotFound: "A system's backup is not there.",
      .invalidScenario: "The fleet's file or a scenario is invalid.",
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    var failures: [Failure] = []
    var count = 0
    do throws(Failures) {
      let fleet = try FleetFlags.load(values)
      count = fleet.systems.count
      failures = fleet.problems
    } catch { failures = error.all }
    let path = values[FleetFlags.fleet]
    let text =
      failures.isEmpty
      ? "\(path.visible): valid, \(Count.text(count, "system"))\n" : failures.map(\.lines).joined()
    session.result(
      text: text,
      json: [
        "fleet": .string(path), "valid": .bool(failures.isEmpty), "systems": .integer(Int64(count)),
        "problems": .array(failures.map(\.json)),
      ])
    return ExitCode.first(of: failures.map { ExitCode($0) }).status
  }
}
