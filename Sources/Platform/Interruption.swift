internal import CSpawn
internal import Glibc

/// SIGINT, SIGTERM and SIGHUP as a wish to stop that the work notices, cleans up after and reports.
///
/// A second signal changes nothing, a third ends the process at once (the supervisor cleans up even then).
package enum Interruption {
  private static let descriptor: Int32 = cspawn_interruption_install()

  /// Takes the signals over; once, early in main. SIGPIPE is ignored from then on.
  ///
  /// Not by touching `descriptor`: an optimized build leaves out a global that nobody looks at, and what it does.
  package static func install() { _ = cspawn_interruption_install() }

  /// For `Poll`, together with others.
  static var entry: pollfd { pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0) }

  /// The signal that came first, nil when none did.
  package static var pending: Int32? {
    let signal = cspawn_interruption_pending()
    return signal == 0 ? nil : signal
  }

  /// Why the work on this thread is to stop without a signal; see `stopping`.
  @TaskLocal static var reason: Reason?

  /// A closure in a type of its own: with a closure for its value, an optimized build of Swift 6.3 pushes a task local
  /// with the metadata of another type, and crashes.
  struct Reason: Sendable {
    let failure: @Sendable () -> Failure?
  }

  /// Throws a failure of kind `interrupted` when a signal came, and the reason when the work is to stop for another.
  package static func check() throws(Failure) {
    if let signal = pending { throw .interrupted(by: signal) }
    if let failure = reason?.failure() { throw failure }
  }

  /// Runs `body`, in which `check` throws as well what `reason` gives: on this thread and on those that
  /// `Threads.concurrently` starts in it. Other work in this process goes on, and so does what follows `body`.
  package static func stopping<Result>(
    when reason: @escaping @Sendable () -> Failure?, _ body: () throws -> Result
  ) rethrows -> Result {
    try $reason.withValue(Reason(failure: reason), operation: body)
  }

  /// Waits; ends early when a signal has come or comes.
  package static func sleep(_ seconds: Double) {
    _ = Poll.wait(for: descriptor, atMost: seconds)
  }

  /// Waits until a pipe, a terminal or a socket has something to read or is at its end. Throws like `check`, also
  /// while it waits: a read that blocks would not notice.
  package static func waitForInput(_ input: Int32) throws(Failure) {
    var isReady = false
    while !isReady {
      var entries = [pollfd(fd: input, events: Int16(POLLIN), revents: 0), entry]
      // Nothing wakes for a reason that is no signal.
      isReady = Poll.wait(for: &entries, atMost: reason == nil ? nil : 0.1) || reason == nil
      try check()
    }
  }

  /// Calls `body` on a thread of its own when a signal comes (at once when one has come), until `cancel` is
  /// called: for work that blocks where it can't look (a command that a server takes minutes for).
  package static func watch(_ body: @escaping @Sendable () -> Void) throws(Failure) -> Watch {
    let (reading, writing) = try Poll.pipe()
    do {
      _ = try Threads.start {
        let isCancelled = Poll.waitForEither(reading, descriptor) == reading
        close(reading)
        if !isCancelled { body() }
      }
    } catch {
      close(reading)
      close(writing)
      throw error
    }
    return Watch(descriptor: writing)
  }

  /// A watch that was set up; see `watch`.
  package final class Watch: Sendable {
    private let descriptor: Monitor<Int32?>

    fileprivate init(descriptor: Int32) { self.descriptor = Monitor(descriptor) }

    deinit { cancel() }

    /// Ends the watch; what it called already goes on.
    package func cancel() {
      if let descriptor = descriptor.update({ $0.take() }) { close(descriptor) }
    }
  }
}

extension Failure {
  /// The user or the system asked to stop. SIGHUP counts as SIGTERM.
  package static func interrupted(by signal: Int32) -> Failure {
    Failure(
      .interrupted, signal == SIGINT ? "SIGINT" : "SIGTERM",
      signal == SIGINT ? "interrupted" : signal == SIGHUP ? "the terminal went away" : "asked to terminate")
  }
}

/// Pipes, and waiting for descriptors.
enum Poll {
  /// Both ends of a new pipe, closed on exec.
  static func pipe() throws(Failure) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe cspawn_pipe(&ends) == 0 else { throw .system("no-pipe", "cannot make a pipe") }
    return (ends[0], ends[1])
  }

  /// True when `descriptor` became readable or was hung up, false when `seconds` were over.
  static func wait(for descriptor: Int32, events: Int32 = POLLIN, atMost seconds: Double?) -> Bool {
    var entries = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
    return wait(for: &entries, atMost: seconds)
  }

  /// The same for several; what happened stands in the entries.
  static func wait(for entries: inout [pollfd], atMost seconds: Double?) -> Bool {
    let end = seconds.map { Clock.monotonic + min($0, 1e9) }
    while true {
      var timeout: Int32 = -1
      // Rounded up, so that a short rest isn't waited for by spinning; at most a day at a time.
      if let end { timeout = Int32(min(86_400_000, max(0, ((end - Clock.monotonic) * 1000).rounded(.up)))) }
      let count = unsafe poll(&entries, nfds_t(entries.count), timeout)
      if count > 0 { return true }
      if count < 0 && errno != EINTR { return false }
      if let end, Clock.monotonic >= end { return false }
    }
  }

  /// Whichever of two became readable or was hung up; the first when both did.
  static func waitForEither(_ first: Int32, _ second: Int32) -> Int32 {
    var entries = [
      pollfd(fd: first, events: Int16(POLLIN), revents: 0),
      pollfd(fd: second, events: Int16(POLLIN), revents: 0),
    ]
    _ = wait(for: &entries, atMost: nil)
    return entries[0].revents != 0 ? first : second
  }
}
