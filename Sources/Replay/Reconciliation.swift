internal import BSON
internal import Facts
internal import Mongo
internal import Restore

/// Makes the collections of one target those of a later one: drops, renames and creates what the oplog did in
/// between. Documents, most options and indexes follow with the replay.
struct Reconciliation {
  private let old: ReplayedRestore
  private let new: ReplayedRestore
  private let pool: ClientPool

  init(from old: ReplayedRestore, to new: ReplayedRestore, pool: ClientPool) {
    self.old = old
    self.new = new
    self.pool = pool
  }

  /// Throws `MongoError`.
  func run(_ restorer: Restorer) throws -> RestoreResult {
    for facts in old.plan.selected.compactMap(\.facts) where facts.kind == .view { try drop(facts.namespace) }
    for (id, facts) in old.facts where new.facts[id] == nil { try drop(facts.namespace) }
    try rename()
    for (id, facts) in new.facts {
      if let before = old.facts[id] {
        let isChanged = new.changed.contains(id)
        try dropIndexes(before.indexes, facts.namespace, keeping: facts.indexes, isChanged)
        if facts.kind == .timeseries {
          let raw = (old.item(id)?.rawIndexes ?? [], new.item(id)?.rawIndexes ?? [])
          try dropIndexes(raw.0, facts.namespace.buckets, keeping: raw.1, isChanged)
        }
        try modify(id, before, facts)
      }
    }
    return try restorer.create(where: { new.places[$0].map { old.facts[$0] == nil } ?? false })
  }

  private func drop(_ namespace: Namespace) throws {
    try pool.run(["drop": .string(namespace.collection)], on: namespace.database)
  }

  /// By way of names that nobody has, so that two collections can swap theirs.
  private func rename() throws {
    let moves = new.facts.compactMap { id, facts in
      old.facts[id].flatMap { $0.namespace == facts.namespace ? nil : (id, $0.namespace, facts.namespace) }
    }
    for (id, from, to) in moves { try move(from, to: Namespace(to.database, "mongodrill.moving.\(id)")) }
    for (id, _, to) in moves { try move(Namespace(to.database, "mongodrill.moving.\(id)"), to: to) }
  }

  private func move(_ from: Namespace, to: Namespace) throws {
    try pool.run(["renameCollection": .string(from.description), "to": .string(to.description)])
  }

  /// Indexes that are others at the new target go, and unique ones where documents change: they would refuse what the
  /// replay passes through on its way. Those that are wanted are built again at the end.
  private func dropIndexes(
    _ before: [IndexSpec], _ namespace: Namespace, keeping after: [IndexSpec], _ isChanged: Bool
  ) throws {
    for index in before
    where !index.isIDIndex && index.document["clustered"]?.isTrue != true
      && (isChanged && index.refusesDuplicates || !after.contains(index))
    {
      try pool.run(
        ["dropIndexes": .string(namespace.collection), "index": .string(index.name)], on: namespace.database)
    }
  }

  /// What has to be so before documents come: a capped collection holds as much as it ever did on the way, and a
  /// time series is as it is at the new target, for it has no `collMod`s that come later.
  private func modify(_ id: SourceCatalogue.ID, _ before: CollectionFacts, _ after: CollectionFacts) throws {
    var command: [(String, Value)] = []
    if let options = new.item(id)?.loadOptions {
      if let size = options["size"] { command.append(("cappedSize", size)) }
      if before.options["max"] != nil { command.append(("cappedMax", 2_147_483_646)) }
    }
    if after.kind == .timeseries {
      let (was, will) = (before.options["timeseries"]?.document, after.options["timeseries"]?.document ?? [:])
      let changed = will.filter { was?[$0.name] != $0.value }.map { ($0.name, $0.value) }
      if !changed.isEmpty { command.append(("timeseries", .document(Document(changed)))) }
      let age = after.options["expireAfterSeconds"]
      if age != before.options["expireAfterSeconds"] { command.append(("expireAfterSeconds", age ?? "off")) }
    }
    if command.isEmpty { return }
    try pool.run(
      Document([("collMod", .string(after.namespace.collection))] + command), on: after.namespace.database)
  }
}

extension IndexSpec {
  /// Whether it refuses a document whose key another one has already.
  fileprivate var refusesDuplicates: Bool {
    document["unique"]?.isTrue == true || document["prepareUnique"]?.isTrue == true
  }
}
