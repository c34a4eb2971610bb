internal import Compression
internal import Platform

/// One file of documents being read from its start to its end.
struct FileReading {
  let file: DocumentFile
  let request: ReadRequest
  let budget: Budget
  let isStopped: @Sendable () -> Bool
  private(set) var documents = 0
  private(set) var bytes = 0
  /// Of an oplog only.
  private(set) var times = OplogTimes()
  private var fileBytes: UInt64 = 0
  /// Of the documents so far, where the backup has one to compare with.
  private var checksum: CRC64?
  private var isComplete = true

  init(
    _ file: DocumentFile, request: ReadRequest, budget: Budget, isStopped: @escaping @Sendable () -> Bool
  ) {
    self.file = file
    self.request = request
    self.budget = budget
    self.isStopped = isStopped
    checksum = file.content == nil ? nil : CRC64()
  }

  /// Reads it all, unless somebody else's failure stops it.
  mutating func run() throws {
    var stream = DocumentStream(try openDecompressed(file.path))
    if let collection = file.collection, request.wanted.contains(collection) {
      try deliver(&stream, as: collection)
    } else {
      try walk(&stream)
    }
    if isComplete { try compare() }
  }

  /// Compares what was read with what the backup says of it.
  private func compare() throws(Failure) {
    if let content = file.content, let checksum,
      bytes != content.bytes || checksum.value != content.checksum
    {
      throw .contentDiffers(file.path, content, bytes: bytes, checksum: checksum.value)
    }
    if let fault = file.span?.fault(of: file.path, first: times.first, last: times.last) { throw fault }
  }

  /// Whether to go on.
  private mutating func goesOn() -> Bool {
    if isStopped() { isComplete = false }
    return isComplete
  }

  /// Checks and counts, in memory that is used again and stays in the processor's cache.
  private mutating func walk(_ stream: inout DocumentStream) throws {
    var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 << 10, alignment: 64)
    defer { unsafe storage.deallocate() }
    while let size = try stream.sizeOfNextRun(storage.count), goesOn() {
      if size > storage.count {
        unsafe storage.deallocate()
        unsafe storage = .allocate(byteCount: size, alignment: 64)
      }
      let run = try unsafe stream.nextRun(storage)
      unsafe checksum?.update(UnsafeRawBufferPointer(rebasing: storage[..<run.used]))
      if file.collection == nil { unsafe times.note(UnsafeRawBufferPointer(rebasing: storage[..<run.used])) }
      try count(run, stream)
    }
  }

  /// Reads into one piece of memory after the other, each of which goes out as a batch.
  private mutating func deliver(_ stream: inout DocumentStream, as collection: Int) throws {
    let options = request.options
    var sequence = 0
    // Of tiny documents, no more than a batch may have is read at a time: what is over would be copied.
    var preferred = max(options.batchBytes, 4096)
    while let size = try stream.sizeOfNextRun(preferred), goesOn() {
      guard budget.acquire(size) else {
        isComplete = false
        return
      }
      let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
      let run: DocumentStream.Run
      do { run = try unsafe stream.nextRun(storage, maxDocuments: options.batchDocuments) } catch {
        unsafe storage.deallocate()
        budget.release(size)
        throw error
      }
      unsafe checksum?.update(UnsafeRawBufferPointer(rebasing: storage[..<run.used]))
      let batch = unsafe DocumentBatch(
        collection: collection, sequence: sequence, count: run.count, offset: run.offset, taking: storage,
        used: run.used, release: { [budget] in budget.release($0) })
      sequence += 1
      if run.count == options.batchDocuments { preferred = min(options.batchBytes, max(run.used, 4096)) }
      try count(run, stream)
      try request.deliver(batch)
    }
  }

  private mutating func count(_ run: DocumentStream.Run, _ stream: DocumentStream) throws {
    documents += run.count
    bytes += run.used
    let position = stream.reader.fileBytesRead
    request.progress(
      ReadProgress(
        documents: run.count, bytes: run.used, fileBytes: Int(position - fileBytes),
        collection: file.collection))
    fileBytes = position
    try Interruption.check()
  }
}
