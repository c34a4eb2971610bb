package import Configuration
internal import Platform

/// `run`: runs a command of the user's own. An exit status other than 0 is a failure of the drill.
package struct RunStep: StepKind {
  package static let name = "run"
  package static let summary = "Runs a command in the scenario's folder; it fails with any exit status but 0."
  package static let abortsOnFailure = true

  /// The program and its arguments.
  package var arguments: [Template]
  /// Put into the environment, besides `MONGODRILL_URI`.
  package var environment: [(name: String, value: Template)]

  private static let argv = Key(
    "argv", .list(of: .template),
    "The program and its arguments; no shell reads them. A path with a slash is relative to this file.")
  private static let shell = Key(
    "shell", .template, "In place of argv: text that /bin/sh reads, for pipes and the like.")
  private static let env = Key(
    "env", .entries(of: .template, keys: "variable"),
    "Variables for its environment. Always there are MONGODRILL_URI, the sandbox's address, MONGODRILL, the path of this "
      + "program, and MONGODRILL_EXPORTS, the folder of the run's exports.")

  package static let shape = Shape<RunStep>.record("run", [argv, shell, env]) { fields in
    guard let arguments = program(fields) else { return nil }
    return RunStep(arguments: arguments, environment: (fields[env] ?? []).map { ($0.name, $0.value) })
  }

  /// What is to be started: `argv`, or a shell that reads `shell`; nil when neither or both are there.
  private static func program(_ fields: Fields) -> [Template]? {
    switch (fields[argv], fields[shell]) {
    case (let arguments?, nil):
      if arguments.isEmpty { fields.reject(argv, "there is no program in it") }
      return arguments.isEmpty ? nil : arguments
    case (nil, let text?): return [Template("/bin/sh"), Template("-c"), text]
    case (.some, .some): fields.reject(shell, "there is `argv` as well; write one of them")
    case (nil, nil): fields.reject(argv, "is missing; it holds the program and its arguments")
    }
    return nil
  }

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult {
    try run.command(self, step)
  }
}
