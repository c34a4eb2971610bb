package import BSON
internal import Platform

/// A digest as a document, to be kept in a file: `{documents, bytes, sum}`.
extension ContentDigest {
  package var document: Document {
    ["documents": .int64(Int64(documents)), "bytes": .int64(Int64(bytes)), "sum": .string(sum.text)]
  }

  /// Nil when it isn't what `document` gives.
  package init?(_ document: Document) {
    guard let documents = document["documents"]?.integer, let bytes = document["bytes"]?.integer,
      let sum = document["sum"]?.string.flatMap({ SHA256Sum($0) })
    else { return nil }
    self.init(documents: Int(documents), bytes: Int(bytes), sum: sum)
  }
}
