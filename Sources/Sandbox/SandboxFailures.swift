internal import Glibc
internal import Platform

extension Failure {
  static func noSandboxFolder(_ path: String) -> Failure {
    Failure(
      .incomplete, "no-sandbox-dir", "the folder for sandboxes, \(path), is not there",
      hint: "Create it, or name another by --sandbox-dir or MONGODRILL_SANDBOX_DIR.")
  }

  static func noSocketFolder(_ parents: [String]) -> Failure {
    Failure(
      .incomplete, "no-socket-dir",
      "no folder for the sandbox's socket: \(parents.joined(separator: " and ")) cannot be written to, or the "
        + "socket's path would have more than \(OwnedFolder.longestSocketPath) bytes",
      hint: "Set TMPDIR or XDG_RUNTIME_DIR to a folder of yours with a short path.")
  }

  static func noFreeDisk(needed: Int, free: Int, reserve: Int, _ path: String) -> Failure {
    Failure(
      .incomplete, "no-free-disk",
      "the drill needs about \(ByteSize.format(needed)) in \(path), and \(ByteSize.format(free)) are free there "
        + "(\(ByteSize.format(reserve)) of them stay free)",
      hint: "Make room, or name a folder on a larger disk by --sandbox-dir.")
  }

  static func wontStart(_ program: MongodProgram, _ status: ExitStatus, _ log: ServerLog) -> Failure {
    if let line = log.fullDisk { return diskFull(line) }
    return Failure(
      .noServer, "mongod-wont-start", "\(program.path) ended while it started, with \(status)",
      hint: "These are the last lines of its log; `mongodrill doctor` looks at the machine.",
      cause: log.end(5).joined(separator: "; "))
  }

  static func startTimedOut(_ program: MongodProgram, seconds: Double, _ log: ServerLog) -> Failure {
    Failure(
      .noServer, "mongod-wont-start",
      "\(program.path) doesn't answer \(TimeSpan.format(seconds)) after it was started",
      cause: log.end(5).joined(separator: "; "))
  }

  static func died(_ status: ExitStatus, _ log: ServerLog) -> Failure {
    if let line = log.fullDisk { return diskFull(line) }
    let wasKilled = status == .signaled(SIGKILL)
    return Failure(
      .incomplete, "mongod-died", "the sandbox's mongod ended in the middle, with \(status)",
      hint: wasKilled
        ? "Somebody killed it, or memory ran out (see dmesg): give it less by --cache, or the machine more."
        : nil,
      cause: wasKilled ? nil : log.end(3).joined(separator: "; "))
  }

  static func heldUp(seconds: Double) -> Failure {
    Failure(
      .incomplete, "mongod-stopped",
      "somebody held the sandbox's mongod up (SIGSTOP, a debugger) for \(TimeSpan.format(seconds)), and it was given up",
      hint: "Run the drill again, and find out who stops processes here.")
  }

  static func diskFull(_ line: String) -> Failure {
    Failure(
      .incomplete, "disk-full", "the disk of the sandbox is full",
      hint: "Make room, or name a folder on a larger disk by --sandbox-dir.",
      cause: line)
  }

  static func noFreePort(_ range: ClosedRange<Int>) -> Failure {
    Failure(
      .incomplete, "no-free-port",
      "no port of 127.0.0.1 from \(range.lowerBound) to \(range.upperBound) is free")
  }

  static func portTaken(_ port: Int) -> Failure {
    Failure(
      .incomplete, "port-taken",
      "somebody else listens on port \(port), which a member of the replica set had",
      hint: "Run the drill again: it picks ports at random.")
  }

  static func serverDown(_ logFile: String) -> Failure {
    Failure(
      .incomplete, "server-down", "the mongod that wrote \(Files.name(of: logFile)) is down",
      hint: "A step ended it; start it again with `fault: {restart: …}` or `fault: {rebuild: …}`.")
  }

  static func setNotReady(_ what: String, seconds: Double, _ cause: String?) -> Failure {
    Failure(
      .incomplete, "replica-set-not-ready",
      "the replica set has \(what) \(TimeSpan.format(seconds)) after it was asked to", cause: cause)
  }

  static func stopped() -> Failure {
    Failure(.incomplete, "sandbox-stopped", "the sandbox was stopped already")
  }

  static func connectionLost(_ text: String) -> Failure {
    Failure(
      .incomplete, "connection-lost", "the connection to the sandbox's mongod broke, and it still runs",
      cause: text)
  }

  static func refused(_ text: String) -> Failure {
    Failure(.incomplete, "server-refused", "the sandbox's mongod refused a command", cause: text)
  }
}
