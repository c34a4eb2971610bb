package import Platform

/// A stream of bytes that is read once, from its start to its end, by one thread at a time.
package protocol ByteReader: AnyObject {
  /// Where the bytes come from, for messages.
  var file: String { get }
  /// The name of the compression that was taken off; nil for a plain stream.
  var compression: String? { get }
  /// How many bytes of the file itself were consumed so far (compressed ones when it is compressed).
  var fileBytesRead: UInt64 { get }

  /// Puts up to `buffer.count` bytes at the start of `buffer` and returns how many; 0 only at the end, or when
  /// `buffer` is empty.
  ///
  /// Fails with `damagedBackup` where the stream is not what it should be; the end is reported as such only
  /// after checksums and lengths were found right.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
}

extension ByteReader {
  /// Reads until `buffer` is full or the stream ends, and returns how many bytes it got.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
    var count = 0
    while count < buffer.count {
      let added = try unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
      if added == 0 { break }
      count += added
    }
    return count
  }

  /// The next `count` bytes as an array; fewer at the end.
  package func read(upTo count: Int) throws(Failure) -> [UInt8] {
    var failure: Failure?
    // The array's initializer lends its memory to an untyped closure: the failure leaves it by hand.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(Failure) { filled = try unsafe fill(UnsafeMutableRawBufferPointer(buffer)) } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// All that is left, as an array; more than `limit` bytes are a failure.
  package func readAll(limit: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let chunk = try read(upTo: 64 << 10)
      if chunk.isEmpty { return bytes }
      bytes += chunk
      if bytes.count > limit { throw .tooLarge(file, limit: limit) }
    }
  }
}

/// Opens `file` for reading and takes its compression off, which its first bytes tell, never its name. Throws
/// `not-a-file` for a pipe or a device, which a backup doesn't hold: nobody might ever write to it, or it might never end.
package func openDecompressed(_ file: String) throws(Failure) -> any ByteReader {
  let source = try FileReader(opening: file)
  guard source.size != nil else {
    throw Failure(.damagedBackup, "not-a-file", "is no plain file", at: Place(file))
  }
  return try decompressed(source)
}

/// Takes the compression off a stream, which its first bytes tell.
package func decompressed(_ source: FileReader) throws(Failure) -> any ByteReader {
  let start = try source.peek(CompressionFormat.longestMagic)
  for format in CompressionFormat.all where start.starts(with: format.magic) {
    return try format.open(source)
  }
  return source
}

/// A compression that is recognised by its first bytes. Adding one takes a file with its reader and a line here.
struct CompressionFormat: Sendable {
  /// The bytes that such a stream starts with.
  let magic: [UInt8]
  /// Makes its reader.
  let open: @Sendable (FileReader) throws(Failure) -> any ByteReader

  /// All that can be read.
  static let all: [CompressionFormat] = [
    .gzip, .zstandard, .parallelZstandard, .lz4, .snappy, .s2,
  ]
  static let longestMagic = all.map(\.magic.count).max() ?? 0
}
