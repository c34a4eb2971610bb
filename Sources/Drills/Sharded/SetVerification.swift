internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Sharding
internal import Witness

/// Looks at the restored parts of a set together: whether they are one cluster, at one moment, with each document where it
/// belongs. Its answers are checks of the record, in a suite of their own.
struct SetVerification {
  /// The suite that they stand in, and their kind.
  static let suite = "sharded set"
  private static let kind = "sharding"

  let plan: SetPlan
  let config: ClientPool
  /// The shards that there are backups of.
  let shards: [RestoredShard]
  let routing: RoutingTable
  /// The cluster's id; nil where the config servers' backup doesn't say it.
  private let cluster: ObjectID?
  /// Where replays went, by the part's title.
  let reached: [(title: String, through: String?, end: String)]
  private(set) var outcomes: [Outcome] = []
  /// Orphans of one collection on one shard.
  struct Strays {
    let shard: String
    let namespace: Namespace
    let count: Int
  }

  private(set) var strays: [Strays] = []
  /// Documents where they belong, and orphans, by shard.
  private(set) var documents: [String: Int] = [:]
  private(set) var orphans: [String: Int] = [:]
  /// Documents of sharded collections on the shards that own them.
  private var owned = 0
  /// Whether sharded collections have documents, and not one of them lies on a shard that owns it.
  var isMisplaced: Bool { owned == 0 && orphans.values.contains { $0 > 0 } }
  /// What stays unknown, as sentences.
  private(set) var doubts: [String] = []
  private let events: EventSink

  init(
    _ plan: SetPlan, config: ClientPool, shards: [RestoredShard],
    reached: [(title: String, through: String?, end: String)], events: @escaping EventSink
  ) throws {
    self.plan = plan
    self.config = config
    self.shards = shards
    self.reached = reached
    self.events = events
    func all(_ name: String) throws -> [Document] { try config.all(["find": .string(name)], on: "config") }
    routing = RoutingTable(
      shards: try all("shards"), databases: try all("databases"), collections: try all("collections"),
      chunks: try all("chunks"))
    if case .objectID(let id)? = try all("version").first?["clusterId"] {
      cluster = id
    } else {
      cluster = nil
    }
  }

  /// Asks everything. Orphans are removed from the sandboxes on the way.
  mutating func run() throws {
    let oplog = try SetOplog(plan.parts)
    try owners()
    moment()
    let listed = try shards.map { ($0, try Catalogue(listedOn: $0.pool)) }
    for collection in routing.collections {
      chunks(of: collection)
      if collection.namespace == RoutingTable.sessions { continue }
      uuids(of: collection, listed)
      try documents(of: collection, listed)
    }
    try placement(listed)
    try moves(oplog)
    transactions(oplog)
  }

  // MARK: Outcomes

  private mutating func tell(
    _ name: String, _ namespace: Namespace? = nil, since start: Double, _ result: Outcome.Result,
    _ message: String,
    _ measured: JSON, expected: String? = nil, observed: String? = nil, samples: [String] = [],
    query: String? = nil
  ) {
    let outcome = Outcome(
      kind: SetVerification.kind, suite: SetVerification.suite, namespace: namespace?.description, name: name,
      result: result, message: message, measured: measured, expected: expected, observed: observed,
      samples: Array(samples.prefix(5)), query: query, seconds: Clock.monotonic - start)
    outcomes.append(outcome)
    events(.checked(outcome))
  }

  private func list(_ texts: [String]) -> String {
    let most = 5
    let first = texts.prefix(most).joined(separator: "; ")
    return texts.count > most ? "\(first); and \(Count.text(texts.count - most)) more" : first
  }

  private func integer(_ number: Int) -> JSON { .integer(Int64(number)) }

  // MARK: The cluster

