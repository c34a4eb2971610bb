internal import BSON
internal import Compression
internal import Platform

/// Cuts an archive's stream into documents and terminators, and knows at which byte it is.
@safe final class ArchiveStream: @unchecked Sendable {
  // Sendable: one thread at a time has it; the archive hands it from the one that opened it to the one that reads.

  /// Documents, back to back and each checked; valid until the stream moves on.
  @safe struct Run {
    var bytes: UnsafeRawBufferPointer
    var count: Int
    /// Where the first one starts in the stream.
    var offset: UInt64
  }

  /// What follows in the stream.
  private enum Next {
    case document(length: Int)
    case terminator
    case end
  }

  let reader: any ByteReader
  /// Where the next item starts in the (decompressed) stream.
  private(set) var offset: UInt64 = 0
  private var buffer: UnsafeMutableRawBufferPointer
  /// The bytes of `buffer` that were read and not used yet.
  private var unread = 0..<0

  init(_ reader: any ByteReader) {
    self.reader = reader
    unsafe buffer = .allocate(byteCount: 2 << 20, alignment: 64)
  }

  deinit { unsafe buffer.deallocate() }

  /// Where it is, for messages.
  var place: Place { Place(reader.file, offset: offset) }

  /// Takes four bytes, fewer at the end.
  func takeMagic() throws(Failure) -> [UInt8] {
    try need(4)
    let bytes = unsafe Array(buffer[unread].prefix(4))
    advance(bytes.count)
    return bytes
  }

  /// The next document, alone; nil for a terminator or the end of the stream.
  func takeDocument() throws(Failure) -> Document? {
    guard case .document(let length) = try next() else { return nil }
    let document: Document
    do throws(MalformedBSON) {
      document = try unsafe Document(copying: UnsafeRawBufferPointer(rebasing: buffer[unread].prefix(length)))
    } catch { throw .malformed(reader.file, document: offset, error) }
    advance(length)
    return document
  }

  /// Takes a terminator; false when something else follows.
  func takeTerminator() throws(Failure) -> Bool {
    guard case .terminator = try next() else { return false }
    advance(4)
    return true
  }

  /// Whether the stream ends here.
  func isAtEnd() throws(Failure) -> Bool {
    if case .end = try next() { true } else { false }
  }

  /// The documents up to a terminator, or as many as `maxBytes` and `maxDocuments` allow and are at hand; one at
  /// least, however large. Nil when a terminator follows, which is taken.
  func takeRun(maxBytes: Int, maxDocuments: Int) throws(Failure) -> Run? {
    // Small pieces are not worth their overhead: reads on when little is at hand.
    if unsafe unread.count < min(maxBytes, buffer.count / 2) { try refill() }
    guard case .document(let first) = try next() else {
      if try takeTerminator() { return nil }
      throw .archiveCutShort(place)
    }
    let start = unread.lowerBound
    var used = 0
    var count = 0
    repeat {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[start + used..<unread.upperBound])
      guard rest.count >= 4, count < maxDocuments else { break }
      let length = Int(unsafe Int32(littleEndian: rest.loadUnaligned(as: Int32.self)))
      if length == -1 || length > rest.count && length <= BSONLimits.internalDocument { break }
      if count > 0, used + length > maxBytes { break }
      do { _ = try unsafe validateBSON(rest) } catch {
        throw .malformed(reader.file, document: offset + UInt64(used), error)
      }
      used += length
      count += 1
    } while true
    assert(used >= first)
    let run = unsafe Run(
      bytes: UnsafeRawBufferPointer(rebasing: buffer[start..<start + used]), count: count, offset: offset)
    advance(used)
    return run
  }

  /// Looks at what follows, and sees to it that all of it is in the buffer.
  private func next() throws(Failure) -> Next {
    try need(4)
    if unread.isEmpty { return .end }
    guard unread.count >= 4 else { throw .archiveCutShort(place) }
    let word = unsafe buffer.loadUnaligned(fromByteOffset: unread.lowerBound, as: Int32.self)
    let length = Int(Int32(littleEndian: word))
    if length == -1 { return .terminator }
    guard length >= 5, length <= BSONLimits.internalDocument else { throw .archiveGarbage(place, length) }
    try need(length)
    guard unread.count >= length else { throw .archiveCutShort(place) }
    return .document(length: length)
  }

  private func advance(_ count: Int) {
    unread = unread.lowerBound + count..<unread.upperBound
    offset += UInt64(count)
  }

  /// Reads until `count` bytes are at hand, or the stream ends.
  private func need(_ count: Int) throws(Failure) {
    if unread.count >= count { return }
    if unsafe count > buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
      unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[unread]))
      unsafe buffer.deallocate()
      unsafe buffer = larger
      unread = 0..<unread.count
    }
    while unread.count < count, try refill() {}
  }

  /// Moves what is unread to the buffer's start and reads behind it; false at the stream's end.
  @discardableResult private func refill() throws(Failure) -> Bool {
    unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[unread]))
    unread = 0..<unread.count
    let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[unread.count...])
    let added = try unsafe reader.read(into: room)
    unread = 0..<unread.count + added
    return added > 0
  }
}
