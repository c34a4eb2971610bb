internal import BSON
internal import Backups
internal import Checks
internal import Configuration
internal import Drafting
internal import Physical
internal import Platform
internal import Replay
internal import Witness

/// What a scenario whose backup is a physical copy comes to: one recovery, to one target.
struct PhysicalPlan {
  let copy: CopySource
  /// The step that recovers: the only `restore`.
  let restore: String
  /// The step that names the target; nil without one.
  let replay: String?
  /// The moment to recover to; nil: the last entry that the copy holds.
  let target: Target?
  /// What the recovery found and did; nil before.
  var recovered: RecoveredCopy?

  /// Nil when the scenario's backup is no physical copy. Throws `Failure` when a step or a check asks for what can't be had
  /// of one.
  init?(_ scenario: Scenario, options: DrillOptions, witness: WitnessRecord?) throws(Failure) {
    guard scenario.isOfCopy else {
      if scenario.until != nil { throw .untilOfNoCopy(scenario.backup, at: scenario.path.map { Place($0) }) }
      return nil
    }
    copy = try CopySource(scenario.backup)
    if options.noReplay { throw .notForCopies("--no-replay") }
    if options.sandbox.or(scenario.sandbox).replicaSet != nil {
      throw .notForCopies("a replica set as topology")
    }
    let restores = scenario.steps.filter { $0.action is RestoreStep }
    guard let step = restores.first, let action = step.action as? RestoreStep else {
      throw .notForCopies("a scenario that doesn't restore")
    }
    if restores.count > 1 { throw .notForCopies("a second restore", at: restores[1].place) }
    if !action.takesAll { throw .notForCopies("a part of the backup", at: step.place) }
    restore = step.id
    let replays = scenario.steps.filter { $0.action is ReplayStep }
    if replays.count > 1 { throw .notForCopies("a second replay", at: replays[1].place) }
    replay = replays.first?.id
    if let first = replays.first {
      target = try PhysicalPlan.target(of: first, after: step, scenario, witness)
    } else {
      target = nil
    }
    for step in scenario.steps where (step.action as? ExportStep)?.changes != nil {
      throw .notForCopies("an export of what an oplog changed", at: step.place)
    }
    for check in (scenario.suites ?? []).flatMap(\.checks) where check.check.counterpart == .backup {
      throw .copyKnowsNothing(check.name, at: check.place)
    }
  }

  /// The files are recovered when they are restored: a replay only says how far.
  private static func target(
    of step: Step, after restore: Step, _ scenario: Scenario, _ witness: WitnessRecord?
  ) throws(Failure) -> Target? {
    guard let action = step.action as? ReplayStep else { return nil }
    let order = scenario.steps.drop { $0.id != restore.id }.dropFirst()
    guard order.first?.id == step.id else {
      throw .notForCopies("a replay that doesn't follow the restore at once", at: step.place)
    }
    if !action.skip.isEmpty || !action.untilFailing.isEmpty || action.isPartial || action.from != nil {
      throw .notForCopies("a replay that leaves out or searches", at: step.place)
    }
    guard action.isToWitness else { return action.target }
    guard let witness else { throw .noWitness(step.id, at: step.place) }
    guard witness.batches.count == 1, let batch = witness.batches.first else {
      throw .notForCopies("a witness of several moments", at: step.place)
    }
    return .through(batch.timestamp)
  }

  /// The suites that are asked: the scenario's, or `validate` of everything. What a copy holds is compared with nothing,
  /// for it says nothing of itself. Throws `Failure` of kind `internal`.
  static func suites(of scenario: Scenario) throws(Failure) -> [Suite] {
    if let suites = scenario.suites { return suites }
    let place = Place("standard suite")
    func entry(_ key: String, _ value: Node) -> Node {
      Node(.mapping([Node.Entry(key, at: place, value)]), at: place)
    }
    let check = entry("validate", entry("full", .plain("true")))
    let all = entry(Draft.suiteName, entry("*", Node(.sequence([check]), at: place)))
    let diagnostics = Diagnostics()
    guard let suite = Suite.decode(all, diagnostics) else {
      throw Failure(
        .internal, "invalid-draft", diagnostics.failures.map(\.description).joined(separator: "; "))
    }
    return suite
  }
}

extension Scenario {
  /// Whether its backup is a physical copy.
  var isOfCopy: Bool { pick != .forTarget && CopySource.isOne(backup) }
}

extension DrillRun {
  /// The oplog that was replayed or could have been.
  var chain: OplogChain? { plans?.chain ?? physical?.recovered?.chain }
}

extension RestoreStep {
  var takesAll: Bool {
    include.isEmpty && exclude.isEmpty && rename.isEmpty && indexes && !noReplay
  }
}

extension Failure {
  static func notForCopies(_ what: String, at place: Place? = nil) -> Failure {
    .invalid(
      "not-for-copies", "a physical copy can't have \(what)", at: place,
      hint:
        "Its files come back as a whole, once, to one target in the oplog that they hold or in slices behind it."
    )
  }

  static func untilOfNoCopy(_ backup: String, at place: Place?) -> Failure {
    .invalid(
      "until-of-no-copy", "`until` belongs to a physical copy, and \(backup) is none", at: place,
      hint: "The moment to recover to is a step's: `replay: {to: …}`.")
  }

  static func copyKnowsNothing(_ check: String, at place: Place?) -> Failure {
    .invalid(
      "nothing-to-compare",
      "`\(check)` compares with the backup, and a physical copy says nothing of what it holds",
      at: place, hint: "Compare with a witness or a baseline, or give limits.")
  }
}
