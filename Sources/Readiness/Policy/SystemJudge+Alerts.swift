internal import Platform
internal import Record

/// What a system has to be told of at once.
extension SystemJudge {
  var alerts: [ReadinessAlert] {
    var all: [ReadinessAlert] = []
    func alert(_ severity: ReadinessAlert.Severity, _ rule: String, _ message: String) {
      all.append(ReadinessAlert(severity, rule, system: system.name, message))
    }
    let limit = policy.alerts.noBackup
    if system.fullBackup != nil {
      if let taken = fulls.last?.time {
        if age(taken) > limit {
          alert(
            .critical, "no-backup",
            "no full backup for \(TimeSpan.format(age(taken))), more than \(TimeSpan.format(limit))")
        }
      } else {
        alert(.critical, "no-backup", "there is no full backup that could be used")
      }
    }
    for scenario in scenarios {
      guard let newest = drills(of: scenario).last, !newest.run.isSuccess else { continue }
      let words =
        newest.run.status == .aborted ? "was interrupted" : "ended in \(newest.run.verdict.rawValue)"
      alert(.critical, "drill-failed", "the last drill of \(scenario), \(newest.run.runID), \(words)")
    }
    let counted = drills.filter { age($0.time) <= policy.alerts.interval }
    let good = counted.count(where: \.run.isSuccess)
    if !counted.isEmpty, Double(good) < policy.alerts.successUnder * Double(counted.count) {
      alert(
        .warning, "low-success",
        "\(good) of \(Count.text(counted.count, "drill")) in \(TimeSpan.format(policy.alerts.interval)) succeeded, "
          + "fewer than \(Decimals.format(policy.alerts.successUnder * 100, 0))%")
    }
    for folder in folders + system.oplog {
      if let failure = backups.unreachable[folder] {
        alert(.warning, "place-unreachable", failure.description)
      }
      for backup in backups.places[folder] ?? [] {
        if let fault = backup.fault {
          alert(
            .warning, "backup-unusable", fault.hasPrefix(backup.path) ? fault : "\(backup.path): \(fault)")
        } else if let taken = backup.time, taken > time, taken > WallTime.now {
          alert(.warning, "backup-in-the-future", "\(backup.path): of \(taken.text), which is yet to come")
        }
      }
    }
    if let growth { alert(.info, "backup-grew", growth) }
    return all
  }

  /// The newest of a place against the median of up to ten before it there.
  private var growth: String? {
    for folder in folders {
      let all = sound([folder], whole)
      guard let last = all.last, let bytes = last.bytes else { continue }
      let before = all.dropLast().suffix(10).compactMap { $0.bytes.map(Double.init) }
      guard let median = Distribution(before)?.median, median > 0,
        Double(bytes) > median * (1 + policy.alerts.growthOver)
      else { continue }
      return "\(last.path) has \(ByteSize.format(bytes)), "
        + "\(Decimals.format((Double(bytes) / median - 1) * 100, 0))% more than those before it"
    }
    return nil
  }
}
