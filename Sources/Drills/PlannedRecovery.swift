internal import BSON
internal import Backups
internal import Configuration
internal import Platform
internal import Replay
internal import Restore

/// What one restore step and the replay steps after it come to, decided before a server is started.
struct PlannedRecovery {
  /// One target.
  struct Stage {
    let replay: PlannedReplay
    let plan: RecoveryPlan
  }

  let options: RestoreOptions
  /// What is restored: as the dump holds it, or as the first target needs it.
  let restore: RestorePlan
  /// By the id of the replay step; that of the restore step itself for the dump's own oplog, which is replayed
  /// without being asked.
  let stages: [String: Stage]
}

/// All restore steps of a scenario, planned.
struct RecoveryPlans {
  /// By the id of the restore step.
  private(set) var recoveries: [String: PlannedRecovery] = [:]
  /// The restore step that a replay step goes on from.
  private(set) var restoreOf: [String: String] = [:]
  /// The dump's own oplog and the slices; nil when nothing is replayed.
  private(set) var chain: OplogChain?

  /// Throws `Failure`: mistakes of selection, an oplog that is damaged or doesn't reach a target, a replay step out of
  /// place.
  init(_ scenario: Scenario, of backup: any LogicalBackup, noReplay: Bool) throws(Failure) {
    for (at, step) in scenario.steps.enumerated() {
      guard let restore = step.action as? RestoreStep else { continue }
      let next = scenario.steps[(at + 1)...]
      let replays = next.prefix { !($0.action is RestoreStep) }.filter { $0.action is ReplayStep }
      let isAlone =
        noReplay || restore.noReplay || (replays.isEmpty && backup.oplog == nil && scenario.oplog.isEmpty)
      if isAlone {
        if let replay = replays.first { throw .replayRefused(replay.id, at: replay.place) }
        let options = restore.options(memory: scenario.sandbox.memory)
        recoveries[step.id] = PlannedRecovery(
          options: options, restore: try RestorePlan(backup, options), stages: [:])
        continue
      }
      if let first = replays.first,
        let check = next.prefix(while: { $0.id != first.id }).first(where: { $0.action is CheckStep })
      {
        throw .checkBeforeReplay(check.id, first.id, at: check.place)
      }
      try plan(step, restore, replays, scenario, backup)
    }
    for step in scenario.steps where step.action is ReplayStep && restoreOf[step.id] == nil {
      throw .replayWithoutRestore(step.id, at: step.place)
    }
  }

  private mutating func plan(
    _ step: Step, _ restore: RestoreStep, _ replays: [Step], _ scenario: Scenario, _ backup: any LogicalBackup
  ) throws(Failure) {
    if backup.path == "-" { throw .replayFromStandardInput() }
    let chain: OplogChain
    if let known = self.chain {
      chain = known
    } else {
      chain = try OplogChain.open(base: backup, slices: scenario.oplog)
      self.chain = chain
    }
    var options = restore.options(memory: scenario.sandbox.memory)
    options.isPartial = replays.contains { ($0.action as? ReplayStep)?.isPartial ?? false }
    var replayed: [(id: String, replay: PlannedReplay)] = []
    for (id, action, place) in replays.map({ ($0.id, $0.action as? ReplayStep, $0.place) })
      + (replays.isEmpty ? [(step.id, nil, step.place)] : [])
    {
      let target = try (action?.target ?? .standard(hasSlices: chain.hasSlices)).resolve(in: chain)
      if let last = replayed.last, target.through < last.replay.target.through {
        throw .targetsOutOfOrder(id, at: place)
      }
      replayed.append((id, PlannedReplay(chain, to: target, skipping: action?.skip ?? [])))
    }
    var stages: [String: PlannedRecovery.Stage] = [:]
    var plans: [RestorePlan] = []
    for (id, replay) in replayed {
      let plan = try RecoveryPlan(replay, of: backup, options, lastTarget: replayed.last?.replay.target)
      stages[id] = PlannedRecovery.Stage(replay: replay, plan: plan)
      plans.append(plan.restore.plan)
      restoreOf[id] = step.id
    }
    guard let first = plans.first else { return }
    recoveries[step.id] = PlannedRecovery(options: options, restore: first, stages: stages)
  }

  /// What each restore step takes of the backup.
  var restores: [RestorePlan] { recoveries.values.map(\.restore) }
}

extension Scenario {
  /// The last timestamp that its first target can include, where that says it: of several snapshots the newest that
  /// ends by then is restored.
  var bound: Timestamp? { steps.lazy.compactMap { ($0.action as? ReplayStep)?.target }.first?.bound }
}

extension Failure {
  static func replayRefused(_ id: String, at place: Place) -> Failure {
    .invalid(
      "replay-refused", "step `\(id)` replays what is restored without its oplog", at: place,
      hint: "Leave out --no-replay and `no_replay: true`, or the step.")
  }

  static func checkBeforeReplay(_ check: String, _ replay: String, at place: Place) -> Failure {
    .invalid(
      "check-before-replay", "step `\(check)` asks before step `\(replay)` has replayed", at: place,
      hint: "A dump is the state of no one moment until its oplog is replayed: put the check after it.")
  }

  static func replayWithoutRestore(_ id: String, at place: Place) -> Failure {
    .invalid(
      "replay-without-restore", "step `\(id)` replays, but nothing was restored before it", at: place,
      hint: "Put a `restore` step first.")
  }

  static func targetsOutOfOrder(_ id: String, at place: Place) -> Failure {
    .invalid(
      "targets-out-of-order", "step `\(id)` replays to a target before that of the step before it", at: place,
      hint: "An oplog is replayed forwards; put the targets in order, or restore again in between.")
  }
}
