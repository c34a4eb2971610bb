package import BSON
package import Facts
package import Mongo
internal import Witness

/// The servers that a sharded cluster was restored into, one a shard, without the documents that don't belong there.
package struct CheckedSet: Sendable {
  /// One of them.
  package struct Part: Sendable {
    /// The shard's name.
    package var name: String
    /// Connections to its server.
    package var pool: ClientPool
    /// What its backup says that it holds.
    package var expected: Catalogue

    package init(name: String, pool: ClientPool, expected: Catalogue) {
      self.name = name
      self.pool = pool
      self.expected = expected
    }
  }

  /// The config servers' part, which holds the cluster's users.
  package var config: Part
  package var shards: [Part]
  /// The names of the shards on which a collection has to be; none where nobody knows.
  package var owners: @Sendable (Namespace) -> [String]

  package init(config: Part, shards: [Part], owners: @escaping @Sendable (Namespace) -> [String]) {
    self.config = config
    self.shards = shards
    self.owners = owners
  }

  /// The shards that a collection is read from: its owners, else all that have one of that name.
  func parts(holding namespace: Namespace) throws -> [Part] {
    let owners = owners(namespace)
    let named = shards.filter { part in owners.contains { $0.utf8.elementsEqual(part.name.utf8) } }
    if !named.isEmpty { return named }
    return try shards.filter { try Catalogue.listed(namespace, on: $0.pool) != nil }
  }
}

/// How a kind of check is answered of a sharded set.
package enum SetManner: Sendable, Hashable {
  /// From the documents of all shards, as if they were those of one server.
  case documents
  /// By each shard that owns a part of the collection; the worst answer counts.
  case eachShard
  /// From what all shards list.
  case definitions
  /// By the config servers.
  case config
  /// Not yet, or never.
  case refused
}

extension CheckedServer {
  /// One collection as the server lists it, or the first shard that has it; nil where there is none.
  func listed(_ namespace: Namespace) throws -> CollectionFacts? {
    guard let set else { return try Catalogue.listed(namespace, on: pool) }
    for part in try set.parts(holding: namespace) {
      if let facts = try Catalogue.listed(namespace, on: part.pool) { return facts }
    }
    return nil
  }

  /// The collections that the server lists, or all shards together.
  func listed(databases: [String]? = nil) throws -> Catalogue {
    guard let set else { return try Catalogue(listedOn: pool, databases: databases) }
    var all = Catalogue()
    for part in set.shards.reversed() {
      for facts in try Catalogue(listedOn: part.pool, databases: databases).sorted {
        all[facts.namespace] = facts
      }
    }
    return all
  }

  /// The same data as one part of the set has it.
  func narrowed(to part: CheckedSet.Part) -> CheckedServer {
    var server = self
    server.set = nil
    server.pool = part.pool
    server.expected = part.expected
    return server
  }

  /// All servers that there are.
  package var allPools: [ClientPool] { self.set.map { [$0.config.pool] + $0.shards.map(\.pool) } ?? [pool] }

  /// The servers that a collection's documents are read from.
  func pools(holding namespace: Namespace) throws -> [ClientPool] {
    try set.map { try $0.parts(holding: namespace).map(\.pool) } ?? [pool]
  }

  /// The only server. Throws `Unanswerable` where the data lies on several: one of them would not say all.
  func onlyPool() throws(Unanswerable) -> ClientPool {
    if set != nil {
      throw Unanswerable("a server would have to answer this alone, and the data lies on several shards")
    }
    return pool
  }
}
