package import Drills
package import Platform
internal import Record

/// What a task takes of a machine, and for how long: as the file says it, as its backup shows, as earlier rounds went.
package struct TaskNeed: Sendable {
  package let system: FleetSystem
  /// Bytes.
  package var memory: Int
  /// Bytes; nil where nothing tells.
  package var disk: Int?
  package var cores: Int
  /// How long it takes, in seconds: the median of earlier rounds; nil where there were none.
  package var seconds: Double?
  /// How many earlier runs that is the median of.
  package var runs = 0
  /// What would end its drill as things stand.
  package var problems: [Failure] = []

  /// Where the file says nothing: a server with a small cache, and mongodrill itself.
  package static let defaultMemory = 1 << 30
  /// How fast a drill is taken to be where nothing is known, in bytes of disk a second.
  private static let defaultRate = 20_000_000.0

  package init(_ system: FleetSystem) {
    self.system = system
    memory = system.resources.memory ?? TaskNeed.defaultMemory
    disk = system.resources.disk
    cores = system.resources.cores ?? 1
  }

  /// How long it is taken to be, in seconds: for the order, and where nothing better is known.
  package var expected: Double {
    seconds ?? min(5 + Double(disk ?? 0) / TaskNeed.defaultRate, system.budget ?? .infinity)
  }
}

extension Fleet {
  /// What each task takes, in the order of the file. `looking`: opens the backups to estimate the disk that they need and
  /// to find what would end a drill.
  package func needs(_ history: FleetHistory, options: DrillOptions, looking: Bool) -> [TaskNeed] {
    systems.map { system in
      var need = TaskNeed(system)
      if let past = history[system.name] {
        need.seconds = past.median
        need.runs = past.count
      }
      guard looking else { return need }
      do {
        let (disk, problems) = try system.drill(of: self).estimate(options)
        if need.disk == nil { need.disk = disk }
        need.problems = problems
      } catch let error as InvalidScenario {
        need.problems = error.failures
      } catch {
        need.problems = [.wrapping(error)]
      }
      return need
    }
  }
}

extension Scenario {
  /// The bytes that its sandbox will need, where that can be told, and what would end it as things stand.
  fileprivate func estimate(_ options: DrillOptions) throws -> (disk: Int?, problems: [Failure]) {
    if let plan = FetchPlan(self, options: options) { return (nil, plan.problems) }
    if let plan = try SetDrillPlan(self, options: options) { return (plan.diskNeeded, plan.problems) }
    if let plan = try PhysicalDrillPlan(self, options: options) { return (plan.diskNeeded, plan.problems) }
    let plan = try DrillPlan(self, options: options)
    return (plan.preflight.diskNeeded, plan.problems)
  }
}

/// How long the tasks of earlier rounds took, by system.
package struct FleetHistory: Sendable {
  /// The median of what one system's drills took.
  package struct Past: Sendable, Hashable {
    package var median: Double
    package var count: Int
  }

  /// How many rounds are looked at.
  private static let mostRounds = 5
  private var seconds: [String: [Double]] = [:]

  /// None.
  package init() {}

  /// Those that lie in a folder of records, without the round `except`; what can't be read tells nothing.
  package init(in records: String, except: String? = nil) {
    let rounds = Files.join(records, RoundLayout.rounds)
    let names = ((try? Files.names(in: rounds)) ?? []).filter { $0 != except }
    let begun: [(String, WallTime)] = names.compactMap { name in
      let folder = Files.join(rounds, name)
      guard let round = try? RoundRecord(readingFrom: Files.join(folder, RoundLayout.round)) else {
        return nil
      }
      return (folder, round.startedAt)
    }
    for (round, _) in begun.sorted(by: { $0.1 > $1.1 }).prefix(Self.mostRounds) {
      let tasks = Files.join(round, RoundLayout.tasks)
      for task in (try? Files.names(in: tasks)) ?? [] {
        let folder = Files.join(tasks, task)
        for attempt in (try? Files.names(in: folder)) ?? [] {
          let file = Files.join(Files.join(folder, attempt), RoundLayout.result)
          guard let result = try? ResultRecord(readingFrom: file), result.status == .ran,
            result.exitCode != ExitCode.tryAgain.rawValue
          else { continue }
          seconds[result.system, default: []].append(result.durationSeconds)
        }
      }
    }
  }

  /// Of one system; nil where there is nothing.
  package subscript(system: String) -> Past? {
    guard let all = seconds[system]?.sorted(), !all.isEmpty else { return nil }
    let middle = all.count / 2
    let median = all.count % 2 == 1 ? all[middle] : (all[middle - 1] + all[middle]) / 2
    return Past(median: median, count: all.count)
  }
}
