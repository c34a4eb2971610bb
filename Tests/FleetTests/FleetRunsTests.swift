import Fleet
import Platform
import Readiness
import Record
import Testing

@Suite("The drills of a fleet's rounds")
struct FleetRunsTests {
  /// Two systems of one scenario, drilled at the same moments; the second fails in the second round.
  private func rounds() throws -> RoundFolder {
    let folder = try RoundFolder()
    for (number, name) in ["w1", "w2"].enumerated() {
      let round = try folder.begin(3, round: name, at: .begin.after(number * 7 * 86_400))
      for index in 0..<2 {
        try folder.attempt(
          round, index, number == 1 && index == 1 ? .failed : .pass)
      }
      if number == 1 { try folder.attempt(round, 2, .killed) }
    }
    return folder
  }

  @Test("count for the system of a policy that bears the same name")
  func readiness() throws {
    let folder = try rounds()
    let path = Files.join(folder.records, "policy.yaml")
    folder.put(
      """
      version: 1
      title: Shop
      systems:
        system-0:
          scenarios: "*"
          full_backup: false
          slices: false
          proven: {within: 10d}
        system-1:
          scenarios: "*"
          full_backup: false
          slices: false
          proven: {within: 10d}
        system-9:
          scenarios: "*"
          full_backup: false
          slices: false
          proven: {within: 10d}
      """, path)
    let policy: Policy
    do { policy = try Policy(file: path) } catch {
      Issue.record("\(error)")
      return
    }
    #expect(RunIndex.isOfFleet(folder.records))
    let index = try FleetRuns(in: folder.records).index
    #expect(index.runs.count == 4 && index.unfinished.count == 1)
    let answer = ReadinessAnswer(
      policy, index, try FoundBackups(of: policy), chain: nil, at: .begin.after(8 * 86_400))
    func found(_ system: String) -> [RequirementFinding] {
      answer.findings.filter { $0.system == system && $0.requirement == .proven }
    }
    #expect(found("system-0").map(\.subject) == ["shop.c0", "shop.c1", "shop.c2"])
    #expect(found("system-0").allSatisfy { $0.level == .excellent && $0.found == "23h 59m ago" })
    #expect(found("system-9").map(\.found) == ["none"])
    let evidence = try #require(found("system-0").first?.evidence.first?.path)
    #expect(Files.exists(evidence), "\(evidence)")
  }

  @Test("tell what each system's drills took, and which are due")
  func ledger() throws {
    let folder = try rounds()
    let ledger = FleetLedger(try FleetRuns(in: folder.records))
    // The folder goes with its last reference.
    withExtendedLifetime(folder) {}
    let first = ledger.entry(of: "system-0")
    #expect(first.proven == .begin.after(7 * 86_400 + 50) && !first.failed && first.seconds == 50)
    #expect(first.fixed == 2 && first.namespaces.map(\.name) == ["shop.c0", "shop.c1", "shop.c2"])
    let second = ledger.entry(of: "system-1")
    #expect(second.failed && second.proven == .begin.after(50))
    let candidates = (0..<4).map {
      ledger.candidate($0, "system-\($0)", every: 7 * 86_400, estimate: 90, budget: $0 == 0 ? 60 : nil)
    }
    #expect(
      candidates.map(\.seconds) == [50, 50, 90, 90] && candidates.map(\.namespaces.count) == [3, 0, 0, 0])
    let budget = RoundBudget(candidates, seconds: 300, machines: 1, at: .begin.after(8 * 86_400))
    // The last was never begun; a killed one and a failed one were, a week later than the one that isn't due.
    #expect(budget.turns.first?.index == 3 && Set(budget.turns.map(\.index)) == [1, 2, 3])
    #expect(budget.left.map(\.reason) == [.notDue])
    #expect(ledger.entry(of: "system-2").failed && ledger.entry(of: "system-2").proven == nil)
  }

  @Test("share a round's budget: parts of systems that may be split, and what a policy calls overdue")
  func turns() throws {
    let folder = try rounds()
    let file = Files.join(folder.records, "fleet.yaml")
    // A drill of system-0 takes 50 s: of its three collections of 16 s one and the constant 2 s fit into 30.
    folder.put(
      """
      version: 1
      budget: 90s
      machines: {memory: 4GB, cores: 1, disk: 10GB}
      policy: policy.yaml
      systems:
        system-1: {backup: b}
        system-0: {backup: b, budget: 1m, every: 30d}
        system-2: {backup: b, every: 30d}
      """, file)
    folder.put(
      """
      version: 1
      systems:
        system-0: {scenarios: "*", full_backup: false, slices: false, proven: {within: 1h}}
      """, Files.join(folder.records, "policy.yaml"))
    let fleet: Fleet
    do { fleet = try Fleet(file: file) } catch {
      Issue.record("\(error)")
      return
    }
    let machine = Capacity(memory: 4 << 30, disk: 10 << 30, cores: 1)
    var needs = fleet.systems.map { TaskNeed($0) }
    needs[2].seconds = 10
    let turns = try RoundTurns(
      fleet, needs: needs, try FleetRuns(in: folder.records), on: machine, at: .begin.after(8 * 86_400))
    // Never proven: system-2; a week ago and failed since: system-1; due by the policy alone: system-0.
    #expect(turns.needs.map(\.system.name) == ["system-1", "system-0", "system-2"])
    #expect(turns.overdue.map(\.system) == ["system-0", "system-0", "system-0"])
    #expect(turns.budget(of: fleet.systems[1]) == 30)
    #expect(turns.budget(of: fleet.systems[0]) == nil && turns.left.isEmpty)
    #expect(turns.all[1].seconds.map { abs($0 - 18) < 0.01 } == true)
    var without = fleet
    without.policy = nil
    let other = try RoundTurns(
      without, needs: needs, try FleetRuns(in: folder.records), on: machine, at: .begin.after(8 * 86_400))
    #expect(other.left.map(\.name) == ["system-0"] && other.left.map(\.reason) == [.notDue])
    #expect(RoundTurns.sideBySide(needs, on: Capacity(memory: 8 << 30, disk: nil, cores: 4)) == 4)
    #expect(RoundTurns.sideBySide(needs, on: Capacity(memory: 2 << 30, disk: nil, cores: 4)) == 2)
    withExtendedLifetime(folder) {}
  }
}
