package import BSON
package import Platform

/// Where one slice of the chain ends and the next one begins.
package struct Seam: Sendable, Hashable {
  /// One side of it.
  package struct Edge: Sendable, Hashable {
    /// The timestamp of the last entry before the seam, or of the first one after it.
    package let timestamp: Timestamp
    /// Where that entry lies.
    package let place: Place

    package init(_ timestamp: Timestamp, _ place: Place) {
      self.timestamp = timestamp
      self.place = place
    }
  }

  /// What is known about what lies between the edges.
  package enum Verdict: Sendable, Hashable {
    /// Nothing does.
    case proven(Proof)
    /// They don't overlap, and nothing shows that an entry is missing.
    case unproven
    /// Something is missing.
    case gap(Evidence)
  }

  /// Why nothing can lie between the edges.
  package enum Proof: String, Sendable, Hashable {
    case shared = "they share an entry"
    case adjacent = "no timestamp lies between them"
  }

  /// What shows that something is missing.
  package enum Evidence: Sendable, Hashable {
    /// Their names say where each ends and begins, and don't meet.
    case names
    /// An entry behind the seam continues one that would lie in it.
    case reference(to: Timestamp)
    /// A term begins without the entry that a new primary begins it with.
    case termWithoutStart(Int64)
    /// The other slices share an entry with their neighbours.
    case otherSeamsShare(Int)
    /// No entry for longer than a primary is ever silent.
    case silence(seconds: UInt32)
    /// The increment doesn't follow, and everywhere else it does.
    case increment(skipped: UInt32)

    package var description: String {
      switch self {
      case .names: "their names don't meet, as those of neighbours in a store do"
      case .reference(let timestamp): "an entry after it continues one at \(timestamp), which is missing"
      case .termWithoutStart(let term): "the entry that begins term \(term) is missing"
      case .otherSeamsShare(let count):
        count == 1
          ? "the other slices share an entry" : "at the \(count) other seams the slices share an entry"
      case .silence(let seconds):
        "\(seconds) s without an entry, where a primary writes one every 10 s when it is idle"
      case .increment(let skipped):
        "\(skipped) increment\(skipped == 1 ? "" : "s") left out, which the slices never do inside"
      }
    }
  }

  package let before: Edge
  package let after: Edge
  package internal(set) var verdict: Verdict
}

/// What is weighed to judge a seam at which two slices share no entry.
struct SeamEvidence {
  var before: Timestamp
  var after: Timestamp
  var termBefore: Int64
  var termAfter: Int64
  /// Whether the first entry after it begins a term.
  var opensTerm: Bool
  /// The latest earlier entry that an entry of the slice after it continues.
  var reachesBackTo: Timestamp?
  /// Whether the name of what comes after it begins later than the name of what comes before it ends.
  var namesPart = false
  /// Whether what comes after it is a slice that was saved for its own sake, not a dump's oplog.
  var isBeforeSlice: Bool
  /// How many seams between two such slices share an entry, and how many don't.
  var sharedSeams: Int
  var bareSeams: Int
  /// Of the inside of all slices: neighbouring entries, and those of which the increments don't follow.
  var steps: Int
  var skips: Int
  var noops: Int
  var periodicNoops: Int
  var longestSilence: UInt32
}

extension Seam.Verdict {
  /// What the two edges and the slices' own habits say. Each rule's reason stands in docs/replay.md.
  init(_ evidence: SeamEvidence) {
    let (before, after) = (evidence.before, evidence.after)
    let skipped =
      after.seconds == before.seconds
      ? after.increment &- before.increment &- 1 : after.increment == 0 ? 0 : after.increment - 1
    let silence = after.seconds - before.seconds
    let isNewTerm = evidence.termAfter > evidence.termBefore
    if after.seconds == before.seconds, skipped == 0 {
      self = .proven(.adjacent)
    } else if evidence.namesPart {
      self = .gap(.names)
    } else if let reference = evidence.reachesBackTo, reference > before {
      self = .gap(.reference(to: reference))
    } else if isNewTerm, evidence.termBefore >= 0, evidence.noops > 0, !evidence.opensTerm {
      self = .gap(.termWithoutStart(evidence.termAfter))
    } else if evidence.isBeforeSlice, evidence.sharedSeams > 0, evidence.sharedSeams >= evidence.bareSeams {
      self = .gap(.otherSeamsShare(evidence.sharedSeams))
    } else if !isNewTerm, evidence.periodicNoops > 0,
      UInt64(silence) > max(60, 3 * UInt64(evidence.longestSilence))
    {
      self = .gap(.silence(seconds: silence))
    } else if !isNewTerm, evidence.steps >= 1000, evidence.skips == 0, skipped > 0 {
      self = .gap(.increment(skipped: skipped))
    } else {
      self = .unproven
    }
  }
}
