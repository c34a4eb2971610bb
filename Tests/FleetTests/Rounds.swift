import Fleet
import Glibc
import Platform
import Readiness
import Record
import Testing

extension WallTime {
  static let begin = WallTime(rfc3339: "2026-10-03T02:00:00Z")!
  func after(_ seconds: Int) -> WallTime {
    WallTime(seconds: self.seconds + seconds, nanoseconds: nanoseconds)
  }
}

/// A folder of records that goes with the test, filled as tasks fill it.
final class RoundFolder: Sendable {
  let records: String

  init() throws {
    records = "/tmp/mongodrill-tests-\(getpid())-\(UInt32.random(in: .min ... .max))"
    try Files.createFolder(records)
  }

  deinit { try? Files.removeTree(records) }

  /// Writes `round.json` of so many systems.
  @discardableResult
  func begin(
    _ systems: Int, round: String = "r1", at time: WallTime = .begin,
    _ change: (inout RoundRecord) -> Void = { _ in }
  ) throws -> RoundRecord {
    var record = RoundRecord()
    record.round = round
    record.startedAt = time
    record.fleetPath = "FLEET.yaml"
    record.fleetSHA256 = someSHA256
    record.systems = (0..<systems).map { RoundRecord.System(index: $0, name: "system-\($0)") }
    change(&record)
    let folder = RoundLayout.folder(of: round, in: records)
    try Files.createFolder(folder, parents: true)
    put(record.fileText, Files.join(folder, RoundLayout.round))
    return record
  }

  /// How an attempt is left behind.
  struct Ending: Sendable {
    var code = ExitCode.pass
    var verdict = DrillRecord.Verdict.pass
    /// false: there is no report.
    var hasReport = true
    /// false: it was killed before it could write a result.
    var hasResult = true
    var status = ResultRecord.Status.ran
    var message: String?
    var change: @Sendable (inout DrillRecord) -> Void = { _ in }

    static let pass = Ending()
    static let warn = Ending(verdict: .warn)
    static let failed = Ending(code: .checkFailed, verdict: .fail)
    static let missed = Ending(code: .objectiveMissed, verdict: .fail)
    static let killed = Ending(hasReport: false, hasResult: false)
    static let noServer = Ending(
      code: .noServer, verdict: .inconclusive, hasReport: false, status: .failedToStart)
    static let invalid = Ending(
      code: .invalidScenario, verdict: .inconclusive, hasReport: false, status: .failedToStart,
      message: "scenario.yaml:3:1: unknown key \"stepz\"")
    static let interrupted = Ending(code: .terminated, verdict: .inconclusive) { $0.status = .aborted }
  }

  /// Writes an attempt of a task that began so many seconds after the round, and returns its folder.
  @discardableResult
  func attempt(
    _ round: RoundRecord, _ index: Int, after seconds: Int = 0, _ ending: Ending = .pass, random: UInt32 = 7
  ) throws -> String {
    let system = round.systems[index]
    let begin = round.startedAt.after(seconds)
    let name = RoundLayout.attemptName(at: begin, random: random)
    let folder = Files.join(
      RoundLayout.folder(of: round.round, in: records), "\(RoundLayout.tasks)/\(system.task)/\(name)")
    try Files.createFolder(folder, parents: true)
    var attempt = AttemptRecord()
    attempt.round = round.round
    attempt.index = index
    attempt.system = system.name
    attempt.task = system.task
    attempt.attempt = name
    attempt.host = "node-\(index % 3)"
    attempt.pid = 100 + index
    attempt.engine = "local"
    attempt.startedAt = begin
    attempt.fleetSHA256 = round.fleetSHA256
    put(attempt.fileText, Files.join(folder, RoundLayout.attempt))
    guard ending.hasResult else { return folder }
    var result = ResultRecord()
    result.round = round.round
    result.index = index
    result.system = system.name
    result.task = system.task
    result.attempt = name
    result.status = ending.status
    result.exitCode = ending.code.rawValue
    result.startedAt = begin
    result.endedAt = begin.after(60)
    result.message = ending.message
    result.fleetSHA256 = round.fleetSHA256
    if ending.hasReport {
      let runID = RunID.make(system.name, at: begin)
      var record = drill(system.name, runID, at: begin)
      record.verdict = ending.verdict
      record.exitCode = ending.code
      if ending.code != .pass {
        record.reasons = [
          DrillRecord.Reason(
            ending.code, "check-failed", "2 documents are missing", hint: "Look at the dump.")
        ]
      }
      ending.change(&record)
      let text = Array((record.json.text(pretty: true) + "\n").utf8)
      try Files.createFolder(Files.join(folder, runID))
      put(String(decoding: text, as: UTF8.self), Files.join(folder, "\(runID)/report.json"))
      result.runID = runID
      result.reportSHA256 = SHA256.hex(of: text)
      result.reportBytes = text.count
    }
    put(result.fileText, Files.join(folder, RoundLayout.result))
    return folder
  }

  /// The file of an attempt's report.
  func report(in attempt: String) throws -> String {
    let run = try #require(try Files.names(in: attempt).first { RunID.time(of: $0) != nil })
    return Files.join(attempt, "\(run)/report.json")
  }

  /// Writes a file as it stands, without waiting for the disk.
  func put(_ text: String, _ path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0 && Files.write(text, to: descriptor))
    close(descriptor)
  }

  /// Changes the text of a file.
  func change(_ path: String, _ change: (String) -> String) throws {
    put(change(try Files.text(of: path)), path)
  }
}

/// A drill of ordinary size that passed, 50 s long.
func drill(_ scenario: String, _ id: String, at begin: WallTime, collections: Int = 3) -> DrillRecord {
  var record = DrillRecord()
  record.tool = DrillRecord.Tool(version: "0.1.0")
  record.runID = id
  record.scenario.name = scenario
  record.status = .completed
  record.verdict = .pass
  record.exitCode = .pass
  record.startedAt = begin
  record.endedAt = begin.after(50)
  record.backup.path = "/backups/\(scenario)"
  record.backup.bytes = 1_000_000
  record.backup.collections = (0..<collections).map {
    DrillRecord.Collection(
      source: "shop.c\($0)", target: "shop.c\($0)", documents: 5000, bytes: 900_000, inserted: 5000,
      indexes: 2)
  }
  record.objectives.rto = DrillRecord.Objective(limit: 60, measured: 40)
  record.objectives.rpo = DrillRecord.Objective(limit: 300, measured: 12)
  record.phases = [
    Phase("restore", seconds: 30, documents: 5000, bytes: 900_000), Phase("checks", seconds: 10),
    Phase("cleanup", seconds: 2),
  ]
  record.checks = (0..<2 * collections).map { number in
    Outcome(
      kind: number.isMultiple(of: 2) ? "count" : "indexes", suite: "core", namespace: "shop.c\(number / 2)",
      name: "as many documents as in the backup", result: .pass,
      message: "5,000 documents, as in the \"backup\"",
      measured: ["documents": 5000, "expected": 5000], query: "db.getSiblingDB(\"shop\").c.countDocuments({})"
    )
  }
  return record
}
