package import BSON
package import Backups
package import Platform

/// Which documents of a moment the oplog deletes or changes after it, collection by collection.
///
/// Memory: some 30 bytes for each of them.
package struct ChangedDocuments: Sendable {
  /// What is looked for.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case delete = "d"
    case update = "u"
  }

  /// What became of one collection that the moment knows.
  package struct Collection: Sendable {
    /// Hashes of the `_id`s of documents that were deleted or changed.
    package internal(set) var ids: Set<KeyHash> = []
    /// Whether all of it went: it was dropped or emptied.
    package internal(set) var isGone = false

    /// Whether a document of the moment is among them.
    package func holds(_ document: RawDocument, _ scratch: inout [UInt8]) -> Bool {
      if isGone { return true }
      guard let id = document.field(Array("_id".utf8)) else { return false }
      return ids.contains(id.keyHash(&scratch))
    }
  }

  /// By the name of the documents' collection in the sandbox (of a time series: that of its buckets), those alone of
  /// which something was changed.
  package private(set) var collections: [Namespace: Collection] = [:]
  /// Operations that were taken for a change.
  package private(set) var operations = 0

  /// Reads the oplog once, from the window's start, and looks at what was committed after the moment that `plan`
  /// reached, through `target`. A collection is known by its UUID, as in the replay, so one that is renamed later is
  /// still the same. `wanted` chooses by the name in the sandbox. Throws `Failure`.
  package init(
    since plan: RecoveryPlan, through target: PlannedReplay, of backup: any LogicalBackup, kinds: Set<Kind>,
    wanted: (Namespace) -> Bool
  ) throws(Failure) {
    let replay = plan.replay
    var catalogue = SourceCatalogue(base: backup.collections)
    var found: [SourceCatalogue.ID: Collection] = [:]
    var transactions = Transactions()
    var chosen: Set<SourceCatalogue.ID> = []
    for (id, name) in plan.restore.destinations where wanted(name.bucketsOf ?? name) { chosen.insert(id) }
    var scratch: [UInt8] = []
    var read = 0
    let cursor = try target.cursor()
    while let entry = try cursor.next(), entry.timestamp <= target.target.through {
      if entry.timestamp < replay.from { continue }
      read += 1
      if read.isMultiple(of: 4096) { try Interruption.check() }
      guard case .apply(let operations) = try transactions.step(entry, at: cursor.place) else { continue }
      let isLater = entry.timestamp > replay.through
      for operation in operations where isLater || !replay.skips(operation) {
        switch try catalogue.follow(operation, entry.timestamp, at: cursor.place) {
        case .document(let id) where isLater && chosen.contains(id):
          guard let kind = Kind(operation.kind), kinds.contains(kind) else { continue }
          guard let key = operation.documentID else {
            throw .malformedEntry(
              entry.timestamp, "an operation on a document without its _id", at: cursor.place)
          }
          found[id, default: Collection()].ids.insert(ChangedDocuments.hash(key, &scratch))
          self.operations += 1
        case .emptied(let id) where isLater && chosen.contains(id) && kinds.contains(.delete):
          found[id, default: Collection()].isGone = true
          self.operations += 1
        default: continue
        }
      }
    }
    for id in chosen where kinds.contains(.delete) && !catalogue[id].isAlive {
      found[id, default: Collection()].isGone = true
      self.operations += 1
    }
    for (id, collection) in found {
      if let name = plan.restore.destinations[id] { collections[name] = collection }
    }
  }

  /// As `RawValue` hashes the same `_id` in its document.
  private static func hash(
    _ key: (type: ElementType, bytes: ArraySlice<UInt8>), _ scratch: inout [UInt8]
  ) -> KeyHash {
    var writer = DocumentWriter()
    writer.append(raw: key.bytes, type: key.type, "_id")
    return unsafe writer.finished().withBytes { bytes in
      guard let document = unsafe RawDocument(validated: bytes),
        let id = document.field(Array("_id".utf8))
      else { return KeyHash.null }
      return id.keyHash(&scratch)
    }
  }
}

extension ChangedDocuments.Kind {
  fileprivate init?(_ kind: OplogOperation.Kind) {
    switch kind {
    case .delete: self = .delete
    case .update: self = .update
    default: return nil
    }
  }
}
