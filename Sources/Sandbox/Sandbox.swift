internal import BSON
package import Facts
internal import Glibc
package import Mongo
package import Platform

/// A throwaway mongod, or a replica set of them, with its files. It ends with this process at the latest, whatever that
/// one's end.
///
/// Safe from any thread. A signal to stop (see `Interruption`) kills it at once, unless it is to be kept, so that
/// no command goes on for minutes; `explain` then says that it was the signal.
package final class Sandbox: Sendable {
  private enum State: Sendable, Hashable {
    case running
    case stopped
  }

  /// What there is to connect to.
  private struct Place: Sendable {
    var servers: [Server]
    var pool: ClientPool
    var uri: String
    var set: ReplicaSet?
  }

  /// What it runs.
  package let program: MongodProgram
  /// The folder of its data and its log.
  package let directory: String
  /// How long it took from the start to the first answer, in seconds.
  package let startSeconds: Double
  let options: SandboxOptions
  /// What all its servers may take together.
  let memory: ServerMemory
  private let dataFolder: OwnedFolder
  private let socketFolder: OwnedFolder
  private let place: Monitor<Place>
  private let state = Monitor(State.running)
  private let watch: Monitor<Interruption.Watch?>

  /// The address for others, such as `mongodb://%2Frun%2Fuser%2F1000%2F…%2Fmongod.sock/`. A replica set's holds its
  /// key: it goes into environments and nowhere else (`masked`).
  package var uri: String { place.withLock(\.uri) }
  /// Connections for this process.
  package var pool: ClientPool { place.withLock(\.pool) }
  /// The replica set that it has become; nil while it is a standalone server.
  package var set: ReplicaSet? { place.withLock(\.set) }
  /// Its servers: one, or a set's members.
  package var servers: [Server] { place.withLock(\.servers) }
  /// The server's version.
  package var version: ServerVersion { program.version }
  /// mongod's process id; of a set, the first member's.
  package var pid: Int32 { servers.first?.pid ?? 0 }
  /// Its log, JSON lines; of a set, the first member's.
  package var logFile: String { SandboxFiles.log(directory) }

  /// Finds a mongod, starts it and waits until it answers.
  ///
  /// Failures: `noServer` (`no-mongod`, `mongod-not-usable`, `mongod-wont-start`), `incomplete` (`no-free-disk`,
  /// `no-sandbox-dir`, `no-socket-dir`, `disk-full`), `interrupted`. Nothing is left behind then.
  package static func start(_ options: SandboxOptions = SandboxOptions()) throws(Failure) -> Sandbox {
    try start(options, program: MongodFinder(options.mongod).find())
  }

  /// The same with a mongod that was found already. `prepare` puts files into its dbPath first; it may start the server
  /// and shut it down as often as it likes, and leaves it down.
  package static func start(
    _ options: SandboxOptions, program: MongodProgram, preparing prepare: (Server) throws -> Void = { _ in }
  ) throws(Failure) -> Sandbox {
    let started = Clock.monotonic
    let files = try SandboxFiles(options)
    do throws(Failure) {
      return try Sandbox(in: files, options, program, since: started, preparing: prepare)
    } catch {
      try? files.dataFolder.remove()
      try? files.socketFolder.remove()
      throw error
    }
  }

  /// Starts the server on what lies in the folders. Throws when it doesn't answer; the folders are the caller's then.
  convenience init(
    in files: SandboxFiles, _ options: SandboxOptions, _ program: MongodProgram, since started: Double,
    preparing prepare: (Server) throws -> Void = { _ in }
  ) throws(Failure) {
    let folder = files.dataFolder.path
    let memory = ServerMemory(cacheBytes: options.cacheBytes, available: Machine.availableMemory)
    let server = Server(
      program, at: .socket(Files.join(files.socketFolder.path, "mongod.sock")),
      data: SandboxFiles.data(folder), log: SandboxFiles.log(folder), options: options, memory: memory)
    do {
      try prepare(server)
      try server.start()
      try self.init(
        server, files, options, memory, pool: server.pool, startSeconds: Clock.monotonic - started)
    } catch {
      server.kill()
      throw Failure.wrapping(error)
    }
  }

  private init(
    _ server: Server, _ files: SandboxFiles, _ options: SandboxOptions, _ memory: ServerMemory,
    pool: ClientPool,
    startSeconds: Double
  ) throws(Failure) {
    program = server.program
    self.options = options
    self.memory = memory
    dataFolder = files.dataFolder
    socketFolder = files.socketFolder
    directory = files.dataFolder.path
    place = Monitor(Place(servers: [server], pool: pool, uri: server.plainURI, set: nil))
    let place = place
    watch = Monitor(
      options.keep
        ? nil
        : try Interruption.watch { for server in place.withLock(\.servers) { server.killAsLost() } })
    self.startSeconds = startSeconds
  }

  /// A text in which the key of the set, if there is one, is put out of sight.
  package func masked(_ text: String) -> String { set?.key.masked(in: text) ?? text }

  // MARK: Becoming a set

  /// Takes the members in the standalone server's place, before they are started. Throws when it has ended.
  func replaceServers(with members: [Server]) throws(Failure) {
    try state.withLock { state throws(Failure) in
      guard state == .running else { throw .stopped() }
      place.update { $0.servers = members }
    }
  }

  /// From now on it is this set.
  func become(_ set: ReplicaSet) throws(Failure) {
    let pool: ClientPool
    do throws(MongoError) {
      // A new primary takes as long as an election.
      pool = try ClientPool(uri: set.uri + "&serverSelectionTimeoutMS=30000&socketTimeoutMS=86400000")
    } catch {
      throw Failure(
        .internal, "bad-address", "the driver doesn't take the set's address", cause: masked("\(error)"))
    }
    place.update { place in
      place.pool = pool
      place.uri = set.uri
      place.set = set
    }
  }
}

