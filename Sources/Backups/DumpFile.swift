internal import Compression
internal import Glibc
package import Platform

/// A collection's documents on their way into a dump: `.bson`, one after the other, or `.bson.gz`.
package final class DumpFile {
  /// Its path.
  package let path: String
  /// How many documents were written, and their bytes.
  package private(set) var documents = 0
  package private(set) var bytes = 0
  /// How large the file is.
  package private(set) var fileBytes = 0
  private var descriptor: Int32?
  private let digest = SHA256Stream()
  private let gzip: GzipWriter?
  private var buffer: [UInt8] = []

  /// Creates it for its owner alone; one that is there is a failure.
  package init(_ path: String, isCompressed: Bool) throws(Failure) {
    self.path = path
    gzip = isCompressed ? try GzipWriter() : nil
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("not-writable", "cannot write \(path)") }
    self.descriptor = descriptor
    buffer.reserveCapacity(1 << 20)
  }

  deinit { if let descriptor { close(descriptor) } }

  /// Adds a document, which is well-formed. Throws `Failure` when the disk won't take it.
  package func append(_ document: UnsafeRawBufferPointer) throws(Failure) {
    documents += 1
    bytes += document.count
    guard let gzip else {
      unsafe buffer.append(contentsOf: document)
      if buffer.count >= 1 << 20 { try flush() }
      return
    }
    try unsafe gzip.write(document) { (slice) throws(Failure) in try compressed(slice) }
  }

  /// Adds text as it is.
  func append(_ text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    if let gzip {
      let failure: Failure? = unsafe bytes.withUnsafeBytes { bytes in
        do throws(Failure) {
          try unsafe gzip.write(bytes) { (slice) throws(Failure) in try compressed(slice) }
          return nil
        } catch { return error }
      }
      if let failure { throw failure }
    } else {
      buffer += bytes
    }
  }

  private func compressed(_ slice: ArraySlice<UInt8>) throws(Failure) {
    buffer += slice
    if buffer.count >= 1 << 20 { try flush() }
  }

  private func flush() throws(Failure) {
    guard let descriptor, !buffer.isEmpty else { return }
    unsafe buffer.withUnsafeBytes { unsafe digest.add($0) }
    guard Files.write(buffer, to: descriptor) else { throw .system("not-writable", "cannot write \(path)") }
    fileBytes += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the rest and sees it to the disk; the file's SHA-256.
  package func finish() throws(Failure) -> String {
    if let gzip { try gzip.finish { (slice) throws(Failure) in try compressed(slice) } }
    try flush()
    if let descriptor {
      self.descriptor = nil
      let isSynced = fsync(descriptor) == 0
      guard close(descriptor) == 0, isSynced else { throw .system("not-writable", "cannot write \(path)") }
    }
    return digest.finish()
  }
}
