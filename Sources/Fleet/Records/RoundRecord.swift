package import Platform
package import Record

/// What a round is about: `round.json`, written once by whoever begins it. What it lists is what must have an answer.
package struct RoundRecord: RecordFile {
  package static let title = "the record of a round"

  package var tool = DrillRecord.Tool()
  /// The round's id; see `RoundLayout.isRoundID`.
  package var round = ""
  package var startedAt = WallTime(seconds: 0)
  /// The fleet's file as it was given, and its SHA-256.
  package var fleetPath = ""
  package var fleetSHA256 = ""
  package var fleetTitle: String?
  /// How long the round may take, in seconds.
  package var budgetSeconds: Double?
  /// Within how many seconds each system must have been proven.
  package var everySystemWithinSeconds: Double?
  /// In the order of the file: the position is the task's index.
  package var systems: [System] = []

  package init() {}

  package static var fields: [RecordField<RoundRecord>] {
    [
      RecordField(derived: "schema_version") { _ in RecordVersion.current }, RecordField("tool", \.tool),
      RecordField("round", \.round), RecordField("started_at", \.startedAt),
      RecordField("fleet_path", \.fleetPath), RecordField("fleet_sha256", \.fleetSHA256),
      RecordField("fleet_title", \.fleetTitle), RecordField("budget_seconds", \.budgetSeconds),
      RecordField("every_system_within_seconds", \.everySystemWithinSeconds),
      RecordField("systems", \.systems),
    ]
  }

  package func checkRanges() throws(MalformedRecord) {
    typealias Limit = RecordLimit
    try Limit.require(RoundLayout.isRoundID(round), "round", "letters, digits, dots, underscores and hyphens")
    try Limit.require(Limit.isSHA256(fleetSHA256), "fleet_sha256", "64 hexadecimal digits")
    try Limit.positive(budgetSeconds, "budget_seconds")
    try Limit.positive(everySystemWithinSeconds, "every_system_within_seconds")
    try Limit.require(
      (1...RoundLayout.mostSystems).contains(systems.count), "systems",
      "a list of 1 to \(RoundLayout.mostSystems) systems")
    var names: Set<[UInt8]> = []
    for (index, system) in systems.enumerated() {
      do throws(MalformedRecord) { try system.checkRanges(index) } catch {
        throw MalformedRecord(wanted: error.wanted, path: "systems[\(index)].\(error.path)")
      }
      try Limit.require(
        names.insert(Array(system.name.utf8)).inserted, "systems[\(index)].name",
        "another name than those before it")
    }
  }

  /// One system of the fleet: one task.
  package struct System: RecordPart {
    /// Its position in the fleet's file, from 0.
    package var index = 0
    /// Its name, and that of its task's folder.
    package var name = ""
    package var task = ""
    /// The scenario's file or folder as it was given; nil where the backup is checked against itself.
    package var scenario: String?
    /// The backup as it was given; nil where the scenario says it.
    package var backup: String?
    package var owner: String?
    package var contacts: [String] = []
    package var labels: [String: String] = [:]
    /// How often it is due, in seconds; nil: nobody said.
    package var everySeconds: Double?
    /// How long one start of its task may take, in seconds.
    package var timeoutSeconds: Double?
    /// What its drill gets of the time, in seconds (`run --budget`).
    package var budgetSeconds: Double?
    package var resources = Resources()
    /// Why it has no turn in this round; nil: it has.
    package var leftOut: LeftOut?

    package init() {}
    package init(index: Int, name: String) {
      self.index = index
      self.name = name
      task = RoundLayout.taskName(index, name)
    }

    package static var fields: [RecordField<System>] {
      [
        RecordField("index", \.index), RecordField("name", \.name), RecordField("task", \.task),
        RecordField("scenario", \.scenario), RecordField("backup", \.backup), RecordField("owner", \.owner),
        RecordField("contacts", \.contacts), RecordField("labels", \.labels),
        RecordField("every_seconds", \.everySeconds), RecordField("timeout_seconds", \.timeoutSeconds),
        RecordField("budget_seconds", \.budgetSeconds), RecordField("resources", \.resources),
        RecordField("left_out", \.leftOut),
      ]
    }

    func checkRanges(_ position: Int) throws(MalformedRecord) {
      typealias Limit = RecordLimit
      try Limit.require(index == position, "index", "\(position), its position in the list")
      try Limit.require(!name.isEmpty, "name", "a name")
      try Limit.require(
        RoundLayout.index(ofTask: task) == position, "task", "a task's name that begins with its index")
      try Limit.positive(everySeconds, "every_seconds")
      try Limit.positive(timeoutSeconds, "timeout_seconds")
      try Limit.positive(budgetSeconds, "budget_seconds")
      try Limit.positive(resources.memoryBytes, "resources.memory_bytes")
      try Limit.positive(resources.diskBytes, "resources.disk_bytes")
      try Limit.positive(resources.cores, "resources.cores")
    }
  }

  /// Why a system has no turn in a round.
  package enum LeftOut: String, Sendable, Hashable, CaseIterable, RecordValue {
    /// It was proven so lately that it isn't due.
    case notDue = "not-due"
    /// The round's time was spent on systems that were proven longer ago.
    case budget

    /// For people.
    package var sentence: String {
      switch self {
      case .notDue: "It was left out of this round: it isn't due."
      case .budget: "It was left to another round by the budget."
      }
    }
  }

  /// What a task takes of a machine; nil where nobody said.
  package struct Resources: RecordPart {
    package var memoryBytes: Int?
    package var diskBytes: Int?
    package var cores: Int?

    package init() {}
    package init(memoryBytes: Int?, diskBytes: Int?, cores: Int?) {
      self.memoryBytes = memoryBytes
      self.diskBytes = diskBytes
      self.cores = cores
    }

    package static var fields: [RecordField<Resources>] {
      [
        RecordField("memory_bytes", \.memoryBytes), RecordField("disk_bytes", \.diskBytes),
        RecordField("cores", \.cores),
      ]
    }
  }
}
