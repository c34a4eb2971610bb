package import BSON
package import Backups
package import Platform
package import Record

/// The entries of an interval of the oplog that change something, by their number in it: what is aborted or does
/// nothing has none, a transaction has that of its commit.
package struct OplogLine: Sendable {
  private let chain: OplogChain
  private let after: Timestamp
  private let through: Timestamp
  /// How many there are.
  package private(set) var count = 0

  /// Reads the oplog once and counts the entries behind `after` and through `through`. Throws `Failure`.
  package init(_ chain: OplogChain, after: Timestamp, through: Timestamp) throws(Failure) {
    self.chain = chain
    self.after = after
    self.through = through
    var count = 0
    try walk { (_, _) throws(Failure) in
      count += 1
      return true
    }
    self.count = count
  }

  /// The timestamps of the entries with these numbers, the first of which is 1, in rising order. Reads the oplog once.
  package func timestamps(of numbers: [Int]) throws(Failure) -> [Timestamp] {
    var found: [Timestamp] = []
    var number = 0
    try walk { (entry, _) throws(Failure) in
      number += 1
      if found.count < numbers.count, numbers[found.count] == number { found.append(entry.timestamp) }
      return found.count < numbers.count
    }
    return found
  }

  /// The entry of a timestamp, as the record shows it; nil when there is none. Reads the oplog once.
  package func entry(at timestamp: Timestamp) throws(Failure) -> DrillRecord.Entry? {
    var found: DrillRecord.Entry?
    try walk { (entry, operations) throws(Failure) in
      if entry.timestamp == timestamp { found = DrillRecord.Entry(entry, operations) }
      return entry.timestamp < timestamp
    }
    return found
  }

  /// Hands over each entry that changes something, with its operations, until told to stop.
  private func walk(_ body: (OplogEntry, [OplogOperation]) throws(Failure) -> Bool) throws(Failure) {
    let cursor = try chain.cursor(through: through)
    var transactions = Transactions()
    var read = 0
    while let entry = try cursor.next(), entry.timestamp <= through {
      if entry.timestamp < chain.coverage.windowStart { continue }
      read += 1
      if read.isMultiple(of: 4096) { try Interruption.check() }
      guard case .apply(let operations) = try transactions.step(entry, at: cursor.place),
        entry.timestamp > after, operations.contains(where: { $0.kind != .noop })
      else { continue }
      guard try body(entry, operations) else { return }
    }
  }
}

extension DrillRecord.Entry {
  fileprivate init(_ entry: OplogEntry, _ operations: [OplogOperation]) {
    self.init()
    timestamp = entry.timestamp.description
    wallTime = entry.wall.map { milliseconds in
      WallTime(seconds: Int(milliseconds / 1000), nanoseconds: Int(milliseconds % 1000) * 1_000_000)
    }
    self.operations = operations.count
    let first = operations.first ?? entry.operation
    operation =
      operations.count > 1
      ? "transaction" : first.kind == .command ? first.commandName ?? "command" : first.kind.word
    namespace = first.names.first?.description ?? first.namespaceText
    if let id = first.documentID, first.kind != .command {
      var writer = DocumentWriter()
      writer.append(raw: id.bytes, type: id.type, "_id")
      self.id = writer.finished()["_id"]?.extendedJSON()
    }
  }
}
