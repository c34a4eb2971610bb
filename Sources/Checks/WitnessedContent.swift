package import BSON
internal import Facts
internal import Mongo
internal import Platform
package import Witness

/// What a witness says of the content of the collections that checks are asked of.
package struct WitnessedContent: Sendable {
  /// The witness.
  package var record: WitnessRecord
  /// The batch at whose moment the data stands; nil when at none.
  package var standing: Int?
  /// What came out at the moments of the other batches, which are past.
  package var earlier: [CollectionComparison]
  /// Where the data holds a collection of the source; nil when it wasn't to be restored.
  package var place: @Sendable (Namespace) -> Namespace?

  package init(
    _ record: WitnessRecord, standing: Int?, earlier: [CollectionComparison] = [],
    place: @escaping @Sendable (Namespace) -> Namespace? = { $0 }
  ) {
    self.record = record
    self.standing = standing
    self.earlier = earlier
    self.place = place
  }
}

extension WitnessRecord {
  /// Collections that were made or dropped while it was recorded: whether they were there at a batch's moment isn't
  /// known.
  package var fleeting: Set<Namespace> {
    Set(
      collections.filter {
        $0.way == .none && $0.facts.kind != .view
          && ["created while the source was read", "dropped or renamed while the source was read"]
            .contains($0.reason)
      }.map(\.facts.namespace))
  }
}

extension CheckContext {
  /// What comparing the collection with the witness came to, batch by batch. Throws `Unanswerable` when nothing of it
  /// can be compared, and `NotAsked` when the witness read nothing of it on purpose.
  func witnessed() throws -> (WitnessedCollection, [CollectionComparison]) {
    guard let content = server.witnessed else { throw Unanswerable("there is no witness to compare with") }
    let place = content.place
    guard
      let collection = content.record.collections.first(where: { place($0.facts.namespace) == namespace })
    else { throw Unanswerable("the witness holds no \(namespace)") }
    let source = collection.facts.namespace
    guard !collection.ranges.isEmpty else {
      throw NotAsked(
        "the witness holds no documents of \(source)" + (collection.reason.map { ": \($0)" } ?? ""))
    }
    var comparisons = content.earlier.filter { $0.namespace == source }
    let batches = Set(collection.ranges.map(\.batch))
    if let standing = content.standing, batches.contains(standing) {
      comparisons += try content.record.compare(
        batch: standing, with: server.pool, only: { $0 == source }, renamed: place, limit: common.samples,
        threads: max(1, min(Machine.cores, server.pool.connections / 2)), deadline: deadline)
    }
    guard !comparisons.isEmpty else {
      let moments = batches.sorted().map { "\(content.record.batches[$0].timestamp)" }.joined(separator: ", ")
      throw Unanswerable(
        "the data does not stand at the moment of the witness (\(moments)): replay `to: witness`")
    }
    return (collection, comparisons)
  }
}
