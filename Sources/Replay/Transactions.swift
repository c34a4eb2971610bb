package import BSON
package import Backups
package import Platform

/// Puts transactions together: their operations are applied whole, at the entry that commits them.
///
/// Shapes (the server's transaction_oplog_application.cpp): one `applyOps`; several, all but the last with
/// `partialTxn: true`; a last one with `prepare: true`, followed by `commitTransaction` or `abortTransaction`.
/// `prevOpTime` chains them, and the last one's `count` says how many operations there are in all.
///
/// Memory: the entries of the transactions that are open, up to a limit.
package struct Transactions: Sendable {
  /// What an entry means for the replay.
  package enum Step: Sendable {
    /// These operations are applied now, in this order.
    case apply([OplogOperation])
    /// The entry is a part of a transaction that has not come to its end.
    case wait
    /// The transaction was aborted: so many operations are dropped.
    case aborted(Int)
  }

  /// A transaction that is under way.
  private struct Open: Sendable {
    var operations: [OplogOperation] = []
    var last: Timestamp
    var isPrepared = false
    var namespace: String
    /// What it takes in memory.
    var bytes = 0
  }

  /// What open transactions may take in all. The server writes one into as many entries of 16 MB as it takes, but holds it
  /// in memory itself until it commits, for 60 seconds unless told otherwise.
  package static let largestOpen = 1 << 30

  private var open: [OplogEntry.Session: Open] = [:]
  /// Of each session by its `lsid`, the one that is prepared: the next can't begin before it has ended.
  private var prepared: [ArraySlice<UInt8>: OplogEntry.Session] = [:]
  private let limit: Int
  /// What those that are open take in memory.
  private var bytes = 0

  /// `limit`: the bytes that open transactions may take in memory.
  package init(limit: Int = Transactions.largestOpen) { self.limit = limit }

  /// Transactions that are still open, with the number of operations they hold: at the target, those that had not
  /// been committed then.
  package var unfinished: [(started: Timestamp, operations: Int)] {
    open.values.map { ($0.last, $0.operations.count) }
  }

  /// Takes the next entry. Throws `Failure` when a transaction has a hole or no beginning, and when those that are open
  /// take too much memory.
  package mutating func step(_ entry: OplogEntry, at place: Place) throws(Failure) -> Step {
    guard entry.operation.kind == .command, let command = entry.operation.object,
      let name = entry.operation.commandName
    else { return .apply([entry.operation]) }
    switch name {
    case "applyOps":
      let operations = try inner(command, entry, at: place)
      guard let session = entry.session, entry.multiOpType != 1 else { return .apply(operations) }
      return try add(operations, command, session, entry, at: place)
    case "commitTransaction":
      guard let session = entry.session, let transaction = close(session),
        transaction.isPrepared
      else { throw .transactionWithoutBeginning(entry.timestamp, at: place) }
      return .apply(transaction.operations)
    case "abortTransaction":
      // One whose entries lie before the chain's beginning is aborted all the same: nothing of it is needed.
      let transaction = entry.session.flatMap { close($0) }
      return .aborted(transaction?.operations.count ?? 0)
    default: return .apply([entry.operation])
    }
  }

  private mutating func add(
    _ operations: [OplogOperation], _ command: Document, _ session: OplogEntry.Session, _ entry: OplogEntry,
    at place: Place
  ) throws(Failure) -> Step {
    let previous = entry.previous ?? Timestamp(seconds: 0, increment: 0)
    var transaction: Open
    if previous.bits == 0 {
      // A new transaction of the session ends one that was left open, but none that was prepared.
      if let left = prepared[session.id], let transaction = open[left] {
        throw .transactionWithoutEnd(transaction.last, before: entry.timestamp, at: place)
      }
      transaction = Open(last: entry.timestamp, namespace: entry.operation.namespaceText)
    } else {
      guard let begun = open[session] else {
        throw .transactionWithoutBeginning(entry.timestamp, at: place)
      }
      guard begun.last == previous else {
        throw .transactionWithHole(entry.timestamp, missing: previous, at: place)
      }
      transaction = begun
    }
    transaction.operations += operations
    transaction.last = entry.timestamp
    transaction.bytes +=
      entry.operation.bytes.count + operations.count * MemoryLayout<OplogOperation>.stride
    if command["partialTxn"]?.isTrue == true {
      try keep(transaction, session, at: place)
      return .wait
    }
    if let count = command["count"]?.integer, count != Int64(transaction.operations.count) {
      throw .transactionIncomplete(entry.timestamp, transaction.operations.count, of: count, at: place)
    }
    if command["prepare"]?.isTrue == true {
      transaction.isPrepared = true
      prepared[session.id] = session
      try keep(transaction, session, at: place)
      return .wait
    }
    close(session)
    return .apply(transaction.operations)
  }

  private mutating func keep(
    _ transaction: Open, _ session: OplogEntry.Session, at place: Place
  ) throws(Failure) {
    bytes += transaction.bytes - (open.updateValue(transaction, forKey: session)?.bytes ?? 0)
    if bytes > limit { throw .transactionsTooLarge(transaction.last, open.count, limit, at: place) }
  }

  @discardableResult
  private mutating func close(_ session: OplogEntry.Session) -> Open? {
    let transaction = open.removeValue(forKey: session)
    bytes -= transaction?.bytes ?? 0
    if prepared[session.id] == session { prepared[session.id] = nil }
    return transaction
  }

  /// The operations of an `applyOps`, those of nested ones in their place (the server nests up to ten deep).
  private func inner(
    _ command: Document, _ entry: OplogEntry, at place: Place, depth: Int = 0
  ) throws(Failure) -> [OplogOperation] {
    guard depth <= 10, case .array(let list)? = command["applyOps"] else {
      throw .malformedEntry(entry.timestamp, "applyOps without a list of operations", at: place)
    }
    var operations: [OplogOperation] = []
    for element in list {
      guard let document = element.value.document,
        let operation = OplogOperation(validated: document.bytes)
      else { throw .malformedEntry(entry.timestamp, "an operation of applyOps cannot be read", at: place) }
      if operation.commandName == "applyOps", let object = operation.object {
        operations += try inner(object, entry, at: place, depth: depth + 1)
      } else {
        operations.append(operation)
      }
    }
    return operations
  }
}

