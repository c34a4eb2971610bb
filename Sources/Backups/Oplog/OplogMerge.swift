internal import BSON
internal import Platform

/// Reads slices as one oplog: in order, each entry once. Where slices overlap, each has to hold what the others do.
///
/// Only slices that overlap are open at one time.
final class OplogMerge: OplogCursor {
  /// What is done where something is wrong.
  enum OnDamage { case fail, collect }

  /// A slice that is open, with the entry that it gives next. A class: neither is copied to be looked at.
  private final class Head {
    let slice: Int
    let reader: OplogReader
    var entry: OplogEntry
    var place: Place { reader.place }
    var bits: UInt64 { entry.timestamp.bits }

    init(slice: Int, reader: OplogReader, entry: OplogEntry) {
      self.slice = slice
      self.reader = reader
      self.entry = entry
    }
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
  /// Where the next one begins, as bits; the highest value when none is left.
  private var nextFirst: UInt64 = 0
  /// The entry that was given last: its slice and offset there, its timestamp and term.
  private var last: (slice: Int, offset: UInt64, timestamp: Timestamp, term: Int64)?

  /// Where the entry that was given last lies.
  var place: Place { last.map { Place(slices[$0.slice].file, offset: $0.offset) } ?? Place("") }

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
      if heads.count == 1, heads[0].bits < nextFirst {
        let head = heads[0]
        let (entry, offset) = (head.entry, head.reader.offset)
        try advance(0)
        if try take(entry, of: head.slice, at: offset) { return entry }
        continue
      }
      try openDue()
      if heads.isEmpty {
        if waiting == slices.count { return nil }
      } else if heads.count > 1, let entry = try nextOfSeveral() {
        return entry
      }
    }
  }

  /// Opens the slices that begin at or before the next entry.
  private func openDue() throws(Failure) {
    while waiting < slices.count {
      let first = slices[waiting].first
      nextFirst = first.bits
      if heads.isEmpty {
        if let last, let gap = gaps.first(where: { $0.before.timestamp == last.timestamp }) {
          throw .oplogGap(gap)
        }
      } else {
        if heads.contains(where: { $0.bits < first.bits }) { return }
        meetings.append(Meeting(before: heads[0].slice, after: waiting, bare: nil, terms: (-1, -1)))
      }
      waiting += 1
      try open(waiting - 1)
    }
    nextFirst = .max
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
            bare: (Seam.Edge(last.timestamp, place), Seam.Edge(entry.timestamp, reader.place)),
            terms: (last.term, entry.term)))
      }
    } catch { try report(error) }
  }

  /// The earliest of several entries; those of the same time have to be the same.
  private func nextOfSeveral() throws(Failure) -> OplogEntry? {
    guard let least = heads.map(\.bits).min(), let at = heads.firstIndex(where: { $0.bits == least })
    else { return nil }
    let chosen = heads[at]
    let (entry, offset, place) = (chosen.entry, chosen.reader.offset, chosen.place)
    for index in heads.indices.reversed() {
      let head = heads[index]
      if head.bits > least {
        try report(
          .sliceWithHole(head.reader.file, entry.timestamp, before: head.place, heldBy: place))
        heads.remove(at: index)
      } else if index != at, !head.entry.operation.hasSameBytes(as: entry.operation) {
        try report(.entriesDiffer(entry.timestamp, head.place, place))
        heads.remove(at: index)
      } else {
        try advance(index)
      }
    }
    return try take(entry, of: chosen.slice, at: offset) ? entry : nil
  }

  /// Goes on in an open slice, or closes it at its end.
  private func advance(_ index: Int) throws(Failure) {
    let head = heads[index]
    do throws(Failure) {
      if let entry = try head.reader.next() {
        try facts[head.slice].take(entry, at: head.place)
        head.entry = entry
        return
      }
    } catch { try report(error) }
    heads.remove(at: index)
  }

  /// Looks at the term of an entry that is about to be given; false when it can't be.
  private func take(_ entry: OplogEntry, of slice: Int, at offset: UInt64) throws(Failure) -> Bool {
    if let last, entry.term < last.term, entry.term >= 0 {
      try report(
        .termFalls(
          from: last.term, last.timestamp, to: entry.term, entry.timestamp,
          at: Place(slices[slice].file, offset: offset), behind: slices[last.slice].file))
      heads.removeAll { $0.slice == slice }
      return false
    }
    last = (slice, offset, entry.timestamp, max(entry.term, last?.term ?? -1))
    return true
  }

  private func report(_ failure: Failure) throws(Failure) {
    guard onDamage == .collect, failure.kind == .damagedBackup else { throw failure }
    damage.append(failure)
  }
}

extension Failure {
  /// What is asked for lies past a gap.
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
