internal import BSON
internal import Glibc
internal import Mongo
package import Platform

extension Server {
  /// How long its process may take to end when its storage is closed, and how often its log is read for that, in seconds.
  private static let closing = 5.0
  /// How often another port is tried.
  private static let portAttempts = 8

  /// Starts it and waits until it answers. With `choosingPort` a port that is taken by then is exchanged for another;
  /// else it is waited for. Failures: `mongod-wont-start`, `port-taken`, `disk-full`, `interrupted`.
  ///
  /// `parameters` are more of mongod's own (`name=value`), for this start alone; `seconds` is how long it may take to
  /// answer, if not as long as the options say.
  package func start(choosingPort: Bool = false, parameters: [String] = [], within seconds: Double? = nil)
    throws(Failure)
  {
    for attempt in 1...Self.portAttempts {
      let logged = (try? Files.size(of: logFile)) ?? 0
      let child = try spawn(parameters)
      do throws(Failure) {
        let pool = try answer(child, within: seconds ?? options.startTimeout, logged: logged)
        state.update { state in
          state.pool = pool
          state.isWanted = !state.isOver
        }
        return
      } catch {
        child.kill()
        guard case .port(let port, let membership) = address,
          ServerLog(path: logFile, from: logged).saysAddressInUse
        else { throw error }
        guard attempt < Self.portAttempts else { throw .portTaken(port) }
        if choosingPort {
          let other = try LocalPort.free()
          state.update { $0.address = .port(other, membership) }
        } else {
          Interruption.sleep(0.5)
        }
      }
    }
  }

  private func spawn(_ parameters: [String]) throws(Failure) -> Child {
    try state.update { state throws(Failure) in
      if state.isOver { throw .stopped() }
      let arguments = ServerArguments.all(
        version: program.version, folder: state.dataPath, at: state.address, memory: memory)
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [program.path] + arguments + parameters.flatMap { ["--setParameter", $0] } + state.arguments
            + options.extraArguments,
          environment: ServerArguments.environment,
          workingDirectory: Files.folder(of: logFile), output: .file(logFile), errorOutput: .file(logFile),
          isServer: true))
      if case .port(let number, _) = state.address { announce(number, child.pid) }
      state.child = child
      state.pool = nil
      state.isPaused = false
      state.heldUp = nil
      if !state.isWatched {
        state.isWatched = true
        try watchForStops()
      }
      return child
    }
  }

  /// Waits until the server answers; every 2 ms it is asked whether it listens. A member has to know the key: no
  /// other server that might listen on its port does. `logged` is where its log began with this start.
  private func answer(_ child: Child, within seconds: Double, logged: Int) throws(Failure) -> ClientPool {
    let deadline = Clock.monotonic + seconds
    var nextLook = Clock.monotonic + Self.closing
    var wasClosed = false
    let (address, uri) = (address, directURI)
    var pool: ClientPool?
    while true {
      try Interruption.check()
      if let status = child.wait(timeout: 0.002) {
        throw .wontStart(program, status, ServerLog(path: logFile))
      }
      if pool == nil, address.accepts { pool = try? ClientPool(uri: uri) }
      if let pool, answers(pool) { return pool }
      if Clock.monotonic > nextLook {
        // Some versions hang in their own end (seen with 4.4.2 and a file that lacks).
        if wasClosed {
          child.kill()
          throw .wontStart(program, child.exitStatus ?? .signaled(SIGKILL), ServerLog(path: logFile))
        }
        wasClosed = ServerLog(path: logFile, from: logged).saysClosed
        nextLook = Clock.monotonic + Self.closing
      }
      if Clock.monotonic > deadline {
        throw .startTimedOut(program, seconds: seconds, ServerLog(path: logFile))
      }
    }
  }

  /// Whether it is up; a member, whether it lets somebody in who knows the key.
  private func answers(_ pool: ClientPool) -> Bool {
    guard case .port = address else { return (try? pool.run(["ping": 1])) != nil }
    let reply = try? pool.run(["connectionStatus": 1])
    return reply?["authInfo"]?.document?["authenticatedUsers"]?.elements?.isEmpty == false
  }

  /// Its own address without options; for one with a socket.
  var plainURI: String {
    if case .socket(let path) = address { ClientPool.uri(socket: path) } else { directURI }
  }

  /// Its own address. A connection waits for an answer as long as a command may take; the driver's own limit of five
  /// minutes would break off a long check.
  var directURI: String {
    let timeouts = "serverSelectionTimeoutMS=2000&socketTimeoutMS=86400000"
    switch address {
    case .socket(let path): return ClientPool.uri(socket: path) + "?" + timeouts
    case .port(let number, let membership):
      return "mongodb://\(membership.key.credentials)@127.0.0.1:\(number)/?directConnection=true&"
        + "\(MemberKey.authentication)&\(timeouts)"
    }
  }
}

extension Server {
  /// How often it is looked at, in seconds.
  private static let glance = 0.5

  /// Gives it up when somebody else holds it up (SIGSTOP, a debugger) for longer than the options allow: what waits for
  /// its answers would wait for a day. Glances are counted, and not the time between two of them, in which this process
  /// may have been held up itself.
  private func watchForStops() throws(Failure) {
    let state = state
    let allowed = options.stopPatience
    _ = try Threads.start {
      var glances = 0
      while true {
        let isOver = state.wait(atMost: Server.glance) { $0.isOver ? true : nil } ?? false
        if isOver { return }
        let child = state.withLock { $0.isPaused ? nil : $0.child }
        glances = child?.isStopped == true ? glances + 1 : 0
        guard let child, Double(glances) * Server.glance >= allowed else { continue }
        state.update { $0.heldUp = allowed }
        child.kill()
      }
    }
  }
}
