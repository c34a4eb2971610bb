internal import BSON
internal import Facts
package import Platform

/// How one backup is chosen out of a folder of them, where no target decides.
package enum BackupPick: Sendable, Hashable {
  case latest
  case oldest
  /// Any of them; the same for the same seed and the same backups.
  case random(seed: UInt64)
  /// The newest that holds a collection (a pattern as in `include`), and that is `olderThan` seconds old at least.
  case newest(holding: String?, olderThan: Double?)
}

/// A backup that was chosen out of a folder.
package struct PickedBackup: Sendable {
  package let backup: any LogicalBackup
  package let time: BackupTime
  /// Why it was chosen, in a phrase.
  package let reason: String
  /// The others, each with the reason.
  package let passedOver: [(path: String, reason: String)]
  /// Those that would have been chosen, were they not damaged, in sentences.
  package let doubts: [String]
}

/// A backup of a folder of which all are asked for.
package struct ShelvedBackup: Sendable {
  package let path: String
  /// Nil where nothing tells it, since it can't be used.
  package let time: BackupTime?
  /// Why it can't be used; nil when nothing speaks against it.
  package let objection: String?
}

extension BackupShelf {
  /// All that lie there, the newest first, those that can't be used last. Throws `Failure`: `nothing-to-pick`.
  package func all() throws(Failure) -> [ShelvedBackup] {
    var found: [ShelvedBackup] = []
    for backup in backups {
      try Interruption.check()
      found += backup.form == .pbmSnapshot ? try snapshots(beside: backup) : [try shelved(backup)]
    }
    found += passedOver.map { ShelvedBackup(path: $0.path, time: nil, objection: $0.reason.description) }
    guard !found.isEmpty else { throw .nothingToPick(.latest, path, []) }
    func order(_ backup: ShelvedBackup) -> (Int, WallTime, String) {
      (backup.time == nil ? 0 : 1, backup.time?.moment ?? WallTime(seconds: 0), backup.path)
    }
    return found.sorted { left, right in
      let (left, right) = (order(left), order(right))
      return (right.0, right.1, left.2) < (left.0, left.1, right.2)
    }
  }

  private func shelved(_ backup: any LogicalBackup) throws(Failure) -> ShelvedBackup {
    do throws(Failure) {
      let time = try BackupTime(of: backup, in: path, readingArchives: false)
      return ShelvedBackup(path: backup.path, time: time, objection: nil)
    } catch {
      guard error.kind == .damagedBackup else { throw error }
      return ShelvedBackup(path: backup.path, time: nil, objection: error.description)
    }
  }

  /// All that a store describes, of which the shelf holds the newest.
  private func snapshots(beside backup: any LogicalBackup) throws(Failure) -> [ShelvedBackup] {
    let store = Files.folder(of: backup.path)
    var found: [ShelvedBackup] = []
    for name in try Files.names(in: store) where name.hasSuffix(PBMStore.recordSuffix) {
      let path = Files.join(store, String(name.dropLast(PBMStore.recordSuffix.count)))
      do throws(Failure) { found.append(try shelved(openBackup(path))) } catch {
        guard error.kind == .damagedBackup else { throw error }
        found.append(ShelvedBackup(path: path, time: nil, objection: error.description))
      }
    }
    return found
  }

  /// Chooses one that is not among `taken`. Throws `Failure`: `damagedBackup` when none can be.
  package func choose(
    _ pick: BackupPick, except taken: [String] = [], now: WallTime = .now
  ) throws(Failure) -> PickedBackup {
    var refused = passedOver.map { (path: $0.path, reason: $0.reason.description) }
    var damaged = passedOver
    var dated: [(backup: any LogicalBackup, time: BackupTime)] = []
    for backup in backups {
      if taken.contains(where: { $0.utf8.elementsEqual(backup.path.utf8) }) {
        refused.append((backup.path, "picked already"))
        continue
      }
      try Interruption.check()
      do throws(Failure) { dated.append((backup, try BackupTime(of: backup, in: path))) } catch {
        guard error.kind == .damagedBackup else { throw error }
        refused.append((backup.path, error.description))
        damaged.append((backup.path, error))
      }
    }
    damaged.removeAll { $0.reason.isOnlyUnfit }
    // Of the same moment, the first by name.
    dated.sort { ($1.time.moment, $0.backup.path) < ($0.time.moment, $1.backup.path) }
    var fitting = dated
    if case .newest(let holding, let age) = pick {
      fitting = dated.filter { candidate in
        let reason = BackupShelf.objection(to: candidate.backup, candidate.time, holding, age, now)
        if let reason { refused.append((candidate.backup.path, reason)) }
        return reason == nil
      }
    }
    guard !fitting.isEmpty else { throw .nothingToPick(pick, path, refused) }
    let index: Int
    let reason: String
    let count =
      (fitting.count == 1 ? "the only backup" : "of \(fitting.count) backups")
      + (damaged.isEmpty ? "" : " that can be used")
    switch pick {
    case .latest, .newest:
      index = 0
      reason = fitting.count == 1 ? count : "the newest \(count)"
    case .oldest:
      index = fitting.count - 1
      reason = fitting.count == 1 ? count : "the oldest \(count)"
    case .random(let seed):
      // By name: what was added later should not be what decides.
      let order = fitting.indices.sorted {
        fitting[$0].backup.path.utf8.lexicographicallyPrecedes(fitting[$1].backup.path.utf8)
      }
      index = order[BackupPick.draw(seed, below: order.count)]
      reason = "picked at random \(count), seed \(seed)"
    }
    let words = pick.words.map { " \($0)" } ?? ""
    let others = fitting.indices.filter { $0 != index }.map { other in
      (path: fitting[other].backup.path, reason: "not picked, of \(fitting[other].time.text)")
    }
    let (backup, time) = fitting[index]
    return PickedBackup(
      backup: backup, time: time, reason: "\(reason)\(words), of \(time.text)", passedOver: refused + others,
      doubts: doubts(pick, damaged, chosen: backup.path, of: time.moment, now)
        + (pick.prefersNewer ? backup.doubts : []))
  }

