internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Sharding
internal import Witness

/// Whether the parts are one cluster, at one moment.
extension SetVerification {
  /// Every shard of the cluster is in the set, and no other.
  mutating func owners() throws {
    let start = Clock.monotonic
    let names = shards.map(\.name)
    func has(_ list: [String], _ name: String) -> Bool { list.contains { $0.utf8.elementsEqual(name.utf8) } }
    let missing = routing.shards.filter { !has(names, $0) }
    let extra = names.filter { !has(routing.shards, $0) }
    var problems = missing.map { "no backup of shard \($0)" }
    problems += extra.map { "\($0) is no shard of this cluster" }
    problems += routing.faults
    var unknown: [String] = []
    for (shard, part) in zip(shards, plan.shards) {
      guard let identity = try part.backup.identity() else {
        unknown.append(shard.name)
        continue
      }
      if !identity.shard.utf8.elementsEqual(shard.name.utf8) {
        problems.append("the backup of \(shard.name) was taken of \(identity.shard)")
      }
      if let cluster, let other = identity.cluster, other != cluster {
        problems.append("the backup of \(shard.name) was taken of another cluster (\(other), not \(cluster))")
      }
    }
    if !unknown.isEmpty {
      doubts.append(
        "the backups of \(unknown.joined(separator: ", ")) don't say which shard they were taken of (admin.system.version)"
      )
    }
    tell(
      "every shard is in the set", since: start, problems.isEmpty ? .pass : .fail,
      problems.isEmpty
        ? "\(Count.text(names.count, "shard")), each with its backup; \(Count.text(routing.collections.count, "sharded collection"))"
        : list(problems),
      [
        "shards": integer(routing.shards.count), "missing": .array(missing.map(JSON.string)),
        "unknown": .array(extra.map(JSON.string)),
      ], expected: problems.isEmpty ? nil : "a backup of each of \(routing.shards.joined(separator: ", "))",
      observed: problems.isEmpty ? nil : "backups of \(names.joined(separator: ", "))",
      query: "db.getSiblingDB(\"config\").shards.find()")
  }

  /// Every part was replayed through the same moment.
  mutating func moment() {
    let start = Clock.monotonic
    let behind = reached.filter { $0.through != plan.through.description }
    tell(
      "one moment", since: start, behind.isEmpty ? .pass : .fail,
      behind.isEmpty
        ? "all \(Count.text(reached.count)) parts were replayed through \(plan.through)"
        : list(
          behind.map { "\($0.title): \($0.through.map { "replayed through \($0)" } ?? "not replayed")" }),
      .object(reached.map { JSON.Member($0.title, $0.through.map(JSON.string) ?? .null) }),
      expected: "all through \(plan.through)")
  }
}
