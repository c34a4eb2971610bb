internal import Configuration
package import Drills
package import Platform

/// Everything that is wrong with a fleet file, so that it can be mended in one go.
package struct InvalidFleet: Error, Sendable {
  /// One or more, in the order of their lines.
  package let failures: [Failure]
}

extension Fleet {
  /// The most systems that a file may have.
  package static let mostSystems = 9999

  /// Reads and checks a fleet file. The scenarios that it names aren't read.
  package init(file: String) throws(InvalidFleet) {
    let diagnostics = Diagnostics()
    let fleet = Fleet.read(file, diagnostics)
    guard let fleet, diagnostics.isEmpty else {
      var seen: Set<Failure> = []
      throw InvalidFleet(failures: diagnostics.sorted.filter { seen.insert($0).inserted })
    }
    self = fleet
  }

  /// The JSON Schema of a fleet file (draft 2020-12).
  package static var schema: JSON { FleetKeys.schema }

  private static func read(_ file: String, _ diagnostics: Diagnostics) -> Fleet? {
    guard let bytes = try? Files.read(file, limit: Node.largestFile) else {
      // Says why.
      _ = Node.read(file, diagnostics)
      return nil
    }
    guard let node = Node.parse(bytes, file: file, diagnostics) else { return nil }
    guard let fields = Fields.decode(node, of: "fleet", FleetKeys.all, diagnostics) else {
      // What else is wrong is said, too.
      _ = systems(node, Files.folder(of: file), diagnostics)
      return nil
    }
    let folder = Files.folder(of: file)
    guard let systems = systems(node, folder, diagnostics) else { return nil }
    return Fleet(
      title: fields[FleetKeys.title] ?? Files.name(of: file), path: file, folder: folder,
      sha256: SHA256.hex(of: bytes), records: fields[FleetKeys.records].inFolder(folder),
      policy: fields[FleetKeys.policy].map { absolute($0, in: folder) },
      budget: fields[FleetKeys.roundBudget], machines: fields[FleetKeys.machines],
      everySystemWithin: fields[FleetKeys.requires] ?? nil, systems: systems)
  }

  private static func systems(_ node: Node, _ folder: String, _ diagnostics: Diagnostics) -> [FleetSystem]? {
    let before = diagnostics.count
    let defaults = node["defaults"].flatMap { $0.isNull ? nil : $0 }
    if let defaults { _ = Fields.decode(defaults, of: "defaults", FleetKeys.system, diagnostics) }
    // What is wrong with the defaults would be wrong with each system.
    let added = diagnostics.count == before ? defaults : nil
    guard let entries = node["systems"]?.entries else {
      if let systems = node["systems"] {
        diagnostics.report(.systemsExpected(found: systems.found, at: systems.place))
      }
      return nil
    }
    if entries.isEmpty, let systems = node["systems"] { diagnostics.report(.noSystems(at: systems.place)) }
    if entries.count > mostSystems {
      diagnostics.report(.tooManySystems(entries.count, at: entries[mostSystems].place))
    }
    var systems: [FleetSystem] = []
    for (index, entry) in entries.enumerated() {
      if let system = system(index, entry, defaults: added, folder, diagnostics) { systems.append(system) }
    }
    return diagnostics.count == before ? systems : nil
  }

  private static func system(
    _ index: Int, _ entry: Node.Entry, defaults: Node?, _ folder: String, _ diagnostics: Diagnostics
  ) -> FleetSystem? {
    if entry.key.isEmpty
      || entry.key.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    {
      diagnostics.report(.systemName(at: entry.place))
    }
    let own = entry.value.isNull ? Node(.mapping([]), at: entry.place) : entry.value
    guard let fields = Fields.decode(own.adding(defaults), of: "system", FleetKeys.system, diagnostics) else {
      return nil
    }
    let scenario = fields[FleetKeys.scenario].map { absolute($0, in: folder) }
    if scenario == nil {
      if fields[FleetKeys.backup] == nil {
        diagnostics.report(.nothingToDrill(entry.key, at: entry.place))
        return nil
      }
      if fields[FleetKeys.parameters]?.isEmpty == false {
        fields.reject(
          FleetKeys.parameters, "only scenarios have parameters, and system `\(entry.key)` has none")
        return nil
      }
    }
    let backup = fields[FleetKeys.backup]
    return FleetSystem(
      name: entry.key, index: index, place: entry.place, scenario: scenario,
      backup: backup?.text.map { absolute($0, in: folder) } ?? backup?["fetch"]?["rclone"]?.text,
      parameters: (fields[FleetKeys.parameters] ?? []).map { ($0.name, $0.value) },
      owner: fields[FleetKeys.owner], contacts: fields[FleetKeys.contacts] ?? [],
      labels: (fields[FleetKeys.labels] ?? []).map { ($0.name, $0.value) }, every: fields[FleetKeys.every],
      timeout: fields[FleetKeys.timeout], attempts: fields[FleetKeys.attempts],
      resources: fields[FleetKeys.resources] ?? FleetSystem.Resources(), budget: fields[FleetKeys.budget],
      changes: SystemChanges(
        backup: backup.map { $0.asBackup(in: folder) }, rto: fields[FleetKeys.rto],
        rpo: fields[FleetKeys.rpo]))
  }

