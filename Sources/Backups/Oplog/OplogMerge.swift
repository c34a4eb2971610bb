internal import BSON
internal import Platform

/// Reads slices as one oplog: in order, each entry once. Where slices overlap, each has to hold what the others do.
///
/// Only slices that overlap are open at one time.
final class OplogMerge: OplogCursor {
  /// What is done where something is wrong.
  enum OnDamage { case fail, collect }

  /// A slice that is open, with the entry that it gives next.
  private struct Head {
    let slice: Int
    let reader: OplogReader
    var entry: OplogEntry
    var place: Place { reader.place }
  }

  /// A place where a slice begins: after another's end, or with an entry that another holds as well.
  struct Meeting {
    let before: Int
    let after: Int
    /// The edges; nil when they share an entry.
    let bare: (before: Seam.Edge, after: Seam.Edge)?
    let terms: (before: Int64, after: Int64)
  }

  /// By their first entry.
  private let slices: [OplogSlice]
  private let onDamage: OnDamage
  /// Seams across which it doesn't read.
  private let gaps: [Seam]
  private var heads: [Head] = []
  /// The next slice to open.
  private var waiting = 0
  /// The entry that was given last: its slice, timestamp and term.
  private var last: (slice: Int, edge: Seam.Edge, term: Int64)?
  private(set) var place = Place("")

  /// What was learned of each slice, as far as it was read.
  private(set) var facts: [OplogFacts]
  private(set) var meetings: [Meeting] = []
  private(set) var damage: [Failure] = []

  init(_ slices: [OplogSlice], gaps: [Seam] = [], onDamage: OnDamage = .fail) {
    self.slices = slices
    self.gaps = gaps
    self.onDamage = onDamage
    facts = Array(repeating: OplogFacts(), count: slices.count)
  }

  func next() throws(Failure) -> OplogEntry? {
    while true {
      try openDue()
      guard let first = heads.first else {
        if waiting == slices.count { return nil }
        continue
      }
      if heads.count == 1 {
        place = first.place
        try advance(0)
        if let entry = try taken(first.entry, of: first.slice) { return entry }
        continue
      }
      if let entry = try nextOfSeveral() { return entry }
    }
  }

  /// Opens the slices that begin at or before the next entry.
  private func openDue() throws(Failure) {
    while waiting < slices.count {
      let slice = slices[waiting]
      if let least = heads.map(\.entry.timestamp).min() {
        guard slice.first <= least else { return }
        // The one with the furthest end would say more, but none is known in the first reading.
        meetings.append(Meeting(before: heads[0].slice, after: waiting, bare: nil, terms: (-1, -1)))
      } else if let last {
        if let gap = gaps.first(where: { $0.before.timestamp == last.edge.timestamp }) {
          throw .oplogGap(gap)
        }
      }
      try open(waiting)
      waiting += 1
    }
  }

  private func open(_ index: Int) throws(Failure) {
    let isBare = heads.isEmpty
    do throws(Failure) {
      let reader = try OplogReader(slices[index].source)
      guard let entry = try reader.next(), entry.timestamp == slices[index].first else {
        throw .sliceChanged(reader.file)
      }
      try facts[index].take(entry, at: reader.place)
      heads.append(Head(slice: index, reader: reader, entry: entry))
      if isBare, let last {
        meetings.append(
          Meeting(
            before: last.slice, after: index,
            bare: (last.edge, Seam.Edge(entry.timestamp, reader.place)), terms: (last.term, entry.term)))
      }
    } catch { try report(error) }
  }

  /// The earliest of several entries; those of the same time have to be the same.
  private func nextOfSeveral() throws(Failure) -> OplogEntry? {
    guard let least = heads.map(\.entry.timestamp).min(),
      let at = heads.firstIndex(where: { $0.entry.timestamp == least })
    else { return nil }
    let chosen = heads[at]
    place = chosen.place
    for index in heads.indices.reversed() {
      let head = heads[index]
      if head.entry.timestamp > least {
        try report(.sliceWithHole(head.reader.file, least, before: head.place, heldBy: chosen.place))
        heads.remove(at: index)
      } else if index != at, !head.entry.operation.bytes.elementsEqual(chosen.entry.operation.bytes) {
        try report(.entriesDiffer(least, head.place, chosen.place))
        heads.remove(at: index)
      } else {
        try advance(index)
      }
    }
    return try taken(chosen.entry, of: chosen.slice)
  }

  /// Goes on in an open slice, or closes it at its end.
  private func advance(_ index: Int) throws(Failure) {
    let head = heads[index]
    do throws(Failure) {
      if let entry = try head.reader.next() {
        try facts[head.slice].take(entry, at: head.place)
        heads[index].entry = entry
        return
      }
    } catch { try report(error) }
    heads.remove(at: index)
  }

  /// Looks at the term of an entry that is about to be given; nil when it can't be.
  private func taken(_ entry: OplogEntry, of slice: Int) throws(Failure) -> OplogEntry? {
    var term = entry.term
    if let last, term < last.term {
      if term >= 0 {
        let failure = Failure.termFalls(
          from: last.term, last.edge.timestamp, to: term, entry.timestamp, at: place,
          behind: last.edge.place.file)
        try report(failure)
        heads.removeAll { $0.slice == slice }
        return nil
      }
      term = last.term
    }
    last = (slice, Seam.Edge(entry.timestamp, place), term)
    return entry
  }

  private func report(_ failure: Failure) throws(Failure) {
    guard onDamage == .collect, failure.kind == .damagedBackup else { throw failure }
    damage.append(failure)
  }
}

extension Failure {
  /// What is asked for lies behind a gap.
  static func oplogGap(_ seam: Seam) -> Failure {
    Failure(
      .damagedBackup, "oplog-gap",
      "the oplog has a gap between \(seam.before.timestamp) and \(seam.after.timestamp): \(seam.description)",
      at: seam.after.place,
      hint: "A slice is missing; the latest target before the gap is \(seam.before.timestamp).")
  }

  static func sliceChanged(_ file: String) -> Failure {
    Failure(
      .damagedBackup, "slice-changed", "is not what it was when it was read first", at: Place(file),
      hint: "Something writes to the backup; work on a copy that stays as it is.")
  }

  static func sliceWithHole(
    _ file: String, _ missing: Timestamp, before place: Place, heldBy other: Place
  ) -> Failure {
    Failure(
      .damagedBackup, "slice-with-hole",
      "lacks the entry at \(missing), which \(other.file) holds at byte \(other.offset ?? 0)", at: place,
      hint:
        "The slices overlap and have to agree there: one was filtered or damaged, or they are of two replica "
        + "sets.")
  }

  static func entriesDiffer(_ timestamp: Timestamp, _ place: Place, _ other: Place) -> Failure {
    Failure(
      .damagedBackup, "oplog-entries-differ", "the entry at \(timestamp) is not that of \(other)", at: place,
      hint:
        "The slices are of two replica sets, or one holds a history that was rolled back. Give those of one.")
  }
}
