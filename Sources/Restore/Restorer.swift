internal import BSON
package import Backups
internal import Facts
package import Mongo
internal import Platform
package import Record
internal import Synchronization

/// Restores a logical backup into a sandbox: collections, documents, users and roles, views, indexes.
package struct Restorer: Sendable {
  private let backup: any LogicalBackup
  private let pool: ClientPool
  private let options: RestoreOptions
  private let events: EventSink

  /// `pool` has to be a sandbox's: everything is written there.
  package init(
    backup: any LogicalBackup, pool: ClientPool, options: RestoreOptions, events: @escaping EventSink
  ) {
    self.backup = backup
    self.pool = pool
    self.options = options
    self.events = events
  }

  /// Runs it. What the server refuses (a document, an index, a collection) is in the result's `problems`. Throws
  /// `Failure` when the backup is damaged, when the selection is wrong and on interruption, and `MongoError` when
  /// the server is gone.
  package func run() throws -> RestoreResult {
    let plan = try RestorePlan(backup, options)
    let problems = Problems()
    var result = RestoreResult()

    let started = Clock.monotonic
    let total = bytesOnDisk(plan).map { Amount(bytes: $0) }
    events(.phaseStarted("restore", total: total))
    let created = try create(plan, problems)
    let meter = LoadMeter(
      names: created.mapValues(\.namespace),
      totals: backup.origin.isCompressed ? [:] : fileSizes(plan), total: total, events: events)
    let reads = try load(created, problems, meter)
    var expected = self.expected(created, reads, meter)
    result.phases.append(
      phase(
        "restore", since: started, documents: expected.values.reduce(0) { $0 + ($1.documents ?? 0) },
        bytes: expected.values.reduce(0) { $0 + ($1.bytes ?? 0) }))

    var built: [Namespace: Int] = [:]
    if options.buildIndexes {
      let started = Clock.monotonic
      let tasks = expected.values.flatMap(\.indexTasks)
      events(.phaseStarted("indexes", total: Amount(documents: tasks.count)))
      built = try IndexBuilder(pool: pool, problems: problems, events: events).build(tasks, lanes: indexLanes)
      result.phases.append(phase("indexes", since: started, documents: tasks.count))
    } else {
      let left = expected.values.reduce(0) { $0 + $1.indexTasks.count }
      if left > 0 { result.notVerified.append("\(left) indexes were not built (--no-indexes)") }
      expected = expected.mapValues { facts in
        var facts = facts
        facts.indexes.removeAll { !$0.isIDIndex }
        return facts
      }
    }

    result.expected = Catalogue(expected.values)
    (result.problems, result.problemCount) = problems.all
    result.collections = plan.items.map { item in
      let tally = item.target.flatMap { meter.tallies[$0] }
      let read = reads[item.index]
      return .init(
        source: item.source.facts.namespace, target: created[item.index]?.namespace, note: item.note,
        documents: read?.documents ?? 0, bytes: read?.bytes ?? 0,
        inserted: (tally?.done.documents ?? 0) - (tally?.repeated ?? 0) - (tally?.refused ?? 0),
        indexes: item.target.flatMap { built[$0] } ?? 0)
    }
    result.notVerified += plan.items.compactMap { item in
      item.target == nil ? "\(item.source.facts.namespace): \(item.note ?? "not restored")" : nil
    }
    return result
  }

  /// Creates the collections, several at a time, views last; returns those that are there, under their names in
  /// the sandbox, by index.
  private func create(_ plan: RestorePlan, _ problems: Problems) throws -> [Int: CollectionFacts] {
    let items: [(Int, CollectionFacts, Bool)] = plan.selected.compactMap { item in
      guard let target = item.target else { return nil }
      var facts = item.source.facts
      facts.namespace = target
      if facts.kind == .view {
        facts.options = plan.naming.renamed(viewOptions: facts.options, of: item.source.facts.namespace)
      }
      if item.source.treatment == .usersOrRoles { facts.uuid = nil }
      return (item.index, facts, item.source.treatment == .usersOrRoles)
    }
    let created = Mutex<[Int: CollectionFacts]>([:])
    for views in [false, true] {
      let group = items.filter { ($0.1.kind == .view) == views }
      let next = Mutex(0)
      try Threads.concurrently(min(4, group.count)) { _ in
        while true {
          let at = next.withLock { next in
            next += 1
            return next - 1
          }
          guard at < group.count else { return }
          try Interruption.check()
          let (index, facts, isServers) = group[at]
          let refused = try refusal { () throws(MongoError) in
            if !isServers { try pool.create(facts) }
          }
          if let refused {
            problems.report(.init(facts.namespace, "collection", name: nil, message: refused.description))
          } else {
            created.withLock { $0[index] = facts }
          }
        }
      }
    }
    return created.withLock { $0 }
  }

  /// Reads the backup and inserts: readers fill a channel, lanes empty it. A collection that keeps its order is
  /// inserted by its reader, which hands over its batches one after the other.
  private func load(
    _ created: [Int: CollectionFacts], _ problems: Problems, _ meter: LoadMeter
  ) throws -> [Int: CollectionRead] {
    let loader = DocumentLoader(pool: pool, targets: created, problems: problems, meter: meter)
    let lanes = self.lanes
    let channel = Channel<DocumentBatch>(capacity: 2 * lanes)
    let indexes = Set(created.filter { $0.value.kind != .view }.keys)
    let backup = self.backup
    let ordered = Set(indexes.filter { backup.collections[$0].isOrdered })
    let reads = Mutex<[CollectionRead]>([])
    let options = readOptions
    let cancel: @Sendable (any Error) -> Void = { _ in channel.cancel() }
    try Threads.concurrently(lanes + 1, onFirstError: cancel) { lane in
      if lane > 0 {
        while let batch = channel.receive() {
          try Interruption.check()
          try loader.load(batch)
        }
        return
      }
      let result = try backup.read(indexes, options: options) { batch in
        if ordered.contains(batch.collection) {
          try loader.load(batch)
        } else if !channel.send(batch) {
          // A lane has failed; its error, the first, is the one that is thrown.
          throw CancellationError()
        }
      }
      reads.withLock { $0 = result }
      channel.close()
    }
    return Dictionary(reads.withLock { $0 }.map { ($0.collection, $0) }) { first, _ in first }
  }

  /// What the sandbox should hold now: the backup's facts with the counts that were read.
  private func expected(
    _ created: [Int: CollectionFacts], _ reads: [Int: CollectionRead], _ meter: LoadMeter
  ) -> [Int: CollectionFacts] {
    let tallies = meter.tallies
    var expected = created
    for (index, facts) in created where facts.kind != .view {
      expected[index]?.documents = (reads[index]?.documents ?? 0) - (tallies[facts.namespace]?.repeated ?? 0)
      expected[index]?.bytes = reads[index]?.bytes ?? 0
    }
    return expected
  }

  private func phase(_ name: String, since: Double, documents: Int, bytes: Int? = nil) -> Phase {
    let phase = Phase(name, seconds: Clock.monotonic - since, documents: documents, bytes: bytes)
    events(.phaseEnded(phase))
    return phase
  }

  /// Bytes of the selected files; nil where the documents' size can't be known from them.
  private func bytesOnDisk(_ plan: RestorePlan) -> Int? {
    let sizes = fileSizes(plan)
    return backup.origin.isCompressed || sizes.values.allSatisfy { $0 == 0 } ? nil : sizes.values.reduce(0, +)
  }

  private func fileSizes(_ plan: RestorePlan) -> [Int: Int] {
    Dictionary(uniqueKeysWithValues: plan.selected.map { ($0.index, $0.source.fileBytes) })
  }

  // Settings that follow the machine unless they were given.

  private var lanes: Int { options.lanes ?? Machine.cores + 1 }

  private var indexLanes: Int { 2 * Machine.cores }

  /// Batches get 3/8 of the memory; libmongoc holds another copy of what each lane sends.
  private var readOptions: ReadOptions {
    ReadOptions(
      parallelFiles: options.parallelCollections ?? max(2, min(4, Machine.cores)),
      batchBytes: options.batchBytes ?? 1 << 20, memory: options.memory / 8 * 3)
  }
}
