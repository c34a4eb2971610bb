internal import CSpawn
internal import Glibc

/// What to start, and with what.
package struct ChildSpec: Sendable {
  /// Where a child's standard input, output or error output goes.
  package enum Stream: Sendable, Hashable {
    /// Nothing to read, nowhere to write.
    case null
    /// The same as this process has.
    case inherit
    /// A file: read, or appended to (and created with mode 0600).
    case file(String)
    /// A descriptor, such as a pipe's end; it stays the caller's to close.
    case descriptor(Int32)
  }

  /// The program and its arguments. A program without a slash is looked for in the `PATH` of `environment`.
  package var arguments: [String]
  /// All of its environment; nil: that of this process.
  package var environment: [String: String]?
  /// Where it runs; nil: where this process does.
  package var workingDirectory: String?
  package var input: Stream
  package var output: Stream
  package var errorOutput: Stream
  /// Whether it is a server: it may open as many files as the system allows, and when memory runs out the
  /// kernel ends it before others.
  package var isServer: Bool

  package init(
    _ arguments: [String], environment: [String: String]? = nil, workingDirectory: String? = nil,
    input: Stream = .null, output: Stream = .inherit, errorOutput: Stream = .inherit, isServer: Bool = false
  ) {
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.input = input
    self.output = output
    self.errorOutput = errorOutput
    self.isServer = isServer
  }
}

/// How a process ended.
package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
  case exited(Int32)
  case signaled(Int32)

  /// As a shell says it: the exit status, or 128 and the signal.
  package var shellCode: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }

  /// `exit status 1` or `signal 9 (killed)`.
  package var description: String {
    switch self {
    case .exited(let code): return "exit status \(code)"
    case .signaled(let signal):
      guard let text = unsafe strsignal(signal) else { return "signal \(signal)" }
      return "signal \(signal) (\(unsafe String(cString: text).lowercased()))"
    }
  }
}

/// A process that the supervisor started; it leads a process group of its own.
///
/// It goes on when the last reference goes; it ends with this process at the latest.
package final class Child: Sendable {
  /// Its process id, which is its group's too.
  package let pid: Int32
  private let supervisor: Supervisor
  /// The reading end of the pipe that the supervisor tells its end to.
  private let descriptor: Int32
  private let status: Monitor<ExitStatus?>

  init(pid: Int32, descriptor: Int32, supervisor: Supervisor) {
    self.pid = pid
    self.descriptor = descriptor
    self.supervisor = supervisor
    status = Monitor(nil)
  }

  deinit { close(descriptor) }

  /// How it ended, nil while it runs.
  package var exitStatus: ExitStatus? { wait(timeout: 0) }

  /// Whether it has not ended yet.
  package var isAlive: Bool { exitStatus == nil }

  /// Whether it is held up by SIGSTOP or a debugger.
  package var isStopped: Bool { isAlive && isStopped("/proc/\(pid)/stat") }

  /// Whether each of its threads has come to stand still.
  package var areAllThreadsStopped: Bool {
    guard isAlive, let threads = try? Files.names(in: "/proc/\(pid)/task") else { return false }
    return threads.allSatisfy { isStopped("/proc/\(pid)/task/\($0)/stat") }
  }

  private func isStopped(_ path: String) -> Bool {
    guard let text = try? Files.text(of: path, limit: 4096) else { return false }
    // pid (name) state …: the name may hold anything.
    guard let end = text.lastIndex(of: ")"), let state = text[end...].dropFirst(2).first else { return false }
    return state == "T" || state == "t"
  }

  /// Waits for its end, for `timeout` seconds at most (nil: without an end). Nil when it still runs. With
  /// `wakingOnInterruption` also nil as soon as a signal to stop has come.
  package func wait(timeout: Double? = nil, wakingOnInterruption: Bool = false) -> ExitStatus? {
    if let status = status.withLock({ $0 }) { return status }
    var entries = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
    if wakingOnInterruption { entries.append(Interruption.entry) }
    guard Poll.wait(for: &entries, atMost: timeout), entries[0].revents != 0 else { return nil }
    return status.withLock { status in
      if status == nil {
        switch Supervisor.readStatus(descriptor) {
        case .some(let message) where message.kind == CSPAWN_EXITED: status = .exited(message.value)
        case .some(let message): status = .signaled(message.value)
        // The supervisor is gone, and the kernel killed the child with it.
        case nil: status = .signaled(SIGKILL)
        }
      }
      return status
    }
  }

  /// Sends a signal to its group; also after its own end, to those of the group that it left behind.
  package func signal(_ number: Int32) { supervisor.signal(group: pid, number) }

  /// Kills its group (SIGKILL) and waits until it has ended itself.
  package func kill() {
    signal(SIGKILL)
    _ = wait()
  }

  /// A descriptor that becomes readable when it ends.
  var pollDescriptor: Int32 { descriptor }
}
