internal import Arguments
internal import Drills
internal import Fleet
internal import Platform
internal import Readiness
internal import Record

/// `mongodrill schema`.
enum SchemaCommand: Command {
  /// The files that there is a schema of.
  enum Subject: String, Sendable, CaseIterable {
    case scenario
    case readiness
    case fleet
  }

  static let subject = Option.choice(
    "--of", default: Subject.scenario,
    help: "Of which files: scenarios, the policies of `readiness`, or fleets.")

  static let syntax = CommandSyntax(
    name: "schema", summary: "prints the JSON Schema of scenarios, policies and fleets",
    description: [
      "Editors that know YAML check and complete a scenario by it, once its first line names it."
    ],
    options: [OptionGroup("Options", [subject])],
    examples: [
      Example(
        "mongodrill schema > scenario.schema.json",
        "For '# yaml-language-server: $schema=./scenario.schema.json'."),
      Example("mongodrill schema --of readiness > policy.schema.json", "Of policies."),
      Example("mongodrill schema --of fleet > fleet.schema.json", "Of fleets."),
    ],
    exits: .codes([.pass: "Always."]))

  static func run(_ values: Values, _ session: Session) -> Int32 {
    let schema =
      switch values[subject] {
      case .scenario: scenarioSchema
      case .readiness: Policy.schema
      case .fleet: Fleet.schema
      }
    session.result(text: schema.text(pretty: true) + "\n", json: schema)
    return ExitCode.pass.status
  }
}
