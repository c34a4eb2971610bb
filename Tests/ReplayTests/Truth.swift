import BSON
import Facts
import Mongo
import Platform
import Replay
import TestSupport
import Testing

/// What a server holds: on the source as it said itself, and in a sandbox.
struct Truth: Sendable {
  struct Collection: Sendable {
    var type: String
    var options: Document
    /// Documents; of a time series its measurements.
    var count: Int
    var uuid: UUIDBytes?
    var indexes: [String: Document]
    /// SHA-256 of all documents' bytes, sorted and joined.
    var digest: String?
  }

  var collections: [Namespace: Collection] = [:]
}

// MARK: - As recorded

extension Truth {
  /// A state in `truth.json`.
  init(_ state: Document) throws {
    for database in try #require(state["databases"]?.document) {
      for element in try #require(database.value.document) {
        let truth = try #require(element.value.document)
        let indexes = (truth["indexes"]?.elements ?? []).compactMap(\.document)
        collections[Namespace(database.name, element.name)] = Collection(
          type: try #require(truth["type"]?.string), options: truth["options"]?.document ?? [:],
          count: Int(try #require(truth["count"]?.integer)),
          uuid: truth["uuid"]?.string.flatMap { UUIDBytes($0) },
          indexes: Dictionary(uniqueKeysWithValues: indexes.map { ($0["name"]?.string ?? "", $0) }),
          digest: truth["sha256OfSortedDocuments"]?.string)
      }
    }
  }
}

// MARK: - As it is

extension Truth {
  /// Asks a server.
  init(of pool: ClientPool) throws {
    let databases = try pool.run(["listDatabases": 1, "nameOnly": true])["databases"]?.elements ?? []
    for database in databases.compactMap({ $0.document?["name"]?.string })
    where database != "local" && database != "config" {
      for info in try pool.all(["listCollections": 1], on: database) {
        let name = Namespace(database, try #require(info["name"]?.string))
        if database == "admin", !["system.users", "system.roles"].contains(name.collection) { continue }
        if name.collection == "system.views" { continue }
        collections[name] = try Collection(pool, name, info)
      }
    }
  }
}

extension Truth.Collection {
  fileprivate init(_ pool: ClientPool, _ name: Namespace, _ info: Document) throws {
    type = try #require(info["type"]?.string)
    options = info["options"]?.document ?? [:]
    uuid = info["info"]?.document?["uuid"]?.uuid
    let counted = try pool.all(
      ["aggregate": .string(name.collection), "pipeline": [["$count": "n"]], "cursor": [:]],
      on: name.database)
    count = Int(counted.first?["n"]?.integer ?? 0)
    indexes = [:]
    guard type == "collection" else { return }
    for index in try pool.all(["listIndexes": .string(name.collection)], on: name.database) {
      indexes[index["name"]?.string ?? ""] = index
    }
    var documents: [ArraySlice<UInt8>] = []
    try pool.forEach(["find": .string(name.collection)], on: name.database) { document in
      documents.append(document.bytes)
      return true
    }
    digest = SHA256.hex(of: documents.sorted(by: precedes).reduce(into: []) { $0 += $1 })
  }
}

// MARK: - Compared

extension Truth {
  /// In what a server differs from the source, one line each. UUIDs count where `uuids` (those that the base or the
  /// oplog records) holds them; those of users and roles are the server's own.
  func differences(from source: Truth, uuids: Set<UUIDBytes>) -> [String] {
    var lines: [String] = []
    for name in Set(collections.keys).union(source.collections.keys).sorted() {
      guard let want = source.collections[name] else {
        // The sandbox has these of itself.
        if name.database != "admin" { lines.append("\(name) exists, should not") }
        continue
      }
      guard let have = collections[name] else {
        if name.database != "admin" || want.count > 0 { lines.append("\(name) is missing") }
        continue
      }
      func differ(_ what: String, _ have: some Equatable, _ want: some Equatable) {
        lines.append("\(name): \(what) \(have), want \(want)")
      }
      if have.type != want.type { differ("type", have.type, want.type) }
      if have.count != want.count { differ("documents", have.count, want.count) }
      if have.digest != want.digest { lines.append("\(name): content differs") }
      if let uuid = want.uuid, uuids.contains(uuid), name.database != "admin", have.uuid != uuid {
        differ("UUID", have.uuid?.description ?? "none", uuid.description)
      }
      for (option, have, want) in Truth.differing(have.options, want.options)
      // What a server asks of buckets is its own, and another in other patches of 6.0.
      where name.bucketsOf == nil || option != "validator" {
        differ("option \(option)", have ?? "none", want ?? "none")
      }
      for index in Set(have.indexes.keys).union(want.indexes.keys).sorted() {
        // With a clustered collection's index some patches of 6.0 list what is an option of the collection.
        let isClustered = have.indexes[index]?["clustered"] != nil
        for (field, have, want) in Truth.differing(have.indexes[index] ?? [:], want.indexes[index] ?? [:])
        where field != "ns" && !(isClustered && field == "expireAfterSeconds") {
          differ("index \(index) \(field)", have ?? "none", want ?? "none")
        }
      }
    }
    return lines
  }

  /// Fields that are not the same, in whatever order they stand; numbers count by value, inner order counts.
  private static func differing(_ have: Document, _ want: Document) -> [(String, String?, String?)] {
    Set(have.names).union(want.names).sorted().compactMap { name in
      if let have = have[name], let want = want[name], have.canonicalKey == want.canonicalKey { return nil }
      return (name, have[name]?.extendedJSON(), want[name]?.extendedJSON())
    }
  }
}
