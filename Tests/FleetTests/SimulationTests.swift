import Fleet
import Platform
import Record
import Testing

@Suite("A round on paper")
struct SimulationTests {
  private func system(_ seconds: Double, memory: Int = 0, cores: Int = 1) -> FleetSimulation.System {
    FleetSimulation.System(name: "s", seconds: seconds, memory: memory, cores: cores)
  }

  private func conditions(_ machines: Int, cores: Int = 1) -> FleetSimulation.Conditions {
    var conditions = FleetSimulation.Conditions()
    conditions.machines = machines
    conditions.cores = cores
    return conditions
  }

  @Test("takes as long as a schedule made by hand")
  func byHand() {
    // The longest first on two machines: 7 and 5; 4 after 5 (9), 3 after 7 (10), 2 after 4 (11).
    let simulation = FleetSimulation([3, 7, 2, 5, 4].map { system($0) })
    let outcome = simulation.run(conditions(2), seed: 1)
    #expect(outcome.makespan == 11 && outcome.done == 5 && outcome.starts == 5)
    #expect(outcome.busyCoreSeconds == 21 && outcome.utilisation == 21.0 / 22)
    #expect(simulation.run(conditions(1), seed: 1).makespan == 21)
    #expect(simulation.run(conditions(1, cores: 2), seed: 1).makespan == 11)
    #expect(simulation.run(conditions(9), seed: 1).makespan == 7)
  }

  @Test("keeps to the memory of a machine, and names what fits on none")
  func memory() {
    var bounded = conditions(1, cores: 4)
    bounded.memory = 10
    let outcome = FleetSimulation([
      system(5, memory: 6), system(4, memory: 6), system(1, memory: 4), system(9, memory: 11),
    ])
    .run(bounded, seed: 1)
    #expect(outcome.makespan == 9 && outcome.done == 3 && outcome.impossible == 1)
  }

  @Test("says what isn't done within the budget, and how many machines would do it")
  func budget() {
    let simulation = FleetSimulation((0..<10).map { _ in system(10) })
    var bounded = conditions(2)
    bounded.budget = 30
    let outcome = simulation.run(bounded, seed: 1)
    #expect(outcome.done == 6 && outcome.late == 4 && outcome.makespan == 30)
    let mixed = FleetSimulation([10, 10, 10, 50].map { system($0) }).run(bounded, seed: 1)
    #expect(mixed.done == 3 && mixed.late == 0 && mixed.tooLong == 1)
    #expect(simulation.machines(within: 30, conditions(1), seed: 1)?.machines == 4)
    #expect(simulation.machines(within: 9, conditions(1), seed: 1) == nil)
    #expect(simulation.rounds(within: 30, conditions(1)) == 4)
  }

  @Test("counts starts that died, and the time that they cost")
  func failures() {
    let simulation = FleetSimulation((0..<1000).map { _ in system(10) })
    var failing = conditions(10)
    failing.failures = 0.1
    let outcome = simulation.run(failing, seed: 7)
    #expect(
      (1060...1170).contains(outcome.starts) && outcome.done + outcome.failed == 1000 && outcome.failed < 10)
    #expect((0.02...0.08).contains(outcome.lost) && outcome.makespan > 1000)
    failing.slow = 0.3
    let slow = simulation.run(failing, seed: 7)
    #expect(slow.slowMachines == 3 && slow.makespan > outcome.makespan)
  }

  @Test("of 1,000 systems and 2 PB is played within seconds, the same for the same seed")
  func paper() {
    var conditions = conditions(40, cores: 4)
    conditions.failures = 0.02
    conditions.slow = 0.05
    func play(_ seed: UInt64) -> FleetSimulation.Outcome {
      FleetSimulation(systems: 1000, bytes: 2e15, seed: seed).run(conditions, seed: seed)
    }
    let (first, seconds) = Clock.measure { play(1) }
    #expect(first == play(1) && first != play(2))
    #expect(first.bytes / 2e15 > 0.999 && first.done + first.failed == 1000)
    #expect(seconds < 60, "\(seconds) s")
    let small = FleetSimulation(systems: 100, bytes: 2e13, seed: 1)
    let enough = small.machines(within: 86_400, conditions, seed: 1)
    #expect(enough != nil && enough == small.machines(within: 86_400, conditions, seed: 1))
  }

  @Test("with the times that a round took says how long it took")
  func measured() throws {
    let folder = try RoundFolder()
    let round = try folder.begin(6)
    // Two at a time, the longest first, as a real round begins them; each ends after 60 s.
    for index in 0..<6 { try folder.attempt(round, index, after: index / 2 * 60) }
    let records = try RoundRecords("r1", in: folder.records)
    let ends = records.answers.compactMap { $0.shown?.result?.endedAt }
    let real = try #require(ends.max()).timeInterval(since: round.startedAt)
    let played = FleetSimulation(records).run(conditions(1, cores: 2), seed: 1)
    #expect(abs(played.makespan - real) <= 0.05 * real, "\(played.makespan) s, \(real) s")
  }
}