extension Failure {
  static func transactionWithoutBeginning(_ timestamp: Timestamp, at place: Place) -> Failure {
    Failure(
      .damagedBackup, "transaction-without-beginning",
      "the transaction that ends at \(timestamp) has no beginning in the oplog", at: place,
      hint: "A slice that holds its first entries is missing.")
  }

  static func transactionWithHole(_ timestamp: Timestamp, missing: Timestamp, at place: Place) -> Failure {
    Failure(
      .damagedBackup, "transaction-with-hole",
      "the transaction at \(timestamp) misses its entry at \(missing)", at: place,
      hint: "The oplog has a hole; take the slices again.")
  }

  static func transactionWithoutEnd(_ timestamp: Timestamp, before next: Timestamp, at place: Place)
    -> Failure
  {
    Failure(
      .damagedBackup, "transaction-without-end",
      "the transaction that was prepared at \(timestamp) is neither committed nor aborted before the next one of its "
        + "session, at \(next)", at: place,
      hint: "The oplog has a hole; take the slices again.")
  }

  static func transactionIncomplete(
    _ timestamp: Timestamp, _ found: Int, of count: Int64, at place: Place
  ) -> Failure {
    Failure(
      .damagedBackup, "transaction-incomplete",
      "the transaction at \(timestamp) has \(found) operations where it counts \(count)", at: place)
  }

  static func transactionsTooLarge(
    _ timestamp: Timestamp, _ count: Int, _ limit: Int, at place: Place
  ) -> Failure {
    Failure(
      .incomplete, "transactions-too-large",
      "\(count == 1 ? "the transaction that is" : "the \(count) transactions that are") open at \(timestamp) "
        + "\(count == 1 ? "takes" : "take") more than \(ByteSize.format(limit)) of memory",
      at: place,
      hint: "No more than that is kept of transactions whose commit has not come. Take a target before it.")
  }

  static func malformedEntry(_ timestamp: Timestamp, _ what: String, at place: Place) -> Failure {
    Failure(.damagedBackup, "malformed-entry", "the oplog entry at \(timestamp): \(what)", at: place)
  }
}
