package import BSON
internal import Platform

/// Which moments a base and its chain reach, and how well that is known.
package struct Coverage: Sendable, Hashable {
  /// The first entry of the base's own oplog: replaying begins here.
  package let windowStart: Timestamp
  /// Its last entry: the one moment at which the dump is consistent, and so the earliest target.
  package let dumpEnd: Timestamp
  /// No entry is seen to be missing from the window's start through this one: the latest target that is proven, as far
  /// as slices can prove it; see `unused`.
  package private(set) var provenEnd: Timestamp
  /// The latest target, past seams that are unproven; `provenEnd` where there is none.
  package private(set) var end: Timestamp
  /// The last entry of all slices; later than `end` where a gap lies between.
  package let last: Timestamp
  /// Seams from the dump's end on at which the slices share no entry, in order: those that prove to meet, those
  /// that are unproven, and gaps.
  package let seams: [Seam]

  /// Increments inside of the slices that nothing accounts for; nil where there are none.
  package let unused: UnusedIncrements?

  init(
    windowStart: Timestamp, dumpEnd: Timestamp, last: Timestamp, seams: [Seam],
    unused: UnusedIncrements? = nil
  ) {
    self.unused = unused
    self.windowStart = windowStart
    self.dumpEnd = dumpEnd
    self.last = max(last, dumpEnd)
    self.seams = seams.filter { $0.before.timestamp >= dumpEnd }
    end = self.last
    if let gap = self.seams.first(where: \.isGap) { end = gap.before.timestamp }
    provenEnd = end
    if let seam = self.seams.first(where: { !$0.isProven }) { provenEnd = seam.before.timestamp }
  }

  /// Gaps, in order.
  package var gaps: [Seam] { seams.filter(\.isGap) }
  /// Seams before the first gap that are unproven, in order.
  package var unproven: [Seam] { seams.filter { $0.verdict == .unproven && $0.after.timestamp <= end } }
}

extension Seam {
  var isGap: Bool { if case .gap = verdict { true } else { false } }
  var isProven: Bool { if case .proven = verdict { true } else { false } }

  /// `000.bson ends at 17:3, 002.bson begins at 25:1: the other slices share an entry`.
  package var description: String {
    var text =
      "\(before.place.file) ends at \(before.timestamp), \(after.place.file) begins at \(after.timestamp)"
    switch verdict {
    case .proven(let proof): text += ": \(proof.rawValue)"
    case .unproven: text += ": nothing proves that no entry lies between them"
    case .gap(let evidence): text += ": \(evidence.description)"
    }
    return text
  }
}
