internal import BSON

/// The first few `_id`s of documents that show something.
package struct Samples: Sendable {
  private let limit: Int
  /// As Extended JSON, in the order in which they were seen.
  package private(set) var texts: [String] = []
  private static let id = Array("_id".utf8)

  /// Keeps at most `limit`.
  package init(_ limit: Int) { self.limit = limit }

  /// Takes a document's `_id`, if there is still room.
  mutating func add(_ document: RawDocument) {
    guard texts.count < limit else { return }
    texts.append((document.field(Samples.id)?.value ?? .null).extendedJSON())
  }

  /// Takes what another kept of the part that follows.
  mutating func append(_ next: Samples) { texts += next.texts.prefix(limit - texts.count) }
}
