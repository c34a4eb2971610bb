package import BSON
internal import Backups
internal import Platform

/// The slices that lie in one folder, in the order of their entries. What lies between their ends is not read, so it says
/// less than `mongodrill verify`.
package struct SliceChain: Sendable {
  /// A slice and its place among all entries of the inventory.
  package struct Link: Sendable, Hashable {
    package let path: String
    package let first: Timestamp
    package let last: Timestamp
    /// Whether the last entry is known; where not, `last` is where the next slice begins.
    package let isEndKnown: Bool
  }

  /// Where a slice doesn't begin at or before the end of those before it.
  package struct Break: Sendable, Hashable {
    package let before: Timestamp
    package let after: Timestamp
    /// Whether the other slices share an entry with their neighbours, so that this one misses something.
    package let isGap: Bool
  }

  /// The folder, by its real path.
  package let folder: String
  package let links: [Link]
  package let breaks: [Break]
  package let bytes: Int

  /// How many of its seams share an entry, and how many don't.
  private let shared: Int
  private let bare: Int

  /// Whether slices that share no entry have a gap between them, by the habit of the others.
  var overlapsByHabit: Bool { shared > 0 && shared >= bare }

  /// The chains of sound slices, by folder.
  static func all(of entries: [Inventory.Entry]) -> [SliceChain] {
    var groups: [String: [Inventory.Entry]] = [:]
    for entry in entries where entry.isSlice && entry.isSound && entry.found.oplog != nil {
      groups[BackupPlace.chain(ofSlice: entry.found.realPath), default: []].append(entry)
    }
    return groups.sorted { $0.key < $1.key }.map { SliceChain($0.key, $0.value) }
  }

  private init(_ folder: String, _ entries: [Inventory.Entry]) {
    self.folder = folder
    bytes = entries.reduce(0) { $0 + $1.bytes }
    let sorted = entries.compactMap { entry in entry.found.oplog.map { (entry.found.realPath, $0) } }
      .sorted { ($0.1.first, $0.0) < ($1.1.first, $1.0) }
    links = sorted.indices.map { index in
      let (path, interval) = sorted[index]
      let next = index + 1 < sorted.count ? sorted[index + 1].1.first : interval.first
      return Link(
        path: path, first: interval.first, last: interval.last ?? max(next, interval.first),
        isEndKnown: interval.last != nil)
    }
    var shared = 0
    var seams: [(Timestamp, Timestamp)] = []
    var reached = links.first?.last
    for link in links.dropFirst() {
      if let end = reached {
        if link.first <= end {
          shared += 1
        } else if !SliceChain.meet(end, link.first) {
          seams.append((end, link.first))
        }
        reached = max(end, link.last)
      }
    }
    (self.shared, bare) = (shared, seams.count)
    let isHabit = shared > 0 && shared >= seams.count
    breaks = seams.map { Break(before: $0.0, after: $0.1, isGap: isHabit) }
  }

  /// Whether no timestamp lies between the two.
  static func meet(_ end: Timestamp, _ next: Timestamp) -> Bool {
    end.seconds == next.seconds && next.increment == end.increment + 1
  }
}

/// Which moments a backup and the slices that lie nearest to it reach, by the ends of each.
package struct BackupCoverage: Sendable, Hashable {
  /// Why no more is proven.
  package enum Limit: String, Sendable, Hashable {
    case gap = "a gap"
    case unproven = "slices that share no entry"
    case unknownEnd = "a slice whose end wasn't read"
    case otherChain = "slices of another folder"
  }

  /// The earliest target: the last entry of the backup's own oplog.
  package let dumpEnd: Timestamp
  /// Through this entry nothing is missing.
  package private(set) var provenEnd: Timestamp
  /// The latest target; past `provenEnd` nothing shows a gap, and nothing proves that there is none.
  package private(set) var end: Timestamp
  /// Why `provenEnd` is no later.
  package private(set) var limit: Limit?
  /// The real paths of the slices that lead there, in order.
  package private(set) var slices: [String] = []

  /// Nil for a backup without an oplog of which the end is known.
  init?(of backup: BackupListing.Entry, _ chains: [SliceChain]) {
    let start =
      backup.oplog?.last
      ?? (backup.kind == .physicalCopy && backup.time?.source == .oplog
        ? backup.time.flatMap { UInt32(exactly: $0.moment.seconds) }.map {
          Timestamp(seconds: $0, increment: .max)
        }
        : nil)
    guard let start else { return nil }
    dumpEnd = start
    provenEnd = start
    end = start
    let near = BackupCoverage.nearest(to: backup, chains)
    let isAlone = near.count == 1
    var links: [(link: SliceChain.Link, chain: Int)] = []
    for (index, chain) in near.enumerated() { links += chain.links.map { ($0, index) } }
    links.sort { ($0.link.first, $0.link.path) < ($1.link.first, $1.link.path) }
    var from: Int?
    for (link, chain) in links where link.last > end {
      if link.first > end, !SliceChain.meet(end, link.first) {
        let isGap = near[chain].overlapsByHabit
        stop(isGap ? .gap : .unproven)
        if isGap { return }
      } else if from != chain, !(isAlone || link.first == end || SliceChain.meet(end, link.first)) {
        // Entries of another system would fit just as well.
        stop(.otherChain)
      }
      end = link.last
      slices.append(link.path)
      if !link.isEndKnown { stop(.unknownEnd) }
      if limit == nil { provenEnd = end }
      from = chain
    }
  }

  private mutating func stop(_ reason: Limit) { if limit == nil { limit = reason } }

  /// The chains that belong to a backup by where they lie: those with most of the path in common up to a date in it,
  /// and of these, with most names of folders in common. A store's snapshot has its store's.
  private static func nearest(to backup: BackupListing.Entry, _ chains: [SliceChain]) -> [SliceChain] {
    if backup.kind == .snapshot {
      let store = Files.folder(of: backup.realPath)
      return chains.filter { BackupPlace.lies($0.folder, in: Files.join(store, "pbmPitr")) }
    }
    let own = BackupPlace.system(Files.folder(of: backup.realPath))
    let names = Set(backup.realPath.split(separator: "/"))
    func score(_ chain: SliceChain) -> (Int, Int) {
      let other = BackupPlace.system(chain.folder)
      let common = zip(own, other).prefix { $0.utf8.elementsEqual($1.utf8) }.count
      return (common, chain.folder.split(separator: "/").dropFirst(common).count(where: names.contains))
    }
    let scored = chains.filter { !$0.folder.contains("/pbmPitr/") }.map { ($0, score($0)) }
    guard let best = scored.map(\.1).max(by: <) else { return [] }
    return scored.filter { $0.1 == best }.map(\.0)
  }
}
