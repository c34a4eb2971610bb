package import Platform
internal import Record

extension RunSummary {
  /// As `mongodrill history --output json` shows it.
  package var json: JSON {
    [
      "run_id": .string(runID), "kind": .string(kind.rawValue), "scenario": .string(scenario),
      "title": title.map(JSON.string) ?? .null, "status": .string(status.rawValue),
      "verdict": .string(verdict.rawValue),
      "exit_code": exitCode.map { .integer(Int64($0)) } ?? .null, "sentence": .string(sentence),
      "started_at": startedAt.recordJSON, "ended_at": endedAt.recordJSON, "time": time.recordJSON,
      "clock": clock.map { .string($0.rawValue) } ?? .null, "resumed": .bool(isResumed),
      "duration_seconds": .double(seconds), "rto": rto.recordJSON, "rpo": rpo.recordJSON,
      "backup": .string(backup), "backup_bytes": backupBytes.recordJSON,
      "server_version": backupServerVersion.recordJSON, "mongod_version": mongodVersion.recordJSON,
      "tool_version": .string(toolVersion), "host": .string(host), "last_applied": lastApplied.recordJSON,
      "collections": .integer(Int64(collections)), "documents": .integer(Int64(documents)),
      "bytes": .integer(Int64(bytes)), "indexes": .integer(Int64(indexes)),
      "bytes_per_second": bytesPerSecond.recordJSON,
      "documents_per_second": documentsPerSecond.recordJSON,
      "checks": [
        "asked": .integer(Int64(checks.asked)), "passed": .integer(Int64(checks.passed)),
        "warned": .integer(Int64(checks.warned)), "failed": .integer(Int64(checks.failed)),
        "errors": .integer(Int64(checks.errors)), "skipped": .integer(Int64(checks.skipped)),
      ],
      "rating": rating.recordJSON,
    ]
  }
}
