internal import BSON
internal import Mongo
package import Platform

/// Whether the members hold the same.
package struct MemberComparison: Sendable, Hashable {
  package var members = 0
  package var databases = 0
  package var collections = 0
  /// `shop.orders of member 2`, each; empty when all hold the same.
  package var differing: [String] = []

  package init() {}
}

/// Documents that a member had, the others never got, and it took out of its data again.
package struct RolledBackFile: Sendable, Hashable {
  /// Below the dbPath.
  package var path: String
  package var documents = 0
  /// The `_id`s of the first few, in Extended JSON.
  package var ids: [String] = []

  fileprivate init(path: String, in folder: String) {
    self.path = path
    var rest = ((try? Files.read(Files.join(folder, path), limit: 256 << 20)) ?? [])[...]
    while rest.count >= 4 {
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard length >= 5, length <= rest.count, let document = try? Document(rest.prefix(length)) else {
        return
      }
      documents += 1
      if ids.count < 5 { ids.append(document["_id"]?.extendedJSON() ?? "") }
      rest = rest.dropFirst(length)
    }
  }
}

extension ReplicaSet {
  /// Compares what the members hold that aren't down: the server's own hash (`dbHash`) of every collection. Left out are
  /// `local`, which is each member's own, and `config`, which holds the server's bookkeeping of sessions. Nobody may be
  /// writing, and all have to have caught up.
  package func compareData() throws(Failure) -> MemberComparison {
    let up = members.indices.filter { members[$0].condition == .running }
    var comparison = MemberComparison()
    comparison.members = up.count
    let hashes = Monitor<[Int: [String: String]]>([:])
    do {
      try Threads.concurrently(up.count) { place in
        let found = try ReplicaSet.hashes(of: try members[up[place]].pool)
        hashes.update { $0[up[place]] = found }
      }
    } catch {
      guard let error = error as? MongoError else { throw .wrapping(error) }
      throw error.isConnectionLoss ? .connectionLost(error.message) : .refused(error.description)
    }
    let found = hashes.withLock { $0 }
    guard let first = up.first, let reference = found[first] else { return comparison }
    comparison.collections = reference.count
    comparison.databases = Set(reference.keys.map { $0.prefix { $0 != "." } }).count
    // With three members the odd one out is the one that differs from two others.
    for (index, own) in found.sorted(by: { $0.key < $1.key }) {
      for name in Set(own.keys).union(found.values.flatMap(\.keys)).sorted() {
        let votes = found.values.count { $0[name] == own[name] }
        if votes * 2 <= found.count { comparison.differing.append("\(name) of member \(index)") }
      }
    }
    return comparison
  }

  private static func hashes(of pool: ClientPool) throws -> [String: String] {
    var hashes: [String: String] = [:]
    let databases = try pool.run(["listDatabases": 1, "nameOnly": true])["databases"]?.elements ?? []
    for name in databases.compactMap({ $0.document?["name"]?.string })
    where name != "local" && name != "config" {
      let reply = try pool.run(["dbHash": 1], on: name)
      for collection in reply["collections"]?.document ?? [:] {
        hashes["\(name).\(collection.name)"] = collection.value.string
      }
    }
    return hashes
  }

  /// Files that a member set aside because it rolled back what they hold (`rollback/<collection>/removed.<time>.bson`,
  /// see the manual's "Rollbacks During Replica Set Failover"), but for those that were there before.
  package func rollbacks(of index: Int, but known: Set<String> = []) -> [RolledBackFile] {
    let folder = members[index].dataPath
    let files = (try? Files.tree(Files.join(folder, "rollback"))) ?? []
    return files.map { "rollback/" + $0.path }.filter { !known.contains($0) }.sorted()
      .map { RolledBackFile(path: $0, in: folder) }
  }
}
