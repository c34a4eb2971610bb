internal import BSON
internal import Backups
internal import Checks
internal import Drafting
internal import Facts
package import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox
internal import Witness

/// What a drill would do, without doing it: nothing is started and no document is read.
package struct DrillPlan: Sendable {
  let scenario: Scenario
  let backup: any LogicalBackup
  /// What a person should know of the backup, and why it was chosen.
  let notes: [String]
  let plans: RecoveryPlans
  let selections: [RestorePlan]
  let suites: [Suite]
  let replicaSet: ReplicaSetPlan?
  /// Whether the drill could begin.
  package let preflight: Preflight
  let earlier: EarlierRuns

  /// Opens the backup and looks at the machine. Throws what would keep the drill from beginning: no backup, a
  /// damaged one, a wrong selection, a check that doesn't apply. A missing mongod and too small a disk are part of
  /// the plan (`problems`).
  package init(_ whole: Scenario, options: DrillOptions) throws(Failure) {
    let base = try whole.base(from: whole.archiveCommand)
    let (scenario, spending) = try whole.within(options.budget, of: base.backup, reports: options.reports)
    self.scenario = scenario
    backup = base.backup
    notes = base.backup.notes + base.notes + (spending.map { [$0.note] } ?? [])
    let witness = try (options.witness ?? whole.witness).map { path throws(Failure) in
      try WitnessRecord.read(path)
    }
    plans = try RecoveryPlans(scenario, of: backup, noReplay: options.noReplay, witness: witness)
    selections = plans.restores
    let standing = plans.stages(of: scenario).last?.replay.target.through
    let witnessHere = witness.flatMap { witness in
      witness.batches.contains { $0.timestamp == standing } ? witness : nil
    }
    suites = try scenario.suites(
      asking: scenario.catalogue(of: selections), counts: plans.chain == nil, witness: witnessHere)
    replicaSet = options.sandbox.or(scenario.sandbox).replicaSet
    var preflight = Preflight(
      scenario, options: options, needing: SandboxNeed.bytes(for: selections, of: backup),
      source: Preflight.Source(backup, plans))
    preflight.warnings +=
      scenario.uncompared(
        witness: options.witness, baseline: options.baseline, draftsWitness: witnessHere != nil
      ).map(\.message)
    self.preflight = preflight
    earlier = EarlierRuns(of: scenario.name, in: options.reports)
  }

  /// What would end the drill as things stand; empty when nothing is known to.
  package var problems: [Failure] { preflight.problems }

  /// What is left of the oplog after the last target, in seconds; nil without a replay.
  var secondsLost: Double? {
    guard let chain = plans.chain, let last = plans.stages(of: scenario).last else { return nil }
    let target = last.search?.end.target ?? last.replay.target
    return max(0, Double(chain.coverage.last.seconds) - target.moment)
  }

  /// What would be lost by the objective's reckoning: from the target to the moment that it is measured from.
  var recoveryPoint: Double? {
    guard let rpo = scenario.objectives.rpo, let last = plans.stages(of: scenario).last else { return nil }
    return max(0, rpo.reference - (last.search?.end.target ?? last.replay.target).moment)
  }

  /// What mongorestore would be told, for each restore step.
  var nearestCommands: [(step: String, command: NearestCommand)] {
    scenario.steps.compactMap { step in
      guard let restore = step.action as? RestoreStep, let recovery = plans.recoveries[step.id] else {
        return nil
      }
      let command = NearestCommand(
        backup, writtenBy: scenario.command, restore, to: recovery.stages.last?.replay.target,
        hasSlices: plans.chain?.hasSlices ?? false)
      return command.map { (step.id, $0) }
    }
  }
}

extension Scenario {
  /// What the sandbox will hold, by its names there, without counts.
  func catalogue(of selections: [RestorePlan]) -> Catalogue {
    Catalogue(
      selections.flatMap(\.selected).compactMap(\.facts))
  }

  /// The suites that will be asked. Throws `Failure` (kind `invalidScenario`) when one holds a check that doesn't
  /// apply to what it is asked of.
  func suites(
    asking catalogue: Catalogue, counts: Bool, witness: WitnessRecord? = nil
  ) throws(Failure) -> [Suite] {
    var suites = suites ?? []
    if self.suites == nil {
      var sources = Draft.Sources(catalogue, isReplayed: !counts)
      if let witness { sources.take(witness) { $0 } }
      suites = [try Draft(sources).suite()]
    }
    if let failure = suites.lazy.flatMap({ $0.problems(in: catalogue) }).first { throw failure }
    return suites
  }
}

extension DrillPlan {
  /// One line a collection of the backup: of several restores, the one that takes it.
  var items: [RestorePlan.Item] {
    guard var items = selections.first?.items else { return [] }
    for selection in selections.dropFirst() {
      for (index, item) in selection.items.enumerated() where items[index].target == nil {
        items[index] = item
      }
    }
    return items
  }
}

extension RecoveryPlans {
  /// The targets in the order of their steps.
  func stages(of scenario: Scenario) -> [PlannedRecovery.Stage] {
    scenario.steps.flatMap { recoveries[$0.id]?.stages ?? [] }
  }
}
