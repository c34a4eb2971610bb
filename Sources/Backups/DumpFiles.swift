internal import BSON
internal import Compression
internal import Facts
package import Platform

/// A backup whose collections lie in files of their own: a dump directory, one database's folder, one file, or a
/// snapshot of Percona Backup for MongoDB.
package struct DumpFiles: LogicalBackup {
  package let form: BackupForm
  package let path: String
  package internal(set) var collections: [BackedUpCollection] = []
  package internal(set) var origin = BackupOrigin()
  package internal(set) var oplog: BackedUpOplog?
  package internal(set) var notes: [String] = []
  package internal(set) var damage: [Failure] = []
  package internal(set) var slices: [BackedUpSlice] = []
  package internal(set) var doubts: [String] = []
  /// What was recorded of the documents of collections, by their index, where it was.
  var contents: [Int: DocumentFile.Content] = [:]

  init(_ form: BackupForm, path: String) {
    self.form = form
    self.path = path
  }

  /// Several threads read one file each, the largest first, so that the last one is a small one.
  package func scan(_ request: ReadRequest) throws -> ReadSummary {
    let files = filesToRead.sorted { $0.size > $1.size }
    let state = Monitor(State(summary: ReadSummary(collections: withoutFile)))
    let budget = Budget(limit: request.options.memory)
    let stop = { @Sendable (_: any Error) in
      state.update { $0.isStopped = true }
      budget.cancel()
    }
    let readFiles = { @Sendable (_: Int) throws in
      while let index = state.withLock({ $0.takeFile(of: files.count) }) {
        var reading = FileReading(
          files[index], request: request, budget: budget, isStopped: { state.withLock { $0.isStopped } })
        do { try reading.run() } catch let failure as Failure where failure.kind == .damagedBackup {
          guard request.collectsDamage else { throw failure }
          state.withLock { $0.summary.damage.append(failure) }
        }
        state.withLock { $0.add(reading) }
      }
    }
    let threads = min(max(1, request.options.parallelFiles), files.count)
    if threads > 0 {
      try Threads.concurrently(threads, onFirstError: stop, readFiles)
    }
    var summary = state.withLock { $0.summary }
    summary.collections.sort { $0.collection < $1.collection }
    summary.damage.sort { "\($0.place, default: "")" < "\($1.place, default: "")" }
    return summary
  }

  private struct State: Sendable {
    var next = 0
    var isStopped = false
    var summary: ReadSummary

    mutating func takeFile(of count: Int) -> Int? {
      guard !isStopped, next < count else { return nil }
      defer { next += 1 }
      return next
    }

    mutating func add(_ reading: FileReading) {
      if let collection = reading.file.collection {
        summary.collections.append(
          CollectionRead(collection: collection, documents: reading.documents, bytes: reading.bytes))
      } else {
        summary.oplog.add(reading)
      }
    }
  }

  private var filesToRead: [DocumentFile] {
    var files: [DocumentFile] = []
    for (index, collection) in collections.enumerated() {
      guard let place = collection.place else { continue }
      files.append(
        DocumentFile(
          collection: index, path: place.file, size: collection.fileBytes, content: contents[index]))
    }
    guard let oplog else { return files }
    if oplog.slices.isEmpty {
      files.append(DocumentFile(collection: nil, path: oplog.place.file, size: oplog.fileBytes))
    }
    return files + oplog.slices.map(DocumentFile.init)
  }

  /// Empty collections for which there is no file, because the format has none for them.
  private var withoutFile: [CollectionRead] {
    collections.indices.filter { collections[$0].place == nil && collections[$0].facts.kind != .view }
      .map { CollectionRead(collection: $0) }
  }
}

/// A file of documents.
struct DocumentFile: Sendable {
  /// The collection's index in the backup; nil for the oplog.
  var collection: Int?
  var path: String
  /// In bytes, compressed when it is.
  var size: Int
  /// What the documents have to come to, where the backup says it.
  var content: Content?
  /// The interval that the entries of an oplog have to fill.
  var span: SliceSpan?

  /// What was recorded of a collection's documents when they were written.
  struct Content: Sendable {
    /// BSON bytes.
    var bytes: Int
    /// Their CRC-64/XZ.
    var checksum: UInt64
    var namespace: Namespace

    init(bytes: Int, checksum: UInt64, of namespace: Namespace) {
      self.bytes = bytes
      self.checksum = checksum
      self.namespace = namespace
    }
  }
}

extension DocumentFile {
  /// A file of oplog entries.
  init(_ slice: BackedUpSlice) {
    self.init(collection: nil, path: slice.path, size: slice.fileBytes, span: slice.span)
  }
}

extension OplogRead? {
  /// Takes in what was read of one of an oplog's files.
  fileprivate mutating func add(_ reading: FileReading) {
    let (first, last) = (reading.times.first, reading.times.last)
    var sum = self ?? OplogRead(entries: 0, bytes: 0, first: first, last: last)
    sum.entries += reading.documents
    sum.bytes += reading.bytes
    sum.first = [sum.first, first].compactMap(\.self).min()
    sum.last = [sum.last, last].compactMap(\.self).max()
    self = sum
  }
}
