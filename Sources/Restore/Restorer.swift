internal import BSON
package import Backups
internal import Facts
package import Mongo
internal import Platform
package import Record
internal import Synchronization

/// Restores a logical backup into a sandbox in two stages: `load` makes collections and fills them, `finish` adds
/// what has to come after all documents: modified options, views, indexes. A replay goes in between.
package struct Restorer: Sendable {
  private let backup: any LogicalBackup
  private let plan: RestorePlan
  private let pool: ClientPool
  private let options: RestoreOptions
  private let events: EventSink
  private let problems = Problems()

  /// `pool` has to be a sandbox's: everything is written there.
  package init(
    backup: any LogicalBackup, plan: RestorePlan, pool: ClientPool, options: RestoreOptions,
    events: @escaping EventSink
  ) {
    self.backup = backup
    self.plan = plan
    self.pool = pool
    self.options = options
    self.events = events
  }

  /// Restores everything that `options` select. What the server refuses (a document, an index, a collection) is in
  /// the result's `problems`. Throws `Failure` when the backup is damaged and on interruption, and `MongoError`
  /// when the server is gone.
  package func run() throws -> RestoreResult {
    var result = try load()
    try finish(&result)
    return result
  }

  /// Creates the collections and inserts their documents. Throws like `run`.
  package func load() throws -> RestoreResult {
    let started = Clock.monotonic
    let total = Amount(bytes: backup.origin.bytes)
    events(.phaseStarted("restore", total: total.bytes > 0 ? total : nil))
    let created = try create()
    let meter = LoadMeter(plan, backup, events: events)
    let reads = try load(created, meter)
    let result = self.result(created, reads, meter.tallies, kept: try countCapped(created))
    let loaded = result.expected.sorted
    var ended = result
    ended.phases.append(
      phase(
        "restore", since: started, documents: loaded.reduce(0) { $0 + ($1.documents ?? 0) },
        bytes: loaded.reduce(0) { $0 + ($1.bytes ?? 0) }))
    return ended
  }

  /// Creates, in a sandbox that holds the others already, the collections at those places of the plan; reads no
  /// document. Throws like `run`.
  package func create(where isNew: (Int) -> Bool) throws -> RestoreResult {
    var there: [Int: CollectionFacts] = [:]
    for (at, item) in plan.items.enumerated() where !isNew(at) { there[at] = item.facts }
    let created = try create(at: { there[$0] == nil })
    return result(there.merging(created) { old, _ in old }, [:], [:])
  }

  private func result(
    _ created: [Int: CollectionFacts], _ reads: [Int: CollectionRead], _ tallies: [Int: LoadMeter.Tally],
    kept: [Int: Int] = [:]
  ) -> RestoreResult {
    var result = RestoreResult()
    for (at, item) in plan.items.enumerated() {
      let read = item.index.flatMap { reads[$0] }
      var collection = RestoreResult.Collection(source: item.source, target: nil, note: item.note)
      collection.documents = read?.documents ?? 0
      collection.bytes = read?.bytes ?? 0
      if var facts = created[at] {
        let tally = tallies[at]
        collection.target = facts.namespace
        collection.inserted = (tally?.done.documents ?? 0) - (tally?.repeated ?? 0) - (tally?.refused ?? 0)
        if let kept = kept[at], kept < collection.inserted {
          if item.fittedBefore(collection) {
            let lost = Count.text(collection.inserted - kept, "document")
            collection.note = "\(lost) thrown out, as on the source while it was dumped"
          } else {
            problems.report(.overflow(facts, inserted: collection.inserted, kept: kept))
            collection.inserted = kept
          }
        }
        if facts.kind != .view {
          facts.documents = collection.documents - (tally?.repeated ?? 0)
          facts.bytes = collection.bytes
          if options.computeDigests { facts.digest = tally?.digest ?? ContentDigest() }
        }
        result.expected[facts.namespace] = facts
      } else if item.facts == nil && !item.isGone {
        result.notVerified.append("\(item.source): \(item.note ?? "not restored")")
      }
      result.collections.append(collection)
    }
    (result.problems, result.problemCount) = problems.all
    return result
  }

  /// How many documents each capped collection holds, by its place in the plan: the server takes more than its options
  /// let in, and throws the oldest out without a word.
  private func countCapped(_ created: [Int: CollectionFacts]) throws -> [Int: Int] {
    var kept: [Int: Int] = [:]
    for (at, facts) in created where facts.kind == .collection && facts.options["capped"]?.isTrue == true {
      guard plan.items[at].index != nil else { continue }
      let reply = try pool.run(
        ["count": .string(facts.namespace.collection)], on: facts.namespace.database)
      kept[at] = reply["n"]?.integer.map { Int($0) }
    }
    return kept
  }

  /// Applies `collMod`s, creates views and builds indexes. Throws like `run`.
  package func finish(_ result: inout RestoreResult) throws {
    try modify(result)
    _ = try create(views: true)
    let started = Clock.monotonic
    var tasks: [IndexTask] = []
    for item in plan.selected {
      guard let facts = item.facts, result.expected[facts.namespace] != nil else { continue }
      let weight = result.expected[facts.namespace]?.bytes ?? 0
      tasks += facts.indexTasks(raw: item.rawIndexes, weight: weight)
      result.expected[facts.namespace]?.indexes =
        facts.indexes + item.rawIndexes.map { $0.logical(in: facts.options) }
    }
    if options.buildIndexes {
      events(.phaseStarted("indexes", total: Amount(documents: tasks.count)))
      let builder = IndexBuilder(pool: pool, problems: problems, events: events)
      let built = try builder.build(tasks, lanes: 2 * Machine.cores)
      for at in result.collections.indices {
        result.collections[at].indexes = result.collections[at].target.flatMap { built[$0] } ?? 0
      }
      result.phases.append(phase("indexes", since: started, documents: tasks.count))
    } else {
      if !tasks.isEmpty { result.notVerified.append("\(tasks.count) indexes were not built (--no-indexes)") }
      for var facts in result.expected.sorted {
        facts.indexes.removeAll { !$0.isIDIndex }
        result.expected[facts.namespace] = facts
      }
    }
    (result.problems, result.problemCount) = problems.all
  }

  /// Creates the collections (or the views), several at a time; returns those that are there, by their place in
  /// the plan. Views are as good as there: they are created at the end.
  private func create(
    views: Bool = false, at isWanted: (Int) -> Bool = { _ in true }
  ) throws -> [Int: CollectionFacts] {
    let items = plan.items.enumerated().filter { at, item in
      item.facts.map { ($0.kind == .view) == views } ?? false && isWanted(at)
    }
    let created = Mutex<[Int: CollectionFacts]>([:])
    let next = Mutex(0)
    try Threads.concurrently(min(4, items.count)) { _ in
      while true {
        let at = next.withLock { next in
          next += 1
          return next - 1
        }
        guard at < items.count, let facts = items[at].element.facts else { return }
        try Interruption.check()
        var asLoaded = facts
        asLoaded.options = items[at].element.loadOptions ?? facts.options
        let refused = try refusal { () throws(MongoError) in
          if items[at].element.isServers {
            try pool.createIfMissing(facts.namespace)
          } else {
            try pool.create(asLoaded)
          }
        }
        if let refused {
          problems.report(.init(facts.namespace, "collection", name: nil, message: refused.description))
        } else {
          created.withLock { $0[items[at].offset] = facts }
        }
      }
    }
    var all = created.withLock { $0 }
    if !views {
      for (at, item) in plan.items.enumerated() where item.facts?.kind == .view { all[at] = item.facts }
    }
    return all
  }

  private func modify(_ result: RestoreResult) throws {
    for item in plan.selected {
      guard let facts = item.facts, result.expected[facts.namespace] != nil else { continue }
      for modification in item.modifications {
        let command = modification.setting("collMod", to: .string(facts.namespace.collection))
        let refused = try refusal { () throws(MongoError) in
          try pool.run(command, on: facts.namespace.database)
        }
        if let refused {
          problems.report(.init(facts.namespace, "collection", name: nil, message: refused.description))
        }
      }
    }
  }

  /// Reads the backup and inserts: readers fill a channel, lanes empty it. A collection that keeps its order is
  /// inserted by its reader, which hands over its batches one after the other.
  private func load(_ created: [Int: CollectionFacts], _ meter: LoadMeter) throws -> [Int: CollectionRead] {
    var targets: [Int: DocumentLoader.Target] = [:]
    for (at, facts) in created where facts.kind != .view {
      guard let index = plan.items[at].index else { continue }
      let file = backup.collections[index].place?.file ?? backup.path
      targets[index] = .init(collection: index, facts: facts, file: file)
    }
    let loader = DocumentLoader(
      pool: pool, targets: targets, problems: problems, meter: meter, computesDigests: options.computeDigests)
    let lanes = options.lanes ?? Machine.cores + 1
    let channel = Channel<DocumentBatch>(capacity: 2 * lanes)
    let backup = self.backup
    let ordered = Set(targets.keys.filter { backup.collections[$0].isOrdered })
    let summary = Mutex(ReadSummary())
    let request = ReadRequest(
      Set(targets.keys), options: readOptions,
      deliver: { [observe = options.observe] batch in
        observe?(batch)
        if ordered.contains(batch.collection) {
          try loader.load(batch)
        } else if !channel.send(batch) {
          // A lane has failed; its error, the first, is the one that is thrown.
          throw CancellationError()
        }
      }, progress: meter.read)
    let cancel: @Sendable (any Error) -> Void = { _ in channel.cancel() }
    try Threads.concurrently(lanes + 1, onFirstError: cancel) { lane in
      if lane > 0 {
        while let batch = channel.receive() {
          try Interruption.check()
          try loader.load(batch)
        }
        return
      }
      let read = try backup.scan(request)
      summary.withLock { $0 = read }
      channel.close()
    }
    let reads = summary.withLock { $0.collections }
    return Dictionary(reads.map { ($0.collection, $0) }) { first, _ in first }
  }

  private func phase(_ name: String, since: Double, documents: Int, bytes: Int? = nil) -> Phase {
    let phase = Phase(name, seconds: Clock.monotonic - since, documents: documents, bytes: bytes)
    events(.phaseEnded(phase))
    return phase
  }

  /// Batches get 3/8 of the memory; libmongoc holds another copy of what each lane sends.
  private var readOptions: ReadOptions {
    ReadOptions(
      parallelFiles: options.parallelCollections ?? max(2, min(4, Machine.cores)),
      batchBytes: options.batchBytes ?? 1 << 20, memory: options.memory / 8 * 3)
  }
}

extension RestorePlan.Item {
  /// Whether a capped collection that the backup holds more of than fits held no more than fits before what was inserted
  /// while it was dumped: then the source threw out the others, too.
  fileprivate func fittedBefore(_ collection: RestoreResult.Collection) -> Bool {
    let options = loadOptions ?? facts?.options ?? [:]
    // The server takes 4096 for less and rounds up to 256 bytes.
    let size = max(options["size"]?.number ?? .infinity, 4096) + 255
    let most = options["max"]?.number ?? 0
    return insertedMeanwhile.documents > 0
      && Double(collection.bytes - insertedMeanwhile.bytes) <= size
      && (most <= 0 || Double(collection.documents - insertedMeanwhile.documents) <= most)
  }
}
