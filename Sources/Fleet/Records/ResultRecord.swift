package import Platform
package import Record

/// How one start of a task ended: `result.json`, the last file that it writes, whole or not at all.
package struct ResultRecord: RecordFile {
  package static let title = "the record of a result"

  /// How far it came.
  package enum Status: String, Sendable, Hashable, CaseIterable, RecordValue {
    /// The drill ran to an end of its own, whatever that says.
    case ran
    /// There was no drill: the scenario is invalid, the backup isn't there, the machine too small.
    case failedToStart = "failed-to-start"
    /// It was stopped when its time was up.
    case timedOut = "timed-out"
  }

  package var tool = DrillRecord.Tool()
  package var round = ""
  package var index = 0
  package var system = ""
  package var task = ""
  package var attempt = ""
  package var status = Status.failedToStart
  /// The code that the task ended with.
  package var exitCode = 0
  /// Whether what kept it from an answer may be gone the next time, whatever the code; nil where it has an answer.
  package var isPassing: Bool?
  package var startedAt = WallTime(seconds: 0)
  package var endedAt = WallTime(seconds: 0)
  /// The drill's run, whose folder lies beside this file; nil when it wrote none.
  package var runID: String?
  /// Of the run's `report.json`; nil when the run wrote none.
  package var reportSHA256: String?
  package var reportBytes: Int?
  /// Why there is no report, or what there is to know.
  package var message: String?
  package var hint: String?
  package var fleetSHA256 = ""

  package init() {}

  package static var fields: [RecordField<ResultRecord>] {
    [
      RecordField(derived: "schema_version") { _ in RecordVersion.current }, RecordField("tool", \.tool),
      RecordField("round", \.round), RecordField("index", \.index), RecordField("system", \.system),
      RecordField("task", \.task), RecordField("attempt", \.attempt), RecordField("status", \.status),
      RecordField("exit_code", \.exitCode), RecordField("is_passing", \.isPassing),
      RecordField("started_at", \.startedAt),
      RecordField("ended_at", \.endedAt),
      RecordField(derived: "duration_seconds") { $0.durationSeconds }, RecordField("run_id", \.runID),
      RecordField("report_sha256", \.reportSHA256), RecordField("report_bytes", \.reportBytes),
      RecordField("message", \.message), RecordField("hint", \.hint),
      RecordField("fleet_sha256", \.fleetSHA256),
    ]
  }

  /// Seconds from its start to its end; 0 where the clock was set back meanwhile.
  package var durationSeconds: Double { max(0, endedAt.timeInterval(since: startedAt)) }

  package func checkRanges() throws(MalformedRecord) {
    typealias Limit = RecordLimit
    try Limit.require(RoundLayout.isRoundID(round), "round", "letters, digits, dots, underscores and hyphens")
    try Limit.require((0..<RoundLayout.mostSystems).contains(index), "index", "a whole number from 0")
    try Limit.require(!system.isEmpty, "system", "a name")
    try Limit.require(
      RoundLayout.index(ofTask: task) == index, "task", "a task's name that begins with its index")
    try Limit.require(RoundLayout.time(ofAttempt: attempt) != nil, "attempt", "an attempt's name")
    try Limit.require((0...255).contains(exitCode), "exit_code", "a whole number from 0 to 255")
    try Limit.require(
      runID.map { !$0.isEmpty && !$0.contains("/") && $0 != "." && $0 != ".." } ?? true, "run_id",
      "a folder's name")
    try Limit.require(
      (runID == nil) == (reportSHA256 == nil) && (runID == nil) == (reportBytes == nil), "report_sha256",
      "there with run_id and report_bytes, and only with them")
    try Limit.require(reportSHA256.map(Limit.isSHA256) ?? true, "report_sha256", "64 hexadecimal digits")
    try Limit.positive(reportBytes, "report_bytes")
    try Limit.require(
      exitCode != 0 || status == .ran && runID != nil, "exit_code", "above 0 where there is no report")
    try Limit.require(Limit.isSHA256(fleetSHA256), "fleet_sha256", "64 hexadecimal digits")
  }
}
