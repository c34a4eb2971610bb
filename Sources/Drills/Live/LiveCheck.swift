package import BSON
package import Checks
package import Facts
internal import Mongo
package import Platform
package import Record

/// Checks that are asked of a server that others use, which is only read.
package struct LiveCheck: Sendable {
  /// What the command line says of it.
  package struct Options: Sendable {
    /// The server's address, with all options of a driver; credentials in it are never told.
    package var uri: String
    /// The run's id.
    package var runID: String
    /// mongodrill's own version.
    package var version: String
    /// The suites that are asked; none for all.
    package var suites: [String] = []
    package var witness: Catalogue?
    /// What the witness names and may not have been there at its moment.
    package var fleeting: Set<Namespace> = []
    package var baseline: Baseline?
    /// Whether warnings end in an exit code of their own.
    package var failOnWarn = false
    /// How many checks are asked at one time.
    package var parallel = 2
    /// How long a check may take that doesn't say so itself, in seconds.
    package var timeout: Double?

    package init(uri: String, runID: String, version: String) {
      self.uri = uri
      self.runID = runID
      self.version = version
    }
  }

  /// How long a server may take to be found that the address doesn't say it of, in seconds.
  private static let patience = 10.0
  /// How long checks that are under way are waited for after a signal, in seconds. The server ends what they asked it
  /// for when the connections break.
  private static let grace = 2.0

  private let file: ChecksFile
  private let options: Options
  private let events: EventSink
  /// Those of the file, and the address's.
  private let secrets: Secrets

  package init(_ file: ChecksFile, options: Options, events: @escaping EventSink) {
    self.file = file
    self.options = options
    secrets = Secrets(of: Scenario.secretPairs(in: file.resolved) + [("", options.uri)])
    self.events = secrets.masking(events)
  }

  /// Asks, and judges the answers. Throws `Failure` when nothing can be asked: the address or a suite's name is wrong
  /// (kind `usage`), a check compares with what isn't given (`invalidScenario`), the server isn't reached or refuses the credentials (kind `incomplete`).
  package func run() throws(Failure) -> DrillRecord {
    let suites = try asked()
    try findCounterparts(of: suites)
    var record = blank
    let asksEverything = suites.contains { $0.checks.contains { $0.subject == .everything } }
    let server = try connect(&record, asksEverything: asksEverything)
    var evidence = Judgement.Evidence()
    evidence.failOnWarn = options.failOnWarn
    evidence.takesFigures = true
    let (answers, ended, failure) = ask(suites, of: server)
    record.checks = answers
    evidence.checks = answers
    evidence.warnings = record.notVerified.filter { $0.code == "databases" }.map(\.message)
    record.notVerified += answers.compactMap(\.leftOut).map { DrillRecord.NotVerified("check", $0) }
    if let failure {
      evidence.failures = [failure]
      record.status = failure.kind == .interrupted ? .aborted : .failed
      for suite in suites where !ended.contains(suite.name) {
        let left = DrillRecord.NotVerified("suite", "suite \(suite.name) was not asked to its end")
        record.notVerified.append(left)
        evidence.unanswered.append(left)
      }
    }
    let judgement = Judgement(evidence)
    record.verdict = judgement.verdict
    record.exitCode = judgement.exitCode
    record.reasons = judgement.reasons
    record.mask(secrets)
    record.endedAt = .nowInRecord
    return record
  }

  private func asked() throws(Failure) -> [Suite] {
    let known = file.suites.map(\.name)
    for name in options.suites where !known.contains(name) { throw .unknownSuite(name, known, file.path) }
    return options.suites.isEmpty ? file.suites : file.suites.filter { options.suites.contains($0.name) }
  }

  /// Throws when a check compares with what isn't given.
  private func findCounterparts(of suites: [Suite]) throws(Failure) {
    for check in suites.flatMap(\.checks) {
      switch check.check.counterpart {
      case .witness? where options.witness == nil: throw .nothingToCompare("witness", at: check.place)
      case .baseline? where options.baseline == nil: throw .nothingToCompare("baseline", at: check.place)
      default: continue
      }
    }
  }

  private var blank: DrillRecord {
    var record = DrillRecord()
    record.tool = DrillRecord.Tool(version: options.version)
    record.runID = options.runID
    record.scenario = DrillRecord.Scenario(
      name: file.name, title: file.title, path: file.path, sha256: file.sha256,
      resolved: file.resolved.masked(by: secrets))
    record.startedAt = .nowInRecord
    record.environment.host = Machine.hostname
    record.environment.os = Machine.operatingSystem
    record.environment.cores = Machine.cores
    record.environment.memoryBytes = Machine.memory
    record.status = .completed
    return record
  }

  private func connect(
    _ record: inout DrillRecord, asksEverything: Bool
  ) throws(Failure) -> CheckedServer {
    let address = Address(options.uri)
    let pool: ClientPool
    do throws(MongoError) {
      // A check may hold two connections; one is left to see whether the server is still there.
      pool = try ClientPool(
        uri: options.uri, connections: 2 * options.parallel + 1, selectionTimeout: LiveCheck.patience)
    } catch { throw .invalidAddress() }
    // The driver looks for a server as long as it may.
    let hello = Promised { () -> Result<(version: String, seesAll: Bool), MongoError> in
      do throws(MongoError) {
        try pool.run(["ping": 1])
        let version = try pool.run(["buildInfo": 1])["version"]?.string ?? ""
        return .success((version, !asksEverything || pool.listsAllDatabases))
      } catch { return .failure(error) }
    }
    guard let answer = try hello.value(grace: 0) else { throw .interrupted(by: Interruption.pending ?? 2) }
    switch answer {
    case .success(let (version, seesAll)):
      record.environment.server = DrillRecord.Server(address: address.text, version: version)
      if !seesAll {
        let words =
          "the user sees only the databases that it may read: there may be others, of which nothing was asked"
        events(.warning(words))
        record.notVerified.append(DrillRecord.NotVerified("databases", words))
      }
    case .failure(let error): throw .server(address.text, error)
    }
    var server = CheckedServer(pool, expected: nil, isSandbox: false, timeout: options.timeout)
    server.witness = options.witness
    server.fleeting = options.fleeting
    server.baseline = options.baseline
    server.folder = file.folder
    return server
  }

  // MARK: Asking

  private struct State: Sendable {
    var answers: [Outcome] = []
    var ended: Set<String> = []
    /// Whether a check is in error: the server may be gone.
    var isDoubtful = false
    var failure: Failure?
    var isOver = false
  }

  /// Asks on a thread of its own: a command that the server takes long for can't be broken off, so after a signal the
  /// answers that there are by then have to do.
  private func ask(
    _ suites: [Suite], of server: CheckedServer
  ) -> (answers: [Outcome], ended: Set<String>, Failure?) {
    let state = Monitor(State())
    let (events, parallel, address) = (events, options.parallel, Address(options.uri).text)
    events(.phaseStarted("checks", total: nil))
    let start = Clock.monotonic
    let tap: EventSink = { event in
      if case .checked(let outcome) = event {
        let isOver = state.update { state in
          state.answers.append(outcome)
          state.isDoubtful = state.isDoubtful || outcome.result == .error
          return state.isOver
        }
        if isOver { return }
      }
      events(event)
    }
    let before: @Sendable () throws -> Void = {
      guard state.withLock({ $0.isDoubtful }) else { return }
      try server.pool.run(["ping": 1])
      state.update { $0.isDoubtful = false }
    }
    let work: @Sendable () -> Void = {
      do {
        for suite in suites {
          let outcomes = try suite.run(on: server, parallel: parallel, before: before, events: tap)
          state.update { state in
            // In the suite's order, not in that of the answers.
            state.answers.removeLast(outcomes.count)
            state.answers += outcomes
            state.ended.insert(suite.name)
          }
        }
        try before()
      } catch let error as MongoError {
        state.update { $0.failure = .server(address, error) }
      } catch {
        state.update { $0.failure = .wrapping(error) }
      }
    }
    do { _ = try Promised(work).value(grace: LiveCheck.grace) } catch { state.update { $0.failure = error } }
    events(.phaseEnded(Phase("checks", seconds: Clock.monotonic - start)))
    return state.update { state in
      state.isOver = true
      let failure = Interruption.pending.map { Failure.interrupted(by: $0) } ?? state.failure
      // A signal that came when all was asked changes nothing.
      return (state.answers, state.ended, state.ended.count == suites.count ? state.failure : failure)
    }
  }
}