// MARK: - Whether it lives

extension Sandbox {
  /// Throws when a mongod has ended that nobody ended on purpose: `mongod-died` or `disk-full`, with the end of its log;
  /// after a signal to stop, `interrupted`; after `stop`, `sandbox-stopped`.
  package func checkAlive() throws(Failure) {
    if let failure = reasonOfEnd() { throw failure }
  }

  /// Why a command failed: the reason of mongod's end where the connection broke, else the server's words.
  package func explain(_ error: MongoError) -> Failure {
    if error.isConnectionLoss {
      // The connection breaks before the process has ended.
      if set == nil { servers.first?.waitForEnd(atMost: 3) }
      return reasonOfEnd() ?? .connectionLost(masked(error.message))
    }
    if error.isDiskFull { return .diskFull(error.description) }
    return .refused(error.description)
  }

  /// The last lines of its log, as readable text; those that tell of trouble where there are any.
  package func endOfLog(lines: Int = 20) -> [String] { ServerLog(path: logFile).end(lines) }

  private func reasonOfEnd() -> Failure? {
    if state.withLock({ $0 }) == .stopped { return .stopped() }
    let servers = servers
    for server in servers {
      guard let status = server.unwantedEnd else { continue }
      if !options.keep, let signal = Interruption.pending { return .interrupted(by: signal) }
      if let seconds = server.heldUp { return .heldUp(seconds: seconds) }
      return .died(status, ServerLog(path: server.logFile))
    }
    if servers.count == 1, servers[0].condition == .down { return .serverDown(servers[0].logFile) }
    return nil
  }
}

// MARK: - Its end

extension Sandbox {
  /// Kills every mongod and removes their files. Calling it again does nothing. Throws `not-removed` when files are
  /// left.
  package func stop() throws(Failure) {
    try end { () throws(Failure) in
      for server in servers {
        server.retire()
        server.kill()
      }
      var failure: Failure?
      for folder in [dataFolder, socketFolder] {
        do throws(Failure) { try folder.remove() } catch { failure = failure ?? error }
      }
      if let failure { throw failure }
    }
  }

  /// Shuts every mongod down in order, so that its files can be opened by another, and keeps them. Returns their folder
  /// (`db` in it is the dbPath; `db-1` and `db-2` are those of a set's other members). The set's key goes.
  @discardableResult
  package func stopKeeping() throws(Failure) -> String {
    try end { () throws(Failure) in
      try dataFolder.keep()
      for server in servers {
        server.retire()
        server.resume()
        server.shutDown()
      }
      try Files.removeTree(SandboxFiles.key(directory))
      try Files.removeTree(SandboxFiles.seed(directory))
      try socketFolder.remove()
    }
    return directory
  }

  /// Kills every mongod, so that whatever waits for it ends with an error; its files are there until `stop`.
  package func kill() {
    for server in servers { server.giveUp() }
  }

  /// Runs `body` unless it has ended; whoever comes second waits until the first is done.
  private func end(_ body: () throws(Failure) -> Void) throws(Failure) {
    try state.update { state throws(Failure) in
      guard state == .running else { return }
      watch.update { $0.take() }?.cancel()
      state = .stopped
      try body()
    }
  }
}
