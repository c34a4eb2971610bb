package import Platform
internal import Record

/// A round on this machine: each task is a process of its own, side by side as far as the machine gives.
package struct LocalRound: Sendable {
  /// What happens, for whoever shows it.
  package enum Happening: Sendable {
    case began(FleetSystem, attempt: Int)
    /// How its process ended, and after how many seconds; whether it is begun once more.
    case ended(FleetSystem, ExitStatus, seconds: Double, again: Bool)
    /// It takes more than the machine has.
    case tooLarge(FleetSystem)
    /// The round's time was over before it was begun.
    case leftOut(FleetSystem)
  }

  /// What a round on this machine goes by.
  package struct Setting: Sendable {
    /// What tasks may take together.
    package var capacity: Capacity
    /// Seconds; nil: as long as it takes.
    package var budget: Double?
    /// The process of a task.
    package var process: @Sendable (FleetSystem) -> ChildSpec

    package init(
      capacity: Capacity, budget: Double?, process: @escaping @Sendable (FleetSystem) -> ChildSpec
    ) {
      self.capacity = capacity
      self.budget = budget
      self.process = process
    }
  }

  private struct Running {
    let need: TaskNeed
    let child: Child
    let attempt: Int
    let start: Double
  }

  /// How long a task may take to end after its time, or after a signal, in seconds; it is killed then.
  private static let grace = 120.0
  private static let patience = 30.0
  /// How often the tasks are looked at, in seconds.
  private static let interval = 0.02

  private let setting: Setting
  private let tell: @Sendable (Happening) -> Void

  package init(_ setting: Setting, telling: @escaping @Sendable (Happening) -> Void) {
    self.setting = setting
    tell = telling
  }

  /// Runs the tasks, the longest first. One that was killed or ended in 75 is begun again up to its system's
  /// `attempts`. Returns how each ended at last; one that was never begun is missing. Throws when a signal to stop came,
  /// once all tasks have ended.
  package func run(_ needs: [TaskNeed]) throws(Failure) -> [Int: ExitStatus] {
    var capacity = setting.capacity
    var waiting: [(need: TaskNeed, attempt: Int)] = []
    for need in Packing.order(needs) {
      if capacity.holds(need) { waiting.append((need, 1)) } else { tell(.tooLarge(need.system)) }
    }
    var running: [Running] = []
    var ended: [Int: ExitStatus] = [:]
    let deadline = setting.budget.map { Clock.monotonic + $0 }
    do throws(Failure) {
      while !waiting.isEmpty || !running.isEmpty {
        try Interruption.check()
        if let deadline, Clock.monotonic >= deadline {
          for (need, attempt) in waiting where attempt == 1 { tell(.leftOut(need.system)) }
          waiting = []
        }
        var place = 0
        while place < waiting.count {
          guard capacity.holds(waiting[place].need) else {
            place += 1
            continue
          }
          let (need, attempt) = waiting.remove(at: place)
          let child = try Supervisor.shared.spawn(setting.process(need.system))
          capacity.take(need)
          running.append(Running(need: need, child: child, attempt: attempt, start: Clock.monotonic))
          tell(.began(need.system, attempt: attempt))
        }
        for index in running.indices.reversed() {
          let task = running[index]
          if Clock.monotonic - task.start > task.need.system.timeout + Self.grace { task.child.kill() }
          guard let status = task.child.exitStatus else { continue }
          // What it left in the background must not outlive it.
          task.child.signal(9)
          running.remove(at: index)
          capacity.give(task.need)
          ended[task.need.system.index] = status
          let again = status.isPassing && task.attempt < task.need.system.attempts
          if again { waiting.append((task.need, task.attempt + 1)) }
          tell(
            .ended(task.need.system, status, seconds: Clock.monotonic - task.start, again: again))
        }
        if !running.isEmpty { Interruption.sleep(Self.interval) }
      }
    } catch {
      stop(running)
      throw error
    }
    return ended
  }

  /// Asks all to stop, and kills those that don't.
  private func stop(_ running: [Running]) {
    for task in running { task.child.signal(15) }
    let end = Clock.monotonic + Self.patience
    for task in running {
      guard task.child.wait(timeout: max(0, end - Clock.monotonic)) == nil else { continue }
      task.child.kill()
      // Its supervisor has a group of its own, and removes its sandbox meanwhile.
      Clock.rest(2)
    }
  }
}

extension ExitStatus {
  /// Whether the task may be begun again: it said so, or was killed.
  var isPassing: Bool {
    switch self {
    case .exited(let code): code == Int32(ExitCode.tryAgain.rawValue)
    case .signaled: true
    }
  }
}
