package import Configuration
package import Platform

/// What somebody else sets over a scenario's own keys: a fleet, that drills many systems by one scenario.
package struct ScenarioChanges: Sendable {
  /// The value of `backup`.
  package var backup: Node?
  /// The values of `rto` and `rpo` below `objectives`.
  package var rto: Node?
  package var rpo: Node?
  /// One more stop condition: so many seconds.
  package var stopAfter: Double?

  package init() {}

  /// The JSON Schemas of `rto` and `rpo`, for a file that holds them.
  package static var objectiveSchemas: (rto: JSON, rpo: JSON) {
    (ScenarioKeys.rto.spec.schema, ScenarioKeys.rpo.spec.schema)
  }

  /// The mapping with the changes in it; what is no mapping stays as it is, to be rejected by its decoder.
  func made(in node: Node) -> Node {
    guard node.entries != nil else { return node }
    var node = node
    if let backup { node = node.setting("backup", to: backup) }
    for (name, value) in [("rto", rto), ("rpo", rpo)] {
      guard let value else { continue }
      let objectives = node["objectives"] ?? Node(.mapping([]), at: value.place)
      node = node.setting("objectives", to: objectives.setting(name, to: value))
    }
    if let stopAfter {
      let place = node["stop_conditions"]?.place ?? node.place
      let limit = Node(.scalar(.init("> \(Int(stopAfter.rounded(.up)))s", isPlain: false)), at: place)
      let condition = Node(.mapping([Node.Entry("elapsed", at: place, limit)]), at: place)
      let others = node["stop_conditions"]?.elements ?? []
      if node["stop_conditions"] == nil || node["stop_conditions"]?.elements != nil {
        node = node.setting("stop_conditions", to: Node(.sequence(others + [condition]), at: place))
      }
    }
    return node
  }
}

extension Node {
  /// A mapping with a key's value replaced, or added at its end; anything else stays as it is.
  fileprivate func setting(_ key: String, to value: Node) -> Node {
    guard var entries else { return self }
    if let index = entries.firstIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) {
      entries[index].value = value
    } else {
      entries.append(Entry(key, at: value.place, value))
    }
    return Node(.mapping(entries), at: place)
  }
}

extension Scenario {
  /// The drill of a system that has no scenario of its own: its backup is checked against itself. Paths are relative to
  /// the folder of `file`, in which the changes stand. `name` becomes the scenario's.
  package init(named name: String, in file: String, at place: Place, changes: ScenarioChanges)
    throws(InvalidScenario)
  {
    let diagnostics = Diagnostics()
    let version = Node(.scalar(.init("1", isPlain: true)), at: place)
    let bare = Node(.mapping([Node.Entry("version", at: place, version)]), at: place)
    var scenario = Scenario.decode(changes.made(in: bare), [:], file, diagnostics)
    scenario?.name = name
    guard let scenario, diagnostics.isEmpty else { throw InvalidScenario(diagnostics.sorted) }
    self = scenario
  }
}
