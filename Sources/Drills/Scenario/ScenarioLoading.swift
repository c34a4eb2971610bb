internal import Backups
internal import Checks
internal import Configuration
internal import Drafting
package import Platform

/// Everything that is wrong with a scenario, so that it can be mended in one go.
package struct InvalidScenario: Error, Sendable {
  /// One or more, in the order of their lines.
  package let failures: [Failure]

  /// What somebody else found wrong with it, too.
  package init(_ failures: [Failure]) { self.failures = failures }
}

extension Scenario {
  /// The name that a scenario's file has in its folder.
  package static let fileName = "scenario.yaml"

  /// The address of the sandbox.
  static let uriName = "sandbox.uri"

  /// Names that get their value while the drill runs: `${verdict}` in a rollback, say.
  static let deferredNames: Set<String> = [
    uriName, "sandbox.directory", "run_id", "scenario", "status", "verdict", "exit_code",
  ]

  /// Takes what a user names on the command line: a scenario's file, its folder, or a backup, which gets a scenario
  /// of its own. `parameters` are those of `--param`.
  package init(_ argument: String, parameters: [String: String] = [:]) throws(InvalidScenario) {
    if let file = Scenario.file(for: argument) {
      try self.init(file: file, parameters: parameters)
    } else {
      if let name = parameters.keys.min() {
        throw InvalidScenario([.parameterWithoutScenario(name, argument)])
      }
      self.init(ofBackup: argument)
    }
  }

  /// The scenario file that an argument means; nil when it means a backup.
  static func file(for argument: String) -> String? {
    if argument.hasSuffix(".yaml") || argument.hasSuffix(".yml") { return argument }
    let inside = Files.join(argument, fileName)
    return argument != "-" && Files.isDirectory(argument) && Files.exists(inside) ? inside : nil
  }

  /// Reads and checks a scenario file. Paths in it are relative to its folder. `changes` are made before anything is
  /// decoded: the record shows them as if they stood in the file.
  package init(
    file: String, parameters: [String: String] = [:], changes: ScenarioChanges = ScenarioChanges()
  ) throws(InvalidScenario) {
    let diagnostics = Diagnostics()
    let scenario = Scenario.read(file, parameters, changes, diagnostics)
    guard let scenario, diagnostics.isEmpty else { throw InvalidScenario(diagnostics.sorted) }
    self = scenario
  }

  private static func read(
    _ file: String, _ given: [String: String], _ changes: ScenarioChanges, _ diagnostics: Diagnostics
  ) -> Scenario? {
    guard let bytes = try? Files.read(file, limit: Node.largestFile) else {
      // Says why.
      _ = Node.read(file, diagnostics)
      return nil
    }
    guard let node = Node.parse(bytes, file: file, diagnostics) else { return nil }
    guard node.entries != nil else {
      diagnostics.report(expected: "a scenario, which is a mapping", found: node)
      return nil
    }
    guard var scenario = decode(changes.made(in: node), given, file, diagnostics) else { return nil }
    scenario.name = name(of: file)
    scenario.path = file
    scenario.sha256 = SHA256.hex(of: bytes)
    return scenario
  }

  /// The scenario of a mapping that stands in `file`; its name, path and hash are the caller's to set.
  static func decode(
    _ node: Node, _ given: [String: String], _ file: String, _ diagnostics: Diagnostics
  ) -> Scenario? {
    let (substituted, values) = substituting(node, given, file, diagnostics)
    guard let fields = Fields.decode(substituted, of: "scenario", ScenarioKeys.all, diagnostics) else {
      return nil
    }
    let folder = Files.folder(of: file)
    let sources = fields[ScenarioKeys.oplog] ?? []
    var scenario = Scenario(
      name: "", title: fields[ScenarioKeys.title], tags: fields[ScenarioKeys.tags] ?? [],
      description: fields[ScenarioKeys.description], path: nil, sha256: nil, folder: folder,
      resolved: resolved(substituted, values), backup: fields[ScenarioKeys.backup].path(in: folder),
      pick: fields[ScenarioKeys.backup].pick, command: fields[ScenarioKeys.backup].command,
      fetch: fields[ScenarioKeys.backup].fetch, until: fields[ScenarioKeys.backup].until,
      set: fields[ScenarioKeys.backup].set?.inFolder(folder), oplog: sources.map { $0.place(in: folder) },
      sandbox: (fields[ScenarioKeys.sandbox] ?? SandboxSettings()).inFolder(folder),
      witness: fields[ScenarioKeys.witness].map { absolute($0, in: folder) },
      baseline: fields[ScenarioKeys.baseline].map { absolute($0, in: folder) },
      objectives: fields[ScenarioKeys.objectives] ?? ObjectiveLimits(), runbook: Runbook(fields),
      stopConditions: fields[ScenarioKeys.stopConditions] ?? [],
      steps: fields[ScenarioKeys.steps] ?? defaultSteps, suites: fields[ScenarioKeys.checks],
      rollbacks: fields[ScenarioKeys.rollbacks] ?? [])
    scenario.budget = fields[ScenarioKeys.budget]
    scenario.fetchedOplog = sources.compactMap { if case .remote(let remote) = $0 { remote } else { nil } }
    scenario.checkSuites(node["checks"], diagnostics)
    scenario.checkTopology(diagnostics)
    scenario.checkSet(node, diagnostics)
    return scenario
  }

