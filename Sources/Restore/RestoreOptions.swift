package import Backups

/// What to restore and how.
package struct RestoreOptions: Sendable {
  /// Namespaces to restore, with `*` for any text; empty for all.
  package var include: [String]
  /// Namespaces to leave out, with `*`; wins over `include`.
  package var exclude: [String]
  /// New names: `shop.orders=shop.orders_2` or `shop.*=test.*`; of several that match, the last counts.
  package var rename: [Rename]
  /// Whether indexes other than `_id_` are built.
  package var buildIndexes: Bool
  /// Whether the backup is declared to hold a part of the documents only: changes of others are counted, not failed.
  package var isPartial: Bool
  /// Whether patterns of `include` and `rename` may match nothing: at one of several targets, that is, but not at all of them.
  package var mayMatchNothing = false
  /// Whether a digest of what goes in is computed, to compare with what the server gives back.
  package var computeDigests = false
  /// Threads that insert; nil: by the machine.
  package var lanes: Int?
  /// Files read at the same time; nil: by the machine.
  package var parallelCollections: Int?
  /// Bytes of a batch; nil: 1 MiB.
  package var batchBytes: Int?
  /// Memory for all of mongodrill, in bytes.
  package var memory: Int
  /// Sees each batch that is read, before it is inserted: of one collection from one thread at a time.
  package var observe: (@Sendable (DocumentBatch) -> Void)?

  package init(
    include: [String] = [], exclude: [String] = [], rename: [Rename] = [], buildIndexes: Bool = true,
    isPartial: Bool = false,
    lanes: Int? = nil, parallelCollections: Int? = nil, batchBytes: Int? = nil, memory: Int = 256 << 20
  ) {
    self.include = include
    self.exclude = exclude
    self.rename = rename
    self.buildIndexes = buildIndexes
    self.isPartial = isPartial
    self.lanes = lanes
    self.parallelCollections = parallelCollections
    self.batchBytes = batchBytes
    self.memory = memory
  }
}

/// A namespace's new name.
package struct Rename: Sendable, Hashable {
  /// The old name, with `*`.
  package var from: String
  /// The new one, with as many `*`.
  package var to: String
  package init(from: String, to: String) {
    self.from = from
    self.to = to
  }
}
