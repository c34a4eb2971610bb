internal import Arguments
internal import Drills
internal import Platform
internal import Record

/// `mongodrill lint SCENARIO…`.
enum LintCommand: Command {
  static let scenarios = Positional.oneOrMore(
    "SCENARIO", help: "A scenario.yaml, or the folder that it lies in.")

  static let syntax = CommandSyntax(
    name: "lint", summary: "checks scenarios without running them",
    description: [
      "Says all that is wrong with each file, by line and column: keys, values, names of checks and steps, "
        + "parameters. Neither a backup nor a mongod is needed."
    ],
    positionals: [scenarios], options: [OptionGroup("Options", [ScenarioFlags.parameters])],
    examples: [Example("mongodrill lint scenarios/*", "All scenarios, before they are merged.")],
    exits: .codes([.pass: "All of them are valid.", .usage: nil, .invalidScenario: nil]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    var text = ""
    var results: [JSON] = []
    var codes: [ExitCode] = []
    for argument in values[scenarios] {
      var failures: [Failure] = []
      var notes: [String] = []
      do { notes = try lint(argument, values) } catch { failures = error.all }
      text += failures.isEmpty ? "\(argument.visible): valid\n" : failures.map(\.lines).joined()
      text += notes.map { "  note: \($0.visible)\n" }.joined()
      codes += failures.map { ExitCode($0) }
      results.append([
        "scenario": .string(argument), "valid": .bool(failures.isEmpty),
        "problems": .array(failures.map(\.json)), "notes": .array(notes.map(JSON.string)),
      ])
    }
    session.result(text: text, json: .array(results))
    return ExitCode.first(of: codes).status
  }

  /// What a person should know of a valid scenario.
  private static func lint(_ argument: String, _ values: Values) throws(Failures) -> [String] {
    let scenario = try ScenarioFlags.load([argument], values)[0]
    if scenario.path == nil { throw Failures(all: [.noScenario(argument)]) }
    let comparisons = scenario.comparisonsAfterReplay(hasOplog: false)
    if !comparisons.isEmpty { throw Failures(all: comparisons) }
    return scenario.uncompared().map(\.message)
  }
}

extension Failure {
  /// As a linter writes it: one line, and one for the hint.
  var lines: String {
    description.visible + "\n" + (hint.map { "  HINT: \($0.visible)\n" } ?? "")
  }

  static func noScenario(_ path: String) -> Failure {
    Failure(
      .invalidScenario, "no-scenario", "no scenario here", at: Place(path),
      hint: "Give a scenario.yaml or the folder that it lies in.")
  }
}
