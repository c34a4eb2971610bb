package import Drills
package import Platform
internal import Readiness

/// Who has a turn in a round, and who is left to another: without a budget all have one.
package struct RoundTurns: Sendable {
  /// Of all systems, in the order of the file. Where one is verified in part, its time is that of the part.
  package let all: [TaskNeed]
  /// Those without one, in the order of the file.
  package let left: [RoundBudget.Left]
  /// What the fleet's policy finds overdue.
  package let overdue: [OverdueProof]
  /// By the system's index: what the round's budget leaves to it, in seconds; missing where that is all that it takes.
  private let budgets: [Int: Double]

  /// All of them.
  package init(all needs: [TaskNeed], overdue: [OverdueProof] = []) {
    self.init(all: needs, left: [], overdue: overdue, budgets: [:])
  }

  private init(all: [TaskNeed], left: [RoundBudget.Left], overdue: [OverdueProof], budgets: [Int: Double]) {
    self.all = all
    self.left = left
    self.overdue = overdue
    self.budgets = budgets
  }

  /// Spends the fleet's budget on those that were proven longest ago by `runs`, read with their details.
  /// Throws the first of what is wrong with the fleet's policy.
  package init(
    _ fleet: Fleet, needs: [TaskNeed], _ runs: FleetRuns, on machine: Capacity, at time: WallTime
  ) throws(Failure) {
    let overdue = try fleet.overdue(in: runs.index, at: time)
    guard let seconds = fleet.budget else {
      self.init(all: needs, overdue: overdue)
      return
    }
    let ledger = FleetLedger(runs)
    let overdueSystems = Set(overdue.map { Array($0.system.utf8) })
    // Where nothing tells a system's time, it is taken for an ordinary one.
    let known = Distribution(needs.compactMap(\.seconds))?.median
    // What fits on no machine takes nothing of the time; the plan names it.
    let candidates = needs.filter { machine.holds($0) }.map { need in
      let system = need.system
      var candidate = ledger.candidate(
        system.index, system.name, every: system.every,
        estimate: need.seconds == nil && need.disk == nil ? known ?? need.expected : need.expected,
        budget: system.budget)
      // What the policy calls overdue is due, whatever `every` says.
      if overdueSystems.contains(Array(system.name.utf8)) { candidate.every = nil }
      return candidate
    }
    let budget = RoundBudget(
      candidates, seconds: seconds,
      machines: fleet.machines.count * RoundTurns.sideBySide(needs, on: machine), at: time)
    let turns = Dictionary(uniqueKeysWithValues: budget.turns.map { ($0.index, $0) })
    let all = needs.map { need in
      guard let turn = turns[need.system.index], turn.budget != nil else { return need }
      var need = need
      need.seconds = turn.seconds
      return need
    }
    self.init(all: all, left: budget.left, overdue: overdue, budgets: turns.compactMapValues(\.budget))
  }

  /// Of those with a turn, in the order of the file.
  package var needs: [TaskNeed] {
    let isLeft = Set(left.map(\.index))
    return all.filter { !isLeft.contains($0.system.index) }
  }

  /// What a system's drill gets of the time, in seconds: the less of its own budget and what the round's leaves to it;
  /// nil: all that it takes.
  package func budget(of system: FleetSystem) -> Double? {
    [system.budget, budgets[system.index]].compactMap(\.self).min()
  }

  /// How many tasks run side by side on one machine, by what they take of it on an average.
  package static func sideBySide(_ needs: [TaskNeed], on machine: Capacity) -> Int {
    let shares = needs.filter { machine.holds($0) }.map { need in
      var share = max(
        Double(need.memory) / Double(max(1, machine.memory)),
        Double(need.cores) / Double(max(1, machine.cores)))
      if let room = machine.disk, let disk = need.disk {
        share = max(share, Double(disk) / Double(max(1, room)))
      }
      return share
    }
    guard !shares.isEmpty else { return 1 }
    let mean = shares.reduce(0, +) / Double(shares.count)
    return max(1, Int(1 / max(mean, 1e-6)))
  }
}

extension Fleet {
  /// Who has a turn by the records of earlier rounds, of which a copy is made in `scratch` where they lie elsewhere.
  /// `looking`: see `needs(_:options:looking:)`.
  package func turns(
    scratch: String, options: DrillOptions, looking: Bool, at time: WallTime = .now
  ) throws(Failure) -> RoundTurns {
    let isSpent = budget != nil || policy != nil && looking
    // Earlier records are fetched only where they count.
    guard isSpent || looking else {
      return RoundTurns(all: needs(FleetHistory(), options: options, looking: false))
    }
    let records = try self.records.local(scratch: scratch)
    let needs = needs(FleetHistory(in: records), options: options, looking: looking)
    guard isSpent else { return RoundTurns(all: needs) }
    let runs = RunIndex.isOfFleet(records) ? try FleetRuns(in: records) : FleetRuns(noneIn: records)
    return try RoundTurns(self, needs: needs, runs, on: capacity(options), at: time)
  }
}
