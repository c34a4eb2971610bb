package import BSON

/// What a shard's server knows of itself: `shardIdentity` in `admin.system.version`.
package struct ShardIdentity: Sendable, Hashable {
  /// The name that the cluster has for it.
  package let shard: String
  /// The cluster: `clusterId` of `config.version`.
  package let cluster: ObjectID?

  /// Finds it among the documents of `admin.system.version`; nil where there is none.
  package init?(_ documents: [Document]) {
    guard let own = documents.first(where: { $0["_id"] == "shardIdentity" }),
      let shard = own["shardName"]?.string
    else {
      return nil
    }
    self.shard = shard
    if case .objectID(let id)? = own["clusterId"] { cluster = id } else { cluster = nil }
  }
}
