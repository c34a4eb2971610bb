package import Platform
package import Record

/// One start of a task: `attempt.json`, written before anything else is done. Without a result beside it the attempt
/// was killed, or still runs.
package struct AttemptRecord: RecordFile {
  package static let title = "the record of an attempt"

  package var tool = DrillRecord.Tool()
  package var round = ""
  /// The system's position in the fleet's file, its name, and that of its task's folder.
  package var index = 0
  package var system = ""
  package var task = ""
  /// The name of the attempt's folder.
  package var attempt = ""
  package var host = ""
  package var pid = 0
  /// The machine's start that the process number belongs to; nil where the system doesn't tell.
  package var bootID: String?
  /// What started it: `local`, `slurm`, `kubernetes`, `github`, `gitlab`, `systemd`.
  package var engine = ""
  /// How often the engine had started it before, where it says.
  package var restarts: Int?
  package var startedAt = WallTime(seconds: 0)
  package var fleetSHA256 = ""

  package init() {}

  package static var fields: [RecordField<AttemptRecord>] {
    [
      RecordField(derived: "schema_version") { _ in RecordVersion.current }, RecordField("tool", \.tool),
      RecordField("round", \.round), RecordField("index", \.index), RecordField("system", \.system),
      RecordField("task", \.task), RecordField("attempt", \.attempt), RecordField("host", \.host),
      RecordField("pid", \.pid), RecordField("boot_id", \.bootID), RecordField("engine", \.engine),
      RecordField("restarts", \.restarts), RecordField("started_at", \.startedAt),
      RecordField("fleet_sha256", \.fleetSHA256),
    ]
  }

  package func checkRanges() throws(MalformedRecord) {
    typealias Limit = RecordLimit
    try Limit.require(RoundLayout.isRoundID(round), "round", "letters, digits, dots, underscores and hyphens")
    try Limit.require((0..<RoundLayout.mostSystems).contains(index), "index", "a whole number from 0")
    try Limit.require(!system.isEmpty, "system", "a name")
    try Limit.require(
      RoundLayout.index(ofTask: task) == index, "task", "a task's name that begins with its index")
    try Limit.require(RoundLayout.time(ofAttempt: attempt) != nil, "attempt", "an attempt's name")
    try Limit.positive(pid, "pid")
    try Limit.require(!engine.isEmpty, "engine", "a name")
    try Limit.require(restarts.map { $0 >= 0 } ?? true, "restarts", "a whole number from 0")
    try Limit.require(Limit.isSHA256(fleetSHA256), "fleet_sha256", "64 hexadecimal digits")
  }
}
