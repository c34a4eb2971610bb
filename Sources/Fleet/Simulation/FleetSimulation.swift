internal import Glibc
package import Platform
internal import Readiness

/// A round on paper: how long systems of given sizes or durations take on so many machines, with failures and slow
/// machines. The same seed gives the same round.
package struct FleetSimulation: Sendable {
  /// A system on paper.
  package struct System: Sendable, Hashable {
    package var name: String
    /// Bytes of its data; 0 where its duration was measured.
    package var bytes: Double
    /// How long a drill takes on a machine of ordinary speed.
    package var seconds: Double
    package var memory: Int
    package var disk: Int
    package var cores: Int

    package init(
      name: String, bytes: Double = 0, seconds: Double, memory: Int = 0, disk: Int = 0, cores: Int = 1
    ) {
      self.name = name
      self.bytes = bytes
      self.seconds = seconds
      self.memory = memory
      self.disk = disk
      self.cores = cores
    }
  }

  /// The machines, and what goes wrong on them.
  package struct Conditions: Sendable, Hashable {
    package var machines = 1
    /// Of each machine; `Int.max` where it is no bound.
    package var memory = Int.max
    package var disk = Int.max
    package var cores = 1
    /// How likely one start of a task is to die on the way, at any moment of it.
    package var failures = 0.0
    /// The share of the machines that are slow, and how many times slower.
    package var slow = 0.0
    package var slowness = 3.0
    /// How often a task is started at most.
    package var attempts = 3
    /// What the round may take; nil: as long as it takes.
    package var budget: Double?

    package init() {}
  }

  /// What a round costs.
  package struct Outcome: Sendable, Hashable {
    package var machines = 0
    package var slowMachines = 0
    /// From the first start to the last end.
    package var makespan = 0.0
    /// Seconds of machines that were kept for the round, and of cores that worked.
    package var machineSeconds = 0.0
    package var busyCoreSeconds = 0.0
    /// Of the cores over the makespan, the share that worked.
    package var utilisation = 0.0
    /// Of what worked, the share that was lost to starts that died.
    package var lost = 0.0
    package var starts = 0
    package var done = 0
    /// Died on every start.
    package var failed = 0
    /// Not done within the budget: no machine was free in time. Nothing is begun that can't end within it.
    package var late = 0
    /// Longer than the budget by itself.
    package var tooLong = 0
    /// Too large for any machine.
    package var impossible = 0
    package var bytes = 0.0

    package init() {}
  }

  package let systems: [System]

  package init(_ systems: [System]) { self.systems = systems }

  /// So many systems that hold so many bytes in all: most small, a few very large, as sizes of databases are (a lognormal
  /// distribution, deviation 1.5). A drill takes `fixed` seconds, and `rate` bytes a second.
  package init(
    systems count: Int, bytes total: Double, rate: Double = 100e6, fixed: Double = 60, seed: UInt64
  ) {
    var numbers = SeededNumbers(seed: seed)
    let weights = (0..<count).map { _ in exp(1.5 * numbers.normal()) }
    let sum = weights.reduce(0, +)
    systems = weights.enumerated().map { index, weight in
      let bytes = total * weight / sum
      return System(name: "system-\(index)", bytes: bytes, seconds: fixed + bytes / rate)
    }
  }

  /// A core of a machine that a task takes may be taken by no other: tasks are started the longest first, each on the
  /// machine where it fits soonest. A start that dies gives its place back, and its task goes to the end of the line.
  package func run(_ conditions: Conditions, seed: UInt64) -> Outcome {
    var numbers = SeededNumbers(seed: seed ^ 0x5EED)
    var outcome = Outcome()
    outcome.machines = conditions.machines
    outcome.slowMachines = Int((Double(conditions.machines) * conditions.slow).rounded(.up))
    outcome.bytes = systems.reduce(0) { $0 + $1.bytes }
    // Chances are drawn for each system in its order, not as they are used: a machine more changes no system's luck.
    let luck = systems.map { _ in
      (0..<conditions.attempts).map { _ -> Double? in
        let (dies, at) = (numbers.share() < conditions.failures, numbers.share())
        return dies ? at : nil
      }
    }
    var queue: [(system: Int, attempt: Int)] = systems.indices.sorted {
      systems[$0].seconds == systems[$1].seconds ? $0 < $1 : systems[$0].seconds > systems[$1].seconds
    }.map { ($0, 0) }
    queue.removeAll { entry in
      let system = systems[entry.system]
      let isPossible =
        system.cores <= conditions.cores && system.memory <= conditions.memory
        && system.disk <= conditions.disk
      if !isPossible { outcome.impossible += 1 }
      return !isPossible
    }
    var machines = (0..<conditions.machines).map { number in
      Machine(
        cores: conditions.cores, memory: conditions.memory, disk: conditions.disk,
        speed: number < outcome.slowMachines ? 1 / conditions.slowness : 1)
    }
    var running = EndQueue()
    var now = 0.0
    var lost = 0.0
    while !queue.isEmpty || !running.isEmpty {
      var waiting: [(system: Int, attempt: Int)] = []
      var isFull = false
      for entry in queue {
        let system = systems[entry.system]
        let limit = conditions.budget ?? .infinity
        if now + system.seconds > limit {
          if system.seconds > limit { outcome.tooLong += 1 } else { outcome.late += 1 }
          continue
        }
        // Faster machines first; of these the one with most room.
        guard !isFull,
          let place = machines.indices.filter({
            machines[$0].fits(system) && now + system.seconds / machines[$0].speed <= limit
          })
          .max(by: {
            (machines[$0].speed, machines[$0].cores, $1) < (machines[$1].speed, machines[$1].cores, $0)
          })
        else {
          if !machines.contains(where: { $0.cores > 0 }) { isFull = true }
          waiting.append(entry)
          continue
        }
        machines[place].take(system)
        let death = luck[entry.system][entry.attempt]
        let seconds = system.seconds / machines[place].speed * (death ?? 1)
        outcome.starts += 1
        outcome.busyCoreSeconds += seconds * Double(system.cores)
        if death != nil { lost += seconds * Double(system.cores) }
        running.add(
          EndQueue.Entry(
            end: now + seconds, order: outcome.starts, machine: place, system: entry.system,
            attempt: entry.attempt,
            died: death != nil))
      }
      queue = waiting
      guard let ended = running.removeFirst() else {
        // Only slow machines are left, and they don't end in time.
        outcome.late += queue.count
        break
      }
      now = ended.end
      outcome.makespan = max(outcome.makespan, now)
      machines[ended.machine].give(systems[ended.system])
      if !ended.died {
        outcome.done += 1
      } else if ended.attempt + 1 < conditions.attempts {
        queue.append((ended.system, ended.attempt + 1))
      } else {
        outcome.failed += 1
      }
    }
    outcome.machineSeconds = outcome.makespan * Double(conditions.machines)
    let room = outcome.machineSeconds * Double(conditions.cores)
    outcome.utilisation = room > 0 ? outcome.busyCoreSeconds / room : 0
    outcome.lost = outcome.busyCoreSeconds > 0 ? lost / outcome.busyCoreSeconds : 0
    return outcome
  }

  /// The fewest machines with which every system that doesn't take longer by itself is done within so many seconds; nil
  /// when even `most` aren't enough, or all take longer.
  package func machines(within seconds: Double, _ conditions: Conditions, seed: UInt64, most: Int = 4096)
    -> Outcome?
  {
    func isEnough(_ count: Int) -> Outcome? {
      var tried = conditions
      tried.machines = count
      tried.budget = seconds
      let outcome = run(tried, seed: seed)
      return outcome.late == 0 && outcome.starts > 0 ? outcome : nil
    }
    let most = min(most, max(1, systems.count))
    guard var best = isEnough(most) else { return nil }
    var (low, high) = (0, most)
    while high - low > 1 {
      let middle = (low + high) / 2
      if let outcome = isEnough(middle) { (best, high) = (outcome, middle) } else { low = middle }
    }
    return best
  }

  private struct Machine {
    var cores: Int
    var memory: Int
    var disk: Int
    let speed: Double

    func fits(_ system: System) -> Bool {
      system.cores <= cores && system.memory <= memory && system.disk <= disk
    }
    mutating func take(_ system: System) {
      cores -= system.cores
      memory -= system.memory
      disk -= system.disk
    }
    mutating func give(_ system: System) {
      cores += system.cores
      memory += system.memory
      disk += system.disk
    }
  }
}

