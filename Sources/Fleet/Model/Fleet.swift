package import Platform
internal import Record

/// Many systems and how each is drilled: a fleet file as it was read.
package struct Fleet: Sendable {
  /// What one machine of those that run a round gives; nil where the machine itself is asked.
  package struct Machines: Sendable, Hashable {
    package var count = 1
    /// Bytes.
    package var memory: Int?
    /// Bytes, where the sandboxes lie.
    package var disk: Int?
    package var cores: Int?

    package init() {}
  }

  package var title: String
  /// The file.
  package var path: String
  /// The folder that the file's relative paths start from.
  package var folder: String
  /// The file's SHA-256 in hexadecimal digits: what says that two tasks are of the same fleet.
  package var sha256: String
  /// What all tasks share.
  package var records: RecordsPlace
  /// The readiness policy, whose systems bear the same names; nil without one.
  package var policy: String?
  /// Seconds that a round may take on its machines; nil: as long as it takes.
  package var budget: Double?
  package var machines: Machines
  /// Seconds within which every system has to have been proven; nil where that isn't asked.
  package var everySystemWithin: Double?
  /// In the order of the file: a system's place is the index of its task.
  package var systems: [FleetSystem]

  /// The system with that index. Throws `no-such-task`.
  package func system(at index: Int) throws(Failure) -> FleetSystem {
    guard systems.indices.contains(index) else { throw .noSuchTask(index, of: systems.count) }
    return systems[index]
  }
}

/// One system of a fleet with what the defaults add to it.
package struct FleetSystem: Sendable {
  /// What a drill takes of a machine.
  package struct Resources: Sendable, Hashable {
    /// Bytes.
    package var memory: Int?
    /// Bytes; nil: estimated from the backup.
    package var disk: Int?
    package var cores: Int?

    package init(memory: Int? = nil, disk: Int? = nil, cores: Int? = nil) {
      self.memory = memory
      self.disk = disk
      self.cores = cores
    }
  }

  package var name: String
  /// Its place in the file, counted from 0.
  package var index: Int
  /// Where its name stands.
  package var place: Place
  /// The scenario's file or folder; nil: the backup is checked against itself.
  package var scenario: String?
  /// Set over the scenario's own.
  package var backup: String?
  /// Values of the scenario's parameters, in the file's order.
  package var parameters: [(name: String, value: String)]
  package var owner: String?
  package var contacts: [String]
  package var labels: [(name: String, value: String)]
  /// How often it is due, in seconds; nil where nothing says it.
  package var every: Double?
  /// Seconds after which its drill is stopped.
  package var timeout: Double
  /// How often a task is begun at most, when it could not run for a passing reason.
  package var attempts: Int
  package var resources: Resources
  /// Seconds, as `run --budget`; nil: all of it is verified.
  package var budget: Double?
  /// What of the scenario is replaced.
  let changes: SystemChanges

  /// The name of its task; see `RoundLayout.taskName`.
  package var taskName: String { RoundLayout.taskName(index, name) }
}

extension Failure {
  static func noSuchTask(_ index: Int, of count: Int) -> Failure {
    Failure(
      .usage, "no-such-task", "there is no task \(index): the fleet has \(Count.text(count, "system"))",
      hint: "Tasks are counted from 0 to \(count - 1), in the order of the file.")
  }
}
