internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Sharding
internal import Witness

/// Whether each document of the sharded collections lies where it belongs, once.
extension SetVerification {
  /// The chunks hold every key once, and each has an owner.
  mutating func chunks(of collection: ShardedCollection) {
    let start = Clock.monotonic
    let faults = collection.faults
    let owners = collection.owners.map { "\($0): \(collection.chunks(of: $0))" }.joined(separator: ", ")
    tell(
      "chunks are whole", collection.namespace, since: start, faults.isEmpty ? .pass : .fail,
      faults.isEmpty
        ? "\(Count.text(collection.chunks.count, "chunk")) from MinKey to MaxKey (\(owners))"
        : list(faults.map(\.text)),
      [
        "chunks": integer(collection.chunks.count),
        "faults": .array(faults.prefix(20).map { .string($0.text) }),
      ],
      expected: faults.isEmpty
        ? nil : "ranges from MinKey to MaxKey, without gap or overlap, each with its shard",
      observed: faults.isEmpty ? nil : Count.text(faults.count, "fault"),
      samples: faults.flatMap(\.chunks).map { $0.extendedJSON() },
      query: collection.uuid.map {
        "db.getSiblingDB(\"config\").chunks.find({uuid: UUID(\"\(hyphenated($0))\")}).sort({min: 1})"
      } ?? "db.getSiblingDB(\"config\").chunks.find({ns: \"\(collection.namespace)\"}).sort({min: 1})")
  }

  func hyphenated(_ uuid: UUIDBytes) -> String {
    let digits = Array(uuid.description)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }

  /// The collection is on each of its shards, as the same one.
  mutating func uuids(of collection: ShardedCollection, _ listed: [(RestoredShard, Catalogue)]) {
    let start = Clock.monotonic
    let name = "one UUID on every shard"
    guard let uuid = collection.uuid else {
      return tell(
        name, collection.namespace, since: start, .error, "config.collections doesn't say it", [:])
    }
    var problems: [String] = []
    for (shard, catalogue) in listed where collection.chunks(of: shard.name) > 0 {
      guard let facts = catalogue[collection.namespace] else {
        let chunks = Count.text(collection.chunks(of: shard.name), "chunk")
        problems.append("not there on \(shard.name), which owns \(chunks) of it")
        continue
      }
      if facts.uuid != uuid { problems.append("\(facts.uuid?.description ?? "none") on \(shard.name)") }
    }
    tell(
      name, collection.namespace, since: start, problems.isEmpty ? .pass : .fail,
      problems.isEmpty ? "\(uuid), as config.collections says" : list(problems),
      ["uuid": .string(uuid.description)],
      expected: problems.isEmpty ? nil : uuid.description, observed: problems.isEmpty ? nil : list(problems))
  }

