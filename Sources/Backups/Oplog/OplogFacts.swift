package import BSON
internal import Platform

/// What reading a slice once tells about it; every entry of it was checked against the one before.
package struct OplogFacts: Sendable, Hashable {
  /// The timestamps of its first and its last entry; nil when it has none.
  package private(set) var first: Timestamp?
  package private(set) var last: Timestamp?
  package private(set) var entries = 0
  /// BSON bytes.
  package private(set) var bytes = 0
  /// The election terms of its first and its last entry; -1 where there is none.
  package private(set) var firstTerm: Int64 = -1
  package private(set) var lastTerm: Int64 = -1
  /// Whether its first entry is the one that a new primary begins its term with.
  package private(set) var opensTerm = false
  /// Entries that change nothing.
  package private(set) var noops = 0
  /// Those of them that a primary writes when nothing else happens.
  package private(set) var periodicNoops = 0
  /// The most seconds between two neighbouring entries of one term.
  package private(set) var longestSilence: UInt32 = 0
  /// How often the increment of an entry does not follow that of its neighbour: it is neither one more in the same
  /// second nor 1 in a new one.
  package private(set) var skips = 0
  /// Increments that no entry has and no transaction accounts for; nil where there are none.
  package private(set) var unused: UnusedIncrements?
  /// The latest entry from before the first one that an entry of the slice continues (`prevOpTime`).
  package private(set) var reachesBackTo: Timestamp?

  init() {}

  /// Takes the next entry in. Throws `Failure` when it can't stand behind the last one.
  mutating func take(_ entry: OplogEntry, at place: @autoclosure () -> Place) throws(Failure) {
    if let last {
      guard entry.timestamp > last else { throw .oplogDisorder(last, entry.timestamp, at: place()) }
      guard entry.term >= lastTerm || entry.term < 0 else {
        throw .termFalls(from: lastTerm, last, to: entry.term, entry.timestamp, at: place())
      }
      if !entry.timestamp.follows(last) { skip(to: entry, from: last, at: place()) }
      if entry.term == lastTerm {
        longestSilence = max(longestSilence, entry.timestamp.seconds - last.seconds)
      }
    } else {
      first = entry.timestamp
      firstTerm = entry.term
    }
    if entry.operation.kind == .noop {
      noops += 1
      let message = entry.operation.object?["msg"]?.string
      if message == "periodic noop" { periodicNoops += 1 }
      if entries == 0, message == "new primary" { opensTerm = true }
    }
    if let previous = entry.previous, previous.bits > 0, let first, previous < first,
      reachesBackTo.map({ $0 < previous }) ?? true
    {
      reachesBackTo = previous
    }
    last = entry.timestamp
    if entry.term >= 0 { lastTerm = entry.term }
    entries += 1
    bytes += entry.operation.bytes.count
  }
}

extension OplogFacts {
  private mutating func skip(to entry: OplogEntry, from last: Timestamp, at place: Place) {
    skips += 1
    let (next, isSame) = (entry.timestamp, entry.timestamp.seconds == last.seconds)
    let skipped =
      isSame ? next.increment &- last.increment &- 1 : next.increment == 0 ? 0 : next.increment - 1
    if skipped == 0 || entry.accountsFor(skipped) { return }
    var sum = unused ?? UnusedIncrements(before: last, after: Seam.Edge(next, place))
    sum.count += Int(skipped)
    sum.places += 1
    unused = sum
  }
}

extension Timestamp {
  /// Whether a server that leaves no increment out could give this timestamp right after `other`.
  ///
  /// Source: `VectorClockMutable::_advanceComponentTimeByTicks` of the server: a second begins at increment 1.
  func follows(_ other: Timestamp) -> Bool {
    seconds == other.seconds ? increment == other.increment + 1 : increment == 1
  }
}

extension Failure {
  static func notAnEntry(_ place: Place) -> Failure {
    Failure(
      .damagedBackup, "not-an-oplog-entry", "a document that is no oplog entry", at: place,
      hint: "The file is damaged, or holds something else besides an oplog.")
  }

  static func oplogDisorder(_ last: Timestamp, _ next: Timestamp, at place: Place) -> Failure {
    Failure(
      .damagedBackup, "oplog-disorder",
      last == next
        ? "two entries of one timestamp, \(next)" : "the entry at \(next) stands behind the one at \(last)",
      at: place, hint: "Slices were joined in a wrong order, or the file is damaged. Take it again.")
  }

  static func termFalls(
    from last: Int64, _ before: Timestamp, to term: Int64, _ after: Timestamp, at place: Place,
    behind file: String? = nil
  ) -> Failure {
    Failure(
      .damagedBackup, "oplog-term-falls",
      "the election term falls from \(last) at \(before)\(file.map { " (\($0))" } ?? "") to \(term) at \(after)",
      at: place,
      hint:
        "The entries are of two replica sets, or of a history that was rolled back. Give the slices of one "
        + "replica set, taken from a majority-committed state.")
  }
}
