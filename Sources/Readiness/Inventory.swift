package import BSON
package import Backups
package import Platform

/// Everything restorable in some folders, and what is known of each.
package struct Inventory: Sendable {
  /// How old a backup is, by the limits of `Ages`.
  package enum Age: String, Sendable, Hashable, CaseIterable {
    case current = "CURRENT"
    case recent = "RECENT"
    case old = "OLD"
  }

  /// The limits between ages, in seconds.
  package struct Ages: Sendable, Hashable {
    /// Up to this old a backup is current; a day.
    package var current = 86_400.0
    /// Up to this old it is recent; a week.
    package var recent = 7 * 86_400.0

    package init() {}
    package init(current: Double, recent: Double) {
      self.current = current
      self.recent = recent
    }
  }

  /// A drill of a backup.
  package struct Drilled: Sendable, Hashable {
    package let runID: String
    package let verdict: String
    package let isSuccess: Bool
    /// When it ended; nil where its clock can't be believed.
    package let time: WallTime?
  }

  /// A backup or a slice; see `BackupListing.Entry`.
  package struct Entry: Sendable {
    package let found: BackupListing.Entry
    /// Nil where nothing tells its time.
    package internal(set) var age: Age?
    /// By how much it is larger than the one before it of its series, as a share of that; nil without one.
    package internal(set) var growth: Double?
    /// Which moments it and the slices reach; nil for slices, and where that doesn't show.
    package internal(set) var coverage: BackupCoverage?
    /// The newest drill of it, and the newest that succeeded.
    package internal(set) var lastDrill: Drilled?
    package internal(set) var lastProven: Drilled?

    /// As it was found below the folder that was given.
    package var path: String { found.path }
    package var kind: BackupListing.Kind { found.kind }
    /// When it was taken; nil where nothing tells it.
    package var time: WallTime? { found.time?.moment }
    package var bytes: Int { found.bytes }
    package var status: BackupListing.Status { found.status }
    /// Why it isn't sound.
    package var failure: Failure? { found.failure }
    package var isSlice: Bool { found.kind == .slice }
    /// Whether nothing speaks against restoring it.
    package var isSound: Bool { found.status == .sound }
    /// Whether somebody has to look at it: damaged, failed or never finished.
    package var isBad: Bool { ![.sound, .unsupported].contains(found.status) }
    /// Backups of one series are of one form and differ in their dates and numbers alone.
    package let series: String

    init(_ found: BackupListing.Entry) {
      self.found = found
      series = "\(found.kind.rawValue) \(BackupPlace.series(found.realPath))"
    }
  }

  /// How full a folder's disk is.
  package struct Storage: Sendable, Hashable {
    package let folder: String
    /// What the folder takes.
    package let used: Int
    /// What is left to this user; nil when it can't be told.
    package let free: Int?
  }

  /// As given.
  package let folders: [String]
  /// The oldest first; those without a time before all.
  package private(set) var entries: [Entry]
  /// Slices in the order of their entries, folder by folder.
  package let chains: [SliceChain]
  /// What was not counted, and why.
  package let passedOver: [(path: String, reason: String)]
  /// One for each folder that lies in no other of them.
  package let storage: [Storage]
  /// When it was made.
  package let now: WallTime

  /// Lists what lies in folders and the folders in them; reads headers only. Of `runs`, read with their details, it takes
  /// who drilled what. Throws `Failure`: `backupNotFound`.
  package init(
    of folders: [String], ages: Ages = Ages(), runs: RunIndex? = nil, now: WallTime = .now
  ) throws(Failure) {
    let listing = try BackupListing(of: folders)
    self.folders = folders
    self.now = now
    passedOver = listing.passedOver
    storage = Inventory.storage(of: folders)
    entries = listing.entries.map(Entry.init).sorted {
      ($0.time ?? .distantPast, $0.path) < ($1.time ?? .distantPast, $1.path)
    }
    chains = SliceChain.all(of: entries)
    var before: [String: Int] = [:]
    for index in entries.indices {
      let entry = entries[index]
      entries[index].age = entry.time.map { time in
        let age = now.timeInterval(since: time)
        return age <= ages.current ? .current : age <= ages.recent ? .recent : .old
      }
      if entry.isSlice || !entry.isSound { continue }
      if let bytes = before.updateValue(entry.bytes, forKey: entry.series), bytes > 0 {
        entries[index].growth = Double(entry.bytes - bytes) / Double(bytes)
      }
      entries[index].coverage = BackupCoverage(of: entry.found, chains)
    }
    if let runs { DrillMatching(runs).mark(&entries) }
  }

  private static func storage(of folders: [String]) -> [Storage] {
    var roots: [(folder: String, real: String)] = []
    for folder in folders {
      guard let real = try? Files.realPath(folder),
        !roots.contains(where: { BackupPlace.lies(real, in: $0.real) })
      else { continue }
      roots.removeAll { BackupPlace.lies($0.real, in: real) }
      roots.append((folder, real))
    }
    return roots.map {
      Storage(folder: $0.folder, used: Files.diskUsage(of: $0.real), free: try? Files.freeSpace(at: $0.real))
    }
  }

  /// The backups, without slices.
  package var backups: [Entry] { entries.filter { !$0.isSlice } }
  /// The names of the collections of data that sound backups hold, sorted.
  package var collections: [String] {
    let all = backups.filter(\.isSound).flatMap { $0.found.namespaces ?? [] }
    return Set(all.filter { $0.isData }.map(\.description)).sorted()
  }
  /// The slices.
  package var slices: [Entry] { entries.filter(\.isSlice) }
  /// Those that somebody has to look at.
  package var bad: [Entry] { entries.filter(\.isBad) }

  /// Backups and slices that hold a collection (a pattern as in `include`); `unknown` are sound backups that don't show
  /// what they hold.
  package func holding(_ pattern: String) -> (found: [Entry], unknown: [Entry]) {
    let matching = NamespaceMatch(pattern)
    let found = backups.filter { $0.found.namespaces?.contains(where: matching.holds) == true }
    return (found, backups.filter { $0.isSound && $0.found.namespaces == nil })
  }

  /// Sound backups from which the slices lead to a moment: they end by `bound`, and an entry at or after `through` is
  /// there. The best first: proven ones, then the newest.
  package func reaching(from bound: Timestamp, through: Timestamp) -> [(entry: Entry, isProven: Bool)] {
    let all = backups.compactMap { entry -> (entry: Entry, isProven: Bool)? in
      guard let coverage = entry.coverage, coverage.dumpEnd <= bound, coverage.end >= through else {
        return nil
      }
      return (entry, coverage.provenEnd >= through)
    }
    return all.sorted { left, right in
      if left.isProven != right.isProven { return left.isProven }
      let (one, two) = (left.entry.coverage?.dumpEnd ?? bound, right.entry.coverage?.dumpEnd ?? bound)
      return one == two ? left.entry.path < right.entry.path : two < one
    }
  }
}
