package import BSON
package import Backups
package import Platform
internal import Restore

/// What a replay up to one target comes to, learned by reading the oplog once before anything is restored: which
/// collections exist at the target and how they are defined there.
///
/// Because a collection is known by its UUID, one that is dropped before the target need not be restored, and one
/// that is renamed can be restored under its last name: the replay itself changes documents only.
package struct ReplayPlan: Sendable {
  /// The state of all definitions at the target.
  package private(set) var catalogue: SourceCatalogue
  /// Replayed entries are those from here …
  package let from: Timestamp
  /// … through here.
  package let through: Timestamp
  /// Operations that are left out on purpose.
  let skip: [OplogMatch]
  /// Whether the base is declared to hold a part of the documents only.
  let isPartial: Bool
  /// Through here everything is in the base (see `PlannedReplay.settled`).
  let settled: Timestamp
  /// The collections whose documents the entries after `settled` change.
  private(set) var changed: Set<SourceCatalogue.ID> = []
  /// What was inserted into capped collections in the dump's window.
  private(set) var insertedMeanwhile: [SourceCatalogue.ID: RestorePlan.Inserted] = [:]
  /// Entries in that interval, and their bytes: what progress counts to.
  package private(set) var entries = 0
  package private(set) var bytes = 0

  /// Reads the entries of `cursor` from `from` through `through` and follows the definitions of `base`; then on
  /// through `learning`, only to learn the UUIDs that later entries tell of collections which exist at the target.
  /// After `dumpEnd`, when it is given, entries have to agree with what was there before them.
  /// Throws `Failure` when an entry can't be replayed or tells of another that is missing, a transaction is broken, or an
  /// operation is about a collection that neither the base nor the oplog knows and that isn't dropped either.
  package init(
    base: [BackedUpCollection], _ cursor: any OplogCursor, from: Timestamp, through: Timestamp,
    dumpEnd: Timestamp? = nil, learning: Timestamp? = nil, skipping skip: [OplogMatch] = [],
    isPartial: Bool = false, settledThrough settled: Timestamp? = nil
  ) throws(Failure) {
    // What is left out on purpose leaves contradictions behind.
    catalogue = SourceCatalogue(base: base, exactAfter: skip.isEmpty ? dumpEnd : nil)
    self.from = from
    self.through = through
    self.skip = skip
    self.isPartial = isPartial
    self.settled = settled ?? Timestamp(seconds: 0, increment: 0)
    var transactions = Transactions()
    var later: SourceCatalogue?
    while let entry = try cursor.next(), entry.timestamp <= max(through, learning ?? through) {
      if entry.timestamp < from { continue }
      if entries.isMultiple(of: 4096) { try Interruption.check() }
      if entry.timestamp > through {
        if later == nil, catalogue.knowsUUIDs { break }
        if later == nil {
          later = catalogue
          later?.exactAfter = nil
        }
      } else {
        entries += 1
        bytes += entry.operation.bytes.count
      }
      guard case .apply(let operations) = try transactions.step(entry, at: cursor.place),
        entry.timestamp > self.settled
      else { continue }
      for operation in operations {
        if entry.timestamp <= dumpEnd ?? through { count(insert: operation) }
        if skips(operation) { continue }
        if later == nil {
          let effect = try catalogue.follow(operation, entry.timestamp, at: cursor.place)
          if case .document(let id) = effect { changed.insert(id) }
        } else {
          _ = try later?.follow(operation, entry.timestamp, at: cursor.place)
        }
      }
    }
    if let later { catalogue.learn(from: later) }
    if !isPartial, let (uuid, stranger) = catalogue.strangers.min(by: { $0.value.first < $1.value.first }) {
      throw .stranger(stranger.name, uuid, stranger.first)
    }
  }

  /// Takes down what is inserted into a capped collection in the dump's window; also what is left out on purpose: the
  /// source had it.
  private mutating func count(insert operation: OplogOperation) {
    guard operation.kind == .insert,
      let id = operation.uuid.flatMap({ catalogue.byUUID[$0] })
        ?? operation.namespace.flatMap({ catalogue.byName[$0] }),
      catalogue[id].isCapped
    else { return }
    insertedMeanwhile[id, default: .init()].add(bytes: operation.objectSlice?.count ?? 0)
  }

  /// Whether an operation is left out on purpose.
  func skips(_ operation: OplogOperation) -> Bool { skip.contains { $0.matches(operation) } }
}

extension Failure {
  static func stranger(_ name: Namespace, _ uuid: UUIDBytes, _ timestamp: Timestamp) -> Failure {
    Failure(
      .damagedBackup, "unknown-collection",
      "the oplog entry at \(timestamp) changes \(name) (UUID \(uuid)), which the base does not hold and the "
        + "oplog neither creates nor drops",
      hint:
        "The slices are of another replica set, a slice is missing, or the base holds a part of the data only."
    )
  }
}
