internal import BSON
internal import Facts

/// Whether a collection is one that was asked for.
struct NamespaceMatch {
  private let pattern: NamespacePattern

  init(_ pattern: String) { self.pattern = NamespacePattern(pattern) }

  func holds(_ namespace: Namespace) -> Bool { pattern.matches(namespace) }
}

extension Namespace {
  /// Whether it is no collection that a server keeps for itself.
  var isData: Bool {
    !["admin", "config", "local"].contains(database) && !collection.hasPrefix("system.")
      && !collection.hasPrefix("$admin.")
  }
}
