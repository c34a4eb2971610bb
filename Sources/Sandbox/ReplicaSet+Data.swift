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

  /// Files that a member set aside because it rolled back what they hold.
  package func rollbackFiles(of index: Int) -> Int {
    (try? Files.tree(Files.join(members[index].dataPath, "rollback")).count) ?? 0
  }
}
