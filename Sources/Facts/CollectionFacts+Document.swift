package import BSON

/// Facts as a document, to be kept in a file: `{ns, kind, options, uuid, indexes, documents, bytes, digest}`, each where it
/// is known. What a collection takes in the server's files is left out.
extension CollectionFacts {
  package var document: Document {
    var elements: [(String, Value)] = [
      ("ns", .string(namespace.description)), ("kind", .string(kind.rawValue)),
      ("options", .document(options)),
      ("indexes", .list(indexes.map { .document($0.document) })),
    ]
    if let uuid { elements.append(("uuid", .string(uuid.description))) }
    if let documents { elements.append(("documents", .int64(Int64(documents)))) }
    if let bytes { elements.append(("bytes", .int64(Int64(bytes)))) }
    if let digest { elements.append(("digest", .document(digest.document))) }
    return Document(elements)
  }

  /// Nil when it isn't what `document` gives.
  package init?(_ document: Document) {
    guard let namespace = document["ns"]?.string.flatMap({ Namespace($0) }),
      let kind = document["kind"]?.string.flatMap(Kind.init(rawValue:)),
      let options = document["options"]?.document, let indexes = document["indexes"]?.elements
    else { return nil }
    self.init(
      namespace, kind: kind, options: options, uuid: document["uuid"]?.string.flatMap { UUIDBytes($0) },
      indexes: indexes.compactMap { $0.document.map { IndexSpec($0) } },
      documents: document["documents"]?.integer.map { Int($0) },
      bytes: document["bytes"]?.integer.map { Int($0) })
    guard let digest = document["digest"]?.document else { return }
    guard let known = ContentDigest(digest) else { return nil }
    self.digest = known
  }
}
