internal import Arguments
internal import Drills
internal import Platform

/// Options of the commands that read scenarios.
enum ScenarioFlags {
  /// A parameter's name and value.
  struct Parameter: Sendable {
    var name: String
    var value: String
  }

  static let parameters = Option.list(
    "--param", placeholder: "NAME=VALUE", kind: .parameter, help: "Sets a parameter of the scenario.")

  /// What a scenario says by keys in the place of the options of `restore`.
  static let substitutes = [
    "--oplog": "`oplog: [PATH]`", "--to": "`replay: {to: TARGET}` as a step",
    "--include": "`restore: {include: [NS]}` as a step", "--exclude": "`restore: {exclude: [NS]}` as a step",
    "--rename": "`restore: {rename: {FROM: TO}}` as a step",
    "--no-indexes": "`restore: {indexes: false}` as a step",
  ].mapValues { "in a scenario write \($0)" }

  /// Reads scenarios, their folders or backups. Throws all that is wrong with any of them.
  static func load(_ arguments: [String], _ values: Values) throws(Failures) -> [Scenario] {
    let parameters = Dictionary(values[parameters].map { ($0.name, $0.value) }) { _, last in last }
    var scenarios: [Scenario] = []
    var failures: [Failure] = []
    for argument in arguments {
      do { scenarios.append(try Scenario(argument, parameters: parameters)) } catch {
        failures += error.failures
      }
    }
    if !failures.isEmpty { throw Failures(all: failures) }
    return scenarios
  }
}

extension ValueKind<ScenarioFlags.Parameter> {
  /// `NAME=VALUE`; the value may be empty and hold `=`.
  static var parameter: Self {
    ValueKind("NAME=VALUE") { text in
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
      return ScenarioFlags.Parameter(
        name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    }
  }
}

extension ScenarioFlags {
  /// What the command line says of a drill, as far as `plan` says it, too.
  static func options(_ values: Values, runID: String) -> DrillOptions {
    var options = sandboxOptions(values, runID: runID)
    options.noReplay = values[RunCommand.noReplay]
    return options
  }

  /// What it says of the sandbox alone.
  static func sandboxOptions(_ values: Values, runID: String) -> DrillOptions {
    var options = DrillOptions(runID: runID, version: Version.text)
    options.sandbox = SandboxSettings(
      mongod: values[SandboxFlags.mongod], directory: values[SandboxFlags.directory],
      cache: values[SandboxFlags.cache], memory: values[SandboxFlags.memory])
    return options
  }
}
