internal import BSON
internal import Backups
internal import Configuration
internal import Facts
internal import Platform
internal import Replay
internal import Restore
internal import Witness

/// What one restore step and the replay steps after it come to, decided before a server is started.
struct PlannedRecovery {
  /// One target.
  struct Stage {
    /// The replay step; the restore step itself for the dump's own oplog, which is replayed without being asked.
    let step: String
    let replay: PlannedReplay
    let plan: RecoveryPlan
    /// Where the search ends that begins at this target; nil for an ordinary replay.
    let search: Search?
    /// The batch of the witness that was read at this moment.
    var batch: Int?
  }

  /// The end of a search for the entry that breaks suites.
  struct Search {
    let suites: [String]
    let end: PlannedReplay
  }

  let options: RestoreOptions
  /// What is restored: as the dump holds it, or as the first target needs it.
  let restore: RestorePlan
  /// In order.
  let stages: [Stage]
  /// The last of their targets, which each plan is told.
  var lastTarget: ResolvedTarget?
}

/// All restore steps of a scenario, planned.
struct RecoveryPlans {
  /// By the id of the restore step.
  private(set) var recoveries: [String: PlannedRecovery] = [:]
  /// The restore step that a replay step goes on from.
  private(set) var restoreOf: [String: String] = [:]
  /// Through when each export step that asks for changes looks for them.
  private(set) var exports: [String: PlannedReplay] = [:]
  /// The restore step whose moment such an export step asks for the changes after.
  private(set) var exportOf: [String: String] = [:]
  /// The dump's own oplog and the slices; nil when nothing is replayed.
  private(set) var chain: OplogChain?

  /// Throws `Failure`: mistakes of selection, an oplog that is damaged or doesn't reach a target, a replay step out of
  /// place.
  ///
  /// `computeDigests`: whether a digest of the documents is computed where nothing is replayed to them.
  init(
    _ scenario: Scenario, of backup: any LogicalBackup, noReplay: Bool, computeDigests: Bool = false,
    witness: WitnessRecord? = nil
  ) throws(Failure) {
    for (at, step) in scenario.steps.enumerated() {
      guard let restore = step.action as? RestoreStep else { continue }
      let next = scenario.steps[(at + 1)...]
      let replays = next.prefix { !($0.action is RestoreStep) }.filter { $0.action is ReplayStep }
      let isAlone =
        noReplay || restore.noReplay || (replays.isEmpty && backup.oplog == nil && scenario.oplog.isEmpty)
      if isAlone {
        if let replay = replays.first { throw .replayRefused(replay.id, at: replay.place) }
        var options = restore.options(memory: scenario.sandbox.memory)
        options.computeDigests = computeDigests
        recoveries[step.id] = PlannedRecovery(
          options: options, restore: try RestorePlan(backup, options), stages: [])
        continue
      }
      if let first = replays.first,
        let check = next.prefix(while: { $0.id != first.id }).first(where: {
          $0.action is CheckStep || $0.action is ExportStep
        })
      {
        throw .checkBeforeReplay(check.id, first.id, at: check.place)
      }
      try plan(step, restore, replays, scenario, backup, witness)
    }
    for step in scenario.steps where step.action is ReplayStep && restoreOf[step.id] == nil {
      throw .replayWithoutRestore(step.id, at: step.place)
    }
    let comparisons = scenario.comparisonsAfterReplay(hasOplog: backup.oplog != nil, noReplay: noReplay)
    if let failure = comparisons.first { throw failure }
    try planExports(scenario)
  }

  private mutating func planExports(_ scenario: Scenario) throws(Failure) {
    for (at, step) in scenario.steps.enumerated() {
      guard let changes = (step.action as? ExportStep)?.changes else { continue }
      guard let restore = scenario.steps[..<at].last(where: { $0.action is RestoreStep }), let chain,
        let recovery = recoveries[restore.id], !recovery.stages.isEmpty
      else { throw .noMoment(step.id, at: changes.place) }
      let target = try (changes.target ?? .latest).resolve(in: chain)
      let before = Set(scenario.steps[..<at].map(\.id))
      if let stage = recovery.stages.last(where: { before.contains($0.step) }),
        target.through < stage.replay.target.through
      {
        throw .changesBeforeMoment(step.id, stage.replay.target.through, at: changes.place)
      }
      exports[step.id] = PlannedReplay(chain, to: target)
      exportOf[step.id] = restore.id
    }
  }

