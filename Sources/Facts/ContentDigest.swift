package import Platform

/// What some documents are, whatever their order: how many, their bytes, and the sum of the SHA-256 digests of their
/// BSON bytes (docs/digest.md defines it so that anybody can compute it again).
package struct ContentDigest: Sendable, Hashable {
  /// How many documents there are.
  package private(set) var documents = 0
  /// Their size in BSON.
  package private(set) var bytes = 0
  /// The sum of their digests.
  package private(set) var sum = SHA256Sum()

  /// Of no document.
  package init() {}

  /// As it was recorded.
  package init(documents: Int, bytes: Int, sum: SHA256Sum) {
    self.documents = documents
    self.bytes = bytes
    self.sum = sum
  }

  /// Adds a document. Returns the first eight bytes of its own digest, the first of them the lowest.
  @discardableResult
  package mutating func add(_ document: UnsafeRawBufferPointer) -> UInt64 {
    documents += 1
    bytes += document.count
    return unsafe sum.add(document)
  }

  /// Takes a document out that was added before.
  package mutating func remove(_ document: UnsafeRawBufferPointer) {
    documents -= 1
    bytes -= document.count
    unsafe sum.remove(document)
  }

  /// Adds other documents.
  package mutating func add(_ other: ContentDigest) {
    documents += other.documents
    bytes += other.bytes
    sum.add(other.sum)
  }

  /// These documents and others.
  package func adding(_ other: ContentDigest) -> ContentDigest {
    var sum = self
    sum.add(other)
    return sum
  }
}
