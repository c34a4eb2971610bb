import Glibc
import Platform
import Record
import Reports

/// A folder of reports that goes with the test.
final class ReportFolder {
  let path: String

  init() throws {
    path = "/tmp/mongodrill-tests-\(getpid())-\(UInt32.random(in: .min ... .max))"
    try Files.createFolder(path)
  }

  deinit { try? Files.removeTree(path) }

  /// Writes a record as a drill does, and returns its id.
  @discardableResult
  func write(
    _ scenario: String = "shop", at begin: WallTime, _ change: (inout DrillRecord) -> Void = { _ in }
  ) throws -> String {
    let folder = try RunFolder(of: scenario, at: begin, in: path)
    var record = drillRecord(scenario, folder.id, at: begin)
    change(&record)
    try folder.write(record)
    return folder.id
  }

  func record(_ id: String) -> String { Files.join(path, "\(id)/report.json") }
  var chain: String { Files.join(path, "chain.jsonl") }
}

/// A drill that passed, 10 s long.
func drillRecord(_ scenario: String, _ id: String, at begin: WallTime) -> DrillRecord {
  var record = DrillRecord()
  record.tool = DrillRecord.Tool(version: "0.1.0")
  record.runID = id
  record.scenario.name = scenario
  record.status = .completed
  record.verdict = .pass
  record.exitCode = .pass
  record.startedAt = begin
  record.endedAt = begin.after(10)
  record.backup.path = "backups/base"
  record.backup.bytes = 1_000_000
  record.backup.collections = [
    DrillRecord.Collection(
      source: "shop.orders", target: "shop.orders", documents: 5000, bytes: 900_000, inserted: 5000,
      indexes: 2)
  ]
  record.objectives.rto = DrillRecord.Objective(limit: 30, measured: 8)
  record.phases = [Phase("restore", seconds: 5, documents: 5000, bytes: 900_000)]
  record.checks = [
    Outcome(
      kind: "count", suite: "core", namespace: "shop.orders", name: "count", result: .pass,
      message: "as before")
  ]
  return record
}

extension WallTime {
  /// The first moment of the tests' year.
  static var new: WallTime { WallTime(rfc3339: "2026-01-05T03:00:00Z")! }
  func after(_ seconds: Int) -> WallTime {
    WallTime(seconds: self.seconds + seconds, nanoseconds: nanoseconds)
  }
  func after(days: Int) -> WallTime { after(days * 86_400) }
}