/// What runs, by when it ends.
private struct EndQueue {
  struct Entry {
    var end: Double
    var order: Int
    var machine: Int
    var system: Int
    var attempt: Int
    var died: Bool
  }

  private var heap: [Entry] = []
  var isEmpty: Bool { heap.isEmpty }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].end, heap[left].order) < (heap[right].end, heap[right].order)
  }

  mutating func add(_ entry: Entry) {
    heap.append(entry)
    var at = heap.count - 1
    while at > 0, isBefore(at, (at - 1) / 2) {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func removeFirst() -> Entry? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var at = 0
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < heap.count && isBefore(child, least) {
        least = child
      }
      if least == at { return first }
      heap.swapAt(at, least)
      at = least
    }
  }
}

extension FleetSimulation {
  /// The systems of the newest round of a folder of records, with the times that their tasks took. Those without an
  /// answer take as long as the median of the others. Throws `Failure`.
  package init(measuredIn records: String, round: String? = nil) throws(Failure) {
    let list = try RoundList(in: records)
    self.init(try RoundRecords(list.rounds[try list.index(of: round)]))
  }

  /// The same of a round that was read.
  package init(_ records: RoundRecords) {
    let seconds = records.answers.map { $0.shown?.result?.durationSeconds }
    let known = seconds.compactMap(\.self).sorted()
    let median = known.isEmpty ? 60 : known[known.count / 2]
    systems = zip(records.answers, seconds).map { answer, seconds in
      let resources = answer.system.resources
      return System(
        name: answer.system.name, bytes: Double(answer.run?.backupBytes ?? 0), seconds: seconds ?? median,
        memory: resources.memoryBytes ?? 0, disk: resources.diskBytes ?? 0, cores: resources.cores ?? 1)
    }
  }

  /// After how many rounds each system had a turn, if a round's time is spent on those that were proven longest ago; nil
  /// when that takes more than 10,000.
  package func rounds(within seconds: Double, _ conditions: Conditions) -> Int? {
    var proven = [WallTime?](repeating: nil, count: systems.count)
    for round in 1...10_000 {
      let time = WallTime(seconds: round)
      let candidates = systems.enumerated().map { index, system in
        RoundBudget.Candidate(index: index, name: system.name, seconds: system.seconds, proven: proven[index])
      }
      let chosen = RoundBudget(
        candidates, seconds: seconds, machines: conditions.machines * conditions.cores, at: time)
      for turn in chosen.turns { proven[turn.index] = time }
      if proven.allSatisfy({ $0 != nil }) { return round }
    }
    return nil
  }
}
