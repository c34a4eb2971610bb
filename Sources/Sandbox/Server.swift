package import BSON
internal import Glibc
package import Mongo
package import Platform

/// One mongod of a sandbox: its files stay while its process comes and goes.
///
/// Safe from any thread. An end that nobody asked for is news (`checkAlive`); one by `kill` or `shutDown` isn't.
package final class Server: Sendable {
  /// Where it listens.
  enum Address: Sendable, Hashable {
    /// A Unix socket.
    case socket(String)
    /// A port of 127.0.0.1, as a member of a replica set.
    case port(Int, Membership)

    var accepts: Bool {
      switch self {
      case .socket(let path): UnixSocket.accepts(path)
      case .port(let number, _): LocalPort.accepts(number)
      }
    }
  }

  /// What a member of a replica set has to know of it.
  struct Membership: Sendable, Hashable {
    var setName: String
    var keyFile: String
    var key: MemberKey
  }

  /// What its process does.
  package enum Condition: String, Sendable, Hashable {
    case running
    /// Held up by SIGSTOP.
    case paused
    /// Ended, wanted or not.
    case down
  }

  struct State: Sendable {
    var dataPath: String
    var child: Child?
    var pool: ClientPool?
    var address: Address
    /// Whether it is meant to run.
    var isWanted = false
    var isPaused = false
    /// Whether it is never to be started again.
    var isOver = false
    /// What the files that it is to open ask for besides the options.
    var arguments: [String] = []
    /// Whether a thread looks after it; see `watchForStops`.
    var isWatched = false
    /// For how many seconds somebody else had held its newest process up when it was given up.
    var heldUp: Double?
  }

  /// Its log, JSON lines.
  package let logFile: String
  let program: MongodProgram
  let options: SandboxOptions
  let memory: ServerMemory
  /// Told the port and the process of each start.
  let announce: @Sendable (Int, Int32) -> Void
  let state: Monitor<State>

  init(
    _ program: MongodProgram, at address: Address, data: String, log: String, options: SandboxOptions,
    memory: ServerMemory, announce: @escaping @Sendable (Int, Int32) -> Void = { _, _ in }
  ) {
    self.program = program
    logFile = log
    self.options = options
    self.memory = memory
    self.announce = announce
    state = Monitor(State(dataPath: data, address: address))
  }

  deinit { retire() }

  var address: Address { state.withLock(\.address) }
  /// Its dbPath.
  package var dataPath: String { state.withLock(\.dataPath) }

  /// The port that it listens on; nil for one with a socket.
  package var port: Int? {
    if case .port(let number, _) = address { number } else { nil }
  }

  /// The process id of the newest process; 0 before the first.
  package var pid: Int32 { state.withLock { $0.child?.pid } ?? 0 }

  /// More arguments of mongod for all starts to come: how the files lie that were put into its dbPath.
  package func use(_ arguments: [String]) { state.update { $0.arguments = arguments } }

  /// Connections to it alone, whatever the state of its set. Throws `server-down` while it is down.
  package var pool: ClientPool {
    get throws(Failure) {
      if let pool = state.withLock(\.pool) { return pool }
      throw .serverDown(logFile)
    }
  }

  package var condition: Condition {
    state.withLock { state in
      guard let child = state.child, child.isAlive else { return .down }
      return state.isPaused ? .paused : .running
    }
  }

  /// How it ended without anybody's wish; nil when it runs or was ended.
  var unwantedEnd: ExitStatus? {
    state.withLock { $0.isWanted ? $0.child?.exitStatus : nil }
  }

  /// For how many seconds somebody else had held it up when it was given up; nil when nobody did.
  var heldUp: Double? { state.withLock(\.heldUp) }

  /// Waits for its end, for at most so many seconds.
  func waitForEnd(atMost seconds: Double) { _ = state.withLock(\.child)?.wait(timeout: seconds) }

  /// The first of its data files that it looked for and that isn't there, by its path below the data's folder; nil when
  /// its log tells of none.
  package var missingFile: String? { ServerLog(path: logFile).missingFile(below: dataPath) }

  /// The last lines of its log, as readable text; those that tell of trouble where there are any.
  package func endOfLog(lines: Int = 20) -> [String] { ServerLog(path: logFile).end(lines) }
}

extension Server {
  /// Kills it (SIGKILL), as a power cut would, and waits until it has ended.
  package func kill() {
    end()?.kill()
  }

  /// Shuts it down in order, so that its files are whole, and waits for that. A member doesn't wait for others.
  package func shutDown() {
    let pool = state.withLock { $0.isPaused ? nil : $0.pool }
    guard let child = end() else { return }
    if let pool, case .port = address {
      // The connection breaks instead of an answer.
      _ = try? pool.run(["shutdown": 1, "force": true, "timeoutSecs": 0])
    } else {
      child.signal(SIGCONT)
    }
    child.signal(SIGTERM)
    // A checkpoint of a large cache to a slow disk takes its time.
    if child.wait(timeout: 300) == nil { child.kill() }
  }

  /// Shuts it down in order, however long that takes, and makes sure that it did: what it was to write at its end is
  /// written. Throws `mongod-died` when it ended in another way, and `interrupted`.
  package func shutDownWhole() throws(Failure) {
    guard let child = end() else { return }
    child.signal(SIGTERM)
    while true {
      if let status = child.wait(timeout: 0.2) {
        guard status == .exited(0) else { throw .died(status, ServerLog(path: logFile)) }
        return
      }
      do throws(Failure) { try Interruption.check() } catch {
        child.kill()
        throw error
      }
    }
  }

  /// The timestamp of the checkpoint that its newest start opened the files at, as its log says; nil where it says
  /// none (files of a server that was no member of a replica set).
  package var recoveryTimestamp: Timestamp? { ServerLog.recoveryTimestamp(in: logFile) }

  /// Holds it up (SIGSTOP): it answers nobody, and its connections stay open. When this returns it has stopped.
  package func pause() {
    let paused = state.update { state -> Child? in
      guard let child = state.child, child.isAlive else { return nil }
      child.signal(SIGSTOP)
      state.isPaused = true
      return child
    }
    // A busy machine takes its time until the last thread stands still.
    let end = Clock.monotonic + 5
    while let paused, !paused.areAllThreadsStopped, paused.isAlive, Clock.monotonic < end {
      Clock.rest(0.001)
    }
  }

  /// Lets it go on.
  package func resume() {
    state.update { state in
      state.child?.signal(SIGCONT)
      state.isPaused = false
    }
  }

  /// Kills it at once without a word that it was wanted: for signals to stop and for limits.
  func killAsLost() { state.withLock(\.child)?.kill() }

  /// Kills it at once and for good: a start that is under way or to come fails.
  package func giveUp() {
    retire()
    killAsLost()
  }

  /// From the next start on its files lie elsewhere.
  func changeDataPath(to path: String) { state.update { $0.dataPath = path } }

  /// Its end, should it come, is no news.
  package func expectEnd() { state.update { $0.isWanted = false } }

  /// Forbids any further start.
  func retire() { state.update { $0.isOver = true } }

  /// Whether its sandbox is at its end.
  var isRetired: Bool { state.withLock(\.isOver) }

  private func end() -> Child? {
    state.update { state in
      state.isWanted = false
      state.pool = nil
      return state.child
    }
  }
}
