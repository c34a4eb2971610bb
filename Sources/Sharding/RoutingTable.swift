package import BSON

/// Where a sharded cluster's data lies, as its config servers say it: `config.shards`, `databases`, `collections` and
/// `chunks`, in the shapes of 5.0 and later (chunks by UUID) and of the versions before (by namespace).
package struct RoutingTable: Sendable {
  /// The shards' names.
  package let shards: [String]
  /// The primary shard of each database.
  package let primaries: [String: String]
  /// By namespace.
  package let collections: [ShardedCollection]
  /// Documents that can't be read, and chunks of no collection, as sentences.
  package let faults: [String]

  /// Where the server keeps sessions: sharded, and in no dump.
  package static let sessions = Namespace("config", "system.sessions")

  package init(shards: [Document], databases: [Document], collections: [Document], chunks: [Document]) {
    var faults: [String] = []
    let names = shards.compactMap { $0["_id"]?.string }.sorted()
    self.shards = names
    var primaries: [String: String] = [:]
    for database in databases {
      if let name = database["_id"]?.string, let primary = database["primary"]?.string {
        primaries[name] = primary
        if !names.contains(where: { $0.utf8.elementsEqual(primary.utf8) }) {
          faults.append("the primary shard \(primary) of database \(name) is none of the cluster's")
        }
      } else {
        faults.append(
          "the database \(database["_id"]?.extendedJSON() ?? "without a name") has no primary shard")
      }
    }
    self.primaries = primaries

    var byUUID: [UUIDBytes: [Document]] = [:]
    var byName: [String: [Document]] = [:]
    for chunk in chunks {
      if let uuid = chunk["uuid"]?.uuid {
        byUUID[uuid, default: []].append(chunk)
      } else if let name = chunk["ns"]?.string {
        byName[name, default: []].append(chunk)
      } else {
        faults.append("the chunk \(chunk["_id"]?.extendedJSON() ?? "without an _id") is of no collection")
      }
    }
    var known: [ShardedCollection] = []
    for document in collections where document["dropped"]?.isTrue != true {
      var own: [Document] = []
      if let name = document["_id"]?.string { own += byName.removeValue(forKey: name) ?? [] }
      if let uuid = document["uuid"]?.uuid { own += byUUID.removeValue(forKey: uuid) ?? [] }
      if let collection = ShardedCollection(document, chunks: own, shards: names) {
        known.append(collection)
      } else {
        faults.append(
          "the collection \(document["_id"]?.extendedJSON() ?? "without a name") has no shard key")
      }
    }
    for (uuid, chunks) in byUUID {
      faults.append("\(chunks.count) chunks of a collection that isn't there (UUID \(uuid))")
    }
    for (name, chunks) in byName { faults.append("\(chunks.count) chunks of \(name), which isn't there") }
    self.collections = known.sorted { $0.namespace < $1.namespace }
    self.faults = faults.sorted()
  }

  /// A sharded collection by its name.
  package func collection(_ namespace: Namespace) -> ShardedCollection? {
    collections.first { $0.namespace == namespace }
  }

  /// The shards that a collection has to be on: those that own its chunks, or the primary one of its database. Empty where
  /// the cluster doesn't know it.
  package func owners(of namespace: Namespace) -> [String] {
    if let collection = collection(namespace) { return collection.owners }
    return primaries.first { $0.key.utf8.elementsEqual(namespace.database.utf8) }.map { [$0.value] } ?? []
  }
}
