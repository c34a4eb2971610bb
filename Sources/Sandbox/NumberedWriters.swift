package import BSON
package import Mongo
internal import Platform

/// Threads that write numbered documents without pause, each to be acknowledged by a majority, and that keep account:
/// so that it can be told afterwards for how long nobody got an answer, and whether everything that was acknowledged is
/// there.
///
/// Every document is one write, `{_id: thread << 32 | number}`. A write without an answer is not made again: the next one
/// has the next number.
package final class NumberedWriters: Sendable {
  /// How they write.
  package struct Options: Sendable, Hashable {
    package var threads: Int
    /// Seconds after which a write that no majority has is given up.
    package var writeTimeout: Double

    package init(threads: Int = 4, writeTimeout: Double = 4) {
      self.threads = threads
      self.writeTimeout = writeTimeout
    }
  }

  private struct Tally: Sendable {
    /// The highest number that each thread has sent.
    var sent: [Int64]
    /// Writes that were sent and not acknowledged, by their `_id`s.
    var unanswered: Set<Int64> = []
    var acknowledged = 0
    /// Attempts for which there was nobody to send them to.
    var unsent = 0
    /// When the last acknowledgement came, and when that write was begun.
    var lastAnswer: Double
    var lastBegin = 0.0
    /// The longest time between two acknowledgements since `mark`.
    var longestGap = 0.0
    var isOver = false
  }

  /// What they write into; nobody else's.
  package let namespace: Namespace
  private let pool: ClientPool
  private let options: Options
  private let tally: Monitor<Tally>
  private let threads = Monitor<[RunningThread]>([])

  /// Starts them. Throws `MongoError` for a bad address, `Failure` when the system gives no threads.
  package init(uri: String, into namespace: Namespace, _ options: Options = Options()) throws {
    self.namespace = namespace
    self.options = options
    // A server that is held up doesn't refuse: what it doesn't answer is given up a little after its own limit.
    let patience = Int(options.writeTimeout * 1000) + 1000
    let separator = uri.contains("?") ? "&" : "?"
    pool = try ClientPool(
      uri: uri + "\(separator)serverSelectionTimeoutMS=1000&connectTimeoutMS=1000&heartbeatFrequencyMS=500"
        + "&socketTimeoutMS=\(patience)",
      connections: options.threads)
    tally = Monitor(Tally(sent: Array(repeating: 0, count: options.threads), lastAnswer: Clock.monotonic))
    for thread in 0..<options.threads {
      let running = try Threads.start { [self] in while writeOne(thread) {} }
      threads.withLock { $0.append(running) }
    }
  }

  /// One write; false when it is over.
  private func writeOne(_ thread: Int) -> Bool {
    let id = tally.withLock { tally -> Int64? in
      if tally.isOver { return nil }
      tally.sent[thread] += 1
      return Int64(thread) << 32 | tally.sent[thread]
    }
    guard let id, Interruption.pending == nil else { return false }
    let begin = Clock.monotonic
    let answer = write(id)
    let end = Clock.monotonic
    tally.update { tally in
      switch answer {
      case .acknowledged:
        tally.acknowledged += 1
        tally.longestGap = max(tally.longestGap, end - tally.lastAnswer)
        tally.lastAnswer = end
        tally.lastBegin = max(tally.lastBegin, begin)
      case .unanswered: tally.unanswered.insert(id)
      case .unsent:
        tally.unsent += 1
        tally.sent[thread] -= 1
      }
    }
    if answer != .acknowledged { Interruption.sleep(0.02) }
    return true
  }

  private enum Answer { case acknowledged, unanswered, unsent }

  private func write(_ id: Int64) -> Answer {
    let command: Document = [
      "insert": .string(namespace.collection), "documents": [["_id": .int64(id)]],
      "writeConcern": ["w": "majority", "j": true, "wtimeout": .int64(Int64(options.writeTimeout * 1000))],
    ]
    do throws(MongoError) {
      let reply = try pool.run(command, on: namespace.database)
      let isGood =
        reply["n"]?.integer == 1 && reply["writeErrors"] == nil && reply["writeConcernError"] == nil
      return isGood ? .acknowledged : .unanswered
    } catch {
      return error.isNobodyThere ? .unsent : .unanswered
    }
  }

  // MARK: Watching

  /// How many writes were acknowledged until now.
  package var acknowledged: Int { tally.withLock(\.acknowledged) }

  /// From now on gaps are measured.
  package func mark() { tally.update { $0.longestGap = 0 } }

  /// The longest time since `mark` in which no write was acknowledged, in seconds; the time that passes now counts.
  package var longestGap: Double {
    tally.withLock { max($0.longestGap, Clock.monotonic - $0.lastAnswer) }
  }

  /// Waits until a write is acknowledged that was begun after `time`, by the monotonic clock. False when the seconds
  /// are over, or a signal to stop has come.
  package func waitForAnswer(begunAfter time: Double, atMost seconds: Double) -> Bool {
    let end = Clock.monotonic + seconds
    while Clock.monotonic < end, Interruption.pending == nil {
      let isThere = tally.wait(atMost: min(0.1, end - Clock.monotonic)) { $0.lastBegin > time ? true : nil }
      if isThere == true { return true }
    }
    return tally.withLock { $0.lastBegin > time }
  }

  /// Ends them, and waits until the last one has its answer.
  package func stop() {
    tally.update { $0.isOver = true }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  // MARK: The account

  /// What became of the writes.
  package struct Account: Sendable, Hashable {
    package var acknowledged = 0
    /// Acknowledged, and not there.
    package var lost = 0
    /// Sent, and not acknowledged.
    package var unacknowledged = 0
    /// Of these, those that are there all the same.
    package var survived = 0
    /// Attempts that found nobody to send them to.
    package var unsent = 0
    /// The `_id`s of the first few that are lost.
    package var lostSamples: [Int64] = []

    /// Unacknowledged, and not there: rolled back, or never arrived.
    package var rolledBack: Int { unacknowledged - survived }
  }

  /// Compares what a majority has with what was acknowledged; after `stop`.
  package func account(on pool: ClientPool) throws -> Account {
    let tally = tally.withLock { $0 }
    var account = Account()
    account.acknowledged = tally.acknowledged
    account.unacknowledged = tally.unanswered.count
    account.unsent = tally.unsent
    // Both in the order of their numbers.
    var expected = NumberedWrites(tally.sent)
    func skip(until id: Int64) {
      while let next = expected.next, next < id {
        expected.advance()
        if tally.unanswered.contains(next) { continue }
        account.lost += 1
        if account.lostSamples.count < 5 { account.lostSamples.append(next) }
      }
    }
    let find: Document = [
      "find": .string(namespace.collection), "sort": ["_id": 1], "readConcern": ["level": "majority"],
    ]
    try pool.forEach(find, on: namespace.database) { document in
      guard let id = document["_id"]?.integer else { return true }
      skip(until: id)
      if expected.next == id { expected.advance() }
      if tally.unanswered.contains(id) { account.survived += 1 }
      return true
    }
    skip(until: .max)
    return account
  }
}

/// The `_id`s that were used, ascending.
private struct NumberedWrites {
  private let last: [Int64]
  private var thread = 0
  private var number: Int64 = 1

  init(_ last: [Int64]) {
    self.last = last
    settle()
  }

  var next: Int64? { thread < last.count ? Int64(thread) << 32 | number : nil }

  mutating func advance() {
    number += 1
    settle()
  }

  /// Goes on to the next thread that wrote anything.
  private mutating func settle() {
    while thread < last.count, number > last[thread] {
      thread += 1
      number = 1
    }
  }
}

extension MongoError {
  /// Whether no server was found to send the command to (libmongoc's MONGOC_ERROR_SERVER_SELECTION_FAILURE).
  fileprivate var isNobodyThere: Bool { isConnectionLoss && code == 13_053 }
}
