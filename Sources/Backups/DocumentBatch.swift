/// Whole documents of one collection, back to back, as the file holds them. Each was checked.
///
/// Whoever holds the last reference gives the memory back to the budget that it came from.
@safe package final class DocumentBatch: @unchecked Sendable {
  // Sendable: written by one reader before it is delivered, only read afterwards.

  /// Index into `LogicalBackup.collections`.
  package let collection: Int
  /// Which batch of its collection it is, from 0.
  package let sequence: Int
  /// How many documents it holds.
  package let count: Int
  /// Where its first document starts in the (decompressed) file.
  package let offset: UInt64
  private let storage: UnsafeMutableRawBufferPointer
  private let used: Int
  private let release: @Sendable (Int) -> Void

  /// Takes ownership of `storage`, whose first `used` bytes are documents; `release` is told its size at the end.
  package init(
    collection: Int, sequence: Int, count: Int, offset: UInt64, taking storage: UnsafeMutableRawBufferPointer,
    used: Int, release: @escaping @Sendable (Int) -> Void
  ) {
    self.collection = collection
    self.sequence = sequence
    self.count = count
    self.offset = offset
    unsafe self.storage = storage
    self.used = used
    self.release = release
  }

  deinit {
    let size = unsafe storage.count
    unsafe storage.deallocate()
    release(size)
  }

  /// How many bytes the documents take.
  package var byteCount: Int { used }

  /// Lends the documents' bytes.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try unsafe body(UnsafeRawBufferPointer(rebasing: storage[..<used]))
  }
}
