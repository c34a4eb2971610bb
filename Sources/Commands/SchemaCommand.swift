internal import Arguments
internal import Drills
internal import Platform
internal import Record

/// `mongodrill schema`.
enum SchemaCommand: Command {
  static let syntax = CommandSyntax(
    name: "schema", summary: "prints the JSON Schema of scenarios",
    description: [
      "Editors that know YAML check and complete a scenario by it, once its first line names it."
    ],
    examples: [
      Example(
        "mongodrill schema > scenario.schema.json",
        "For '# yaml-language-server: $schema=./scenario.schema.json'.")
    ],
    exits: .codes([.pass: "Always."]))

  static func run(_ values: Values, _ session: Session) -> Int32 {
    session.result(text: scenarioSchema.text(pretty: true) + "\n", json: scenarioSchema)
    return ExitCode.pass.status
  }
}
