internal import BSON
package import Facts
package import Platform

/// A backup that is a stream of collections and their documents, whatever its format.
package protocol LogicalBackup: Sendable {
  /// How it lies on disk.
  var form: BackupForm { get }
  /// The path as the user gave it (`-` for standard input); that of the snapshot, where a store was given.
  var path: String { get }
  /// Everything it holds, in the order in which it is to be created. Known before any document is read.
  var collections: [BackedUpCollection] { get }
  /// Where it was taken and with what, as far as it says.
  var origin: BackupOrigin { get }
  /// The dump's own oplog, when it has one.
  var oplog: BackedUpOplog? { get }
  /// Oplog slices that lie with it, in their order; those of a store that reach beyond the snapshot.
  var slices: [BackedUpSlice] { get }
  /// Things about it that a person should know and that are not failures (a file that is passed over, say).
  var notes: [String] { get }
  /// Newer ones of its store that would have been taken in its place, were they not damaged, in sentences.
  var doubts: [String] { get }
  /// What showed to be wrong when it was opened; empty in a backup from `openBackup`.
  var damage: [Failure] { get }

  /// Reads everything once and checks it, and hands over what was asked for.
  ///
  /// Throws what `deliver` throws, and a `Failure` of kind `damagedBackup` as soon as damage is seen, unless the
  /// request collects it.
  func scan(_ request: ReadRequest) throws -> ReadSummary
}

extension LogicalBackup {
  package var slices: [BackedUpSlice] { [] }
  package var doubts: [String] { [] }

  /// Reads the documents of the collections at `indexes` (into `collections`) and hands them over in batches.
  ///
  /// Every byte is read and checked, those of collections that were not asked for too: they are walked and
  /// counted but not delivered. `deliver` is called from several threads at the same time, for one collection in
  /// the file's order and from one thread at a time; it may block. Throws `Failure` of kind `damagedBackup` as
  /// soon as damage is seen, and whatever `deliver` throws. Returns what was read, by collection; views have no
  /// entry.
  package func read(
    _ indexes: Set<Int>, options: ReadOptions, deliver: @escaping @Sendable (DocumentBatch) throws -> Void
  ) throws -> [CollectionRead] {
    try scan(ReadRequest(indexes, options: options, deliver: deliver)).collections
  }
}

/// How a backup lies on disk.
package enum BackupForm: String, Sendable, Hashable {
  case dumpDirectory = "dump directory"
  case databaseDirectory = "database directory"
  case collectionFile = "collection file"
  case archive = "archive"
  case pbmSnapshot = "snapshot of Percona Backup for MongoDB"
  case physicalCopy = "physical copy"
}

/// One collection of a backup.
package struct BackedUpCollection: Sendable {
  /// What the metadata says; `documents` and `bytes` are nil until it was read. For a time series this is the
  /// logical collection, and its documents are the buckets.
  package var facts: CollectionFacts
  /// The file of its documents, or the archive; nil for views, and for what is empty in a format that has no files
  /// for that.
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

/// The oplog that a dump or a snapshot took along.
package struct BackedUpOplog: Sendable, Hashable {
  /// Its file (the first one, where there are several), or the archive.
  package var place: Place
  /// The size of its file in bytes (compressed when it is), 0 where not known (in an archive).
  package var fileBytes: Int
  /// Its files in their order, where something says which interval each holds; empty for a dump's.
  package var slices: [BackedUpSlice]

  package init(place: Place, fileBytes: Int, slices: [BackedUpSlice] = []) {
    self.place = place
    self.fileBytes = fileBytes
    self.slices = slices
  }

  /// All files that it consists of, in order.
  package var files: [String] { slices.isEmpty ? [place.file] : slices.map(\.path) }
}

/// Who made the backup, as far as it says.
package struct BackupOrigin: Sendable, Hashable {
  /// The server's version, such as `6.0.5`.
  package var serverVersion: String?
  /// The tool's version, such as `100.18.0`.
  package var toolVersion: String?
  /// Whether any of it is compressed.
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
