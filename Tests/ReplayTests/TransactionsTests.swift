import BSON
import Backups
import Platform
import Replay
import Testing

/// Shapes that a replica set of MongoDB 6.0 doesn't write of itself: of shards, and of other versions.
@Suite("Transactions") struct TransactionsTests {
  private let none = Timestamp(seconds: 0, increment: 0)

  @Test("one that was prepared is applied at its commit, in order")
  func prepared() throws {
    var log = Log()
    #expect(try log.applyOps(1, after: 0, [insert(1), insert(2)], ["partialTxn": true]) == .wait)
    #expect(try log.applyOps(2, after: 1, [insert(3)], ["prepare": true, "count": 3]) == .wait)
    #expect(try log.plain(3, insert(9)) == .apply([9]))
    #expect(log.transactions.unfinished.map(\.operations) == [3])
    #expect(try log.end(4, after: 2, "commitTransaction") == .apply([1, 2, 3]))
    #expect(log.transactions.unfinished.isEmpty)
  }

  @Test("one that was aborted is not applied, whether it was prepared or not", arguments: [true, false])
  func aborted(isPrepared: Bool) throws {
    var log = Log()
    _ = try log.applyOps(1, after: 0, [insert(1), insert(2)], [isPrepared ? "prepare" : "partialTxn": true])
    #expect(try log.end(2, after: 1, "abortTransaction") == .aborted(2))
    #expect(log.transactions.unfinished.isEmpty)
  }

  @Test("an abort without a beginning drops nothing") func abortAlone() throws {
    var log = Log()
    #expect(try log.end(2, after: 1, "abortTransaction") == .aborted(0))
  }

  @Test("two at one time are told apart by session and number") func interleaved() throws {
    var log = Log()
    #expect(try log.applyOps(1, after: 0, [insert(1)], ["partialTxn": true], number: 1) == .wait)
    #expect(try log.applyOps(2, after: 0, [insert(10)], ["partialTxn": true], number: 2) == .wait)
    #expect(try log.applyOps(3, after: 1, [insert(2)], ["count": 2], number: 1) == .apply([1, 2]))
    #expect(try log.applyOps(4, after: 2, [insert(20)], ["count": 2], number: 2) == .apply([10, 20]))
  }

  @Test("a commit without a beginning is refused") func commitAlone() {
    expectFailure("transaction-without-beginning") { log in
      _ = try log.end(2, after: 1, "commitTransaction")
    }
  }

  @Test("a commit of one that was not prepared is refused") func commitUnprepared() {
    expectFailure("transaction-without-beginning") { log in
      _ = try log.applyOps(1, after: 0, [insert(1)], ["partialTxn": true])
      _ = try log.end(2, after: 1, "commitTransaction")
    }
  }

  @Test("one whose head is not in the oplog is refused") func headless() {
    expectFailure("transaction-without-beginning") { log in
      _ = try log.applyOps(5, after: 4, [insert(1)], ["count": 2])
    }
  }

  @Test("one that lacks an entry in between is refused") func hole() {
    expectFailure("transaction-with-hole") { log in
      _ = try log.applyOps(1, after: 0, [insert(1)], ["partialTxn": true])
      _ = try log.applyOps(3, after: 2, [insert(3)], ["count": 3])
    }
  }

  @Test(
    "one that was prepared and has no end before the next one of its session is refused", arguments: [1, 2])
  func endless(number: Int64) {
    expectFailure("transaction-without-end") { log in
      _ = try log.applyOps(1, after: 0, [insert(1)], ["prepare": true])
      _ = try log.applyOps(2, after: 0, [insert(2)], ["partialTxn": true], number: number)
    }
  }

  @Test("one that was not prepared has no end when the next one of its session begins") func abandoned()
    throws
  {
    var log = Log()
    #expect(try log.applyOps(1, after: 0, [insert(1)], ["partialTxn": true]) == .wait)
    #expect(try log.applyOps(2, after: 0, [insert(2)], [:], number: 2) == .apply([2]))
    #expect(log.transactions.unfinished.map(\.operations) == [1])
  }

  @Test("one with another number of operations than it counts is refused", arguments: [1, 3])
  func miscounted(count: Int64) {
    expectFailure("transaction-incomplete") { log in
      _ = try log.applyOps(1, after: 0, [insert(1)], ["partialTxn": true])
      _ = try log.applyOps(2, after: 1, [insert(2)], ["count": .int64(count)])
    }
  }

  @Test("inserts that 8.0 puts into one entry are no transaction") func vectored() throws {
    var log = Log()
    let inserts = try log.applyOps(7, after: 6, [insert(1), insert(2)], [:], ["multiOpType": 1])
    #expect(inserts == .apply([1, 2]))
  }

  @Test("applyOps without a session is taken apart, nested ones in their place") func nested() throws {
    var log = Log()
    let inner: Document = ["op": "c", "ns": "admin.$cmd", "o": ["applyOps": [.document(insert(2))]]]
    let step = try log.plain(
      1,
      [
        "op": "c", "ns": "admin.$cmd",
        "o": ["applyOps": .list([insert(1), inner, insert(3)].map { .document($0) })],
      ])
    #expect(step == .apply([1, 2, 3]))
  }

