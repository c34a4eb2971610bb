package import Platform

/// Everything that one drill did and found: what `report.json` holds, and what every report is drawn from.
package struct DrillRecord: RecordPart {
  /// The version of the record's keys; it grows only with a change that isn't additive.
  package static let schemaVersion = 1

  /// Did it run to its end?
  package enum Status: String, Sendable, Hashable, CaseIterable, RecordValue {
    case completed
    /// Something failed, so that it could not go on.
    case failed
    /// It was asked to stop: a signal, or a stop condition.
    case aborted
  }

  /// What it says of the backup.
  package enum Verdict: String, Sendable, Hashable, CaseIterable, RecordValue {
    case pass
    case warn
    case fail
    /// It can't say.
    case inconclusive
  }

  /// What made the record.
  package var tool: Tool
  /// The name of its report's folder; see `RunID`.
  package var runID: String
  package var scenario: Scenario
  package var status: Status
  package var verdict: Verdict
  package var exitCode: ExitCode
  /// Why the verdict is what it is, the one that decides first; empty for a plain pass.
  package var reasons: [Reason]
  package var startedAt: WallTime
  package var endedAt: WallTime
  package var environment: Environment
  package var backup: Backup
  /// The oplog's replay, of several the last; nil when there was none.
  package var replay: Replay?
  package var objectives: Objectives
  package var phases: [Phase]
  package var steps: [Step]
  package var checks: [Outcome]
  /// Faults that were planted on purpose; nil when none were to be.
  package var damage: Damage?
  /// What somebody should look at; no part of the verdict.
  package var recommendations: [Recommendation]
  /// What was in the backup or the scenario and was not verified.
  package var notVerified: [NotVerified]
  package var rollbacks: [Step]
  /// What was written for the live system.
  package var exports: [Export]
  /// The run whose sandbox this one went on with; nil when it began at the beginning.
  package var resumed: Resumption?
  /// The parts of a sharded set; empty for every other backup.
  package var shards: [Shard]
  /// The record that was written before this one in the same folder; nil for the first.
  package var previousRun: PreviousRun?

  /// A record in which nothing has happened yet: by itself it proves nothing, and says so.
  package init() {
    tool = Tool()
    runID = ""
    scenario = Scenario()
    status = .failed
    verdict = .inconclusive
    exitCode = .notVerified
    reasons = []
    startedAt = WallTime(seconds: 0)
    endedAt = WallTime(seconds: 0)
    environment = Environment()
    backup = Backup()
    objectives = Objectives()
    phases = []
    steps = []
    checks = []
    recommendations = []
    notVerified = []
    rollbacks = []
    exports = []
    shards = []
  }

  /// Seconds from its start to its end, cleaning up included.
  package var durationSeconds: Double {
    let seconds = endedAt.timeInterval(since: startedAt)
    // The clock was set back meanwhile: what the phases took was measured by another one.
    return seconds < 0 ? phases.reduce(0) { $0 + $1.seconds } : seconds
  }

  package static var fields: [RecordField<DrillRecord>] {
    [
      RecordField(derived: "schema_version") { _ in schemaVersion },
      RecordField("tool", \.tool),
      RecordField("run_id", \.runID),
      RecordField("scenario", \.scenario),
      RecordField("status", \.status),
      RecordField("verdict", \.verdict),
      RecordField("exit_code", \.exitCode),
      RecordField("reasons", \.reasons),
      RecordField("started_at", \.startedAt),
      RecordField("ended_at", \.endedAt),
      RecordField(derived: "duration_seconds") { $0.durationSeconds },
      RecordField("environment", \.environment),
      RecordField("backup", \.backup),
      RecordField("replay", \.replay),
      RecordField("objectives", \.objectives),
      RecordField("phases", \.phases),
      RecordField("steps", \.steps),
      RecordField("checks", \.checks),
      RecordField("damage", \.damage),
      RecordField(derived: "summary") { $0.summary },
      RecordField(derived: "rating") { $0.rating },
      RecordField("recommendations", \.recommendations),
      RecordField("not_verified", \.notVerified),
      RecordField("rollbacks", \.rollbacks),
      RecordField("exports", \.exports),
      RecordField("resumed", \.resumed),
      RecordField("shards", \.shards),
      RecordField("previous_run", \.previousRun),
    ]
  }

  /// Reads the text of a `report.json`. Throws `Failure` when it is no record or one of a later version's
  /// schema (kind `usage`), or holds a number that can't be (`damaged-backup`).
  package init(reportAt path: String, _ bytes: [UInt8]) throws(Failure) {
    let json: JSON
    do throws(MalformedJSON) { json = try JSON.parse(bytes) } catch {
      throw .notARecord(path, at: error.offset, error.message)
    }
    if case .integer(let version) = json["schema_version"], version > Int64(DrillRecord.schemaVersion) {
      throw .laterRecord(path, version: version)
    }
    do throws(MalformedRecord) {
      try RecordNumbers.check(json)
      try self.init(json: json)
    } catch {
      if error.isRange { throw .recordOutOfRange(path, error) }
      throw .notARecord(path, at: nil, "\(error)")
    }
  }
}

extension Failure {
  static func notARecord(_ path: String, at offset: Int?, _ cause: String) -> Failure {
    Failure(
      .usage, "not-a-record", "not a report of mongodrill", at: Place(path, offset: offset.map(UInt64.init)),
      hint: "Give a run's folder or its report.json.", cause: cause)
  }

  static func laterRecord(_ path: String, version: Int64) -> Failure {
    Failure(
      .usage, "later-record",
      "the report has version \(version) of the schema, this mongodrill reads "
        + "\(DrillRecord.schemaVersion)", at: Place(path),
      hint: "Use the version of mongodrill that wrote it, or a later one.")
  }
}
