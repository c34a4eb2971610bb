internal import Platform

/// Watches a drill from a thread beside it: stop conditions, the step's time, signals. When one of them says so,
/// the drill is to stop: its server is killed, which ends whatever the steps wait for, and what reads, copies or asks a
/// person notices where it would notice a signal.
final class DrillWatch: Sendable {
  private struct State: Sendable {
    var stop: Failure?
    var deadline: (time: Double, failure: Failure)?
    var kill: (@Sendable () -> Void)?
    var endCommand: (@Sendable () -> Void)?
    var isOver = false
    /// The condition of that kind with the shortest time, and when it began to count.
    var elapsed: (condition: StopCondition, end: Double)?
  }

  private let state = Monitor(State())

  /// How long a drill that got a signal may take to notice it by itself.
  private static let patience = 2.0

  /// Why the drill was stopped; nil when it wasn't.
  var stop: Failure? { state.withLock(\.stop) }

  /// Starts watching; `folder` is where the sandbox lies.
  func start(_ conditions: [StopCondition], folder: String) throws(Failure) {
    let begin = Clock.monotonic
    let state = state
    let limits = conditions.compactMap { condition -> (StopCondition, Double)? in
      if case .elapsed(let seconds) = condition { (condition, begin + seconds) } else { nil }
    }
    state.withLock { $0.elapsed = limits.min { $0.1 < $1.1 } }
    _ = try Threads.start {
      var nextLook = begin
      var signalled: Double?
      while true {
        let isOver = state.wait(atMost: 0.1) { $0.isOver ? true : nil } ?? false
        if isOver { return }
        let now = Clock.monotonic
        if Interruption.pending != nil, signalled == nil { signalled = now }
        var reason: Failure?
        if let signalled, let signal = Interruption.pending, now > signalled + DrillWatch.patience {
          reason = .interrupted(by: signal)
        }
        if let deadline = state.withLock({ $0.deadline }), now > deadline.time { reason = deadline.failure }
        if now >= nextLook {
          nextLook = now + 0.5
          reason =
            conditions.lazy.compactMap { $0.violation(seconds: now - begin, folder: folder) }.first ?? reason
        }
        if let reason, DrillWatch.end(state, reason) { return }
      }
    }
  }

  /// Runs what ends when the drill is to stop.
  func watching<Result>(_ body: () throws -> Result) rethrows -> Result {
    let state = state
    return try Interruption.stopping(when: { state.withLock(\.stop) }, body)
  }

  /// Stops the drill for `reason`; true when there was a server to kill, or none will come.
  private static func end(_ state: Monitor<State>, _ reason: Failure) -> Bool {
    let (kill, endCommand) = state.update { state -> ((@Sendable () -> Void)?, (@Sendable () -> Void)?) in
      if state.isOver { return (nil, nil) }
      state.stop = state.stop ?? reason
      return (state.kill, state.endCommand)
    }
    endCommand?()
    kill?()
    return kill != nil
  }

  /// Says how the server is killed, now that there is one; nil when it is gone.
  func server(_ kill: (@Sendable () -> Void)?) { state.withLock { $0.kill = kill } }

  /// Says how the command is ended that the backup comes from: who reads it waits for it.
  func command(_ end: @escaping @Sendable () -> Void) { state.withLock { $0.endCommand = end } }

  /// Gives the drill's server an end when the step takes longer than it may. Commands end by themselves.
  func deadline(of step: Step) {
    guard let timeout = step.timeout, !(step.action is RunStep) else { return }
    state.withLock {
      $0.deadline = (Clock.monotonic + timeout, .stepTimedOut(step.id, seconds: timeout))
    }
  }

  /// Seconds until a stop condition ends the drill; nil without one. For commands, which the watch doesn't kill.
  var secondsLeft: Double? { state.withLock { $0.elapsed.map { max(0.001, $0.end - Clock.monotonic) } } }

  /// Why a command was ended that ran until its time was over: the stop condition, when it had less time left than
  /// the step.
  func stopAfterTimeout(_ timeout: Double?, _ left: Double?) -> Failure? {
    guard let left, left <= timeout ?? .infinity else { return nil }
    return state.update { state in
      guard let (condition, _) = state.elapsed else { return nil }
      state.stop = state.stop ?? .stopped(by: condition, found: "the time is over")
      return state.stop
    }
  }

  /// The step has ended.
  func noDeadline() { state.withLock { $0.deadline = nil } }

  /// The drill has ended.
  func finish() { state.update { $0.isOver = true } }

  deinit { finish() }
}

extension StopCondition {
  /// Why the drill has to stop; nil while it need not.
  fileprivate func violation(seconds: Double, folder: String) -> Failure? {
    switch self {
    case .diskFree(let limit):
      guard let free = try? Files.freeSpace(at: folder), free < limit else { return nil }
      return .stopped(by: self, found: "\(ByteSize.format(free)) are free in \(folder)")
    case .elapsed(let limit):
      return seconds > limit ? .stopped(by: self, found: "\(TimeSpan.format(seconds)) have passed") : nil
    }
  }
}

extension Failure {
  static func stopped(by condition: StopCondition, found: String) -> Failure {
    Failure(.incomplete, "stop-condition", "stop condition \(condition) holds: \(found)")
  }
}
