internal import Checks
internal import Configuration
internal import Drafting
internal import Platform
internal import Sandbox

extension Scenario {
  /// Whether its backup is a sharded set.
  package var isOfSet: Bool { self.set != nil }

  /// What can't be had of a sharded set is refused, not passed over.
  func checkSet(_ node: Node, _ diagnostics: Diagnostics) {
    guard set != nil else { return }
    func refuse(_ what: String, at place: Place?) { diagnostics.report(.notForSets(what, at: place)) }
    if let place = node["oplog"]?.place {
      refuse("`oplog` of its own: each part names its slices", at: place)
    }
    if let place = node["witness"]?.place { refuse("a witness", at: place) }
    if sandbox.replicaSet != nil { refuse("a replica set as topology", at: node["sandbox"]?.place) }
    let restores = steps.filter { $0.action is RestoreStep }
    if restores.isEmpty { refuse("a scenario that doesn't restore", at: node["steps"]?.place) }
    for step in restores.dropFirst() { refuse("a second restore", at: step.place) }
    let replays = steps.filter { $0.action is ReplayStep }
    for step in replays.dropFirst() { refuse("a second replay", at: step.place) }
    for (index, step) in steps.enumerated() {
      switch step.action {
      case let restore as RestoreStep:
        if !restore.takesAll { refuse("a part of the backup, or its documents alone", at: step.place) }
      case let replay as ReplayStep:
        if !replay.isPlain {
          refuse("a replay that leaves out, searches or goes to a witness", at: step.place)
        }
        if index == 0 || !(steps[index - 1].action is RestoreStep) {
          refuse("a replay that doesn't follow the restore at once", at: step.place)
        }
      case is ExportStep, is FailoverStep: refuse("a step `\(step.kind)`", at: step.place)
      default: continue
      }
    }
    for step in steps + rollbacks {
      let command = step.action as? RunStep ?? (step.action as? WaitStep)?.until
      guard let command else { continue }
      let templates = command.arguments + command.environment.map(\.value)
      if templates.contains(where: { $0.names.contains(Scenario.uriName) }) {
        refuse(
          "`${\(Scenario.uriName)}`: there are several servers, whose addresses MONGODRILL_URIS holds",
          at: step.place)
      }
    }
    for failure in (suites ?? []).flatMap(\.problemsOnSets) { diagnostics.report(failure) }
  }

  /// The suites that a set is asked: the scenario's own, or whether what its parts hold is defined as in their backups,
  /// and sound. Throws `Failure` of kind `internal`.
  func suitesOfSet() throws(Failure) -> [Suite] {
    if let suites { return suites }
    let place = Place("standard suite")
    func entry(_ key: String, _ value: Node) -> Node {
      Node(.mapping([Node.Entry(key, at: place, value)]), at: place)
    }
    let checks = ["collections", "options", "indexes", "validate"].map { Node.plain($0) }
    let all = entry(Draft.suiteName, entry("*", Node(.sequence(checks), at: place)))
    let diagnostics = Diagnostics()
    guard let suite = Suite.decode(all, diagnostics) else {
      throw Failure(
        .internal, "invalid-draft", diagnostics.failures.map(\.description).joined(separator: "; "))
    }
    return suite
  }
}

extension ReplayStep {
  /// Whether it does nothing but go to a target.
  fileprivate var isPlain: Bool {
    !isToWitness && skip.isEmpty && !isPartial && untilFailing.isEmpty && from == nil
  }
}

extension Failure {
  static func notForSets(_ what: String, at place: Place?) -> Failure {
    .invalid(
      "not-for-sets", "a sharded set can't have \(what)", at: place,
      hint: "All parts come back as a whole, once, to one common target; see docs/sharded.md.")
  }
}