@Suite("The budget of a round")
struct RoundBudgetTests {
  private func candidate(
    _ index: Int, _ seconds: Double, daysAgo: Int?, failed: Bool = false, every: Double? = nil,
    namespaces: [RoundBudget.Namespace] = []
  ) -> RoundBudget.Candidate {
    RoundBudget.Candidate(
      index: index, name: "s\(index)", seconds: seconds, proven: daysAgo.map { .begin.after(-$0 * 86_400) },
      failed: failed, every: every.map { $0 * 86_400 }, namespaces: namespaces,
      most: namespaces.isEmpty ? nil : 1000)
  }

  @Test("is spent on those that were proven longest ago, or never")
  func oldest() {
    let all = [
      candidate(0, 10, daysAgo: 1), candidate(1, 10, daysAgo: nil), candidate(2, 10, daysAgo: 9),
      candidate(3, 10, daysAgo: 5),
    ]
    let budget = RoundBudget(all, seconds: 20, machines: 1, at: .begin)
    #expect(budget.turns.map(\.index) == [1, 2] && budget.left.map(\.index) == [0, 3])
    #expect(budget.left.allSatisfy { $0.reason == .budget } && budget.makespan == 20)
    #expect(RoundBudget(all, seconds: 20, machines: 2, at: .begin).left.isEmpty)
    #expect(RoundBudget(all, seconds: nil, machines: 1, at: .begin).turns.map(\.index) == [1, 2, 3, 0])
  }

  @Test("leaves out what isn't due, unless its last drill failed or it falls due in the round")
  func due() {
    let all = [
      candidate(0, 10, daysAgo: 3, every: 7), candidate(1, 10, daysAgo: 8, every: 7),
      candidate(2, 10, daysAgo: 3, failed: true, every: 7), candidate(3, 10, daysAgo: nil, every: 7),
      candidate(4, 10, daysAgo: 3),
    ]
    let budget = RoundBudget(all, seconds: 1000, machines: 1, at: .begin)
    #expect(budget.turns.map(\.index) == [3, 1, 2, 4] && budget.left.map(\.index) == [0])
    #expect(budget.left[0].reason == .notDue)
    let long = RoundBudget(all, seconds: 5 * 86_400, machines: 1, at: .begin)
    #expect(long.left.isEmpty)
  }

  @Test("gives the first its turn however long it takes, and passes over what doesn't fit")
  func tooLarge() {
    let all = [candidate(0, 100, daysAgo: 9), candidate(1, 5, daysAgo: 5), candidate(2, 100, daysAgo: 3)]
    let alone = RoundBudget(all, seconds: 20, machines: 1, at: .begin)
    #expect(alone.turns.map(\.index) == [0] && alone.left.map(\.index) == [1, 2])
    let two = RoundBudget(all, seconds: 20, machines: 2, at: .begin)
    #expect(two.turns.map(\.index) == [0, 1])
  }

  @Test("verifies a large system in parts, the collections proven longest ago first")
  func parts() {
    func moment(_ daysAgo: Int) -> WallTime { .begin.after(-daysAgo * 86_400) }
    let namespaces = [
      RoundBudget.Namespace("db.a", seconds: 10, proven: moment(1)),
      RoundBudget.Namespace("db.b", seconds: 10, proven: nil),
      RoundBudget.Namespace("db.c", seconds: 25, proven: moment(30)),
      RoundBudget.Namespace("db.d", seconds: 5, proven: moment(20)),
    ]
    let all = [candidate(0, 50, daysAgo: 50, namespaces: namespaces), candidate(1, 10, daysAgo: 40)]
    let budget = RoundBudget(all, seconds: 30, machines: 1, at: .begin)
    #expect(budget.turns[0].index == 0 && budget.turns[0].budget == 30)
    #expect(budget.turns[0].namespaces == ["db.b", "db.d", "db.a"])
    #expect(budget.left.map(\.index) == [1])
  }

  @Test("is not held up by one that can't be proven, nor by one that takes longer than all of it")
  func starvation() {
    var tried = [WallTime?](repeating: nil, count: 3)
    var turns: [Int] = []
    for round in 1...6 {
      let all = tried.enumerated().map { index, tried in
        // The first never passes, the second takes too long, the third is fine.
        RoundBudget.Candidate(
          index: index, name: "s\(index)", seconds: index == 1 ? 500 : 10, proven: index == 2 ? tried : nil,
          tried: tried,
          failed: index == 0)
      }
      let now = WallTime.begin.after(round * 86_400)
      let budget = RoundBudget(all, seconds: 10, machines: 1, at: now)
      turns += budget.turns.map(\.index)
      for turn in budget.turns { tried[turn.index] = now }
    }
    #expect(turns == [0, 1, 2, 0, 1, 2])
  }

  @Test("comes round to every system, and to the same ones for the same records")
  func rotation() {
    var proven = [WallTime?](repeating: nil, count: 50)
    for round in 1...10 {
      let now = WallTime.begin.after(round * 86_400)
      let all = proven.enumerated().map { index, proven in
        RoundBudget.Candidate(index: index, name: "s\(index)", seconds: 10, proven: proven)
      }
      let budget = RoundBudget(all, seconds: 50, machines: 1, at: now)
      #expect(budget.turns == RoundBudget(all.shuffled(), seconds: 50, machines: 1, at: now).turns)
      for turn in budget.turns { proven[turn.index] = now }
    }
    #expect(proven.allSatisfy { $0 != nil })
  }
}
