internal import BSON
internal import Compression
internal import Platform

/// Where a run of oplog entries lies.
enum OplogSource: Sendable {
  /// A file of entries, back to back, compressed or not.
  case file(String)
  /// An archive that holds them as this namespace.
  case archive(String, Namespace)
  /// The same of an archive that a command writes.
  case command(ArchiveCommand, Namespace)
  /// Entries that were read out of an archive and are kept, because to reach them again takes reading all of it.
  case kept(file: String, [OplogChunk])

  /// The path, as it was given or found.
  var path: String {
    switch self {
    case .file(let path), .archive(let path, _), .kept(let path, _): path
    case .command(let command, _): command.name
    }
  }

  func open() throws(Failure) -> any OplogChunks {
    switch self {
    case .file(let path): OplogFileChunks(DocumentStream(try openDecompressed(path)))
    case .archive(let path, let namespace):
      try OplogArchiveChunks(ArchiveStream(openDecompressed(path)), namespace)
    case .command(let command, let namespace):
      try OplogArchiveChunks(ArchiveStream(decompressed(command.open())), namespace)
    case .kept(let path, let chunks): OplogKeptChunks(path, chunks)
    }
  }
}

/// Whole entries, back to back, each well-formed BSON.
struct OplogChunk: Sendable {
  var bytes: [UInt8]
  /// Where the first one starts in the (decompressed) file.
  var offset: UInt64
}

/// Gives the documents of an oplog piece by piece.
protocol OplogChunks: AnyObject {
  var file: String { get }
  /// The next documents; nil at the end, which was found to be a document's end.
  func next() throws(Failure) -> OplogChunk?
}

/// Reads the entries of one source, from its start to its end.
final class OplogReader {
  private let chunks: any OplogChunks
  private var chunk = OplogChunk(bytes: [], offset: 0)
  /// Where in the chunk the next entry starts, and where the one that was given last does.
  private var at = 0
  private var last = 0

  init(_ source: OplogSource) throws(Failure) { chunks = try source.open() }

  var file: String { chunks.file }

  /// Where the entry that was given last lies.
  var place: Place { Place(file, offset: offset) }
  /// The same as an offset in the (decompressed) file.
  var offset: UInt64 { chunk.offset + UInt64(last) }

  /// The next entry; nil at the end. Throws `Failure` where the file is damaged or holds something else.
  func next() throws(Failure) -> OplogEntry? {
    while at == chunk.bytes.count {
      guard let next = try chunks.next() else { return nil }
      chunk = next
      (at, last) = (0, 0)
    }
    last = at
    let length = unsafe chunk.bytes.withUnsafeBytes { bytes in
      unsafe Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int32.self)))
    }
    at += length
    guard let entry = OplogEntry(validated: chunk.bytes[last..<at]) else { throw .notAnEntry(place) }
    return entry
  }
}

extension DocumentStream {
  /// The next run in memory of its own, which has `size` bytes at the most.
  mutating func nextChunk(_ size: Int, maxDocuments: Int = .max) throws(Failure) -> OplogChunk {
    var failure: Failure?
    var offset: UInt64 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      do throws(Failure) {
        let room = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size)
        let run = try unsafe nextRun(room, maxDocuments: maxDocuments)
        (offset, filled) = (run.offset, run.used)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return OplogChunk(bytes: bytes, offset: offset)
  }
}

/// Those of a file.
private final class OplogFileChunks: OplogChunks {
  /// Small enough that an entry which is kept (a transaction's) doesn't hold much else in memory.
  private static let size = 256 << 10
  private var stream: DocumentStream

  init(_ stream: DocumentStream) { self.stream = stream }

  var file: String { stream.reader.file }

  func next() throws(Failure) -> OplogChunk? {
    guard let size = try stream.sizeOfNextRun(Self.size) else { return nil }
    return try stream.nextChunk(size)
  }
}

/// Those of one namespace of an archive; what else it holds is passed over, its blocks' shape checked.
private final class OplogArchiveChunks: OplogChunks {
  private let stream: ArchiveStream
  private let namespace: Namespace
  private var checksum = CRC64()
  private var isInBlock = false
  /// Where the namespace's last block starts.
  private var lastBlock: Place?
  private var isClosed = false

  init(_ stream: ArchiveStream, _ namespace: Namespace) throws(Failure) {
    self.stream = stream
    self.namespace = namespace
    _ = try ArchivePrelude(stream)
  }

  var file: String { stream.reader.file }

  func next() throws(Failure) -> OplogChunk? {
    while true {
      if isInBlock {
        if let run = try stream.takeRun(maxBytes: 256 << 10, maxDocuments: .max) {
          unsafe checksum.update(run.bytes)
          return unsafe OplogChunk(bytes: Array(run.bytes), offset: run.offset)
        }
        isInBlock = false
      }
      let place = stream.place
      if try stream.isAtEnd() {
        guard isClosed else { throw .archiveUnfinished(place, namespace, lastBlock: lastBlock) }
        return nil
      }
      guard let document = try stream.takeDocument() else { throw .archiveTwoTerminators(place) }
      let header = try ArchiveHeader(document, at: place)
      if header.isEnd {
        guard try stream.takeTerminator() else { throw .archiveDataAfterEnd(stream.place, header.namespace) }
        if header.namespace == namespace {
          isClosed = true
          guard header.checksum == checksum.value else {
            throw .archiveChecksum(place, namespace, stored: header.checksum, found: checksum.value)
          }
        }
      } else if header.namespace == namespace {
        if isClosed { throw .archiveReopened(place, namespace) }
        isInBlock = true
        lastBlock = place
      } else {
        while try stream.takeRun(maxBytes: .max, maxDocuments: .max) != nil {}
      }
    }
  }
}

/// Those that were kept.
private final class OplogKeptChunks: OplogChunks {
  let file: String
  private var chunks: ArraySlice<OplogChunk>

  init(_ file: String, _ chunks: [OplogChunk]) {
    self.file = file
    self.chunks = chunks[...]
  }

  func next() -> OplogChunk? { chunks.popFirst() }
}