  /// Of those that are damaged, the ones that the pick would have taken before the chosen one, as far as anything tells
  /// when they were taken.
  private func doubts(
    _ pick: BackupPick, _ damaged: [(path: String, reason: Failure)], chosen: String, of time: WallTime,
    _ now: WallTime
  ) -> [String] {
    damaged.compactMap { candidate in
      let span = BackupTime.span(ofDamaged: candidate.path, in: path)
      let word: String
      switch pick {
      case .latest:
        guard span.latest >= time else { return nil }
        word = "a newer"
      case .newest(_, let age):
        guard span.latest >= time, age.map({ now.timeInterval(since: span.earliest) >= $0 }) ?? true else {
          return nil
        }
        word = "a newer"
      case .oldest:
        guard span.earliest <= time else { return nil }
        word = "an older"
      case .random: return nil
      }
      return PickedBackup.doubt(word, candidate.path, candidate.reason.description, chosen: chosen)
    }
  }

  private static func objection(
    to backup: any LogicalBackup, _ time: BackupTime, _ holding: String?, _ age: Double?, _ now: WallTime
  ) -> String? {
    if let holding {
      let pattern = NamespacePattern(holding)
      if !backup.collections.contains(where: { pattern.matches($0.facts.namespace) }) {
        return "doesn't hold \(holding)"
      }
    }
    if let age, now.timeInterval(since: time.moment) < age {
      return "of \(time.text), not older than \(TimeSpan.format(age))"
    }
    return nil
  }
}

extension PickedBackup {
  /// `a newer backup, /backups/b, can't be used: …; /backups/a was drilled instead`.
  package static func doubt(_ word: String, _ path: String, _ reason: String, chosen: String) -> String {
    "\(word) backup, \(path), can't be used: \(reason); \(chosen) was drilled instead"
  }
}

extension Failure {
  /// Whether it says that a backup is of another kind or another moment than is picked, rather than that something is wrong
  /// with it: a physical copy, a dump without the oplog that the target takes, one that ends after the target, a form that
  /// isn't read.
  package var isOnlyUnfit: Bool {
    isOfUnreadForm || ["copy-not-picked", "base-without-oplog"].contains(code) || code.hasPrefix("target-")
  }

  /// Whether it says that a backup is sound, as far as anybody can tell, and of a form that isn't read.
  var isOfUnreadForm: Bool {
    [
      "snapshot-not-logical", "snapshot-sharded", "snapshot-too-old", "snapshot-compression",
      "snapshot-split",
      "copy-engine",
    ].contains(code)
  }
}

extension BackupPick {
  /// A number below `count` by SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
  static func draw(_ seed: UInt64, below count: Int) -> Int {
    var value = seed &+ 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    value ^= value >> 31
    return Int(value.multipliedFullWidth(by: UInt64(count)).high)
  }

  /// Whether a newer one is taken before an older one.
  fileprivate var prefersNewer: Bool {
    switch self {
    case .latest, .newest: true
    case .oldest, .random: false
    }
  }

  /// What it asks of a backup besides its age among the others.
  fileprivate var words: String? {
    guard case .newest(let holding, let age) = self else { return nil }
    let parts = [holding.map { "holding \($0)" }, age.map { "older than \(TimeSpan.format($0))" }]
    return "among those \(parts.compactMap(\.self).joined(separator: " and "))"
  }
}

extension Failure {
  static func nothingToPick(
    _ pick: BackupPick, _ folder: String, _ passedOver: [(path: String, reason: String)]
  ) -> Failure {
    let reasons = passedOver.prefix(5).map { "\($0.path): \($0.reason)" }.joined(separator: "; ")
    return Failure(
      .damagedBackup, "nothing-to-pick", "no backup in this folder can be picked", at: Place(folder),
      hint: passedOver.isEmpty
        ? "The folder holds no backup." : "Passed over: \(reasons)\(passedOver.count > 5 ? "; …" : "").")
  }
}