  private mutating func plan(
    _ step: Step, _ restore: RestoreStep, _ replays: [Step], _ scenario: Scenario,
    _ backup: any LogicalBackup,
    _ witness: WitnessRecord?
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
    // A collection may be there at one target and not at another.
    options.mayMatchNothing = replays.count > 1 || replays.contains { $0.isSearch }
    var targets: [(id: String, start: PlannedReplay, search: PlannedRecovery.Search?, batch: Int?)] = []
    var reached = chain.coverage.dumpEnd
    var last: ResolvedTarget?
    for (id, action, place) in replays.map({ ($0.id, $0.action as? ReplayStep, $0.place) })
      + (replays.isEmpty ? [(step.id, nil, step.place)] : [])
    {
      if action?.isToWitness == true {
        guard let witness else { throw .noWitness(id, at: place) }
        for (batch, moment) in witness.batches.enumerated() {
          let target = try Target.through(moment.timestamp).resolve(in: chain)
          guard target.through >= reached else { throw .targetsOutOfOrder(id, at: place) }
          targets.append((id, PlannedReplay(chain, to: target, skipping: action?.skip ?? []), nil, batch))
          reached = target.through
          last = target
        }
        restoreOf[id] = step.id
        continue
      }
      let end = PlannedReplay(
        chain, to: try (action?.target ?? .standard(hasSlices: chain.hasSlices)).resolve(in: chain),
        skipping: action?.skip ?? [])
      var start = end
      var search: PlannedRecovery.Search?
      if let suites = action?.untilFailing, !suites.isEmpty {
        guard scenario.steps.count(where: { $0.action is RestoreStep }) == 1 else {
          throw .bisectAmongRestores(id, at: place)
        }
        start = PlannedReplay(
          chain, to: try (action?.from ?? .through(reached)).resolve(in: chain), skipping: end.skip)
        search = PlannedRecovery.Search(suites: suites.map(\.value), end: end)
      }
      guard start.target.through >= reached, end.target.through >= start.target.through else {
        throw .targetsOutOfOrder(id, at: place)
      }
      reached = end.target.through
      targets.append((id, start, search, nil))
      last = end.target
      restoreOf[id] = step.id
    }
    var stages: [PlannedRecovery.Stage] = []
    for (id, start, search, batch) in targets {
      let plan = try RecoveryPlan(start, of: backup, options, lastTarget: last)
      stages.append(PlannedRecovery.Stage(step: id, replay: start, plan: plan, search: search, batch: batch))
    }
    try requireMatches(stages, of: backup, options)
    guard let first = stages.first else { return }
    recoveries[step.id] = PlannedRecovery(
      options: options, restore: first.plan.restore.plan, stages: stages, lastTarget: last)
  }

  /// Throws when a pattern of the selection matches nothing at any of several targets.
  private func requireMatches(
    _ stages: [PlannedRecovery.Stage], of backup: any LogicalBackup, _ options: RestoreOptions
  ) throws(Failure) {
    guard options.mayMatchNothing else { return }
    var catalogues = stages.map(\.plan.replay.catalogue)
    for search in stages.compactMap(\.search) {
      catalogues.append(try RecoveryPlan(search.end, of: backup, options).replay.catalogue)
    }
    let names = catalogues.flatMap { catalogue in
      catalogue.collections.filter(\.isAlive).map(\.logicalName) + catalogue.views.keys
    }
    for text in options.include {
      let pattern = NamespacePattern(text)
      if !names.contains(where: pattern.matches) { throw .nothingIncluded(text, in: backup.path) }
    }
    for rename in options.rename {
      let pattern = NamespacePattern(rename.from)
      if !names.contains(where: pattern.matches) { throw .nothingRenamed(rename.from, in: backup.path) }
    }
  }

  /// What each restore step takes of the backup.
  var restores: [RestorePlan] { recoveries.values.map(\.restore) }
}

extension Scenario {
  /// The last timestamp that its first target can include, where that says it: of several snapshots the newest that
  /// ends by then is restored.
  var bound: Timestamp? { steps.lazy.compactMap { ($0.action as? ReplayStep)?.target }.first?.bound }
}

extension Step {
  /// Whether it searches for what breaks checks.
  fileprivate var isSearch: Bool { (action as? ReplayStep)?.untilFailing.isEmpty == false }
}

extension Failure {
  static func noWitness(_ id: String, at place: Place) -> Failure {
    .invalid(
      "replay-without-witness", "step `\(id)` goes to a witness, and there is none", at: place,
      hint: "Name its file: `witness: shop.witness.json` at the top of the scenario, or --witness FILE.")
  }

  static func replayRefused(_ id: String, at place: Place) -> Failure {
    .invalid(
      "replay-refused", "step `\(id)` replays what is restored without its oplog", at: place,
      hint: "Leave out --no-replay and `no_replay: true`, or the step.")
  }

  static func checkBeforeReplay(_ check: String, _ replay: String, at place: Place) -> Failure {
    .invalid(
      "check-before-replay", "step `\(check)` comes before step `\(replay)` has replayed", at: place,
      hint: "A dump is the state of no one moment until its oplog is replayed: put it after that.")
  }

  static func replayWithoutRestore(_ id: String, at place: Place) -> Failure {
    .invalid(
      "replay-without-restore", "step `\(id)` replays, but nothing was restored before it", at: place,
      hint: "Put a `restore` step first.")
  }

  static func bisectAmongRestores(_ id: String, at place: Place) -> Failure {
    .invalid(
      "bisect-among-restores", "step `\(id)` searches in a scenario with several restores", at: place,
      hint: "A search starts over in sandboxes of its own, which would hold nothing of the others.")
  }

  static func targetsOutOfOrder(_ id: String, at place: Place) -> Failure {
    .invalid(
      "targets-out-of-order", "step `\(id)` replays to a target before the one that was reached", at: place,
      hint: "An oplog is replayed forwards; put the targets in order, or restore again in between.")
  }
}
