package import BSON
package import Facts
package import Mongo
internal import Platform

extension Catalogue {
  /// How documents are counted when a server is read.
  package enum Counting: Sendable, Hashable {
    case none
    /// The server's own running count: instant; may be off after a crash, and on a sharded cluster.
    case fast
    /// By looking at every document (about 3.5 million a second): the only proof that they are there.
    case exact
  }

  /// Reads what a server holds: collections, options, UUIDs, indexes and, as asked, counts. The server's own
  /// (`system.*`; the databases `admin`, `config` and `local` unless they are named) are left out.
  package init(
    of pool: ClientPool, databases: [String]? = nil, counting: Counting = .none, timeout: Double? = nil
  ) throws {
    let deadline = timeout.map { Clock.monotonic + $0 }
    try self.init(listedOn: pool, databases: databases)
    for facts in sorted where facts.kind != .view {
      try Interruption.check()
      var read = facts
      read.indexes = try CollectionFacts.indexes(of: facts.namespace, on: pool)
      read.documents = try CollectionFacts.count(facts, on: pool, counting, deadline: deadline)
      self[facts.namespace] = read
    }
  }

  /// Reads the collections alone, without indexes and counts.
  package init(listedOn pool: ClientPool, databases: [String]? = nil) throws {
    self.init()
    for database in try databases ?? Catalogue.databases(on: pool) {
      for reply in try pool.all(["listCollections": 1], on: database) {
        guard let facts = CollectionFacts(database, listed: reply) else { continue }
        self[facts.namespace] = facts
      }
    }
  }

  /// One collection as the server lists it; nil where there is none.
  package static func listed(_ namespace: Namespace, on pool: ClientPool) throws -> CollectionFacts? {
    let command: Document = ["listCollections": 1, "filter": ["name": .string(namespace.collection)]]
    return try pool.all(command, on: namespace.database).lazy
      .compactMap { CollectionFacts(namespace.database, listed: $0, isNamed: true) }.first
  }

  private static func databases(on pool: ClientPool) throws -> [String] {
    let reply = try pool.run(["listDatabases": 1, "nameOnly": true])
    return (reply["databases"]?.elements ?? []).compactMap { $0.document?["name"]?.string }
      .filter { !["admin", "config", "local"].contains($0) }
  }
}

extension CollectionFacts {
  /// From an element of `listCollections`; nil for the server's own unless it was asked for by name.
  init?(_ database: String, listed reply: Document, isNamed: Bool = false) {
    guard let name = reply["name"]?.string, isNamed || !name.hasPrefix("system.") || name == "system.js"
    else {
      return nil
    }
    let kind = Kind(rawValue: reply["type"]?.string ?? "collection") ?? .collection
    self.init(
      Namespace(database, name), kind: kind, options: reply["options"]?.document ?? [:],
      uuid: reply["info"]?.document?["uuid"]?.uuid)
  }

  /// The index specifications as `listIndexes` gives them.
  static func indexes(of namespace: Namespace, on pool: ClientPool) throws -> [IndexSpec] {
    try pool.all(["listIndexes": .string(namespace.collection)], on: namespace.database).map(IndexSpec.init)
  }

  /// Where the documents lie that a backup holds of it: for a time series the buckets.
  package var stored: Namespace { kind == .timeseries ? namespace.buckets : namespace }

  fileprivate static func count(
    _ facts: CollectionFacts, on pool: ClientPool, _ counting: Catalogue.Counting, deadline: Double?
  ) throws -> Int? {
    let place = facts.stored
    var command: Document
    switch counting {
    case .none: return nil
    case .fast: command = ["count": .string(place.collection)]
    case .exact:
      command = ["aggregate": .string(place.collection), "pipeline": [["$count": "n"]], "cursor": [:]]
    }
    if let deadline {
      let left = max(0.001, deadline - Clock.monotonic)
      command = command.setting("maxTimeMS", to: .int64(Int64(left * 1000)))
    }
    if counting == .fast { return try pool.run(command, on: place.database)["n"]?.integer.map { Int($0) } }
    return try pool.all(command, on: place.database).first?["n"]?.integer.map { Int($0) } ?? 0
  }
}
