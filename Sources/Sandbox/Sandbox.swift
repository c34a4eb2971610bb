internal import BSON
internal import Glibc
package import Mongo
package import Platform

/// A throwaway mongod with its files. It ends with this process at the latest, whatever that one's end.
///
/// Safe from any thread. A signal to stop (see `Interruption`) kills it at once, unless it is to be kept, so that
/// no command goes on for minutes; `explain` then says that it was the signal.
package final class Sandbox: Sendable {
  private enum State: Sendable, Hashable {
    case running
    case stopped
  }

  /// What it runs.
  package let program: MongodProgram
  /// The folder of its data and its log.
  package let directory: String
  /// The address for others, such as `mongodb://%2Frun%2Fuser%2F1000%2F…%2Fmongod.sock/`.
  package let uri: String
  /// Connections for this process.
  package let pool: ClientPool
  /// How long it took from the start to the first answer, in seconds.
  package let startSeconds: Double
  private let child: Child
  private let dataFolder: OwnedFolder
  private let socketFolder: OwnedFolder
  private let state = Monitor(State.running)
  private let watch: Interruption.Watch?

  /// The server's version.
  package var version: Version { program.version }
  /// mongod's process id.
  package var pid: Int32 { child.pid }
  /// Its log, JSON lines.
  package var logFile: String { SandboxFiles.log(directory) }

  /// Finds a mongod, starts it and waits until it answers.
  ///
  /// Failures: `noServer` (`no-mongod`, `mongod-not-usable`, `mongod-wont-start`), `incomplete` (`no-free-disk`,
  /// `no-sandbox-dir`, `no-socket-dir`, `disk-full`), `interrupted`. Nothing is left behind then.
  package static func start(_ options: SandboxOptions = SandboxOptions()) throws(Failure) -> Sandbox {
    try start(options, program: MongodFinder(options.mongod).find())
  }

  /// The same with a mongod that was found already.
  package static func start(_ options: SandboxOptions, program: MongodProgram) throws(Failure) -> Sandbox {
    let started = Clock.monotonic
    let files = try SandboxFiles(options)
    do throws(Failure) {
      let socket = Files.join(files.socketFolder.path, "mongod.sock")
      let log = SandboxFiles.log(files.dataFolder.path)
      let arguments = ServerArguments.all(
        version: program.version, folder: SandboxFiles.data(files.dataFolder.path), socket: socket,
        memory: ServerMemory(cacheBytes: options.cacheBytes, available: Machine.availableMemory))
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [program.path] + arguments + options.extraArguments, environment: ServerArguments.environment,
          workingDirectory: files.dataFolder.path, output: .file(log), errorOutput: .file(log), isServer: true
        ))
      do throws(Failure) {
        let pool = try answer(child, program, socket: socket, log: log, timeout: options.startTimeout)
        let watch = options.keep ? nil : try Interruption.watch { child.kill() }
        return Sandbox(
          program, child, files, pool, uri: ClientPool.uri(socket: socket), watch: watch,
          startSeconds: Clock.monotonic - started)
      } catch {
        child.kill()
        throw error
      }
    } catch {
      try? files.dataFolder.remove()
      try? files.socketFolder.remove()
      throw error
    }
  }

  private init(
    _ program: MongodProgram, _ child: Child, _ files: SandboxFiles, _ pool: ClientPool, uri: String,
    watch: Interruption.Watch?, startSeconds: Double
  ) {
    self.program = program
    self.child = child
    dataFolder = files.dataFolder
    socketFolder = files.socketFolder
    directory = files.dataFolder.path
    self.uri = uri
    self.pool = pool
    self.watch = watch
    self.startSeconds = startSeconds
  }

  /// Waits until the server answers a ping; every 2 ms it is asked whether it listens.
  private static func answer(
    _ child: Child, _ program: MongodProgram, socket: String, log: String, timeout: Double
  ) throws(Failure) -> ClientPool {
    let deadline = Clock.monotonic + timeout
    var pool: ClientPool?
    while true {
      try Interruption.check()
      if let status = child.wait(timeout: 0.002) { throw .wontStart(program, status, ServerLog(path: log)) }
      if pool == nil, UnixSocket.accepts(socket) {
        // The default of 30 s is for servers that may come back; this one doesn't.
        pool = try? ClientPool(uri: ClientPool.uri(socket: socket) + "?serverSelectionTimeoutMS=2000")
      }
      if let pool, (try? pool.run(["ping": 1])) != nil { return pool }
      if Clock.monotonic > deadline { throw .startTimedOut(program, seconds: timeout, ServerLog(path: log)) }
    }
  }
}

// MARK: - Whether it lives

extension Sandbox {
  /// Throws when mongod has ended: `mongod-died` or `disk-full`, with the end of its log; after a signal to stop,
  /// `interrupted`; after `stop`, `sandbox-stopped`.
  package func checkAlive() throws(Failure) {
    if let failure = reasonOfEnd() { throw failure }
  }

  /// Why a command failed: the reason of mongod's end where the connection broke, else the server's words.
  package func explain(_ error: MongoError) -> Failure {
    if error.isConnectionLoss {
      // The connection breaks before the process has ended.
      _ = child.wait(timeout: 3)
      return reasonOfEnd() ?? .connectionLost(error.message)
    }
    // OutOfDiskSpace; and WiredTiger's own words, which come as various codes.
    if error.code == 14_031 || error.message.contains("No space left on device") {
      return .diskFull(error.description)
    }
    return .refused(error.description)
  }

  /// The last lines of its log, as readable text; those that tell of trouble where there are any.
  package func endOfLog(lines: Int = 20) -> [String] { ServerLog(path: logFile).end(lines) }

  private func reasonOfEnd() -> Failure? {
    if state.withLock({ $0 }) == .stopped { return .stopped() }
    guard let status = child.exitStatus else { return nil }
    if watch != nil, let signal = Interruption.pending { return .interrupted(by: signal) }
    return .died(status, ServerLog(path: logFile))
  }
}

// MARK: - Its end

extension Sandbox {
  /// Kills mongod and removes its files. Calling it again does nothing. Throws `not-removed` when files are left.
  package func stop() throws(Failure) {
    try end { () throws(Failure) in
      child.kill()
      var failure: Failure?
      for folder in [dataFolder, socketFolder] {
        do throws(Failure) { try folder.remove() } catch { failure = failure ?? error }
      }
      if let failure { throw failure }
    }
  }

  /// Shuts mongod down in order, so that its files can be opened by another, and keeps them. Returns their folder
  /// (`db` in it is the dbPath).
  @discardableResult
  package func stopKeeping() throws(Failure) -> String {
    try end { () throws(Failure) in
      try dataFolder.keep()
      child.signal(SIGTERM)
      // A checkpoint of a large cache to a slow disk takes its time.
      if child.wait(timeout: 300) == nil { child.kill() }
      try socketFolder.remove()
    }
    return directory
  }

  /// Kills mongod, so that whatever waits for it ends with an error; its files are there until `stop`.
  package func kill() { child.kill() }

  /// Runs `body` unless it has ended; whoever comes second waits until the first is done.
  private func end(_ body: () throws(Failure) -> Void) throws(Failure) {
    try state.update { state throws(Failure) in
      guard state == .running else { return }
      watch?.cancel()
      state = .stopped
      try body()
    }
  }
}