  @Test("applyOps nested deeper than the server allows is refused") func tooDeep() {
    expectFailure("malformed-entry") { log in
      var operation = insert(1)
      for _ in 0..<12 {
        operation = ["op": "c", "ns": "admin.$cmd", "o": ["applyOps": [.document(operation)]]]
      }
      _ = try log.plain(1, operation)
    }
  }

  @Test("those that are open may take so much memory and no more", arguments: [1, 3])
  func tooLarge(sessions: Int64) throws {
    var log = Log()
    log.transactions = Transactions(limit: 20_000)
    let text = insert(1).setting("o", to: ["_id": 1, "text": .string(String(repeating: "x", count: 1000))])
    // What has come to its end counts no more.
    for number in 10..<Int64(40) {
      _ = try log.applyOps(1, after: 0, [text], ["partialTxn": true], number: number)
      _ = try log.applyOps(2, after: 1, [text], ["count": 2], number: number)
    }
    for number in Int64(40)..<60 {
      _ = try log.applyOps(1, after: 0, [text], ["partialTxn": true], number: 1)
      _ = try log.applyOps(
        2, after: 1, [text], number.isMultiple(of: 2) ? ["prepare": true] : ["partialTxn": true])
      _ = try log.end(3, after: 2, "abortTransaction")
    }
    let failure = #expect(throws: Failure.self) {
      for second in UInt32(1)..<30 {
        for number in 1...sessions {
          _ = try log.applyOps(second, after: second - 1, [text], ["partialTxn": true], number: number)
        }
      }
    }
    #expect(failure?.code == "transactions-too-large" && failure?.kind == .incomplete)
    #expect(failure?.message.contains("more than 20 kB") == true)
  }

  @Test("a retryable write is no transaction") func retryable() throws {
    var log = Log()
    var entry = insert(4)
    for (name, value) in Log.session(1) { entry = entry.setting(name, to: value) }
    #expect(try log.plain(1, entry) == .apply([4]))
  }

  private func expectFailure(
    _ code: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: (inout Log) throws -> Void
  ) {
    var log = Log()
    do {
      try body(&log)
      Issue.record("not refused", sourceLocation: sourceLocation)
    } catch {
      let failure = error as? Failure
      #expect(failure?.code == code && failure?.kind == .damagedBackup, sourceLocation: sourceLocation)
      #expect(failure?.place != nil, sourceLocation: sourceLocation)
    }
  }

  private func insert(_ id: Int32) -> Document { ["op": "i", "ns": "shop.orders", "o": ["_id": .int32(id)]] }
}

/// Feeds entries to `Transactions` and tells what came of them by the `_id`s of the documents.
private struct Log {
  enum Step: Equatable {
    case apply([Int64])
    case wait
    case aborted(Int)
  }

  var transactions = Transactions()

  static func session(_ number: Int64) -> [(String, Value)] {
    [("lsid", ["id": .binary(subtype: 4, Array(repeating: 7, count: 16))]), ("txnNumber", .int64(number))]
  }

  /// An entry as it is, at a second.
  mutating func plain(_ second: UInt32, _ fields: Document) throws -> Step {
    let entry = fields.setting("ts", to: .timestamp(Timestamp(seconds: second, increment: 1)))
    let read = try #require(OplogEntry(validated: entry.bytes))
    switch try transactions.step(read, at: Place("oplog.bson", offset: 0)) {
    case .apply(let operations): return .apply(operations.compactMap { $0.object?["_id"]?.integer })
    case .wait: return .wait
    case .aborted(let count): return .aborted(count)
    }
  }

  /// A part of a transaction, after its entry of another second.
  mutating func applyOps(
    _ second: UInt32, after previous: UInt32, _ operations: [Document], _ more: Document,
    _ fields: Document = [:], number: Int64 = 1
  ) throws -> Step {
    let command = more.reduce(["applyOps": .list(operations.map { .document($0) })] as Document) {
      $0.setting($1.name, to: $1.value)
    }
    return try chained(second, after: previous, command, fields, number)
  }

  /// `commitTransaction` or `abortTransaction`.
  mutating func end(_ second: UInt32, after previous: UInt32, _ name: String) throws -> Step {
    try chained(second, after: previous, [name: 1], [:], 1)
  }

  private mutating func chained(
    _ second: UInt32, after previous: UInt32, _ command: Document, _ fields: Document, _ number: Int64
  ) throws -> Step {
    let before = Timestamp(seconds: previous, increment: previous == 0 ? 0 : 1)
    var entry = Document(
      Log.session(number) + [
        ("op", "c"), ("ns", "admin.$cmd"), ("o", .document(command)),
        ("prevOpTime", .document(["ts": .timestamp(before), "t": 1])),
      ])
    for field in fields { entry = entry.setting(field.name, to: .int32(Int32(field.value.integer ?? 0))) }
    return try plain(second, entry)
  }
}
