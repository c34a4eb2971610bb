package import BSON
package import Facts
package import Mongo
package import Platform
internal import Witness

/// The data that checks are asked of.
package struct CheckedServer: Sendable {
  /// Connections to the server.
  package var pool: ClientPool
  /// The backup's facts, by the names that its collections have here, with their counts; nil where there is no
  /// backup to compare with.
  package var expected: Catalogue?
  /// What a run before this one measured; nil where there is none to compare with.
  package var baseline: Baseline?
  /// What a witness recorded from the source, by the names that its collections have here; nil where there is none.
  package var witness: Catalogue?
  /// What that witness says of the documents' content.
  package var witnessed: WitnessedContent?
  /// Collections that the witness names, and of which nobody knows whether they are to be here: they were made or
  /// dropped while it was recorded, or the backup is declared to hold a part alone.
  package var fleeting: Set<Namespace> = []
  /// Where the data holds a collection of the source by what was selected; nil for what wasn't to be restored. Nil
  /// where nothing was selected.
  package var place: (@Sendable (Namespace) -> Namespace?)?
  /// What was there after earlier steps of this run, by their ids.
  package var steps: [String: Catalogue] = [:]
  /// The moment that the data is of, in seconds since 1970; nil when that isn't known.
  package var moment: Double?
  /// Seconds that are added to every moment that data is compared with: to ask of it as if it were so much older.
  package var delay = 0.0
  /// Whether the server is a throwaway one, where a check may lock and load as it likes.
  package var isSandbox: Bool
  /// Memory for all checks that run at one time, in bytes.
  package var memory: Int
  /// The folder that commands run in; nil: where this process runs.
  package var folder: String?
  /// How long a check may take that doesn't say so itself, in seconds; nil for as long as it takes.
  package var timeout: Double?
  /// The servers of a sharded set; nil where the data lies on one server, `pool`'s.
  package var set: CheckedSet?

  package init(
    _ pool: ClientPool, expected: Catalogue?, isSandbox: Bool, memory: Int = 64 << 20, timeout: Double? = nil
  ) {
    self.pool = pool
    self.expected = expected
    self.isSandbox = isSandbox
    self.memory = memory
    self.timeout = timeout
  }
}

/// What a suite's list of checks is about.
package enum Subject: Sendable, Hashable, CustomStringConvertible {
  case collection(Namespace)
  case database(String)
  case everything

  /// Reads `shop.orders`, `shop` or `*`; nil for what is none of them.
  package init?(_ text: String) {
    if text == "*" {
      self = .everything
    } else if let namespace = Namespace(text) {
      self = .collection(namespace)
    } else if !text.isEmpty, !text.utf8.contains(UInt8(ascii: ".")) {
      self = .database(text)
    } else {
      return nil
    }
  }

  package var description: String {
    switch self {
    case .collection(let namespace): namespace.description
    case .database(let name): name
    case .everything: "*"
    }
  }

  /// Whether a collection belongs to it.
  func covers(_ namespace: Namespace) -> Bool {
    switch self {
    case .collection(let own): own == namespace
    case .database(let name): name.utf8.elementsEqual(namespace.database.utf8)
    case .everything: true
    }
  }
}

/// What a check has at hand while it runs.
package struct CheckContext: Sendable {
  /// The data.
  package let server: CheckedServer
  /// The threads that may help, and the memory that all have together.
  package let crew: Crew
  /// What it is asked of.
  package let subject: Subject
  /// What that collection is, as the server says; nil for checks of a database.
  package let collection: CollectionFacts?
  /// The common keys.
  package let common: CommonKeys
  /// Which check it is.
  package let identity: CheckIdentity
  /// When it has to have ended, by the monotonic clock.
  let deadline: Double?

  /// The collection that a check of scope `collection` is asked of.
  package var namespace: Namespace {
    guard case .collection(let namespace) = subject else {
      preconditionFailure("not a check of a collection")
    }
    return namespace
  }

  /// Where its documents are stored: of a time series the buckets.
  package var place: Namespace { collection?.stored ?? namespace }

  /// The backup's facts of the collection, if there are any.
  package var expected: CollectionFacts? { server.expected?[namespace] }

  /// Runs a command with what is left of the time, on the only server or on that of `pool`. Throws `MongoError`,
  /// `TimedOut`, a failure of kind `interrupted`, or `Unanswerable` where there are several servers and none is named.
  package func run(_ command: Document, on database: String? = nil, of pool: ClientPool? = nil) throws
    -> Document
  {
    try (pool ?? server.onlyPool()).run(try limited(command), on: database ?? namespace.database)
  }

  /// Runs a command that answers with a cursor, within what is left of the time; see `ClientPool.forEach`.
  package func forEach(
    _ command: Document, on database: String? = nil, of pool: ClientPool? = nil, batchSize: Int? = nil,
    _ body: (Document) throws -> Bool
  ) throws {
    try (pool ?? server.onlyPool()).forEach(
      try limited(command), on: database ?? namespace.database, batchSize: batchSize
    ) {
      document in
      try remaining()
      return try body(document)
    }
  }

  /// The same with each document where it lies in the reply, valid until `body` returns.
  package func scan(
    _ command: Document, on database: String? = nil, of pool: ClientPool? = nil, batchSize: Int? = nil,
    _ body: (UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    let place = database ?? namespace.database
    var seen = 0
    try unsafe (pool ?? server.onlyPool()).scan(try limited(command), on: place, batchSize: batchSize) {
      document in
      // The clock costs more than most documents.
      if seen & 0xFF == 0 { try remaining() }
      seen += 1
      return unsafe try body(document)
    }
  }

  /// What this check measured in the run that is the baseline. Throws `Unanswerable` when there is none.
  package func baseline() throws(Unanswerable) -> JSON {
    guard let baseline = server.baseline else { throw Unanswerable("there is no baseline to compare with") }
    guard let measured = baseline.measured[identity] else {
      throw Unanswerable("the baseline (run \(baseline.run)) holds no answer to this check")
    }
    return measured
  }

  /// The documents of a cursor that has few.
  package func all(
    _ command: Document, on database: String? = nil, of pool: ClientPool? = nil
  ) throws -> [Document] {
    var documents: [Document] = []
    try forEach(command, on: database, of: pool) { document in
      documents.append(document)
      return true
    }
    return documents
  }

  private func limited(_ command: Document) throws -> Document {
    guard let seconds = try remaining() else { return command }
    return command.setting("maxTimeMS", to: .int64(Int64(max(1, (seconds * 1000).rounded(.up)))))
  }

  /// Seconds left; nil without a limit. Throws like `run` when there are none left.
  @discardableResult
  func remaining() throws -> Double? {
    try Interruption.check()
    guard let deadline else { return nil }
    let seconds = deadline - Clock.monotonic
    guard seconds > 0 else { throw TimedOut() }
    return min(seconds, 86_400 * 20)
  }
}

/// A check took longer than it may.
struct TimedOut: Error {}
