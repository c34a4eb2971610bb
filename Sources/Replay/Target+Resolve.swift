package import BSON
package import Backups
package import Platform

/// A target as a place in the oplog.
package struct ResolvedTarget: Sendable, Hashable {
  /// As it was asked for.
  package let requested: Target
  /// Entries are applied through this timestamp. It need not be an entry's: a second's last entry is reached through
  /// the highest timestamp that the second can have.
  package let through: Timestamp
  /// The entry that it names or that was found, whether it is applied or the first that is not.
  package let entry: Timestamp?
  /// Seams on the way of which nothing proves that they hold all entries.
  package let unproven: [Seam]
  /// What a person should know besides.
  package let warnings: [String]

  /// Whether every entry from the dump to the target is known to be there.
  package var isProven: Bool { unproven.isEmpty }

  /// The moment that it is, in seconds since 1970: the time that was asked for where it was one, else the last
  /// timestamp's.
  package var moment: Double {
    switch requested {
    case .second(let second), .beforeSecond(let second): Double(second)
    case .latest, .dumpEnd, .through, .before, .beforeFirst: Double(through.seconds)
    }
  }

  /// Which entries are applied: `through 1795258578:300`, `up to 1795258580:1, without it`.
  package var text: String {
    switch requested {
    case .latest, .dumpEnd, .through: "through \(through)"
    case .before, .beforeFirst: "up to \(entry ?? through), without it"
    case .second(let second): "through the last entry of \(WallTime(seconds: Int(second)).text)"
    case .beforeSecond(let second):
      "up to the first entry of \(WallTime(seconds: Int(second)).text), without it"
    }
  }
}

extension Target {
  /// Finds the target in a chain. Throws `Failure` of kind `damagedBackup` when the chain doesn't reach it, and says
  /// what it reaches.
  package func resolve(in chain: OplogChain) throws(Failure) -> ResolvedTarget {
    guard case .beforeFirst(let match) = self else { return try resolve(in: chain.coverage) }
    let search = try OplogSearch(match, chain)
    guard let found = search.found else { throw .nothingMatches(match, chain.coverage, early: search.early) }
    var warnings: [String] = []
    if let early = search.early {
      warnings.append("an entry at \(early), in the dump's window, matches too; it can't be gone back before")
    }
    return try resolve(before: found, warnings, in: chain.coverage)
  }

  /// Finds any target but `before-first:` in a coverage.
  func resolve(in coverage: Coverage) throws(Failure) -> ResolvedTarget {
    switch self {
    case .latest: try resolve(through: coverage.last, entry: coverage.last, in: coverage)
    case .dumpEnd: try resolve(through: coverage.dumpEnd, entry: coverage.dumpEnd, in: coverage)
    case .through(let timestamp): try resolve(through: timestamp, entry: timestamp, in: coverage)
    case .before(let timestamp): try resolve(before: timestamp, in: coverage)
    case .second(let second):
      try resolve(through: Timestamp(seconds: second, increment: .max), entry: nil, in: coverage)
    case .beforeSecond(let second):
      try resolve(through: Timestamp(seconds: second - 1, increment: .max), entry: nil, in: coverage)
    case .beforeFirst:
      throw Failure(.internal, "target-without-oplog", "a match can't be found without an oplog")
    }
  }

  private func resolve(
    before timestamp: Timestamp, _ warnings: [String] = [], in coverage: Coverage
  ) throws(Failure) -> ResolvedTarget {
    try resolve(through: Timestamp(bits: timestamp.bits - 1), entry: timestamp, warnings, in: coverage)
  }

  /// Every entry that there was through `through` has to be in the coverage; whether that is so needs no look at
  /// what kind of target it is.
  private func resolve(
    through: Timestamp, entry: Timestamp?, _ warnings: [String] = [], in coverage: Coverage
  ) throws(Failure) -> ResolvedTarget {
    guard through >= coverage.dumpEnd else { throw .targetBeforeDump(self, coverage) }
    if let gap = coverage.gaps.first, through > gap.before.timestamp {
      throw .targetPastGap(self, isInside: through < gap.after.timestamp, gap, coverage)
    }
    guard through <= coverage.end else { throw .targetPastEnd(self, through, coverage) }
    let unproven = coverage.unproven.filter { through > $0.before.timestamp }
    return ResolvedTarget(
      requested: self, through: through, entry: entry, unproven: unproven,
      warnings: warnings)
  }
}

/// Looks for the first operation that matches, those of transactions at their commit.
struct OplogSearch {
  /// The entry, after the dump's end.
  private(set) var found: Timestamp?
  /// The first one in the dump's window.
  private(set) var early: Timestamp?

  init(_ match: OplogMatch, _ chain: OplogChain) throws(Failure) {
    let coverage = chain.coverage
    let cursor = try chain.cursor(through: coverage.end)
    var transactions = Transactions()
    var count = 0
    while let entry = try cursor.next(), entry.timestamp <= coverage.end {
      if entry.timestamp < coverage.windowStart { continue }
      count += 1
      if count.isMultiple(of: 4096) { try Interruption.check() }
      guard case .apply(let operations) = try transactions.step(entry, at: cursor.place),
        operations.contains(where: match.matches)
      else { continue }
      if entry.timestamp > coverage.dumpEnd {
        found = entry.timestamp
        return
      }
      early = early ?? entry.timestamp
    }
  }
}

extension Coverage {
  /// What can be asked for instead.
  fileprivate var possible: String {
    var text =
      dumpEnd == provenEnd
      ? "The only proven target is \(dumpEnd.withTime)"
      : "Targets from \(dumpEnd.withTime) through \(provenEnd.withTime)"
    if dumpEnd != provenEnd { text += " are proven" }
    if end > provenEnd { text += ", through \(end.withTime) past unproven seams" }
    return text + "."
  }
}

extension Failure {
  static func targetBeforeDump(_ target: Target, _ coverage: Coverage) -> Failure {
    Failure(
      .damagedBackup, "target-before-dump",
      "the target \(target) lies before \(coverage.dumpEnd), the end of the dump, and the dump is not consistent "
        + "earlier",
      hint: "\(coverage.possible) For an earlier one give an older backup.")
  }

  static func targetPastGap(_ target: Target, isInside: Bool, _ gap: Seam, _ coverage: Coverage) -> Failure {
    Failure(
      .damagedBackup, "target-past-gap",
      "the target \(target) lies \(isInside ? "in" : "past") a gap of the oplog: \(gap.description)",
      at: gap.after.place, hint: "A slice is missing. \(coverage.possible)")
  }

  static func targetPastEnd(_ target: Target, _ through: Timestamp, _ coverage: Coverage) -> Failure {
    let isSameSecond = through.seconds == coverage.end.seconds && through.increment == .max
    return Failure(
      .damagedBackup, "target-past-end",
      isSameSecond
        ? "the oplog ends at \(coverage.end), within the second of the target \(target), which may have had more "
          + "entries"
        : "the target \(target) lies past the oplog's end at \(coverage.end)",
      hint: isSameSecond
        ? "A time is proven by an entry of a later second. Give \(coverage.end), or a later slice."
        : "\(coverage.possible) Give later slices.")
  }

  static func nothingMatches(_ match: OplogMatch, _ coverage: Coverage, early: Timestamp?) -> Failure {
    Failure(
      .damagedBackup, "nothing-matches",
      "no entry after the dump's end at \(coverage.dumpEnd) through \(coverage.end) matches \(match)",
      hint: early.map {
        "The one at \($0) lies within the dump's window: for a moment before it give an older backup."
      } ?? "mongodrill find lists what the oplog holds.")
  }
}