  /// Each document is on a shard that owns its key, and on one alone.
  mutating func documents(
    of collection: ShardedCollection, _ listed: [(RestoredShard, Catalogue)]
  ) throws {
    let start = Clock.monotonic
    let (where_, once) = ("each document on its shard", "each _id on one shard")
    let namespace = collection.namespace
    func noAnswer(_ why: String) -> (String, JSON) { (why, [:]) }
    if namespace.bucketsOf != nil {
      let (why, none) = noAnswer("the documents of a sharded time series are not looked at yet")
      tell(where_, namespace, since: start, .error, why, none)
      return
    }
    let holders = listed.filter { $0.1[namespace] != nil }
    let reading = ShardReading(
      collection: collection, shards: holders.map(\.0),
      deletions: deletions.mapValues { $0.compactMap { $0.keys(of: collection) } })
    var figures: OwnershipFigures
    do { figures = try reading.separate() } catch let error as MongoError
      where !collection.key.hashed.isEmpty && error.isUnknownExpression
    {
      let (why, none) = noAnswer(
        "this server can't compute hashed shard keys: use a mongod of \(ServerTrait.hashedKeys.versions)")
      tell(where_, namespace, since: start, .error, why, none)
      return
    }
    for (shard, count) in figures.owned { documents[shard, default: 0] += count }
    owned += figures.owned.values.reduce(0, +)
    for (shard, count) in figures.orphans {
      orphans[shard, default: 0] += count
      strays.append(Strays(shard: shard, namespace: namespace, count: count))
    }
    let owned = figures.owned.values.reduce(0, +)
    let strays = figures.orphans.values.reduce(0, +)
    // The owner may have deleted its own since a move, before the other shard cleaned up: as long as that one says so. Without
    // that the document is missing where it belongs.
    let isLost = figures.homeless > 0 || figures.lonely > figures.explained
    var words = "\(Count.text(owned, "document")) on the shards that own them"
    if strays > 0 {
      let places = figures.orphans.sorted { $0.key < $1.key }.map { "\(Count.text($0.value)) on \($0.key)" }
      words += "; \(Count.text(strays, "orphan")) left out (\(places.joined(separator: ", ")))"
      if figures.lonely > 0 {
        words += ", of \(Count.text(figures.lonely)) the owner has no document of that _id and key"
      }
      if figures.explained > 0 {
        words +=
          " (\(Count.text(figures.explained)) in ranges that are still to be deleted: the owner may have deleted its own since)"
      }
      let silent = figures.unexplained.intersection(withoutDeletions).sorted()
      if !silent.isEmpty {
        words +=
          "; the backup of \(silent.joined(separator: ", ")) holds no config.rangeDeletions, which alone could say that "
          + "the owner deleted them after a move: run cleanupOrphaned with the balancer stopped before a backup"
      }
      if figures.homeless > 0 { words += ", of \(Count.text(figures.homeless)) no chunk holds the key" }
    }
    tell(
      where_, namespace, since: start, isLost ? .fail : strays > 0 ? .warn : .pass, words,
      [
        "documents": integer(owned), "orphans": integer(strays), "without_twin": integer(figures.lonely),
        "to_be_deleted": integer(figures.explained),
        "in_no_chunk": integer(figures.homeless),
        "by_shard": .object(
          figures.owned.sorted { $0.key < $1.key }.map { JSON.Member($0.key, integer($0.value)) }),
      ], expected: strays > 0 ? "no orphans" : nil, observed: strays > 0 ? Count.text(strays, "orphan") : nil,
      samples: figures.samples)
    try repeated(collection, reading, holders, &figures, once)
  }

  mutating func repeated(
    _ collection: ShardedCollection, _ reading: ShardReading, _ holders: [(RestoredShard, Catalogue)],
    _ figures: inout OwnershipFigures, _ name: String
  ) throws {
    let start = Clock.monotonic
    let namespace = collection.namespace
    guard holders.allSatisfy({ $0.1[namespace].map(ShardReading.hasPlainIDs) ?? true }) else {
      return tell(
        name, namespace, since: start, .error,
        "the collection has a collation or is clustered: its _ids were not compared between shards", [:])
    }
    try reading.findRepeated(&figures)
    let isFault = collection.key.isOfID
    tell(
      name, namespace, since: start, figures.repeated == 0 ? .pass : isFault ? .fail : .warn,
      figures.repeated == 0
        ? "no _id is on two shards"
        : "\(Count.text(figures.repeated, "_id")) on two shards or more"
          + (isFault
            ? ", and the _id is the shard key" : "; the _id is not the shard key, so the cluster allows it"),
      ["repeated": integer(figures.repeated)],
      expected: figures.repeated == 0 ? nil : "each _id on one shard",
      observed: figures.repeated == 0 ? nil : Count.text(figures.repeated, "_id"),
      samples: figures.repeatedSamples)
  }
}

extension MongoError {
  /// `Unrecognized expression`.
  fileprivate var isUnknownExpression: Bool { code == 168 || code == 31325 }
}
