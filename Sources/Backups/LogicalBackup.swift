internal import BSON
package import Facts
package import Platform

/// A backup that is a stream of collections and their documents, whatever its format.
package protocol LogicalBackup: Sendable {
  /// How it lies on disk.
  var form: BackupForm { get }
  /// The path as the user gave it (`-` for standard input).
  var path: String { get }
  /// Everything it holds, in the order in which it is to be created. Known before any document is read.
  var collections: [BackedUpCollection] { get }
  /// Where it was taken and with what, as far as it says.
  var origin: BackupOrigin { get }
  /// The dump's own oplog, when it has one: a name for messages, and its size in bytes where known.
  var oplog: Place? { get }
  /// Things about it that a person should know and that are not failures (a file that is passed over, say).
  var notes: [String] { get }

  /// Reads the documents of the collections at `indexes` (into `collections`) and hands them over in batches.
  ///
  /// Every byte is read and checked, those of collections that were not asked for too: they are walked and
  /// counted but not delivered. `deliver` is called from several threads at the same time, for one collection in
  /// the file's order and from one thread at a time; it may block. Throws `Failure` of kind `damagedBackup` as
  /// soon as damage is seen, and whatever `deliver` throws. Returns what was read, by collection.
  func read(
    _ indexes: Set<Int>, options: ReadOptions, deliver: @escaping @Sendable (DocumentBatch) throws -> Void
  ) throws -> [CollectionRead]
}

/// How a backup lies on disk.
package enum BackupForm: String, Sendable, Hashable {
  case dumpDirectory = "dump directory"
  case databaseDirectory = "database directory"
  case collectionFile = "collection file"
  case archive = "archive"
}

/// One collection of a backup.
package struct BackedUpCollection: Sendable {
  /// What the metadata says; `documents` and `bytes` are nil until it was read. For a time series this is the
  /// logical collection, and its documents are the buckets.
  package var facts: CollectionFacts
  /// The file of its documents, or the archive; nil for views.
  package var place: Place?
  /// Whether its documents have to be inserted in their order (capped collections).
  package var isOrdered: Bool { facts.options["capped"]?.isTrue ?? false }
  /// The size of its file in bytes (compressed when it is), 0 where not known (in an archive).
  package var fileBytes: Int
  /// What mongodrill does with it; see `Treatment`.
  package var treatment: Treatment

  package init(facts: CollectionFacts, place: Place?, fileBytes: Int, treatment: Treatment = .data) {
    self.facts = facts
    self.place = place
    self.fileBytes = fileBytes
    self.treatment = treatment
  }
}

/// What a restore does with a collection of a backup.
package enum Treatment: Sendable, Hashable {
  /// Restored as it is.
  case data
  /// `admin.system.users` and `admin.system.roles`: documents go in, the collection is the server's.
  case usersOrRoles
  /// Read and checked, not restored, for this reason (`admin.system.version`, `config.*`, `local.*`, profiles).
  case notRestored(reason: String)
}

/// Who made the backup, as far as it says.
package struct BackupOrigin: Sendable, Hashable {
  /// The server's version, such as `6.0.5`.
  package var serverVersion: String?
  /// The tool's version, such as `100.18.0`.
  package var toolVersion: String?
  /// Whether it is compressed with gzip.
  package var isCompressed: Bool
  /// Total size of its files in bytes; 0 on standard input.
  package var bytes: Int

  package init(
    serverVersion: String? = nil, toolVersion: String? = nil, isCompressed: Bool = false, bytes: Int = 0
  ) {
    self.serverVersion = serverVersion
    self.toolVersion = toolVersion
    self.isCompressed = isCompressed
    self.bytes = bytes
  }
}

/// How to read.
package struct ReadOptions: Sendable {
  /// How many files are read at the same time (a directory); an archive has one reader.
  package var parallelFiles: Int
  /// A batch is handed over when it has this many bytes (one that holds a single larger document has more) …
  package var batchBytes: Int
  /// … or this many documents.
  package var batchDocuments: Int
  /// Memory that all batches alive at one time may take together, in bytes; a reader waits for its share.
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
