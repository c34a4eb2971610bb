internal import BSON
internal import Compression
package import Platform

/// A backup whose collections lie in files of their own: a dump directory, one database's folder, or one file.
package struct DumpFiles: LogicalBackup {
  package let form: BackupForm
  package let path: String
  package internal(set) var collections: [BackedUpCollection] = []
  package internal(set) var origin = BackupOrigin()
  package internal(set) var oplog: BackedUpOplog?
  package internal(set) var notes: [String] = []
  package internal(set) var damage: [Failure] = []

  init(_ form: BackupForm, path: String) {
    self.form = form
    self.path = path
  }

  /// Several threads read one file each, the largest first, so that the last one is a small one.
  package func scan(_ request: ReadRequest) throws -> ReadSummary {
    let files = filesToRead.sorted { $0.size > $1.size }
    if files.isEmpty { return ReadSummary() }
    let state = Monitor(State())
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
    try Threads.concurrently(threads, onFirstError: stop, readFiles)
    var summary = state.withLock { $0.summary }
    summary.collections.sort { $0.collection < $1.collection }
    summary.damage.sort { "\($0.place, default: "")" < "\($1.place, default: "")" }
    return summary
  }

  private struct State: Sendable {
    var next = 0
    var isStopped = false
    var summary = ReadSummary()

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
        summary.oplog = OplogRead(
          entries: reading.documents, bytes: reading.bytes, first: reading.times.first,
          last: reading.times.last)
      }
    }
  }

  private var filesToRead: [DocumentFile] {
    var files: [DocumentFile] = []
    for (index, collection) in collections.enumerated() {
      guard let place = collection.place else { continue }
      files.append(DocumentFile(collection: index, path: place.file, size: collection.fileBytes))
    }
    if let oplog {
      files.append(DocumentFile(collection: nil, path: oplog.place.file, size: oplog.fileBytes))
    }
    return files
  }
}

/// A file of documents.
struct DocumentFile: Sendable {
  /// The collection's index in the backup; nil for the oplog.
  var collection: Int?
  var path: String
  /// In bytes, compressed when it is.
  var size: Int
}
