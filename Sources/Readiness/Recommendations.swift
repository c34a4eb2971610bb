internal import Platform
package import Record

/// What somebody should look at after a run: rules over its record and over earlier runs of the same scenario.
package enum Recommendations {
  /// A phase counts as slow from this share of its median on, and by this many seconds at least.
  static let slowShare = 1.5
  static let slowSeconds = 1.0
  /// So many earlier runs are needed to call anything usual.
  package static let fewestRuns = 3
  /// After so many days without a drill that succeeded, a scenario is overdue: a quarter.
  static let staleDays = 90
  /// A backup that grew by more than this share of its median is worth a look.
  static let grownShare = 0.2
  /// Of an objective's limit, what should be left.
  static let leastMargin = 0.2
  /// The restored data should fit so many times into what is free.
  static let diskFactor = 2

  /// The recommendations for a run that has just ended. `earlier` are completed drills of the same scenario, the newest
  /// first; `freeBytes` is what is free where the sandbox lay.
  package static func of(
    _ record: DrillRecord, earlier: [RunSummary], freeBytes: Int?
  ) -> [DrillRecord.Recommendation] {
    guard record.damage == nil, record.environment.server == nil else { return [] }
    var all = slowPhases(record, earlier)
    all += [
      thinCoverage(record), stale(record, earlier), lowDisk(record, freeBytes), margin(record),
      growth(record, earlier),
    ].compactMap(\.self)
    return all
  }

  private static func slowPhases(
    _ record: DrillRecord, _ earlier: [RunSummary]
  ) -> [DrillRecord.Recommendation] {
    guard earlier.count >= fewestRuns, record.resumed == nil else { return [] }
    var names: [String] = []
    for phase in record.phases where !names.contains(phase.name) { names.append(phase.name) }
    return names.compactMap { name in
      let seconds = record.phases.filter { $0.name == name }.reduce(0) { $0 + $1.seconds }
      let before = earlier.compactMap { run -> Double? in
        let phases = run.phases.filter { $0.name == name }
        return phases.isEmpty ? nil : phases.reduce(0) { $0 + $1.seconds }
      }
      guard before.count >= fewestRuns, let median = Distribution(before)?.median,
        seconds > median * slowShare, seconds - median > slowSeconds
      else { return nil }
      return DrillRecord.Recommendation(
        "slow-phase",
        "phase \(name) took \(TimeSpan.format(seconds)), and \(TimeSpan.format(median)) in the middle of "
          + "\(Count.text(before.count, "earlier run"))",
        advice: "Compare the two with `mongodrill diff`: size, versions, machine, what else ran at that time."
      )
    }
  }

  private static func thinCoverage(_ record: DrillRecord) -> DrillRecord.Recommendation? {
    let restored = Set(record.backup.collections.filter { $0.documents > 0 }.compactMap(\.target))
    let asked = Set(record.checks.compactMap(\.namespace))
    let bare = restored.subtracting(asked)
      .filter { !$0.hasPrefix("admin.") && !$0.hasPrefix("config.") }.sorted()
    guard !bare.isEmpty, !record.checks.isEmpty else { return nil }
    let named = bare.prefix(3).joined(separator: ", ") + (bare.count > 3 ? ", …" : "")
    return DrillRecord.Recommendation(
      "thin-coverage",
      "\(Count.text(bare.count)) of \(Count.text(restored.count, "collection")) with documents "
        + "\(bare.count == 1 ? "has" : "have") no check of \(bare.count == 1 ? "its" : "their") own: \(named)",
      // After a replay the backup's own documents aren't what is there.
      advice: record.replay == nil
        ? "Ask `count` and `digest` of all with \"*\"; `mongodrill init` drafts more."
        : "Ask `count: {min: …}` of each; `mongodrill init` drafts more.")
  }

  private static func stale(
    _ record: DrillRecord, _ earlier: [RunSummary]
  ) -> DrillRecord.Recommendation? {
    guard let last = earlier.filter(\.isSuccess).compactMap(\.time).max() ?? earlier.compactMap(\.time).max()
    else { return nil }
    let days = record.startedAt.timeInterval(since: last) / 86_400
    guard days > Double(staleDays) else { return nil }
    return DrillRecord.Recommendation(
      "stale-drill",
      "the drill before this one was \(Int(days)) days ago",
      advice: "Run it at least every \(staleDays) days, by a timer.")
  }

  private static func lowDisk(_ record: DrillRecord, _ freeBytes: Int?) -> DrillRecord.Recommendation? {
    let bytes = record.summary.bytes
    guard let freeBytes, bytes > 0, freeBytes < bytes * diskFactor else { return nil }
    return DrillRecord.Recommendation(
      "low-disk",
      "\(ByteSize.format(freeBytes)) are free for sandboxes, and \(ByteSize.format(bytes)) of documents were restored",
      advice: "Give another file system with --sandbox-dir before the backup outgrows this one.")
  }

  private static func margin(_ record: DrillRecord) -> DrillRecord.Recommendation? {
    for (name, objective) in record.objectives.all {
      guard let limit = objective.limitSeconds, limit > 0, let margin = objective.marginSeconds, margin >= 0,
        margin < limit * leastMargin
      else { continue }
      return DrillRecord.Recommendation(
        "thin-margin",
        "\(name) was met with \(TimeSpan.format(margin)) of \(TimeSpan.format(limit)) to spare",
        advice: "See in `mongodrill history` whether it grows, before it is missed.")
    }
    return nil
  }

  private static func growth(
    _ record: DrillRecord, _ earlier: [RunSummary]
  ) -> DrillRecord.Recommendation? {
    let before = earlier.compactMap { $0.backupBytes.map(Double.init) }
    guard before.count >= fewestRuns, let bytes = record.backup.bytes,
      let median = Distribution(before)?.median, median > 0, Double(bytes) > median * (1 + grownShare)
    else { return nil }
    return DrillRecord.Recommendation(
      "backup-grew",
      "the backup has \(ByteSize.format(bytes)), \(Decimals.format((Double(bytes) / median - 1) * 100, 0))% more than in "
        + "the middle of \(Count.text(before.count, "earlier run"))",
      advice: "Look whether the recovery time and the free space still allow for it.")
  }
}

extension DrillRecord.Regression {
  /// At most so many of the newest completed runs make the median.
  package static let mostRuns = 10

  /// Compares what was measured with completed drills of the same scenario, the newest first.
  package init(limit: Double, of earlier: [RunSummary], measured: Double?) {
    let before = earlier.prefix(Self.mostRuns).compactMap { $0.rto?.measuredSeconds }
    let isEnough = before.count >= Recommendations.fewestRuns
    self.init(
      limit: limit, runs: before.count, medianSeconds: isEnough ? Distribution(before)?.median : nil,
      measured: measured)
  }
}
