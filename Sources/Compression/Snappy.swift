internal import Platform

extension CompressionFormat {
  /// Snappy in its framing format.
  static let snappy = CompressionFormat(magic: SnappyReader.start + Array("sNaPpY".utf8)) {
    source throws(Failure) in
    SnappyReader(source, name: "snappy")
  }

  /// S2, which Percona Backup for MongoDB writes unless it is told otherwise.
  static let s2 = CompressionFormat(magic: SnappyReader.start + Array("S2sTwO".utf8)) {
    source throws(Failure) in
    SnappyReader(source, name: "s2")
  }
}

/// Takes Snappy's framing, or that of S2, off a stream: chunks, each with a checksum of what it becomes. Nothing
/// in the format marks the end of a stream, so one that is cut between two chunks can't be told from a whole one.
///
/// Source: Snappy's framing_format.txt and klauspost/compress, s2.
@safe final class SnappyReader: ByteReader {
  /// What a chunk is, by its first byte.
  private enum Kind {
    case compressed, plain, identifier, skipped, unknown

    init(_ byte: UInt8) {
      self =
        switch byte {
        case 0: .compressed
        case 1: .plain
        case 0xFF: .identifier
        // S2's index and padding. The formats reserve more kinds to be skipped, which nothing writes: here one is a
        // flipped bit that would take a chunk of data along.
        case 0x99, 0xFE: .skipped
        default: .unknown
        }
    }
  }

  /// How the chunk with the stream's identifier begins: its kind and its length.
  static let start: [UInt8] = [0xFF, 6, 0, 0]
  /// What a chunk may become; Snappy itself stops at 64 KiB, S2 here.
  private static let largestBlock = 4 << 20

  var file: String { source.file }
  let compression: String?
  var fileBytesRead: UInt64 { source.fileBytesRead }

  private let source: FileReader
  private let name: String
  private var input = UnsafeMutableRawBufferPointer.allocate(byteCount: 80 << 10, alignment: 64)
  private var output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
  /// The bytes of `output` that were not given out yet.
  private var ready = 0..<0
  /// Where the chunk at hand starts in the file, for messages.
  private var chunk: UInt64 = 0

  init(_ source: FileReader, name: String) {
    self.source = source
    self.name = name
    compression = name
  }

  deinit {
    unsafe input.deallocate()
    unsafe output.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    if unsafe buffer.isEmpty { return 0 }
    while ready.isEmpty {
      guard try readChunk() else { return 0 }
    }
    let count = min(ready.count, buffer.count)
    unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: output[ready].prefix(count)))
    ready = ready.lowerBound + count..<ready.upperBound
    return count
  }

  /// Reads the next chunk and what it becomes, if anything; false at the end of the file.
  private func readChunk() throws(Failure) -> Bool {
    chunk = fileBytesRead
    let header = try fillInput(4)
    if header == 0 { return false }
    guard header == 4 else { throw cutShort() }
    let kind = unsafe Kind(input[0])
    let length = unsafe Int(input[1]) | Int(input[2]) << 8 | Int(input[3]) << 16
    if case .unknown = kind {
      throw corrupt("a chunk of a kind that is not known, \(unsafe input[0])")
    }
    if unsafe length > input.count { unsafe grow(&input, to: length) }
    guard try fillInput(length) == length else { throw cutShort() }
    switch kind {
    case .identifier:
      let text = unsafe Array(input.prefix(length))
      guard text == Array("sNaPpY".utf8) || text == Array("S2sTwO".utf8) else {
        throw corrupt("a stream of another format begins")
      }
    case .compressed, .plain: try unpack(length, isCompressed: kind == .compressed)
    case .skipped, .unknown: break
    }
    return true
  }

  /// Makes `output` of the chunk in `input`: four bytes of checksum, then the data.
  private func unpack(_ length: Int, isCompressed: Bool) throws(Failure) {
    guard length >= 4 else { throw corrupt("a chunk without its checksum") }
    let stored = unsafe UInt32(littleEndian: input.loadUnaligned(as: UInt32.self))
    let data = unsafe UnsafeRawBufferPointer(rebasing: input[4..<length])
    let block: SnappyBlock?
    if isCompressed {
      block = unsafe SnappyBlock(data)
      guard block != nil else { throw corrupt("a chunk whose length is malformed") }
    } else {
      block = nil
    }
    let count = block?.length ?? data.count
    guard count <= Self.largestBlock else { throw corrupt("a chunk of \(count) bytes") }
    if unsafe count > output.count { unsafe grow(&output, to: count) }
    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: output[..<count])
    if let block {
      guard unsafe block.decode(into: target) else { throw corrupt("a malformed chunk") }
    } else {
      unsafe target.copyMemory(from: data)
    }
    guard unsafe CRC32C.masked(UnsafeRawBufferPointer(target)) == stored else {
      throw corrupt("the checksum of a chunk is wrong")
    }
    ready = 0..<count
  }

  private func fillInput(_ count: Int) throws(Failure) -> Int {
    try unsafe source.fill(UnsafeMutableRawBufferPointer(rebasing: input[..<count]))
  }

  private func grow(_ buffer: inout UnsafeMutableRawBufferPointer, to count: Int) {
    unsafe buffer.deallocate()
    unsafe buffer = .allocate(byteCount: count, alignment: 64)
  }

  private func cutShort() -> Failure { .cutShort(name, file, compressedOffset: fileBytesRead) }

  private func corrupt(_ cause: String) -> Failure { .corrupt(name, file, compressedOffset: chunk, cause) }
}
