internal import Compression

/// What the beginning of a collection's file tells of the rest, without reading that.
package enum DocumentSample {
  /// So much of a file is looked at.
  private static let bytes = 256 << 10

  /// The mean size of the first documents of a file, in bytes. Nil where it has none, or can't be read: whoever reads
  /// it all tells why.
  package static func meanSize(in path: String) -> Double? {
    guard let reader = try? openDecompressed(path) else { return nil }
    var stream = DocumentStream(reader)
    guard let size = try? stream.sizeOfNextRun(bytes) else { return nil }
    let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { unsafe storage.deallocate() }
    guard let run = try? unsafe stream.nextRun(storage), run.count > 0 else { return nil }
    return Double(run.used) / Double(run.count)
  }
}
