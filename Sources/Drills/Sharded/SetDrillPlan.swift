internal import BSON
internal import Backups
internal import Checks
package import Platform
internal import Record
package import Replay
internal import Restore
internal import Sandbox

/// What a drill of a sharded set would do, without doing it.
package struct SetDrillPlan: Sendable {
  /// For people.
  package let text: String
  /// For machines.
  package let json: JSON
  /// What would end the drill as things stand.
  package let problems: [Failure]
  /// Bytes that the sandbox will need, as estimated.
  package let diskNeeded: Int?
  /// The timestamp through which every part would be replayed.
  package let through: String

  /// Nil when the scenario's backup is no sharded set. `target` wins over the scenario's. Throws what would keep the drill
  /// from beginning.
  package init?(_ scenario: Scenario, options: DrillOptions, target: Target? = nil) throws(Failure) {
    guard let plan = try SetPlan(scenario, options: options, target: target) else { return nil }
    through = plan.through.description
    let suites = try scenario.suitesOfSet()
    let settings = options.sandbox.or(scenario.sandbox)
    let needed = plan.neededBytes
    let room = Result { () throws(Failure) in try settings.options(needing: needed, keep: false).room() }
    let mongod = Result { () throws(Failure) in try MongodFinder(settings.mongod).find() }
    var problems: [Failure] = []
    if case .failure(let failure) = mongod { problems.append(failure) }
    if case .failure(let failure) = room { problems.append(failure) }
    if let found = try? mongod.get().version, let failure = plan.unfit(found) { problems.append(failure) }
    self.problems = problems
    diskNeeded = needed

    var lines = [
      "Scenario   \(scenario.title ?? scenario.name)" + (scenario.path.map { " (\($0))" } ?? ""),
      "Backup     \(plan.parts.count) parts of a sharded set, each restored into a server of its own",
    ]
    for part in plan.parts {
      let coverage = part.replay.chain.coverage
      lines.append(
        "           \(part.title): \(part.backup.path) (\(part.backup.form.rawValue)), targets from \(coverage.dumpEnd) to "
          + "\(coverage.end)")
    }
    lines.append("Target     through \(plan.through) (asked for: \(plan.requested)), the same for every part")
    lines += plan.notes.map { "           \($0)" }
    switch mongod {
    case .success(let found): lines.append("mongod     \(found.path) (\(found.version))")
    case .failure(let failure): lines.append("mongod     \(failure.message)")
    }
    let need = needed.map { "about \(ByteSize.format($0)) needed" } ?? "how much is needed is not known"
    switch room {
    case .success(let room):
      lines.append("Disk       \(need), \(ByteSize.format(room.free)) free in \(room.folder)")
    case .failure(let failure): lines.append("Disk       \(failure.message)")
    }
    lines += ["", "Steps"] + scenario.steps.map { "  \($0.id) (\($0.kind))" }
    lines += [
      "", "Before the first check, or at the end",
      "  whether the parts are one cluster: shards, chunks, UUIDs, orphans, _ids, moves, transactions",
    ]
    for suite in suites {
      lines += ["", "Checks of suite \(suite.name): \(suite.checks.count)"]
      lines += suite.checks.map { "  \($0.subject): \($0.name)" }
    }
    if !problems.isEmpty { lines += ["", "Problems"] + problems.map { "  \($0)" } }
    text = lines.map(\.visible).joined(separator: "\n") + "\n"

    json = .record([
      "scenario": .record(["name": .string(scenario.name), "path": scenario.path.map(JSON.string)]),
      "backup": .record(["path": .string(scenario.backup), "form": "sharded set"]),
      "target": .record([
        "requested": .string(plan.requested.description), "through": .string(plan.through.description),
      ]),
      "shards": .array(
        plan.parts.map { part in
          .record([
            "name": .string(part.shard ?? "config"), "role": .string(part.shard == nil ? "config" : "shard"),
            "path": .string(part.backup.path), "form": .string(part.backup.form.rawValue),
            "coverage": part.replay.chain.coverage.record.json,
            "proven": .bool(part.replay.target.isProven),
            "collections": .integer(Int64(part.plans.restores.reduce(0) { $0 + $1.selected.count })),
          ])
        }),
      "sandbox": .record([
        "disk_needed": needed.map { .integer(Int64($0)) } ?? .null,
        "disk_free": (try? room.get()).map { .integer(Int64($0.free)) } ?? .null,
      ]),
      "problems": .array(
        problems.map { .record(["code": .string($0.code), "message": .string($0.description)]) }),
    ])
  }
}