/// What blocks where it can't be broken off, on a thread of its own.
private struct Promised<Value: Sendable>: Sendable {
  private let body: @Sendable () -> Value

  init(_ body: @escaping @Sendable () -> Value) { self.body = body }

  /// Waits for what comes of it; after a signal `grace` seconds, then it is nil, and the thread is left alone.
  func value(grace: Double) throws(Failure) -> Value? {
    let result = Monitor<Value?>(nil)
    let body = body
    _ = try Threads.start {
      let value = body()
      result.update { $0 = value }
    }
    var signalled: Double?
    while true {
      if let value = result.wait(atMost: 0.05, { $0 }) { return value }
      if Interruption.pending == nil { continue }
      let since = signalled ?? Clock.monotonic
      signalled = since
      if Clock.monotonic - since >= grace { return nil }
    }
  }
}

extension ClientPool {
  /// Whether all databases can be listed, and not only those that the user may read.
  fileprivate var listsAllDatabases: Bool {
    (try? run(["listDatabases": 1, "nameOnly": true, "authorizedDatabases": false])) != nil
  }
}

/// A server's address without what must not be told.
private struct Address {
  let text: String

  init(_ uri: String) {
    // The hosts alone: options may hold secrets, too.
    let rest = uri.firstRange(of: "://").map { uri[$0.upperBound...] } ?? uri[...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    // A socket's path is percent-encoded.
    text =
      hosts.isEmpty ? "the server" : String(hosts.replacing("%2F", with: "/").replacing("%2f", with: "/"))
  }
}

extension Failure {
  static func unknownSuite(_ name: String, _ known: [String], _ file: String) -> Failure {
    let near = Suggestion.hint(for: name, among: known)
    return Failure(
      .usage, "unknown-suite", "there is no suite `\(name)` in \(file)",
      hint: near ?? "There are \(known.map { "`\($0)`" }.joined(separator: ", ")).")
  }

  // The driver's words may hold a part of a password that isn't encoded as it should be.
  static func invalidAddress() -> Failure {
    Failure(
      .usage, "invalid-uri", "the server's address is not understood",
      hint:
        "It has the form mongodb://USER:PASSWORD@HOST:PORT/?option=value, with : / ? # [ ] @ % in user and "
        + "password percent-encoded.")
  }

  /// What a server said to the first commands, or why it said nothing.
  static func server(_ address: String, _ error: MongoError) -> Failure {
    switch error.code {
    // AuthenticationFailed, and libmongoc's own for that (MONGOC_ERROR_CLIENT_AUTHENTICATE).
    case 18, 11:
      return Failure(
        .incomplete, "bad-credentials", "\(address) refuses the credentials",
        hint: "Look at the user, the password and authSource in the URI.",
        cause: Secrets.maskingAddress(error.message))
    default:
      guard error.isConnectionLoss else {
        return Failure(
          .incomplete, "server-refused", "\(address) refuses the first commands", cause: error.description)
      }
      return Failure(
        .incomplete, "server-not-reached", "\(address) doesn't answer",
        hint: "Is the address right, and can it be reached from here? TLS needs ?tls=true.",
        cause: Secrets.maskingAddress(error.message))
    }
  }
}
