package import BSON
package import Platform

/// A base's own oplog and the slices that were saved after it, put in order and checked against each other.
package struct OplogChain: Sendable {
  /// By their first entry; the base's own among them.
  package let slices: [OplogSlice]
  /// Which moments can be reached.
  package let coverage: Coverage
  /// What a person should know and that is no failure.
  package let notes: [String]
  /// Of these, the files that may hold entries and were passed over.
  package let passedOver: [String]
  /// Slices without an entry that stand behind all others, in sentences: what should be in them may be lost.
  package let emptyAtEnd: [String]
  /// What is wrong; empty in a chain from `open`. What follows damage in a slice counts as not there.
  package let damage: [Failure]

  /// Finds the slices at the paths that the user named, reads all of them and the base's own oplog once, and
  /// checks them. Throws `Failure`: `damagedBackup` for what is wrong with them or when the base has no oplog.
  package static func open(base: any LogicalBackup, slices paths: [String]) throws(Failure) -> OplogChain {
    try OplogChain(find(base, paths)).undamaged()
  }

  /// The same, with what is wrong put into `damage` as far as the base's own oplog can be read. So is the first entry of
  /// each file that is of a kind which no replay knows: a chain from `open` may have such, because a replay may end before
  /// them or leave them out on purpose.
  package static func inspect(base: any LogicalBackup, slices paths: [String]) throws(Failure) -> OplogChain {
    try OplogChain(find(base, paths), namingUnknown: true)
  }

  private static func find(_ base: any LogicalBackup, _ paths: [String]) throws(Failure) -> OplogFinder {
    var finder = OplogFinder()
    try finder.addBase(base)
    for path in paths { try finder.add(path) }
    return finder
  }

  /// The same behind the end of the oplog that a physical copy holds: `tail`, a file of its entries from before everything
  /// that wasn't committed at `start` on. `start` stands for the dump's end: from there on any moment can be reached.
  package static func open(
    tail: String, from start: Timestamp, slices paths: [String]
  ) throws(Failure) -> OplogChain {
    var finder = OplogFinder()
    try finder.addTail(tail)
    for path in paths { try finder.add(path) }
    return try OplogChain(finder, reachingFrom: start).undamaged()
  }

  private func undamaged() throws(Failure) -> OplogChain {
    guard var failure = damage.first else { return self }
    let more = damage.count - 1
    if more > 0 {
      let advice = "\(more) more \(more == 1 ? "fault" : "faults"): mongodrill verify lists them all."
      failure.hint = failure.hint.map { "\($0) \(advice)" } ?? advice
    }
    throw failure
  }

  private init(
    _ finder: OplogFinder, reachingFrom start: Timestamp? = nil, namingUnknown: Bool = false
  ) throws(Failure) {
    var slices = finder.slices.sorted {
      ($0.first, $0.role == .base ? 0 : 1) < ($1.first, $1.role == .base ? 0 : 1)
        || ($0.first == $1.first && $0.role != .base && $1.role != .base
          && $0.file.utf8.lexicographicallyPrecedes($1.file.utf8))
    }
    let merge = OplogMerge(slices, onDamage: .collect)
    var count = 0
    // What lies before the window is not replayed.
    let begin = slices.first { $0.role == .base }?.first
    var unknown: [String: Failure] = [:]
    while let entry = try merge.next() {
      count += 1
      if count.isMultiple(of: 4096) { try Interruption.check() }
      guard namingUnknown, entry.operation.isUnknown, begin.map({ entry.timestamp >= $0 }) ?? false else {
        continue
      }
      let place = merge.place
      if unknown[place.file] == nil { unknown[place.file] = .unknownOperation(entry.timestamp, at: place) }
    }
    for index in slices.indices { slices[index].facts = merge.facts[index] }
    // Of a file that can't be read to its end, that is said already.
    let unread = Set((finder.damage + merge.damage).compactMap(\.place?.file))
    let cut = slices.filter { !unread.contains($0.file) }.compactMap { slice in
      slice.span?.fault(of: slice.file, first: slice.facts.first, last: slice.facts.last)
    }
    damage =
      finder.damage + merge.damage + cut
      + slices.compactMap { slice in unknown.removeValue(forKey: slice.file) }
    let own = slices.filter { $0.role == .base }.map(\.facts)
    guard let windowStart = own.first?.first, let dumpEnd = own.compactMap(\.last).max() else {
      throw damage.first ?? .baseOplogEmpty("")
    }
    let judge = SeamJudge(slices, merge.meetings)
    coverage = Coverage(
      windowStart: windowStart, dumpEnd: start ?? dumpEnd,
      last: slices.compactMap(\.facts.last).max() ?? dumpEnd,
      seams: merge.meetings.compactMap { judge.seam($0) },
      unused: slices.filter { $0.facts.last.map { $0 > windowStart } ?? false }.compactMap(\.facts.unused)
        .reduce(nil) { sum, next in sum?.and(next) ?? next })
    passedOver = finder.notes
    emptyAtEnd = finder.emptyAtEnd
    let early = slices.count { $0.facts.last.map { $0 < windowStart } ?? false }
    notes =
      finder.notes
      + (early == 0
        ? []
        : [
          "\(early) \(early == 1 ? "slice ends" : "slices end") before the dump began and "
            + "\(early == 1 ? "is" : "are") not replayed"
        ])
    self.slices = slices
  }

  /// Every entry from the start of the dump's window on, once and in order, as often as it is called. Throws
  /// `Failure` at a gap, rather than read across it, unless `through` lies before it: then the gap is the end.
  package func cursor(through: Timestamp? = nil) throws(Failure) -> any OplogCursor {
    let gaps = coverage.gaps
    if let through, let gap = gaps.first, through > gap.before.timestamp { throw .oplogGap(gap) }
    let wanted = slices.filter { slice in
      guard let last = slice.facts.last, last >= coverage.windowStart else { return false }
      return through == nil || gaps.isEmpty || slice.first <= coverage.end
    }
    return OplogMerge(wanted, gaps: gaps)
  }

  /// Whether any of it is more than the base's own oplog.
  package var hasSlices: Bool { slices.contains { $0.role != .base } }
}

