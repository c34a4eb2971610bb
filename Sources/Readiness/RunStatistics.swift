package import Platform
internal import Record

/// Drills of an interval in figures. Checks of live servers and planted damage are not in them.
package struct RunStatistics: Sendable, Hashable {
  /// How often an objective was met.
  package struct Met: Sendable, Hashable {
    /// Drills that had a limit.
    package var judged = 0
    /// A drill that could not measure it did not meet it.
    package var met = 0
    /// Nil when there was no limit.
    package var share: Double? { judged == 0 ? nil : Double(met) / Double(judged) }
  }

  /// The intervals that people ask for.
  package static let windows = [1, 7, 30, 90]

  /// Days up to now; nil: all there is.
  package let days: Int?
  package private(set) var drills = 0
  /// Those that say that the backup can be recovered.
  package private(set) var succeeded = 0
  package private(set) var failed = 0
  package private(set) var inconclusive = 0
  /// Seconds.
  package private(set) var recovery: Distribution?
  package private(set) var dataLoss: Distribution?
  package private(set) var bytesPerSecond: Distribution?
  package private(set) var documentsPerSecond: Distribution?
  /// Bytes of the backups as they lie on disk.
  package private(set) var size: Distribution?
  package private(set) var rto = Met()
  package private(set) var rpo = Met()
  /// How often each scenario was drilled.
  package private(set) var scenarios: [String: Int] = [:]

  /// Nil without a drill.
  package var successRate: Double? { drills == 0 ? nil : Double(succeeded) / Double(drills) }

  package init(_ runs: [RunSummary], days: Int?, now: WallTime) {
    self.days = days
    let drills = runs.filter { run in
      guard run.kind == .drill else { return false }
      guard let days else { return true }
      guard let age = run.time.map({ now.timeInterval(since: $0) }) else { return false }
      return age <= Double(days) * 86_400
    }
    self.drills = drills.count
    succeeded = drills.count(where: \.isSuccess)
    failed = drills.count { $0.verdict == .fail }
    inconclusive = drills.count { $0.verdict == .inconclusive }
    // One that went on with what was kept has no recovery's times.
    let whole = drills.filter { !$0.isResumed }
    recovery = Distribution(whole.compactMap { $0.rto?.measuredSeconds })
    dataLoss = Distribution(whole.compactMap { $0.rpo?.measuredSeconds })
    bytesPerSecond = Distribution(whole.compactMap(\.bytesPerSecond))
    documentsPerSecond = Distribution(whole.compactMap(\.documentsPerSecond))
    size = Distribution(whole.compactMap { $0.backupBytes.map(Double.init) })
    rto = RunStatistics.met(whole.compactMap(\.rto))
    rpo = RunStatistics.met(whole.compactMap(\.rpo))
    for drill in drills { scenarios[drill.scenario, default: 0] += 1 }
  }

  private static func met(_ objectives: [DrillRecord.Objective]) -> Met {
    let limited = objectives.filter { $0.limitSeconds != nil }
    return Met(judged: limited.count, met: limited.count { $0.met == true })
  }

  package var json: JSON {
    func met(_ met: Met) -> JSON {
      [
        "judged": .integer(Int64(met.judged)), "met": .integer(Int64(met.met)),
        "share": met.share.map(JSON.double) ?? .null,
      ]
    }
    return [
      "days": days.map { .integer(Int64($0)) } ?? .null, "drills": .integer(Int64(drills)),
      "succeeded": .integer(Int64(succeeded)), "failed": .integer(Int64(failed)),
      "inconclusive": .integer(Int64(inconclusive)),
      "success_rate": successRate.map(JSON.double) ?? .null,
      "recovery_seconds": recovery?.json ?? .null, "data_loss_seconds": dataLoss?.json ?? .null,
      "bytes_per_second": bytesPerSecond?.json ?? .null,
      "documents_per_second": documentsPerSecond?.json ?? .null, "backup_bytes": size?.json ?? .null,
      "rto": met(rto), "rpo": met(rpo),
      "scenarios": .object(
        scenarios.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .integer(Int64($0.value))) }),
    ]
  }
}