  /// Every shard of the cluster is in the set, and no other.
  private mutating func owners() throws {
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
  private mutating func moment() {
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

  // MARK: Collections

  /// The chunks hold every key once, and each has an owner.
  private mutating func chunks(of collection: ShardedCollection) {
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

  private func hyphenated(_ uuid: UUIDBytes) -> String {
    let digits = Array(uuid.description)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }

  /// The collection is on each of its shards, as the same one.
  private mutating func uuids(of collection: ShardedCollection, _ listed: [(RestoredShard, Catalogue)]) {
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
  private mutating func documents(
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
    let reading = ShardReading(collection: collection, shards: holders.map(\.0))
    var figures: OwnershipFigures
    do { figures = try reading.separate() } catch let error as MongoError
      where !collection.key.hashed.isEmpty && error.isUnknownExpression
    {
      let (why, none) = noAnswer("this server can't compute hashed shard keys: use a mongod of 6.0 or later")
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
    // A few may have been deleted on their new shard before the old one cleaned up. Many mean that something is wrong: parts
    // that were swapped, chunks of another time.
    let isLost = figures.homeless > 0 || figures.lonely * 100 > owned + figures.lonely
    var words = "\(Count.text(owned, "document")) on the shards that own them"
    if strays > 0 {
      let places = figures.orphans.sorted { $0.key < $1.key }.map { "\(Count.text($0.value)) on \($0.key)" }
      words += "; \(Count.text(strays, "orphan")) left out (\(places.joined(separator: ", ")))"
      if figures.lonely > 0 {
        words += ", of \(Count.text(figures.lonely)) the owner has no document of that _id"
      }
      if figures.homeless > 0 { words += ", of \(Count.text(figures.homeless)) no chunk holds the key" }
    }
    tell(
      where_, namespace, since: start, isLost ? .fail : strays > 0 ? .warn : .pass, words,
      [
        "documents": integer(owned), "orphans": integer(strays), "without_twin": integer(figures.lonely),
        "in_no_chunk": integer(figures.homeless),
        "by_shard": .object(
          figures.owned.sorted { $0.key < $1.key }.map { JSON.Member($0.key, integer($0.value)) }),
      ], expected: strays > 0 ? "no orphans" : nil, observed: strays > 0 ? Count.text(strays, "orphan") : nil,
      samples: figures.samples)
    try repeated(collection, reading, holders, &figures, once)
  }

  private mutating func repeated(
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

  // MARK: What isn't sharded

  /// What isn't sharded lies on the primary shard of its database.
  private mutating func placement(_ listed: [(RestoredShard, Catalogue)]) throws {
    let start = Clock.monotonic
    var (misplaced, empty): ([String], [String]) = ([], [])
    var count = 0
    for (shard, catalogue) in listed {
      for facts in catalogue.sorted {
        let namespace = facts.namespace
        if routing.collection(namespace) != nil || routing.collection(facts.stored) != nil { continue }
        count += 1
        let number =
          facts.kind == .view
          ? 0
          : Int(
            try shard.pool.run(["count": .string(facts.stored.collection)], on: namespace.database)["n"]?
              .integer ?? 0)
        documents[shard.name, default: 0] += number
        let primary = routing.owners(of: namespace).first
        if let primary, primary.utf8.elementsEqual(shard.name.utf8) { continue }
        let place =
          primary.map { "the primary shard of \(namespace.database) is \($0)" }
          ?? "the cluster has no such database"
        let words = "\(namespace) (\(Count.text(number, "document"))) on \(shard.name): \(place)"
        if number > 0 || facts.kind == .view { misplaced.append(words) } else { empty.append(words) }
      }
    }
    let problems = misplaced + empty
    tell(
      "what isn't sharded is on the primary shard", since: start,
      !misplaced.isEmpty ? .fail : empty.isEmpty ? .pass : .warn,
      problems.isEmpty
        ? "\(Count.text(count, "collection")) of \(Count.text(routing.primaries.count, "database"))"
        : list(problems),
      ["collections": integer(count), "misplaced": integer(misplaced.count), "empty": integer(empty.count)],
      expected: problems.isEmpty ? nil : "all on the primary shard of their database",
      observed: problems.isEmpty ? nil : Count.text(problems.count, "collection") + " elsewhere")
  }

  // MARK: What is under way

  /// No data is on its way from one shard to another.
  private mutating func moves(_ oplog: SetOplog) throws {
    let start = Clock.monotonic
    var problems: [String] = []
    var leftovers: [String] = []
    var samples: [String] = []
    for collection in routing.collections {
      if collection.isResharding { problems.append("\(collection.namespace) is being resharded") }
      if !collection.allowsMigrations {
        problems.append("\(collection.namespace) is held still for a change (allowMigrations: false)")
      }
    }
    func note(_ part: String, _ collection: String, _ id: Value, isOver: Bool) {
      let words = "\(Moving.meaning(of: collection)) (config.\(collection) of the \(part))"
      if isOver { leftovers.append(words) } else { problems.append(words) }
      samples.append(id.extendedJSON())
    }
    for (title, pool) in zip(plan.parts.map(\.title), [config] + shards.map(\.pool)) {
      for collection in try Catalogue(listedOn: pool, databases: ["config"]).sorted
      where Moving.isNoted(in: collection.namespace) {
        let name = collection.namespace.collection
        for document in try pool.all(["find": .string(name), "limit": 20], on: "config") {
          note(
            title, name, document["_id"] ?? .null,
            isOver: name == "rangeDeletions" && document["pending"]?.isTrue != true)
        }
      }
    }
    for move in oplog.moves { note(move.part, move.namespace.collection, move.id, isOver: move.isOver) }
    if oplog.isBlind {
      doubts.append(
        "the dumps leave out config.migrations and the like, as mongodump does: a move that began before their oplogs and "
          + "had not ended at the target isn't known")
    }
    let found = problems + leftovers
    tell(
      "nothing is being moved", since: start, !problems.isEmpty ? .fail : leftovers.isEmpty ? .pass : .warn,
      found.isEmpty ? "no migration, no resharding, no range to be deleted" : list(found),
      ["under_way": integer(problems.count), "to_be_deleted": integer(leftovers.count)],
      expected: found.isEmpty ? nil : "none", observed: found.isEmpty ? nil : Count.text(found.count),
      samples: samples)
  }

  /// A transaction of several shards is applied on all of them or on none.
  private mutating func transactions(_ oplog: SetOplog) {
    let start = Clock.monotonic
    let torn = oplog.transactions.torn(at: plan.through)
    let words = torn.map { one -> String in
      let agreed = one.agreed.map { "the transaction of \($0)" } ?? "a transaction"
      return one.applied.isEmpty
        ? "\(agreed) is applied nowhere, although \(one.open.joined(separator: ", ")) had agreed on it"
        : "\(agreed) is applied on \(one.applied.joined(separator: ", ")) and not on \(one.open.joined(separator: ", "))"
    }
    let isTorn = torn.contains { !$0.applied.isEmpty }
    tell(
      "transactions of several shards are whole", since: start, isTorn ? .fail : torn.isEmpty ? .pass : .warn,
      torn.isEmpty
        ? "\(Count.text(oplog.transactions.count, "transaction")) of several shards, none in pieces at \(plan.through)"
        : list(words),
      ["transactions": integer(oplog.transactions.count), "torn": integer(torn.count)],
      expected: torn.isEmpty ? nil : "applied on all shards or on none",
      observed: torn.isEmpty ? nil : "\(Count.text(torn.count)) in pieces")
  }
}

extension MongoError {
  /// `Unrecognized expression`.
  fileprivate var isUnknownExpression: Bool { code == 168 || code == 31325 }
}