extension OplogOperation {
  /// Whether it, or an operation of the transaction that it is, is of a kind which is not known.
  fileprivate var isUnknown: Bool {
    guard kind == .command else { return kind == .unknown }
    guard let command = objectSlice, let list = RawFields(command).first(.applyOps), list.type == .array
    else {
      return false
    }
    return RawFields(list.bytes).contains { field in
      field.type == .document && OplogOperation(validated: field.value)?.kind == .unknown
    }
  }
}

extension Failure {
  /// An entry, or an operation in it, that nothing is known of.
  package static func unknownOperation(_ timestamp: Timestamp, at place: Place) -> Failure {
    Failure(
      .damagedBackup, "unknown-operation", "the oplog entry at \(timestamp) is of a kind that is not known",
      at: place, hint: "It may come from a newer server than this version of mongodrill knows.")
  }
}

/// Judges the seams of a chain by the habits of its slices.
private struct SeamJudge {
  let slices: [OplogSlice]
  private var shared = 0
  private var bare = 0

  init(_ slices: [OplogSlice], _ meetings: [OplogMerge.Meeting]) {
    self.slices = slices
    for meeting in meetings {
      let (before, after) = (slices[meeting.before], slices[meeting.after])
      guard before.role == .slice, after.role == .slice else { continue }
      if meeting.bare != nil {
        bare += 1
      } else if let end = before.facts.last, let next = after.facts.last, before.first < after.first,
        end < next
      {
        // Not a copy of a slice, or one that lies within another.
        shared += 1
      }
    }
  }

  /// The seam where slices share no entry; nil where they do.
  func seam(_ meeting: OplogMerge.Meeting) -> Seam? {
    guard let (before, after) = meeting.bare else { return nil }
    let next = slices[meeting.after]
    let end = slices[meeting.before].span?.end
    let facts = slices.map(\.facts)
    let evidence = SeamEvidence(
      before: before.timestamp, after: after.timestamp, termBefore: meeting.terms.before,
      termAfter: meeting.terms.after, opensTerm: next.facts.opensTerm,
      reachesBackTo: next.facts.reachesBackTo,
      namesPart: end.flatMap { end in next.span.map { end < $0.start } } ?? false,
      isBeforeSlice: next.role == .slice, sharedSeams: shared,
      bareSeams: bare, steps: facts.reduce(0) { $0 + max(0, $1.entries - 1) },
      skips: facts.reduce(0) { $0 + $1.skips }, noops: facts.reduce(0) { $0 + $1.noops },
      periodicNoops: facts.reduce(0) { $0 + $1.periodicNoops },
      longestSilence: facts.map(\.longestSilence).max() ?? 0)
    return Seam(before: before, after: after, verdict: Seam.Verdict(evidence))
  }
}
