package import BSON
package import Platform

/// How to read.
package struct ReadOptions: Sendable {
  /// How many files are read at the same time (a directory); an archive has one reader.
  package var parallelFiles: Int
  /// A batch is handed over when it has this many bytes (one that holds a single larger document has more) …
  package var batchBytes: Int
  /// … or this many documents.
  package var batchDocuments: Int
  /// Memory that all batches alive at one time may take together, in bytes; a reader waits for its share. A
  /// single larger batch is let through when it is alone.
  package var memory: Int

  package init(
    parallelFiles: Int = 2, batchBytes: Int = 1 << 20, batchDocuments: Int = 10_000, memory: Int = 96 << 20
  ) {
    self.parallelFiles = parallelFiles
    self.batchBytes = batchBytes
    self.batchDocuments = batchDocuments
    self.memory = memory
  }
}

/// What to read and where it goes.
package struct ReadRequest: Sendable {
  /// Indexes into `LogicalBackup.collections` of those whose documents are delivered; the others are checked.
  package var wanted: Set<Int>
  package var options: ReadOptions
  /// Whether damage is put into the summary and reading goes on where that makes sense.
  package var collectsDamage: Bool
  /// Takes a batch; see `LogicalBackup.read`.
  package var deliver: @Sendable (DocumentBatch) throws -> Void
  /// Told what has been read since the last call, from any thread.
  package var progress: @Sendable (ReadProgress) -> Void

  package init(
    _ wanted: Set<Int>, options: ReadOptions = .init(), collectsDamage: Bool = false,
    deliver: @escaping @Sendable (DocumentBatch) throws -> Void = { _ in },
    progress: @escaping @Sendable (ReadProgress) -> Void = { _ in }
  ) {
    self.wanted = wanted
    self.options = options
    self.collectsDamage = collectsDamage
    self.deliver = deliver
    self.progress = progress
  }
}

/// An amount that was read.
package struct ReadProgress: Sendable, Hashable {
  package var documents: Int
  /// BSON bytes.
  package var bytes: Int
  /// Bytes of the files themselves (compressed where they are); compare with `BackupOrigin.bytes`.
  package var fileBytes: Int
  /// Whose file it is; nil for an oplog's, and where one file holds all.
  package var collection: Int?

  package init(documents: Int = 0, bytes: Int = 0, fileBytes: Int = 0, collection: Int? = nil) {
    self.collection = collection
    self.documents = documents
    self.bytes = bytes
    self.fileBytes = fileBytes
  }

  package static func += (total: inout ReadProgress, more: ReadProgress) {
    total.documents += more.documents
    total.bytes += more.bytes
    total.fileBytes += more.fileBytes
  }
}

/// What was read of one collection.
package struct CollectionRead: Sendable, Hashable {
  /// Its index in `LogicalBackup.collections`.
  package var collection: Int
  package var documents: Int
  /// BSON bytes.
  package var bytes: Int

  package init(collection: Int, documents: Int = 0, bytes: Int = 0) {
    self.collection = collection
    self.documents = documents
    self.bytes = bytes
  }
}

/// What was read of the dump's own oplog.
package struct OplogRead: Sendable, Hashable {
  package var entries: Int
  /// BSON bytes.
  package var bytes: Int
  /// The `ts` of its first and of its last entry; nil when it is empty or the entry has none.
  package var first: Timestamp?
  package var last: Timestamp?

  package init(entries: Int = 0, bytes: Int = 0, first: Timestamp? = nil, last: Timestamp? = nil) {
    self.entries = entries
    self.bytes = bytes
    self.first = first
    self.last = last
  }
}

/// What a scan found.
package struct ReadSummary: Sendable {
  /// By collection; views have no entry. Where damage was collected, what was read before it.
  package var collections: [CollectionRead]
  package var oplog: OplogRead?
  /// What was wrong, where the request collects it.
  package var damage: [Failure]

  package init(collections: [CollectionRead] = [], oplog: OplogRead? = nil, damage: [Failure] = []) {
    self.collections = collections
    self.oplog = oplog
    self.damage = damage
  }
}
