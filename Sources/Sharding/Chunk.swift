package import BSON

/// A range of shard keys and the shard that owns it: a document of `config.chunks`, keyed by `uuid` since 5.0 and by `ns`
/// before (`ChunkType`, type_chunk.cpp of the server).
package struct Chunk: Sendable {
  /// Its `_id`.
  package let id: Value
  /// The first key that belongs to it.
  package let min: KeyPoint
  /// The first key above it.
  package let max: KeyPoint
  /// The shard's name.
  package let shard: String
  /// Its version: unique among the chunks of its collection.
  package let version: Timestamp?
  /// The epoch that it was made in; nil since 5.0, where the UUID says it.
  package let epoch: ObjectID?

  /// Reads a document; nil when it isn't one of this key.
  init?(_ document: Document, _ key: ShardKey) {
    guard let id = document["_id"], let shard = document["shard"]?.string,
      let min = document["min"]?.document.flatMap(key.point),
      let max = document["max"]?.document.flatMap(key.point)
    else { return nil }
    self.id = id
    self.min = min
    self.max = max
    self.shard = shard
    version = document["lastmod"]?.timestamp
    if case .objectID(let epoch)? = document["lastmodEpoch"] { self.epoch = epoch } else { epoch = nil }
  }

  /// `[5, 10) of shardA`.
  package var text: String { "[\(min.text) to \(max.text)) of \(shard)" }
}

/// What is wrong with the chunks of a collection.
package enum ChunkFault: Sendable {
  /// There is none.
  case none
  /// A document of `config.chunks` that can't be read as a chunk of this collection.
  case unreadable(id: Value)
  /// No chunk holds the keys between.
  case gap(from: KeyPoint, to: KeyPoint)
  /// Two chunks hold the same keys.
  case overlap(Chunk, Chunk)
  /// Its end doesn't lie above its beginning.
  case empty(Chunk)
  /// Its shard is none of the cluster's.
  case unknownShard(Chunk)
  /// It was made for an earlier collection of this name.
  case otherEpoch(Chunk)
  /// Two have the same version.
  case sameVersion(Chunk, Chunk)

  /// A clause.
  package var text: String {
    switch self {
    case .none: "there is no chunk"
    case .unreadable(let id): "the chunk \(id.extendedJSON()) cannot be read"
    case .gap(let from, let to): "a gap from \(from.text) to \(to.text)"
    case .overlap(let one, let other): "\(one.text) and \(other.text) overlap"
    case .empty(let chunk): "\(chunk.text) is empty"
    case .unknownShard(let chunk): "\(chunk.text) is owned by a shard that the cluster doesn't have"
    case .otherEpoch(let chunk): "\(chunk.text) is of another epoch than its collection"
    case .sameVersion(let one, let other): "\(one.text) and \(other.text) have the same version"
    }
  }

  /// The `_id`s of the chunks that show it.
  package var chunks: [Value] {
    switch self {
    case .none, .gap: []
    case .unreadable(let id): [id]
    case .overlap(let one, let other), .sameVersion(let one, let other): [one.id, other.id]
    case .empty(let chunk), .unknownShard(let chunk), .otherEpoch(let chunk): [chunk.id]
    }
  }
}
