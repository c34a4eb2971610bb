package import Platform

/// Where backups of one series are further apart than they are due.
package struct ScheduleGap: Sendable, Hashable {
  /// The backups on both sides; nil is now.
  package let before: String
  package let after: String?
  package let from: WallTime
  package let to: WallTime

  package var seconds: Double { to.timeInterval(since: from) }
}

extension Inventory {
  /// So much later than due a backup may be, as a share: jobs begin late and take longer at times.
  package static let lateness = 0.5

  /// The gaps in each series of sound backups that should come `every` so many seconds; a series of one backup counts
  /// when it is the only one.
  package func gaps(every seconds: Double) -> [ScheduleGap] {
    var series: [String: [(path: String, time: WallTime)]] = [:]
    for entry in backups where entry.isSound {
      if let time = entry.time { series[entry.series, default: []].append((entry.path, time)) }
    }
    let most = seconds * (1 + Inventory.lateness)
    var gaps: [ScheduleGap] = []
    for (_, all) in series.sorted(by: { $0.key < $1.key }) where all.count > 1 || series.count == 1 {
      for (left, right) in zip(all, all.dropFirst()) where right.time.timeInterval(since: left.time) > most {
        gaps.append(ScheduleGap(before: left.path, after: right.path, from: left.time, to: right.time))
      }
      if let last = all.last, now.timeInterval(since: last.time) > most {
        gaps.append(ScheduleGap(before: last.path, after: nil, from: last.time, to: now))
      }
    }
    return gaps.sorted { ($0.from, $0.before) < ($1.from, $1.before) }
  }
}