  static func absolute(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") || folder == "." ? path : Files.join(folder, path)
  }
}

/// What a system sets over its scenario, as it stands in the file.
struct SystemChanges: Sendable {
  var backup: Node?
  var rto: Node?
  var rpo: Node?
}

extension FleetSystem {
  /// Its scenario with what the fleet sets over it. Throws `InvalidScenario`; of a scenario that picks several backups
  /// too, since a task is one drill.
  package func drill(of fleet: Fleet) throws(InvalidScenario) -> Scenario {
    var changed = ScenarioChanges()
    changed.rto = changes.rto
    changed.rpo = changes.rpo
    changed.stopAfter = timeout
    guard let scenario else {
      changed.backup = changes.backup
      return try Scenario(named: name, in: fleet.path, at: place, changes: changed)
    }
    let file = Files.isDirectory(scenario) ? Files.join(scenario, Scenario.fileName) : scenario
    // A path of the fleet's is relative to the fleet's folder, one of the scenario's to the scenario's.
    changed.backup = changes.backup.map { $0.absolute() }
    let values = Dictionary(parameters) { _, last in last }
    let read = try Scenario(file: file, parameters: values, changes: changed)
    if read.pick?.isSeveral == true {
      throw InvalidScenario([.severalDrills(name, at: place)])
    }
    return read
  }
}

extension RecordsPlace {
  fileprivate func inFolder(_ folder: String) -> RecordsPlace {
    if case .folder(let path) = self { .folder(Fleet.absolute(path, in: folder)) } else { self }
  }
}

extension Node {
  /// A mapping with the defaults' entries that it lacks; of some keys the mappings below, too.
  fileprivate func adding(_ defaults: Node?) -> Node {
    guard var entries, let defaults = defaults?.entries else { return self }
    for added in defaults {
      guard let index = entries.firstIndex(where: { $0.key.utf8.elementsEqual(added.key.utf8) }) else {
        entries.append(added)
        continue
      }
      if FleetKeys.merged.contains(added.key), entries[index].value.entries != nil {
        entries[index].value = entries[index].value.adding(added.value)
      }
    }
    return Node(.mapping(entries), at: place)
  }

  /// The value of a scenario's `backup`. A path stays relative to the fleet's folder.
  fileprivate func asBackup(in folder: String) -> Node {
    guard scalar != nil else { return self }
    return Node(.mapping([Entry("path", at: place, self)]), at: place)
  }

  /// The same with a relative path made absolute by the place of the file that it stands in.
  fileprivate func absolute() -> Node {
    guard let path = self["path"], let text = path.text, !text.hasPrefix("/") else { return self }
    let folder = Files.folder(of: path.place.file)
    let full = Files.join((try? Files.realPath(folder)) ?? folder, text)
    let scalar = Node(.scalar(.init(full, isPlain: false)), at: path.place)
    return Node(.mapping([Entry("path", at: path.place, scalar)]), at: place)
  }
}

extension Failure {
  static func systemsExpected(found: String, at place: Place) -> Failure {
    .invalid("wrong-type", "`systems`: expected a mapping from system to its keys, found \(found)", at: place)
  }

  static func noSystems(at place: Place) -> Failure {
    .invalid("no-systems", "the fleet has no system", at: place)
  }

  static func tooManySystems(_ count: Int, at place: Place) -> Failure {
    .invalid(
      "too-many-systems", "\(count) systems, and at most \(Fleet.mostSystems) fit into a fleet", at: place,
      hint: "Make two fleets of it; their reports can stand side by side.")
  }

  static func systemName(at place: Place) -> Failure {
    .invalid("system-name", "the name of a system is empty or holds control characters", at: place)
  }

  static func nothingToDrill(_ name: String, at place: Place) -> Failure {
    .invalid(
      "nothing-to-drill", "system `\(name)` has neither a scenario nor a backup", at: place,
      hint: "Give it `backup`, the path of one, or `scenario`.")
  }

  static func severalDrills(_ name: String, at place: Place) -> Failure {
    .invalid(
      "several-drills", "the scenario of system `\(name)` picks several backups, and a task is one drill",
      at: place, hint: "Make a system of each, or let the scenario pick one.")
  }
}
