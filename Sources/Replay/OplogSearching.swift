internal import BSON
internal import Backups
internal import Facts
internal import Restore

/// Looks at the operations of an oplog in order and keeps what is asked for.
struct OplogSearching {
  private let request: FindRequest
  private var bursts: FindBursts
  private var result = FindResult()
  /// Drops in a database after which nothing else has come there: a `dropDatabase` begins with those of its
  /// collections.
  private var drops: [Namespace: [OplogFinding]] = [:]
  /// Whether the collection of the last operation is wanted.
  private var lastChoice: (operation: OplogOperation, isWanted: Bool)?

  /// Seconds that may pass from them to the `dropDatabase`, which waits until the set has replicated them.
  private static let dropSeconds: UInt32 = 60
  /// More of them don't wait for one.
  private static let mostDrops = 10_000
  /// So many names are told of a database that was dropped, or of a transaction.
  private static let namesTold = 3

  init(_ request: FindRequest) {
    self.request = request
    bursts = FindBursts(minimum: request.minimum, within: request.within)
  }

  /// Takes the operations that are applied at an entry.
  mutating func take(_ operations: [OplogOperation], of entry: OplogEntry) {
    result.entries += 1
    result.first = result.first ?? entry.timestamp
    result.last = entry.timestamp
    let isWhole = take(transaction: operations, of: entry)
    for operation in operations {
      switch operation.kind {
      case .noop, .unknown: continue
      case .command: take(command: operation, of: entry)
      case .insert, .update, .delete:
        if operation.namespaceText.hasSuffix(".system.views") {
          take(command: operation, of: entry)
        } else if isWanted(operation) {
          endDrops(operation.namespace?.database)
          if !isWhole { take(document: operation, of: entry) }
        }
      }
    }
  }

  /// What was found, with what was under way at the end.
  mutating func finish() -> FindResult {
    for finding in bursts.finish() { keep(finding) }
    endAllDrops()
    return result
  }

  private mutating func keep(_ finding: OplogFinding) {
    if request.kinds.contains(finding.kind) { result.add(finding, limit: request.limit) }
  }

  private mutating func take(document operation: OplogOperation, of entry: OplogEntry) {
    guard let kind = OplogFinding.Kind(operation.kind), request.kinds.contains(kind),
      let name = operation.namespace
    else { return }
    let key = FindBursts.Key(kind: kind, isSingle: entry.session != nil, namespace: name)
    for finding in bursts.add(operation, key, of: entry) { keep(finding) }
  }

  /// A transaction with many operations is one finding; false when it is none.
  private mutating func take(transaction operations: [OplogOperation], of entry: OplogEntry) -> Bool {
    guard request.kinds.contains(.transaction), entry.session != nil, entry.multiOpType != 1,
      operations.count >= request.minimum,
      let command = entry.operation.commandName, command == "applyOps" || command == "commitTransaction"
    else { return false }
    var finding = OplogFinding(
      kind: .transaction, namespace: "", first: entry.timestamp, last: entry.timestamp, wall: entry.wall)
    finding.operations = 0
    var counts: [Namespace: Int] = [:]
    for operation in operations where operation.kind != .command && isWanted(operation) {
      guard let name = operation.namespace else { continue }
      finding.operations += 1
      counts[name, default: 0] += 1
    }
    guard finding.operations >= request.minimum else { return false }
    if let only = counts.keys.first, counts.count == 1 {
      finding.namespace = only.description
    } else {
      let largest = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      finding.details = Self.list(largest.map { "\($0.key) \($0.value)" })
    }
    keep(finding)
    return true
  }

  // MARK: Commands

  private mutating func take(command operation: OplogOperation, of entry: OplogEntry) {
    guard var finding = OplogFinding(command: operation, of: entry) else { return }
    guard let name = Namespace(finding.namespace) else {
      return take(dropDatabase: finding)
    }
    let isDrop = finding.kind == .drop && operation.kind == .command
    if finding.kind == .drop, !isDrop,
      drops[Namespace(name.database, "")]?.contains(where: { $0.namespace == name.description }) == true
    {
      return  // The view of a time series whose buckets were dropped just before.
    }
    if !isDrop { endDrops(name.database) }
    let to =
      finding.kind == .renameCollection ? operation.object?["to"]?.string.flatMap { Namespace($0) } : nil
    guard isWanted(name) || to.map(isWanted) ?? false else { return }
    if let series = name.bucketsOf {
      // Nobody calls it by its buckets, nor counts them.
      finding.namespace = series.description
      finding.documents = nil
    }
    if isDrop {
      drops[Namespace(name.database, ""), default: []].append(finding)
      if drops.values.reduce(0, { $0 + $1.count }) > Self.mostDrops { endAllDrops() }
    } else {
      keep(finding)
    }
  }

  /// One finding with the drops that belong to it: before the first of them the database was whole.
  private mutating func take(dropDatabase finding: OplogFinding) {
    let database = Namespace(finding.namespace, "")
    var own = drops.removeValue(forKey: database) ?? []
    while let drop = own.first, finding.first.seconds - drop.first.seconds > Self.dropSeconds {
      keep(drop)
      own.removeFirst()
    }
    guard isWanted(database) || !own.isEmpty else { return }
    guard request.kinds.contains(.dropDatabase), let start = own.first else {
      for drop in own { keep(drop) }
      return keep(finding)
    }
    var whole = OplogFinding(
      kind: .dropDatabase, namespace: finding.namespace, first: start.first, last: finding.last,
      wall: start.wall)
    whole.documents = own.reduce(0) { $0 + ($1.documents ?? 0) }
    whole.details = "collections " + Self.list(own.compactMap { Namespace($0.namespace)?.collection })
    keep(whole)
  }

  /// Drops after which something else happens in the database stand for themselves.
  private mutating func endDrops(_ database: String?) {
    if drops.isEmpty { return }
    guard let database, let ended = drops.removeValue(forKey: Namespace(database, "")) else { return }
    for drop in ended { keep(drop) }
  }

  private mutating func endAllDrops() {
    for drop in drops.values.joined() { keep(drop) }
    drops = [:]
  }

  // MARK: Selection

  private mutating func isWanted(_ operation: OplogOperation) -> Bool {
    if let lastChoice, lastChoice.operation.hasSameNamespace(as: operation) { return lastChoice.isWanted }
    let isWanted = operation.namespace.map(isWanted) ?? false
    lastChoice = (operation, isWanted)
    return isWanted
  }

  private func isWanted(_ name: Namespace) -> Bool {
    if SkipReason(of: name) != nil || name.isOfPBM { return false }
    if request.namespaces.isEmpty { return true }
    let names = [name] + [name.bucketsOf].compactMap { $0 }
    return request.namespaces.contains { pattern in names.contains(where: pattern.matches) }
  }

  private static func list(_ names: [String]) -> String {
    let more = names.count - namesTold
    return names.prefix(namesTold).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}

extension OplogFinding.Kind {
  fileprivate init?(_ kind: OplogOperation.Kind) {
    switch kind {
    case .insert: self = .insert
    case .update: self = .update
    case .delete: self = .delete
    case .command, .noop, .unknown: return nil
    }
  }
}
