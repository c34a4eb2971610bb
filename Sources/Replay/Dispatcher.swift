internal import BSON
internal import Backups
internal import Mongo
internal import Platform
internal import Record

/// Reads entries in order and hands each operation to its lane; one thread.
struct Dispatcher: Sendable {
  /// Operations and bytes after which a batch is sent: large enough that the command's own cost doesn't count, small
  /// enough that all lanes have work. The server takes 16 MiB + 16 KiB a command.
  private static let batchOperations = 1000
  private static let batchBytes = 4 << 20
  private static let commandBytes = BSONLimits.document - (64 << 10)

  private(set) var ledger = Ledger()
  private let plan: ReplayPlan
  /// Through here everything is in the sandbox.
  private let after: Timestamp
  private var catalogue: SourceCatalogue
  private var transactions = Transactions()
  private let addresses: [SourceCatalogue.ID: LaneBatch.Address]
  private let lanes: [Lane]
  private let pool: ClientPool
  private let form: ApplyForm
  private var batches: [LaneBatch]
  private let events: EventSink
  private var told = 0.0

  init(
    plan: ReplayPlan, after: Timestamp?, base: [BackedUpCollection],
    destinations: [SourceCatalogue.ID: Namespace],
    lanes: [Lane], pool: ClientPool, form: ApplyForm, events: @escaping EventSink
  ) {
    self.plan = plan
    self.after = after ?? Timestamp(seconds: 0, increment: 0)
    catalogue = SourceCatalogue(base: base)
    addresses = Dictionary(
      uniqueKeysWithValues: destinations.map { id, destination in
        (id, LaneBatch.Address(id, destination))
      })
    self.lanes = lanes
    self.pool = pool
    self.form = form
    batches = Array(repeating: LaneBatch(form), count: lanes.count)
    self.events = events
  }

  /// Reads to the end of the plan's interval; what is read is with the lanes then.
  mutating func run(_ cursor: any OplogCursor) throws {
    while let entry = try cursor.next() {
      if entry.timestamp > plan.through {
        ledger.next = entry.timestamp
        break
      }
      if entry.timestamp < plan.from {
        ledger.skip(.beforeBase, "")
        continue
      }
      try take(entry, at: cursor.place)
    }
    for (_, operations) in transactions.unfinished { ledger.skip(.unfinished, "", count: operations) }
    for lane in lanes.indices { try flush(lane) }
  }

  private mutating func take(_ entry: OplogEntry, at place: Place) throws {
    if entry.timestamp <= after {
      // Followed all the same: for definitions, and for transactions that are committed later.
      guard case .apply(let operations) = try transactions.step(entry, at: place),
        entry.timestamp > plan.settled
      else { return }
      for operation in operations where !plan.skips(operation) {
        _ = try catalogue.follow(operation, entry.timestamp, at: place)
      }
      return
    }
    ledger.entries += 1
    ledger.bytes += entry.operation.bytes.count
    ledger.first = ledger.first ?? entry.timestamp
    ledger.last = entry.timestamp
    if ledger.entries.isMultiple(of: 1024) { try report() }
    switch try transactions.step(entry, at: place) {
    case .wait: break
    case .aborted(let count): ledger.skip(.aborted, "", count: count)
    case .apply(let operations):
      for operation in operations { try dispatch(operation, entry.timestamp, at: place) }
    }
  }

  private mutating func dispatch(_ operation: OplogOperation, _ timestamp: Timestamp, at place: Place) throws
  {
    if plan.skips(operation) { return ledger.skip(.asked, operation.namespaceText) }
    switch try catalogue.follow(operation, timestamp, at: place) {
    case .document(let id):
      guard let address = addresses[id] else { return skip(id) }
      guard let key = operation.documentID else {
        throw Failure.malformedEntry(timestamp, "an operation on a document without its _id", at: place)
      }
      let isOrdered = plan.catalogue[id].isOrdered
      let hash = isOrdered ? UInt64(id) : LaneKey(key.type, key.bytes).hash >> 16
      let lane = Int(hash % UInt64(lanes.count))
      if batches[lane].bytes.count + operation.bytes.count > Dispatcher.commandBytes { try flush(lane) }
      batches[lane].append(operation, to: address, id: key, at: timestamp)
      ledger.apply(operation.kind.word, address.name.description)
      if batches[lane].count >= Dispatcher.batchOperations
        || batches[lane].bytes.count >= Dispatcher.batchBytes
      {
        try flush(lane)
      }
    case .emptied(let id):
      guard let address = addresses[id] else { return skip(id) }
      try drain()
      try pool.run([
        "applyOps": [
          [
            "op": "c", "ns": .string("\(address.name.database).$cmd"),
            "o": ["emptycapped": .string(address.name.collection)],
          ]
        ]
      ])
      ledger.apply("command", address.name.description)
    case .definition: ledger.apply("command", operation.namespace?.database ?? "")
    case .stranger:
      // Those that nothing drops are left, which a base that isn't partial is refused for.
      let isLeft = operation.uuid.map { plan.catalogue.strangers[$0] != nil } ?? false
      ledger.skip(isLeft ? .outsideBase : .droppedLater, operation.namespaceText)
    case .skipped(let reason): ledger.skip(reason, reason == .noop ? "" : operation.namespaceText)
    }
  }

  private mutating func skip(_ id: SourceCatalogue.ID) {
    let isAlive = plan.catalogue[id].isAlive
    ledger.skip(isAlive ? .notSelected : .droppedLater, plan.catalogue[id].logicalName.description)
  }

  private mutating func flush(_ lane: Int) throws {
    if batches[lane].isEmpty { return }
    let batch = batches[lane]
    batches[lane] = LaneBatch(form)
    // Refused only when a lane has failed: its error, the first, is the one that is thrown.
    if !lanes[lane].channel.send(.batch(batch)) { throw CancellationError() }
  }

  /// Waits until the lanes have applied everything read so far.
  private mutating func drain() throws {
    let arrived = Monitor(0)
    for lane in lanes.indices {
      try flush(lane)
      if !lanes[lane].channel.send(.barrier(arrived)) { throw CancellationError() }
    }
    while arrived.wait(atMost: 1, { [count = lanes.count] in $0 == count ? true : nil }) == nil {
      if lanes.contains(where: \.channel.isCancelled) { throw CancellationError() }
    }
  }

  private mutating func report() throws {
    try Interruption.check()
    let now = Clock.monotonic
    guard now - told >= 0.1, let last = ledger.last else { return }
    told = now
    events(
      .progress(
        Progress(
          phase: "replay", done: Amount(documents: ledger.entries, bytes: ledger.bytes),
          total: Amount(documents: plan.entries, bytes: plan.bytes), current: [last.description])))
  }
}

extension OplogOperation.Kind {
  /// What the ledger calls it.
  var word: String {
    switch self {
    case .insert: "insert"
    case .update: "update"
    case .delete: "delete"
    case .noop: "noop"
    case .command, .unknown: "command"
    }
  }
}
