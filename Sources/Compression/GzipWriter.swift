internal import CZlib
package import Platform

/// Puts bytes into one gzip member (RFC 1952), at zlib's usual level.
@safe package final class GzipWriter {
  /// zlib keeps a pointer to it: it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private var output = [UInt8](repeating: 0, count: 128 << 10)

  /// Throws `Failure` of kind `internal` when zlib can't be set up.
  package init() throws(Failure) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe mongodrill_deflate_init_gzip(stream, 6) == Z_OK else {
      // All of it is set: `deinit` gives it back.
      throw Failure(.internal, "zlib", "zlib could not be set up")
    }
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Takes bytes in and hands over what they have come to so far, which may be nothing.
  package func write(
    _ bytes: UnsafeRawBufferPointer, to sink: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var at = 0
    while at < bytes.count {
      let count = min(bytes.count - at, 1 << 30)
      guard let base = bytes.baseAddress else { return }
      // zlib only reads there.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: (base + at).assumingMemoryBound(to: UInt8.self))
      unsafe stream.pointee.avail_in = UInt32(count)
      try deflateAll(Z_NO_FLUSH, to: sink)
      at += count
    }
  }

  /// Hands over the rest, with the checksum; nothing may be written after that.
  package func finish(to sink: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    unsafe stream.pointee.next_in = nil
    unsafe stream.pointee.avail_in = 0
    try deflateAll(Z_FINISH, to: sink)
  }

  private func deflateAll(
    _ flush: Int32, to sink: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    while true {
      let (status, count) = unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(output.count)
        let status = unsafe deflate(stream, flush)
        return unsafe (status, output.count - Int(stream.pointee.avail_out))
      }
      if count > 0 { try sink(output[..<count]) }
      switch status {
      case Z_STREAM_END: return
      case Z_OK where count == output.count || flush == Z_FINISH: continue
      case Z_OK, Z_BUF_ERROR: return
      default: throw Failure(.internal, "zlib", "zlib could not compress (\(status))")
      }
    }
  }
}
