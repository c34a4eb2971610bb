package import BSON

/// What became of every entry of the oplog: applied, or skipped for a reason.
package struct Ledger: Sendable, Hashable {
  /// Operations applied, by namespace (as at the target) and then by kind: `insert`, `update`, `delete`, `command`.
  package var applied: [String: [String: Int]] = [:]
  /// Operations left out, by reason and then by namespace.
  package var skipped: [SkipReason: [String: Int]] = [:]
  /// Entries read, of whatever kind, up to the target.
  package var entries = 0
  /// Their bytes.
  package var bytes = 0
  /// The first and the last entry up to the target, and the first one after it, where there is one.
  package var first: Timestamp?
  package var last: Timestamp?
  package var next: Timestamp?
  /// Updates that found no document and were explained by a later delete of it.
  package var explainedUpdates = 0
  /// Updates that found no document, in a base that was declared to be partial.
  package var updatesOutsideBase = 0

  package init() {}

  /// Operations applied in all.
  package var appliedCount: Int { applied.values.reduce(0) { $0 + $1.values.reduce(0, +) } }
  /// Operations skipped in all.
  package var skippedCount: Int { skipped.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

  /// The proof of arrival in one sentence: the last entry applied against the target, and what comes after it.
  package func arrival(_ target: ResolvedTarget) -> String {
    let reached = last.map { "the last entry applied is \($0)" } ?? "no entry lies before it"
    let after = next.map { "the first one after it is \($0)" } ?? "the oplog ends there"
    return
      "arrived at the target (\(target.text)): \(reached), \(after); \(entries) \(entries == 1 ? "entry" : "entries") read, "
      + "\(appliedCount) \(appliedCount == 1 ? "operation" : "operations") applied, \(skippedCount) skipped for stated reasons"
  }

  /// The ledger of this replay and of one that went on from its target, as if it had been one.
  package func followed(by later: Ledger) -> Ledger {
    var all = self
    // What was open at the first target was read again, and has its place in the later ledger.
    all.skipped[.unfinished] = nil
    for (namespace, kinds) in later.applied {
      all.applied[namespace, default: [:]].merge(kinds, uniquingKeysWith: +)
    }
    for (reason, namespaces) in later.skipped where reason != .beforeBase {
      all.skipped[reason, default: [:]].merge(namespaces, uniquingKeysWith: +)
    }
    all.entries += later.entries
    all.bytes += later.bytes
    all.first = first ?? later.first
    all.last = later.last ?? last
    all.next = later.next
    all.explainedUpdates += later.explainedUpdates
    all.updatesOutsideBase += later.updatesOutsideBase
    return all
  }

  mutating func apply(_ kind: String, _ namespace: String) {
    applied[namespace, default: [:]][kind, default: 0] += 1
  }

  mutating func skip(_ reason: SkipReason, _ namespace: String, count: Int = 1) {
    if count > 0 { skipped[reason, default: [:]][namespace, default: 0] += count }
  }
}