  /// The file with the parameters put in, and their values; names in `deferring` get theirs later.
  static func substituting(
    _ node: Node, _ given: [String: String], _ file: String, deferring: Set<String> = deferredNames,
    _ diagnostics: Diagnostics
  ) -> (Node, [(String, Node.Scalar)]) {
    var declared: [Parameter] = []
    if let parameters = node["parameters"] {
      // Decoded again with the other keys; what is wrong is reported then.
      declared = (Parameters.shape.decode(parameters, Diagnostics()) ?? []).map { named in
        var parameter = named.value
        parameter.name = named.name
        return parameter
      }
    }
    let values = Parameters.values(of: declared, given: given, file: file, diagnostics)
    var table = values
    for parameter in declared where table[parameter.name] == nil {
      table[parameter.name] = parameter.kind.sample
    }
    let entries = (node.entries ?? []).map { entry in
      var entry = entry
      if entry.key != "parameters" {
        entry.value = entry.value.substituting(table, deferred: deferring, diagnostics)
      }
      return entry
    }
    return (
      Node(.mapping(entries), at: node.place),
      declared.compactMap { d in values[d.name].map { (d.name, $0) } }
    )
  }

  /// What the record shows: parameters by their values, default steps where there were none.
  private static func resolved(_ node: Node, _ values: [(String, Node.Scalar)]) -> JSON {
    guard case .object(var members) = withParameters(node, values) else { return .null }
    if node["steps"] == nil { members.append(.init("steps", defaultStepsJSON)) }
    return .object(members)
  }

  /// What is read, with the parameters' values in place of their declarations.
  static func withParameters(_ node: Node, _ values: [(String, Node.Scalar)]) -> JSON {
    let parameters = values.map { JSON.Member($0, Node(.scalar($1), at: node.place).json) }
    return .object(
      (node.entries ?? []).map {
        .init($0.key, $0.key == "parameters" ? .object(parameters) : $0.value.json)
      })
  }

  /// Every suite that a step names is there, and every suite that is there is asked.
  private func checkSuites(_ node: Node?, _ diagnostics: Diagnostics) {
    let known = suites?.map(\.name) ?? [Scenario.defaultSuiteName]
    var asked: Set<String> = []
    for step in steps {
      let suites: [Located<String>]
      switch step.action {
      case let check as CheckStep:
        suites = check.suites
        if suites.isEmpty { asked.formUnion(known) }
      case let replay as ReplayStep: suites = replay.untilFailing
      default: continue
      }
      for suite in suites {
        if !known.contains(suite.value) {
          diagnostics.report(.unknown("suite", suite.value, known: known, at: suite.place))
        }
        asked.insert(suite.value)
      }
    }
    for check in (suites ?? []).flatMap(\.checks) {
      guard case .step(let id)? = check.check.counterpart else { continue }
      if !steps.contains(where: { $0.id == id }) {
        diagnostics.report(.unknown("step", id, known: steps.map(\.id), at: check.place ?? Place("checks")))
      }
    }
    for suite in suites ?? [] where !asked.contains(suite.name) {
      let place = node?.entries?.first { $0.key == suite.name }?.place
      diagnostics.report(.suiteNotAsked(suite.name, at: place))
    }
  }

  /// The suite that there is when a scenario declares none: what is drafted from the backup.
  static let defaultSuiteName = Draft.suiteName

  /// `shop` of `scenarios/shop/scenario.yaml`, `nightly` of `nightly.yaml`.
  static func name(of file: String) -> String {
    let name = Files.name(of: file)
    guard name == fileName else { return name.split(separator: ".").dropLast().joined(separator: ".") }
    let folder = Files.folder(of: file)
    return Files.name(of: (try? Files.realPath(folder)) ?? folder)
  }

  /// A path in a scenario: relative to its folder.
  static func absolute(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") || folder == "." ? path : Files.join(folder, path)
  }
}

extension OplogSource {
  /// Its path, or the address that stands in for it.
  fileprivate func place(in folder: String) -> String {
    switch self {
    case .path(let path): Scenario.absolute(path, in: folder)
    case .remote(let remote): remote.address
    }
  }
}

extension BackupSource {
  /// A command's name stays what it is, and so does an address.
  fileprivate func path(in folder: String) -> String {
    command == nil && fetch == nil ? Scenario.absolute(path, in: folder) : path
  }
}

extension SandboxSettings {
  fileprivate func inFolder(_ folder: String) -> SandboxSettings {
    var settings = self
    if let mongod, mongod.contains("/") { settings.mongod = Scenario.absolute(mongod, in: folder) }
    settings.directory = directory.map { Scenario.absolute($0, in: folder) }
    return settings
  }
}

extension Parameter.Kind {
  /// Stands in for a value that is missing (and reported), so that the rest can be looked at.
  fileprivate var sample: Node.Scalar {
    let text =
      switch self {
      case .string: "parameter"
      case .integer, .number: "1"
      case .boolean: "true"
      case .timestamp: "1:1"
      case .duration: "1s"
      case .size: "1GB"
      }
    return Node.Scalar(text, isPlain: self != .string)
  }
}

extension Failure {
  static func parameterWithoutScenario(_ name: String, _ argument: String) -> Failure {
    Failure(
      .usage, "parameter-without-scenario", "--param \(name): \(argument) is a backup, not a scenario",
      hint: "Only scenarios have parameters; `mongodrill init` drafts one.")
  }

  static func suiteNotAsked(_ name: String, at place: Place?) -> Failure {
    .invalid(
      "suite-not-asked", "no step asks suite `\(name)`", at: place,
      hint: "Name it in a `check` step, or write `check: []` to ask all.")
  }
}
