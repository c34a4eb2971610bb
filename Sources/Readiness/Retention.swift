internal import BSON
internal import Backups
internal import Platform

/// What may be removed, by how many backups of each kind are to be kept. It only says; nothing removes anything.
package struct Retention: Sendable {
  /// What is to be kept of each series: the newest backup of so many days, weeks and months that have one.
  package struct Policy: Sendable, Hashable {
    package var daily: Int?
    package var weekly: Int?
    package var monthly: Int?
    /// Slices that end longer ago than so many seconds may go; nil keeps all.
    package var slices: Double?

    package init(daily: Int? = nil, weekly: Int? = nil, monthly: Int? = nil, slices: Double? = nil) {
      self.daily = daily
      self.weekly = weekly
      self.monthly = monthly
      self.slices = slices
    }

    /// Whether it says anything of backups, not of slices alone.
    var judgesBackups: Bool { daily != nil || weekly != nil || monthly != nil }
  }

  /// A backup or a slice, and what becomes of it.
  package struct Decision: Sendable {
    package let entry: Inventory.Entry
    /// Why it stays; empty for what may go.
    package internal(set) var reasons: [String] = []

    package var isKept: Bool { !reasons.isEmpty }
  }

  /// In the order of the inventory.
  package private(set) var decisions: [Decision]

  package init(_ inventory: Inventory, _ policy: Policy) {
    decisions = inventory.entries.map { Decision(entry: $0) }
    for index in decisions.indices {
      let entry = decisions[index].entry
      if !entry.isSound {
        keep(index, "\(entry.status.rawValue): for a person to decide")
      } else if entry.time == nil {
        keep(index, "nothing tells its time")
      } else if entry.isSlice {
        keepSlice(index, policy, now: inventory.now)
      } else if !policy.judgesBackups {
        keep(index, "backups were not asked about")
      }
    }
    keepByCalendar(policy)
    keepNewest()
    keepProven()
    keepBasesOfSlices(inventory)
  }

  package var removable: [Decision] { decisions.filter { !$0.isKept } }
  package var bytesRemovable: Int { removable.reduce(0) { $0 + $1.entry.bytes } }

  private mutating func keep(_ index: Int, _ reason: String) {
    if !decisions[index].reasons.contains(reason) { decisions[index].reasons.append(reason) }
  }

  /// Sound backups that the policy judges, the newest first, by series.
  private var series: [[Int]] {
    var series: [String: [Int]] = [:]
    for index in decisions.indices.reversed() {
      let entry = decisions[index].entry
      if !entry.isSlice, entry.isSound, entry.time != nil { series[entry.series, default: []].append(index) }
    }
    return series.sorted { $0.key < $1.key }.map(\.value)
  }

  private mutating func keepSlice(_ index: Int, _ policy: Policy, now: WallTime) {
    guard let limit = policy.slices else { return keep(index, "slices were not asked about") }
    guard let time = decisions[index].entry.time, now.timeInterval(since: time) > limit else {
      return keep(index, "not older than \(TimeSpan.format(limit))")
    }
  }

  private mutating func keepByCalendar(_ policy: Policy) {
    for all in series {
      for (name, count, period) in [
        ("daily", policy.daily, Calendar.day), ("weekly", policy.weekly, Calendar.week),
        ("monthly", policy.monthly, Calendar.month),
      ] {
        var periods: Set<Int> = []
        for index in all {
          guard let time = decisions[index].entry.time, periods.count < count ?? 0 else { break }
          if periods.insert(period(time)).inserted { keep(index, name) }
        }
      }
    }
  }

  private mutating func keepNewest() {
    for all in series { if let newest = all.first { keep(newest, "the newest of its series") } }
  }

  /// Of each series, one of which a drill says that it can be recovered, if there is one.
  private mutating func keepProven() {
    for all in series {
      let proven = all.filter { decisions[$0].entry.lastProven != nil }
      if let newest = proven.first, !proven.contains(where: { decisions[$0].isKept }) {
        keep(newest, "the newest that a drill proved")
      }
    }
  }

  /// A slice is worth nothing without a backup that it leads on from, and without those between the two.
  private mutating func keepBasesOfSlices(_ inventory: Inventory) {
    var places: [String: Int] = [:]
    for index in decisions.indices where decisions[index].entry.isSlice {
      places[decisions[index].entry.found.realPath] = index
    }
    // A part of the data is no base for the rest of it.
    let bases = decisions.indices.filter {
      decisions[$0].entry.coverage != nil && !decisions[$0].entry.found.isPart
    }
    .sorted { left, right in
      guard let one = decisions[left].entry.coverage, let two = decisions[right].entry.coverage else {
        return false
      }
      return (two.dumpEnd, left) < (one.dumpEnd, right)
    }
    let chains = Dictionary(
      uniqueKeysWithValues: bases.map { ($0, decisions[$0].entry.coverage?.slices ?? []) })
    let members = chains.mapValues { Set($0) }
    for chain in inventory.chains {
      for link in chain.links {
        guard let own = places[link.path], decisions[own].isKept else { continue }
        let reaching = bases.filter { members[$0]?.contains(link.path) == true }
        let proven = reaching.filter { base in
          decisions[base].entry.coverage.map { $0.provenEnd >= link.last } ?? false
        }
        // What may lead to it does no good where something else is known to.
        let serving = proven.isEmpty ? reaching : proven
        guard let base = serving.first(where: { decisions[$0].isKept }) ?? serving.first else { continue }
        if !decisions[base].isKept { keep(base, "slices that are kept need it") }
        for path in chains[base] ?? [] {
          if path.utf8.elementsEqual(link.path.utf8) { break }
          if let index = places[path], !decisions[index].isKept {
            keep(index, "leads from a backup to a slice that is kept")
          }
        }
      }
    }
  }
}

/// Which day, week and month a moment lies in, counted from some beginning, in UTC.
private enum Calendar {
  static func day(_ time: WallTime) -> Int { Int((Double(time.seconds) / 86_400).rounded(.down)) }
  /// From Monday to Sunday; 1970 began on a Thursday.
  static func week(_ time: WallTime) -> Int { Int((Double(day(time) + 3) / 7).rounded(.down)) }
  static func month(_ time: WallTime) -> Int {
    let parts = time.text.split(separator: "-")
    return (Int(parts[0]) ?? 0) * 12 + (Int(parts[1]) ?? 0)
  }
}
