package import BSON

/// Collections of `config` in which the server notes that data is on its way from one shard to another.
package enum Moving {
  /// Their names: those of the config servers, then those of a shard.
  private static let names: Set<String> = [
    "migrations", "reshardingOperations", "migrationCoordinators", "rangeDeletions",
  ]

  /// Whether a document in this collection says that something is on its way.
  package static func isNoted(in namespace: Namespace) -> Bool {
    namespace.database == "config"
      && (names.contains(namespace.collection)
        || namespace.collection.hasPrefix("localReshardingOperations."))
  }

  /// What a document there means.
  package static func meaning(of collection: String) -> String {
    switch collection {
    case "migrations": "a chunk is being moved"
    case "migrationCoordinators": "the move of a chunk has not come to its end"
    case "rangeDeletions": "documents of a chunk that moved away are still to be deleted"
    default: "a collection is being resharded"
    }
  }
}
