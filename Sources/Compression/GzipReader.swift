internal import CZlib
internal import Platform

extension CompressionFormat {
  /// RFC 1952.
  static let gzip = CompressionFormat(magic: [0x1F, 0x8B]) { source throws(Failure) in
    try GzipReader(source)
  }
}

/// Takes gzip off a stream of one or more members; zlib compares each member's CRC-32 and length.
@safe final class GzipReader: ByteReader {
  private enum State { case betweenMembers, inMember, ended }

  var file: String { source.file }
  let compression: String? = "gzip"
  var fileBytesRead: UInt64 { unsafe source.fileBytesRead - UInt64(stream.pointee.avail_in) }

  private let source: FileReader
  /// zlib keeps a pointer to it: it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input: UnsafeMutableRawBufferPointer
  private var state = State.betweenMembers
  private var members = 0

  init(_ source: FileReader) throws(Failure) {
    self.source = source
    unsafe input = .allocate(byteCount: 256 << 10, alignment: 64)
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe mongodrill_inflate_init_gzip(stream) == Z_OK else {
      throw Failure(.internal, "zlib", "zlib could not be set up", at: Place(source.file))
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
    unsafe input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    guard unsafe !buffer.isEmpty, state != .ended else { return 0 }
    unsafe stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let room = min(buffer.count, 1 << 30)
    unsafe stream.pointee.avail_out = UInt32(room)
    while unsafe Int(stream.pointee.avail_out) == room {
      if unsafe stream.pointee.avail_in == 0 { try refill() }
      if unsafe stream.pointee.avail_in == 0 {
        guard state == .betweenMembers, members > 0 else {
          throw .cutShort("gzip", file, compressedOffset: fileBytesRead)
        }
        state = .ended
        return 0
      }
      if state == .betweenMembers { try beginMember() }
      switch unsafe inflate(stream, Z_NO_FLUSH) {
      case Z_OK: continue
      case Z_STREAM_END:
        state = .betweenMembers
        members += 1
      case Z_BUF_ERROR where unsafe stream.pointee.avail_in == 0: continue
      default:
        let message = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
        throw .corrupt("gzip", file, compressedOffset: fileBytesRead, message ?? "inflate failed")
      }
    }
    return unsafe room - Int(stream.pointee.avail_out)
  }

  /// Makes ready for a further member, unless what follows the last one is none.
  private func beginMember() throws(Failure) {
    if members > 0 {
      let first = unsafe input.count > 0 ? stream.pointee.next_in.pointee : 0
      guard first == 0x1F else { throw .trailingGarbage("gzip", file, compressedOffset: fileBytesRead) }
      unsafe inflateReset(stream)
    }
    state = .inMember
  }

  private func refill() throws(Failure) {
    let count = try unsafe source.read(into: input)
    unsafe stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_in = UInt32(count)
  }
}
