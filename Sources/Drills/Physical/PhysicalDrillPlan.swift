internal import Backups
internal import Checks
internal import Physical
package import Platform
internal import Record
internal import Replay
internal import Sandbox
internal import Witness

/// What a drill of a physical copy would do, without doing it.
package struct PhysicalDrillPlan: Sendable {
  /// For people.
  package let text: String
  /// For machines.
  package let json: JSON
  /// What would end the drill as things stand.
  package let problems: [Failure]
  /// Bytes that the sandbox will need, as estimated.
  package let diskNeeded: Int?

  /// Nil when the scenario's backup is no physical copy. Throws what would keep the drill from beginning.
  package init?(_ scenario: Scenario, options: DrillOptions) throws(Failure) {
    var witness: WitnessRecord?
    if let path = options.witness ?? scenario.witness { witness = try WitnessRecord.read(path) }
    guard let plan = try PhysicalPlan(scenario, options: options, witness: witness) else { return nil }
    let copy = plan.copy
    try copy.requireSound()
    let suites = try PhysicalPlan.suites(of: scenario)
    let settings = options.sandbox.or(scenario.sandbox)
    let needed = PhysicalRecovery.neededBytes(copy)
    let room = Result { () throws(Failure) in try settings.options(needing: needed, keep: false).room() }
    let mongod = Result { () throws(Failure) in try MongodFinder(settings.mongod).find() }
    var problems: [Failure] = []
    if case .failure(let failure) = mongod { problems.append(failure) }
    if case .failure(let failure) = room { problems.append(failure) }
    self.problems = problems
    diskNeeded = needed

    let target =
      plan.target?.description
      ?? (scenario.oplog.isEmpty ? "the last entry that the copy holds" : "the last entry of the slices")
    var lines = [
      "Scenario   \(scenario.title ?? scenario.name)" + (scenario.path.map { " (\($0))" } ?? ""),
      "Backup     \(copy.path) (\(PhysicalCopy.form), \(ByteSize.format(copy.bytes)))",
      "           \(copy.way)",
    ]
    lines += scenario.oplog.map {
      "Oplog      \($0), replayed behind the copy's own as far as the target needs it"
    }
    lines += ["Target     \(target); whether the copy reaches it shows when it is opened"]
    switch mongod {
    case .success(let found): lines.append("mongod     \(found.path) (\(found.version))")
    case .failure(let failure): lines.append("mongod     \(failure.message)")
    }
    switch room {
    case .success(let room):
      let (need, free) = (ByteSize.format(needed), ByteSize.format(room.free))
      lines.append("Disk       about \(need) needed, \(free) free in \(room.folder)")
    case .failure(let failure): lines.append("Disk       \(failure.message)")
    }
    lines += ["", "Steps"] + scenario.steps.map { "  \($0.id) (\($0.kind))" }
    for suite in suites {
      lines += ["", "Checks of suite \(suite.name): \(suite.checks.count)"]
      lines += suite.checks.map { "  \($0.subject): \($0.name)" }
    }
    let warnings = scenario.uncompared(witness: options.witness, baseline: options.baseline).map(\.message)
    if !warnings.isEmpty { lines += ["", "Warnings"] + warnings.map { "  \($0)" } }
    if !problems.isEmpty { lines += ["", "Problems"] + problems.map { "  \($0)" } }
    text = lines.map(\.visible).joined(separator: "\n") + "\n"
    json = .record([
      "scenario": .record(["name": .string(scenario.name), "path": scenario.path.map(JSON.string)]),
      "backup": .record([
        "path": .string(copy.path), "form": .string(PhysicalCopy.form), "bytes": .integer(Int64(copy.bytes)),
        "shut_down": .some(copy.copy?.wasShutDown.map(JSON.bool) ?? .null),
      ]),
      "oplog": .array(scenario.oplog.map(JSON.string)),
      "target": (plan.target?.description).map(JSON.string),
      "sandbox": .record([
        "disk_needed": .integer(Int64(needed)),
        "disk_free": (try? room.get()).map { .integer(Int64($0.free)) } ?? .null,
      ]),
      "warnings": .array(warnings.map(JSON.string)),
      "problems": .array(
        problems.map { .record(["code": .string($0.code), "message": .string($0.description)]) }),
    ])
  }
}
