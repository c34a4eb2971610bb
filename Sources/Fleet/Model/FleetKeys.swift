internal import Configuration
internal import Drills
internal import Platform

/// The keys of a fleet file.
enum FleetKeys {
  /// A duration, and a size: above 0.
  private static let time = Shape<Double>.duration.map { value, node, diagnostics in
    positive(value, value > 0, node, diagnostics)
  }
  private static let size = Shape<Int>.byteSize.map { value, node, diagnostics in
    positive(value, value > 0, node, diagnostics)
  }

  private static func positive<Value>(_ value: Value, _ holds: Bool, _ node: Node, _ diagnostics: Diagnostics)
    -> Value?
  {
    if holds { return value }
    diagnostics.report(.nothing(at: node.place))
    return nil
  }

  /// A path or an address: of one line, as engines' files have lines that mean something.
  private static let path = Shape<String>.string.map { path, node, diagnostics in
    guard path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      return path
    }
    diagnostics.report(
      .invalid("control-character", "a path can't have control characters here", at: node.place))
    return nil
  }

  // MARK: a system

  static let scenario = Key(
    "scenario", path,
    "A scenario's file or folder, relative to this file; without one the backup is checked against itself.")
  static let backup = Key(
    "backup", backupShape,
    "The backup's path, relative to this file, or {fetch: …} as a scenario says it; set over the scenario's own."
  )
  static let parameters = Key(
    "params", .entries(of: .text, keys: "parameter"), "Values of the scenario's parameters.")
  static let rto = Key(
    "rto", .node("a mapping", schema: ScenarioChanges.objectiveSchemas.rto),
    "Time to recover, as a scenario's objectives say it; set over the scenario's own.")
  static let rpo = Key(
    "rpo", .node("a mapping", schema: ScenarioChanges.objectiveSchemas.rpo),
    "Data lost, as a scenario's objectives say it; set over the scenario's own.")
  static let owner = Key("owner", .string, "Whose it is.")
  static let contacts = Key(
    "contacts", .list(of: .string, orOne: true), "Whom to tell: addresses, channels, names.")
  static let labels = Key("labels", .entries(of: .text, keys: "label"), "Words to sort and select by.")
  static let every = Key(
    "every", time, "How often it is to be proven; the report names systems that are overdue.")
  static let timeout = Key(
    "timeout", time, default: "4h", "How long a drill may take; it is stopped then.")
  static let attempts = Key(
    "attempts", .integer(1...20), default: "2",
    "How often its task is begun at most, when it was killed or could not run for a passing reason.")
  static let budget = Key(
    "budget", time,
    "How long it may take: of a backup too large for that, the collections that were proven longest ago are verified."
  )

  private static let memory = Key("memory", size, "Memory, such as 2GB.")
  private static let disk = Key(
    "disk", size, "Disk for its sandbox, such as 20GB; estimated from the backup when it is left out.")
  private static let cores = Key("cores", .integer(1...1024), "Cores.")
  static let resources = Key(
    "resources",
    Shape<FleetSystem.Resources>.record("resources", [memory, disk, cores]) {
      FleetSystem.Resources(memory: $0[memory], disk: $0[disk], cores: $0[cores])
    }, "What its drill takes of a machine.")

  static let system: [any DeclaredKey] = [
    scenario, backup, parameters, rto, rpo, owner, contacts, labels, every, timeout, attempts, budget,
    resources,
  ]

  /// Keys whose mappings are put together from the defaults and the system's own.
  static let merged = [parameters.spec.name, labels.spec.name, resources.spec.name]

  /// A path, or what a scenario's `backup:` says of a remote one; whoever reads the scenario checks the latter.
  private static var backupShape: Shape<Node> {
    Shape(
      "a path, or a mapping with `fetch`",
      schema: [
        "anyOf": [path.schema, ["type": "object", "required": ["fetch"], "properties": ["fetch": [:]]]]
      ]
    ) { node, diagnostics in
      if node["fetch"] != nil { return node }
      return path.decode(node, diagnostics).map { _ in node }
    }
  }

  // MARK: the file

  static let version = Key(required: "version", .integer(1...1), "The version of this format: 1.")
  static let title = Key("title", .string, "What a person calls it.")
  private static let remote = Key(
    required: "rclone", path, "A remote and a path in it, as rclone writes them: \"s3:drills/fleet\".")
  static let records = Key(
    "records",
    Shape<RecordsPlace>.scalar(
      path.map { path, _, _ in .folder(path) },
      orMapping: Shape<RecordsPlace>.record("records", [remote]) { fields in
        if let objection = RecordsPlace.objection(to: fields[remote]) {
          fields.reject(
            remote, objection, hint: "Remotes and their credentials stand in rclone's own configuration.")
          return nil
        }
        return .remote(fields[remote])
      }), default: "fleet-records",
    "What all tasks share: a folder, relative to this file, or a path of an rclone remote. --records wins.")
  static let policy = Key(
    "policy", path, "A readiness policy, relative to this file, whose systems bear the same names.")
  static let roundBudget = Key("budget", time, "How long a round may take on its machines.")
  private static let count = Key("count", .integer(1...10_000), default: "1", "How many there are.")
  private static let machineMemory = Key(
    "memory", size, "Memory of each; by default that of the machine itself.")
  private static let machineDisk = Key(
    "disk", size, "Disk of each for sandboxes; by default what is free there.")
  private static let machineCores = Key(
    "cores", .integer(1...1024), "Cores of each; by default those of the machine itself.")
  static let machines = Key(
    "machines",
    Shape<Fleet.Machines>.record("machines", [count, machineMemory, machineDisk, machineCores]) {
      var machines = Fleet.Machines()
      machines.count = $0[count]
      machines.memory = $0[machineMemory]
      machines.disk = $0[machineDisk]
      machines.cores = $0[machineCores]
      return machines
    }, default: "{}", "The machines that a round runs on.")
  private static let everySystem = Key(
    "every_system_within", time, "Within this time every system has to have been proven.")
  static let requires = Key(
    "requires", Shape<Double?>.record("requires", [everySystem]) { .some($0[everySystem]) },
    "What the gate of the report asks, besides the verdicts.")
  static let defaults = Key(
    "defaults", .node("a mapping", schema: KeySpec.schema(of: system)),
    "Any keys of a system: they hold for each that doesn't say otherwise.")
  static let systems = Key(
    required: "systems",
    .node(
      "a mapping from system to its keys",
      schema: [
        "type": "object", "minProperties": 1,
        "additionalProperties": ["anyOf": [KeySpec.schema(of: system), ["type": "null"]]],
      ]), "The systems, by name. Their order is that of the tasks, which are counted from 0.")

  static let all: [any DeclaredKey] = [
    version, title, records, policy, roundBudget, machines, requires, defaults, systems,
  ]

  static var schema: JSON {
    guard case .object(let members) = KeySpec.schema(of: all) else { return [:] }
    return .object(
      [
        .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
        .init("title", "mongodrill fleet"),
        .init("description", "Many systems, and how each of them is drilled."),
      ] + members)
  }
}

extension Failure {
  static func nothing(at place: Place) -> Failure {
    .invalid("wrong-type", "expected more than 0", at: place)
  }
}
