internal import BSON
internal import Compression
internal import Facts
internal import Platform

/// An archive being read from its prelude to its end, by one thread.
struct ArchiveReading {
  /// How far one namespace has come.
  private struct Progress {
    var checksum = CRC64()
    var documents = 0
    var bytes = 0
    var batches = 0
    /// Where its last block starts, for messages.
    var lastBlock: Place?
    var isClosed = false
  }

  let archive: Archive
  let stream: ArchiveStream
  let request: ReadRequest
  var summary = ReadSummary()
  private let budget: Budget
  private var namespaces: [Int?: Progress] = [:]
  private var oplogTimes = OplogTimes()
  private var fileBytes: UInt64 = 0

  init(_ archive: Archive, _ stream: ArchiveStream, _ request: ReadRequest) {
    self.archive = archive
    self.stream = stream
    self.request = request
    budget = Budget(limit: request.options.memory)
  }

  /// Reads all blocks; what was read stands in `summary`, also after a failure.
  mutating func run() throws {
    defer { summarize() }
    while try !isAtEnd() { try readBlock() }
    var isComplete = true
    for (namespace, index) in archive.namespaces.sorted(by: { $0.key < $1.key }) {
      // A time series has two names here; its own stands for both.
      if let index, archive.collections[index].facts.namespace != namespace { continue }
      if let progress = namespaces[index], progress.isClosed { continue }
      isComplete = false
      try report(.archiveUnfinished(stream.place, namespace, lastBlock: namespaces[index]?.lastBlock))
    }
    if isComplete { try Interruption.check() }
  }

  /// What follows the last namespace's end is neither a block nor the archive's.
  private func isAtEnd() throws(Failure) -> Bool {
    do throws(Failure) { return try stream.isAtEnd() } catch {
      guard error.kind == .damagedBackup, namespaces.count == Set(archive.namespaces.values).count,
        namespaces.values.allSatisfy(\.isClosed)
      else { throw error }
      throw .archiveTrailingGarbage(stream.place)
    }
  }

  private mutating func readBlock() throws {
    let place = stream.place
    guard let document = try stream.takeDocument() else { throw Failure.archiveTwoTerminators(place) }
    let header = try ArchiveHeader(document, at: place)
    guard let index = archive.namespaces[header.namespace] else {
      throw Failure.archiveUnknownNamespace(place, header.namespace)
    }
    var progress = namespaces[index] ?? Progress()
    defer { namespaces[index] = progress }
    if progress.isClosed { throw Failure.archiveReopened(place, header.namespace) }
    progress.lastBlock = place
    if header.isEnd {
      progress.isClosed = true
      guard try stream.takeTerminator() else {
        throw try stream.isAtEnd()
          ? Failure.archiveCutShort(stream.place) : .archiveDataAfterEnd(stream.place, header.namespace)
      }
      if header.checksum != progress.checksum.value {
        try report(
          .archiveChecksum(place, header.namespace, stored: header.checksum, found: progress.checksum.value))
      }
      return
    }
    try readDocuments(of: index, &progress)
  }

  private mutating func readDocuments(of index: Int?, _ progress: inout Progress) throws {
    let isWanted = index.map(request.wanted.contains) ?? false
    let isView = index.map { archive.collections[$0].facts.kind == .view } ?? false
    let options = request.options
    while let run = try stream.takeRun(
      maxBytes: isWanted ? options.batchBytes : .max, maxDocuments: isWanted ? options.batchDocuments : .max)
    {
      if isView, let index {
        throw Failure.viewWithDocuments(archive.path, archive.collections[index].facts.namespace)
      }
      unsafe progress.checksum.update(run.bytes)
      progress.documents += run.count
      unsafe progress.bytes += run.bytes.count
      if index == nil { unsafe oplogTimes.note(run.bytes) }
      let position = stream.reader.fileBytesRead
      request.progress(
        ReadProgress(
          documents: run.count, bytes: unsafe run.bytes.count, fileBytes: Int(position - fileBytes)))
      fileBytes = position
      if let index, isWanted {
        try deliver(run, of: index, sequence: progress.batches)
        progress.batches += 1
      }
      try Interruption.check()
    }
  }

  private func deliver(_ run: ArchiveStream.Run, of index: Int, sequence: Int) throws {
    let size = unsafe run.bytes.count
    guard budget.acquire(size) else { return }
    let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    unsafe storage.copyMemory(from: run.bytes)
    try request.deliver(
      unsafe DocumentBatch(
        collection: index, sequence: sequence, count: run.count, offset: run.offset, taking: storage,
        used: size,
        release: { [budget] in budget.release($0) }))
  }

  /// Damage that doesn't keep the rest from being read.
  private mutating func report(_ failure: Failure) throws(Failure) {
    guard request.collectsDamage else { throw failure }
    summary.damage.append(failure)
  }

  private mutating func summarize() {
    for (index, collection) in archive.collections.enumerated() where collection.place != nil {
      let progress = namespaces[index] ?? Progress()
      summary.collections.append(
        CollectionRead(collection: index, documents: progress.documents, bytes: progress.bytes))
    }
    if archive.oplog != nil {
      let progress = namespaces[nil] ?? Progress()
      summary.oplog = OplogRead(
        entries: progress.documents, bytes: progress.bytes, first: oplogTimes.first, last: oplogTimes.last)
    }
  }
}
