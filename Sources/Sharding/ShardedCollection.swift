package import BSON

/// A collection that `config.collections` says how to spread over shards.
package struct ShardedCollection: Sendable {
  package let namespace: Namespace
  package let key: ShardKey
  /// The UUID that it has on every shard; nil in what servers before 3.6 wrote.
  package let uuid: UUIDBytes?
  /// Whether it is being resharded: `reshardingFields`.
  package let isResharding: Bool
  /// Whether chunks may move: `allowMigrations`.
  package let allowsMigrations: Bool
  /// By their beginnings.
  package let chunks: [Chunk]
  /// What is wrong with them.
  package let faults: [ChunkFault]
  private let ranges: [String: Ranges]

  /// The chunks of one shard by their beginnings, with the highest end up to each.
  private struct Ranges: Sendable {
    var chunks: [Chunk] = []
    var ends: [KeyPoint] = []
  }

  /// From a document of `config.collections` and those of `config.chunks` that are its own; `shards` are the names of
  /// the cluster's. Nil without a namespace or a key.
  init?(_ document: Document, chunks documents: [Document], shards: [String]) {
    guard let namespace = document["_id"]?.string.flatMap({ Namespace($0) }),
      let key = document["key"]?.document.flatMap({ ShardKey($0) })
    else { return nil }
    self.namespace = namespace
    self.key = key
    uuid = document["uuid"]?.uuid
    isResharding = document["reshardingFields"] != nil
    allowsMigrations = document["allowMigrations"] != false
    var faults: [ChunkFault] = []
    var chunks: [Chunk] = []
    for document in documents {
      if let chunk = Chunk(document, key) {
        chunks.append(chunk)
      } else {
        faults.append(.unreadable(id: document["_id"] ?? .null))
      }
    }
    chunks.sort { ($0.min.compare($1.min), $0.max.compare($1.max)) < (0, 0) }
    self.chunks = chunks
    faults += ShardedCollection.cover(chunks, key)
    for chunk in chunks where !shards.contains(where: { $0.utf8.elementsEqual(chunk.shard.utf8) }) {
      faults.append(.unknownShard(chunk))
    }
    if case .objectID(let epoch)? = document["lastmodEpoch"] {
      for chunk in chunks where chunk.epoch.map({ $0 != epoch }) ?? false {
        faults.append(.otherEpoch(chunk))
      }
    }
    var versions: [Timestamp: Chunk] = [:]
    for chunk in chunks {
      guard let version = chunk.version else { continue }
      if let other = versions.updateValue(chunk, forKey: version) {
        faults.append(.sameVersion(other, chunk))
      }
    }
    self.faults = faults
    var ranges: [String: Ranges] = [:]
    for chunk in chunks {
      var own = ranges[chunk.shard] ?? Ranges()
      let end = own.ends.last.map { $0.compare(chunk.max) > 0 ? $0 : chunk.max } ?? chunk.max
      own.chunks.append(chunk)
      own.ends.append(end)
      ranges[chunk.shard] = own
    }
    self.ranges = ranges
  }

  /// Whether the chunks hold every key once.
  private static func cover(_ chunks: [Chunk], _ key: ShardKey) -> [ChunkFault] {
    guard !chunks.isEmpty else { return [.none] }
    var faults: [ChunkFault] = []
    var reached = key.least
    var last: Chunk?
    for chunk in chunks {
      guard chunk.min.compare(chunk.max) < 0 else {
        faults.append(.empty(chunk))
        continue
      }
      let step = chunk.min.compare(reached)
      if step > 0 { faults.append(.gap(from: reached, to: chunk.min)) }
      if step < 0, let last { faults.append(.overlap(last, chunk)) }
      if chunk.max.compare(reached) > 0 {
        reached = chunk.max
        last = chunk
      }
    }
    if reached.compare(key.greatest) < 0 { faults.append(.gap(from: reached, to: key.greatest)) }
    return faults
  }

  /// The shards that own a chunk of it, by name.
  package var owners: [String] { ranges.keys.sorted() }

  /// How many chunks a shard owns.
  package func chunks(of shard: String) -> Int { ranges[shard]?.chunks.count ?? 0 }

  /// Whether a document with this key belongs to the shard.
  package func isOwned(_ point: KeyPoint, by shard: String) -> Bool {
    guard let own = ranges[shard] else { return false }
    var (low, high) = (0, own.chunks.count)
    while low < high {
      let middle = (low + high) / 2
      if own.chunks[middle].min.compare(point) <= 0 { low = middle + 1 } else { high = middle }
    }
    return low > 0 && own.ends[low - 1].compare(point) > 0
  }

  /// Whether any shard owns documents with this key.
  package func isOwned(_ point: KeyPoint) -> Bool { ranges.keys.contains { isOwned(point, by: $0) } }
}
