internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Sharding

/// One shard's server.
struct RestoredShard {
  let name: String
  let pool: ClientPool
}

/// What the documents of a sharded collection come to on all shards.
struct OwnershipFigures {
  /// Documents where they belong, by shard.
  var owned: [String: Int] = [:]
  /// Documents that another shard owns, by shard. They are removed from the sandbox.
  var orphans: [String: Int] = [:]
  /// Of these, those of which the shard that owns their key holds no document with their `_id` and key.
  var lonely = 0
  /// Of the lonely ones, those in a range that their shard has still to delete: the owner may have deleted its own since.
  var explained = 0
  /// The shards on which lie lonely ones that nothing explains.
  var unexplained: Set<String> = []
  /// Of these, those whose key is in no chunk at all.
  var homeless = 0
  /// `_id`s of some, as Extended JSON.
  var samples: [String] = []
  /// Documents whose `_id` a document on another shard has too.
  var repeated = 0
  /// Their `_id`s, some of them.
  var repeatedSamples: [String] = []
}

/// Reads a sharded collection on every shard that has it, and asks of each document whether it belongs there.
struct ShardReading {
  private static let pageDocuments = 5000
  private static let samples = 5

  let collection: ShardedCollection
  /// All shards that have it.
  let shards: [RestoredShard]
  /// The keys whose documents a shard has still to delete, by its name.
  let deletions: [String: [(min: KeyPoint, max: KeyPoint)]]
  private var name: Value { .string(collection.namespace.collection) }
  private var database: String { collection.namespace.database }

  /// A document on a shard that doesn't own it.
  private struct Stranger {
    let id: Value
    let point: KeyPoint
  }

  /// Counts the documents, and removes from the sandboxes those that their shard doesn't own.
  func separate() throws -> OwnershipFigures {
    var figures = OwnershipFigures()
    for shard in shards {
      var owned = 0
      var strangers: [Stranger] = []
      let find: Document = [
        "find": name, "projection": ["k": collection.key.expression],
        "batchSize": .int32(Int32(ShardReading.pageDocuments)),
      ]
      try shard.pool.forEach(find, on: database, batchSize: ShardReading.pageDocuments) { document in
        guard let id = document["_id"], let point = KeyPoint(document["k"]) else { return true }
        if collection.isOwned(point, by: shard.name) {
          owned += 1
          if owned.isMultiple(of: 4096) { try Interruption.check() }
          return true
        }
        if !collection.isOwned(point) { figures.homeless += 1 }
        if figures.samples.count < ShardReading.samples { figures.samples.append(id.extendedJSON()) }
        strangers.append(Stranger(id: id, point: point))
        if strangers.count == 1000 { try remove(&strangers, from: shard, &figures) }
        return true
      }
      try remove(&strangers, from: shard, &figures)
      figures.owned[shard.name] = owned
    }
    return figures
  }

  /// Removes documents from the sandbox of a shard that doesn't own them, and counts those that their owner doesn't have.
  private func remove(
    _ strangers: inout [Stranger], from shard: RestoredShard, _ figures: inout OwnershipFigures
  )
    throws
  {
    if strangers.isEmpty { return }
    try Interruption.check()
    var twins: Set<Int> = []
    for other in shards where other.name != shard.name && collection.chunks(of: other.name) > 0 {
      let sought = strangers.indices.filter { collection.isOwned(strangers[$0].point, by: other.name) }
      if sought.isEmpty { continue }
      let filter: Document = ["_id": ["$in": .list(sought.map { strangers[$0].id })]]
      let find: Document = [
        "find": name, "filter": .document(filter), "projection": ["k": collection.key.expression],
      ]
      // An `_id` is unique on one shard alone, unless it is the shard key: another document may have the same.
      var keys: [Value: KeyPoint] = [:]
      for document in try other.pool.all(find, on: database) {
        if let id = document["_id"], let point = KeyPoint(document["k"]) { keys[id] = point }
      }
      for at in sought where keys[strangers[at].id]?.compare(strangers[at].point) == 0 { twins.insert(at) }
    }
    let ranges = deletions[shard.name] ?? []
    for (at, stranger) in strangers.enumerated() where !twins.contains(at) {
      figures.lonely += 1
      if ranges.contains(where: { $0.min.compare(stranger.point) <= 0 && $0.max.compare(stranger.point) > 0 })
      {
        figures.explained += 1
      } else {
        figures.unexplained.insert(shard.name)
      }
    }
    let deletes = strangers.map { one -> Value in ["q": ["_id": ["$eq": one.id]], "limit": 1] }
    let reply = try shard.pool.run(
      ["delete": name, "deletes": .list(deletes), "ordered": false], on: database)
    guard reply["n"]?.integer == Int64(strangers.count) else {
      throw Failure(
        .internal, "orphans-not-removed", "documents of \(collection.namespace) could not be left out",
        cause: reply.extendedJSON(relaxed: true))
    }
    figures.orphans[shard.name, default: 0] += strangers.count
    strangers = []
  }

  /// Whether the server keeps the `_id`s in the order by which they are compared here.
  static func hasPlainIDs(_ facts: CollectionFacts) -> Bool {
    let collation = facts.options["collation"]?.document
    return facts.options["clusteredIndex"] == nil
      && (collation == nil || collation?["locale"]?.string == "simple")
  }

  /// Goes through the `_id`s of all shards side by side, in their order.
  func findRepeated(_ figures: inout OwnershipFigures) throws {
    var streams = shards.map { IDStream(shard: $0, name: name, database: database) }
    for at in streams.indices { try streams[at].advance() }
    while true {
      var least: Value?
      for stream in streams {
        guard let id = stream.current else { continue }
        if let other = least, Value.compare(other, id) <= 0 { continue }
        least = id
      }
      guard let least else { return }
      var holders = 0
      for at in streams.indices {
        guard let id = streams[at].current, Value.compare(id, least) == 0 else { continue }
        holders += 1
        try streams[at].advance()
      }
      if holders > 1 {
        figures.repeated += 1
        if figures.repeatedSamples.count < ShardReading.samples {
          figures.repeatedSamples.append(least.extendedJSON())
        }
      }
    }
  }

  /// The `_id`s of one shard in the order of their index, page by page.
  private struct IDStream {
    let shard: RestoredShard
    let name: Value
    let database: String
    private(set) var current: Value?
    private var page: [Value] = []
    private var at = 0
    private var isLast = false

    init(shard: RestoredShard, name: Value, database: String) {
      self.shard = shard
      self.name = name
      self.database = database
    }

    mutating func advance() throws {
      if at == page.count, !isLast { try readPage() }
      current = at < page.count ? page[at] : nil
      at += 1
      if current == nil { at = page.count }
    }

    private mutating func readPage() throws {
      try Interruption.check()
      var find: Document = [
        "find": name, "projection": ["_id": 1], "hint": ["_id": 1],
        "limit": .int32(Int32(ShardReading.pageDocuments + 1)),
      ]
      let last = page.last
      // A bound of the index, for `$gt` would leave out other types; it includes what was read last.
      if let last { find = find.setting("min", to: ["_id": last]) }
      var ids = try shard.pool.all(find, on: database).compactMap { $0["_id"] }
      isLast = ids.count <= ShardReading.pageDocuments
      if last != nil, !ids.isEmpty { ids.removeFirst() }
      page = ids
      at = 0
    }
  }
}
