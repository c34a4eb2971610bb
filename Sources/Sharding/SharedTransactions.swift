package import BSON

/// What the oplogs of several shards say of the transactions that they have part in.
///
/// Each shard prepares its part, then commits it; the commit's entry has another timestamp on each, but names the one
/// `commitTimestamp` that all agreed on (the server's two-phase commit, transaction_coordinator.cpp).
package struct SharedTransactions: Sendable {
  /// A transaction's own name, the same on each shard.
  package struct ID: Sendable, Hashable {
    let session: [UInt8]
    let number: Int64

    /// The bytes of `lsid`, and `txnNumber`.
    package init(session: some Sequence<UInt8>, number: Int64) {
      self.session = Array(session)
      self.number = number
    }
  }

  /// What one shard knows of a transaction.
  private struct Part: Sendable {
    var prepared: Timestamp
    /// The commit's own timestamp, and that which all shards agreed on.
    var committed: (entry: Timestamp, agreed: Timestamp?)?
    var isAborted = false
  }

  /// One that is not whole at the target.
  package struct Torn: Sendable, Hashable {
    /// The timestamp that all shards agreed on; nil where no entry names it.
    package let agreed: Timestamp?
    /// The shards that have applied it, and those that haven't.
    package let applied: [String]
    package let open: [String]
  }

  private var parts: [ID: [String: Part]] = [:]

  package init() {}

  /// How many transactions were prepared on two shards at least.
  package var count: Int { parts.values.count { $0.count > 1 } }

  /// A shard's entry with `prepare: true`.
  package mutating func prepare(_ id: ID, on shard: String, at timestamp: Timestamp) {
    parts[id, default: [:]][shard] = Part(prepared: timestamp)
  }

  /// A shard's `commitTransaction`.
  package mutating func commit(_ id: ID, on shard: String, at timestamp: Timestamp, agreed: Timestamp?) {
    parts[id]?[shard]?.committed = (timestamp, agreed)
  }

  /// A shard's `abortTransaction`.
  package mutating func abort(_ id: ID, on shard: String) { parts[id]?[shard]?.isAborted = true }

  /// Those that a replay through `target` leaves in pieces: applied on one shard, and not on another that has prepared them.
  /// And those that are applied nowhere, although the shards had agreed on a moment at or before the target.
  package func torn(at target: Timestamp) -> [Torn] {
    var torn: [Torn] = []
    for parts in parts.values {
      let here = parts.filter { $0.value.prepared <= target }
      let agreed = parts.values.compactMap { $0.committed?.agreed }.first
      let applied = here.filter { ($0.value.committed?.entry).map { $0 <= target } ?? false }
      let open = here.filter { applied[$0.key] == nil }
      if open.isEmpty { continue }
      if !applied.isEmpty || agreed.map({ $0 <= target }) ?? false {
        torn.append(Torn(agreed: agreed, applied: applied.keys.sorted(), open: open.keys.sorted()))
      }
    }
    return torn.sorted { ($0.agreed ?? Timestamp(bits: 0)) < ($1.agreed ?? Timestamp(bits: 0)) }
  }
}
