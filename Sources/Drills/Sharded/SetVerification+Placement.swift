internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Sharding
internal import Witness

/// Whether what is not sharded lies where it belongs, and nothing was on its way.
extension SetVerification {
  /// What isn't sharded lies on the primary shard of its database.
  mutating func placement(_ listed: [(RestoredShard, Catalogue)]) throws {
    let start = Clock.monotonic
    var (misplaced, empty): ([String], [String]) = ([], [])
    var inhabited = Set(routing.collections.map(\.namespace.database))
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
        if let primary, primary.utf8.elementsEqual(shard.name.utf8) {
          inhabited.insert(namespace.database)
          continue
        }
        let place =
          primary.map { "the primary shard of \(namespace.database) is \($0)" }
          ?? "the cluster has no such database"
        let words = "\(namespace) (\(Count.text(number, "document"))) on \(shard.name): \(place)"
        if number > 0 || facts.kind == .view { misplaced.append(words) } else { empty.append(words) }
      }
    }
    // Nothing in the cluster says what was in it: it may have been emptied, or its part of the backup be lost.
    for (database, primary) in routing.primaries.sorted(by: { $0.key < $1.key })
    where !inhabited.contains(database) && !["admin", "config", "local"].contains(database) {
      empty.append("nothing of database \(database) on \(primary), its primary shard")
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
      observed: problems.isEmpty ? nil : Count.text(problems.count, "exception"))
  }

  /// No data is on its way from one shard to another.
  mutating func moves(_ oplog: SetOplog) throws {
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
  mutating func transactions(_ oplog: SetOplog) {
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
