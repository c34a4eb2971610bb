package import BSON
package import Platform

/// Increments inside of slices that no entry has and no transaction accounts for.
///
/// A primary counts the entries of a second from 1, and gives each operation of a transaction an increment of its own,
/// which then has no entry; so does a retryable `findAndModify` for the image that it keeps. Writes that failed, other
/// commands and the clock of a sharded cluster leave increments out, too, and an entry that was taken out of a file
/// looks just like that: these are counted, and no proof of anything.
package struct UnusedIncrements: Sendable, Hashable {
  /// How many, and at how many places.
  package internal(set) var count = 0
  package internal(set) var places = 0
  /// The neighbouring entries at the first place.
  package let before: Timestamp
  package let after: Seam.Edge

  /// In one sentence.
  package var sentence: String {
    "\(count) increment\(count == 1 ? "" : "s") of the slices \(count == 1 ? "has" : "have") no entry and "
      + "\(count == 1 ? "belongs" : "belong") to no transaction, the first between \(before) and \(after.timestamp) (\(after.place)): failed writes leave such "
      + "holes, and so would an entry that was taken out"
  }

  /// For machines.
  package var json: JSON {
    .record([
      "count": .integer(Int64(count)), "places": .integer(Int64(places)),
      "before": .string(before.description),
      "after": .string(after.timestamp.description), "file": .string(after.place.file),
      "offset": after.place.offset.map { .integer(Int64($0)) } ?? .null,
    ])
  }

  /// Those of two slices together, the earlier one first.
  func and(_ other: UnusedIncrements?) -> UnusedIncrements {
    var sum = self
    sum.count += other?.count ?? 0
    sum.places += other?.places ?? 0
    return sum
  }
}

extension OplogEntry {
  /// Whether it accounts for increments that were left out before it: those of its transaction's other operations, or
  /// that of an image.
  ///
  /// Source: the server's `TransactionParticipant` and `OpObserverImpl`, which reserve them all at once.
  func accountsFor(_ skipped: UInt32) -> Bool {
    if operation.commandName == "applyOps" { return session != nil || multiOpType == 1 }
    // Written with what it was prepared as, after others.
    if operation.commandName == "commitTransaction" { return true }
    return skipped == 1 && Document(validated: operation.bytes)["needsRetryImage"] != nil
  }
}
