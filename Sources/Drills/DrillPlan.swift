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

/// What a drill would do, without doing it: nothing is started and no document is read.
package struct DrillPlan: Sendable {
  private let scenario: Scenario
  private let backup: any LogicalBackup
  /// What a person should know of the backup, and why it was chosen.
  private let notes: [String]
  private let plans: RecoveryPlans
  private let selections: [RestorePlan]
  private let suites: [Suite]
  private let room: Result<(folder: String, free: Int), Failure>
  /// Bytes that the sandbox will need, as estimated; nil where nothing is known.
  package let diskNeeded: Int?
  private let replicaSet: ReplicaSetPlan?
  private let mongod: Result<MongodProgram, Failure>

  /// Opens the backup and looks at the machine. Throws what would keep the drill from beginning: no backup, a
  /// damaged one, a wrong selection, a check that doesn't apply. A missing mongod and too small a disk are part of
  /// the plan (`problems`).
  package init(_ scenario: Scenario, options: DrillOptions) throws(Failure) {
    self.scenario = scenario
    let base = try scenario.base(from: scenario.archiveCommand)
    (backup, notes) = (base.backup, base.backup.notes + base.notes)
    plans = try RecoveryPlans(scenario, of: backup, noReplay: options.noReplay)
    selections = plans.restores
    suites = try scenario.suites(asking: scenario.catalogue(of: selections), counts: plans.chain == nil)
    let settings = options.sandbox.or(scenario.sandbox)
    let needed = SandboxNeed.bytes(for: selections, of: backup)
    diskNeeded = needed.map { $0 * (settings.replicaSet?.members ?? 1) }
    replicaSet = settings.replicaSet
    room = Result { () throws(Failure) in try settings.options(needing: needed, keep: false).room() }
    mongod = Result { () throws(Failure) in try MongodFinder(settings.mongod).find() }
  }

  /// What would end the drill as things stand; empty when nothing is known to.
  package var problems: [Failure] {
    var problems: [Failure] = []
    if case .failure(let failure) = mongod { problems.append(failure) }
    if case .failure(let failure) = room { problems.append(failure) }
    return problems
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
  func suites(asking catalogue: Catalogue, counts: Bool) throws(Failure) -> [Suite] {
    var suites = suites ?? []
    if self.suites == nil {
      suites = [try Draft(Draft.Sources(catalogue, isReplayed: !counts)).suite()]
    }
    if let failure = suites.lazy.flatMap({ $0.problems(in: catalogue) }).first { throw failure }
    return suites
  }
}

extension DrillPlan {
  /// The plan for machines.
  package var json: JSON {
    .record([
      "scenario": .record([
        "name": .string(scenario.name), "title": scenario.title.map(JSON.string),
        "path": scenario.path.map(JSON.string),
      ]),
      "backup": .record([
        "path": .string(backup.path), "form": .string(backup.form.rawValue),
        "bytes": .integer(Int64(backup.origin.bytes)), "compressed": .bool(backup.origin.isCompressed),
        "server_version": backup.origin.serverVersion.map(JSON.string),
        "tool_version": backup.origin.toolVersion.map(JSON.string),
        "oplog": (backup.oplog?.place.file).map(JSON.string), "notes": .array(notes.map(JSON.string)),
      ]),
      "collections": .array(items.map(\.json)),
      "replay": plans.json(of: scenario),
      "sandbox": .record([
        "directory": (try? room.get()).map { .string($0.folder) } ?? .null,
        "replica_set": replicaSet.map { .integer(Int64($0.members)) } ?? .null,
        "disk_needed": diskNeeded.map { .integer(Int64($0)) } ?? .null,
        "disk_free": (try? room.get()).map { .integer(Int64($0.free)) } ?? .null, "mongod": mongodJSON,
      ]),
      "objectives": .record([
        "rto_limit_seconds": scenario.objectives.rtoLimit.map(JSON.double),
        "rto_warn_seconds": scenario.objectives.rtoWarning.map(JSON.double),
        "rpo_limit_seconds": scenario.objectives.rpo?.limit.map(JSON.double),
        "rpo_warn_seconds": scenario.objectives.rpo?.warning.map(JSON.double),
      ]),
      "stop_conditions": .array(scenario.stopConditions.map { .string($0.description) }),
      "steps": .array(scenario.steps.map(\.json)),
      "checks": .array(
        suites.map { suite in
          [
            "suite": .string(suite.name),
            "checks": .array(
              suite.checks.map { check in
                [
                  "kind": .string(check.declaration.kind), "name": .string(check.name),
                  "subject": .string(check.subject.description),
                ]
              }),
          ]
        }),
      "rollbacks": .array(scenario.rollbacks.map(\.json)),
      "problems": .array(
        problems.map { .record(["code": .string($0.code), "message": .string($0.description)]) }),
    ])
  }

  private var mongodJSON: JSON {
    switch mongod {
    case .success(let found): ["path": .string(found.path), "version": .string("\(found.version)")]
    case .failure: .null
    }
  }

  /// One line a collection of the backup: of several restores, the one that takes it.
  fileprivate var items: [RestorePlan.Item] {
    guard var items = selections.first?.items else { return [] }
    for selection in selections.dropFirst() {
      for (index, item) in selection.items.enumerated() where items[index].target == nil {
        items[index] = item
      }
    }
    return items
  }
}

extension DrillPlan {
  /// The plan for people.
  package var text: String {
    var lines = ["Scenario   \(scenario.title ?? scenario.name)" + (scenario.path.map { " (\($0))" } ?? "")]
    var facts = [backup.form.rawValue]
    if backup.origin.bytes > 0 { facts.append(ByteSize.format(backup.origin.bytes)) }
    if backup.origin.isCompressed { facts.append("compressed") }
    if let version = backup.origin.serverVersion { facts.append("MongoDB \(version)") }
    lines.append("Backup     \(backup.path) (\(facts.joined(separator: ", ")))")
    lines += notes.map { "           \($0)" }
    lines += plans.lines(of: scenario, backup)
    switch mongod {
    case .success(let found): lines.append("mongod     \(found.path) (\(found.version))")
    case .failure(let failure): lines.append("mongod     \(failure.message)")
    }
    if let replicaSet {
      lines.append(
        "Topology   a replica set of \(replicaSet.members), as soon as all is restored and replayed")
    }
    let need = diskNeeded.map { "about \(ByteSize.format($0)) needed" } ?? "how much is needed is not known"
    switch room {
    case .success(let room):
      lines.append("Disk       \(need), \(ByteSize.format(room.free)) free in \(room.folder)")
    case .failure(let failure): lines.append("Disk       \(failure.message)")
    }
    if let limit = scenario.objectives.rtoLimit { lines.append("RTO        \(TimeSpan.format(limit))") }
    if let limit = scenario.objectives.rpo?.limit { lines.append("RPO        \(TimeSpan.format(limit))") }
    for condition in scenario.stopConditions { lines.append("Stops      when \(condition)") }
    // One very long name is not to push all the others' words off the screen.
    let width = min(50, items.map { $0.source.description.count }.max() ?? 0)
    lines += ["", "Collections"]
    for item in items {
      let name = item.source.description
      let padding = String(repeating: " ", count: max(0, width - name.count))
      lines.append("  \(name)\(padding)  \(item.words)")
    }
    lines += ["", "Steps"] + scenario.steps.map { "  \($0.words)" }
    for suite in suites {
      lines += ["", "Checks of suite \(suite.name): \(suite.checks.count)"]
      for (subject, checks) in grouped(suite) {
        lines.append("  \(subject): \(checks.map(\.name).joined(separator: ", "))")
      }
    }
    if !scenario.rollbacks.isEmpty {
      lines += ["", "Rollbacks"] + scenario.rollbacks.map { "  \($0.words)" }
    }
    if !problems.isEmpty { lines += ["", "Problems"] + problems.map { "  \($0)" } }
    return lines.map(\.visible).joined(separator: "\n") + "\n"
  }

  /// The checks by what they are asked of, in the suite's order.
  private func grouped(_ suite: Suite) -> [(Subject, [PlannedCheck])] {
    var order: [Subject] = []
    var groups: [Subject: [PlannedCheck]] = [:]
    for check in suite.checks {
      if groups[check.subject] == nil { order.append(check.subject) }
      groups[check.subject, default: []].append(check)
    }
    return order.map { ($0, groups[$0] ?? []) }
  }
}

extension RestorePlan.Item {
  fileprivate var json: JSON {
    .record([
      "source": .string(source.description),
      "target": .some(target.map { .string($0.description) } ?? .null),
      "kind": .string(original.kind.rawValue), "note": .some(note.map(JSON.string) ?? .null),
      "bytes": .integer(Int64(fileBytes)),
      "indexes": .integer(Int64(original.indexes.count { !$0.isIDIndex })),
    ])
  }

  /// `1.2 MB, 3 indexes, as test.orders`.
  fileprivate var words: String {
    guard let target else { return "not restored: \(note ?? "not selected")" }
    var words: [String] = []
    if original.kind != .collection { words.append(original.kind.rawValue) }
    if fileBytes > 0 { words.append(ByteSize.format(fileBytes)) }
    let indexes = original.indexes.count { !$0.isIDIndex }
    if indexes > 0 { words.append(Count.text(indexes, "index", plural: "indexes")) }
    if target != source { words.append("as \(target)") }
    if let note { words.append(note) }
    return words.isEmpty ? "restored" : words.joined(separator: ", ")
  }
}

extension Step {
  fileprivate var json: JSON {
    .record([
      "id": .string(id), "kind": .string(kind), "description": description.map(JSON.string),
      "timeout_seconds": timeout.map(JSON.double), "retries": .integer(Int64(retries)),
      "on_failure": onFailure.map { .string($0.rawValue) },
    ])
  }

  fileprivate var words: String {
    var words = id == kind ? id : "\(id) (\(kind))"
    if let description { words += ": \(description)" }
    if let timeout { words += ", at most \(TimeSpan.format(timeout))" }
    return words
  }
}

extension RecoveryPlans {
  /// The replay for people: what is covered, and where each step goes.
  fileprivate func lines(of scenario: Scenario, _ backup: any LogicalBackup) -> [String] {
    guard let chain else {
      return backup.oplog.map { ["           its oplog, \($0.place.file), will not be replayed"] } ?? []
    }
    let coverage = chain.coverage
    var proven = "proven through \(coverage.provenEnd)"
    if coverage.end > coverage.provenEnd { proven += ", past unproven seams through \(coverage.end)" }
    var lines = ["Oplog      targets from \(coverage.dumpEnd), the dump's end, \(proven)"]
    lines += coverage.unproven.map { "           unproven: \($0.description)" }
    lines += coverage.gaps.map { "           gap: \($0.description)" }
    lines += chain.notes.map { "           \($0)" }
    for stage in stages(of: scenario) {
      let entries = Count.text(stage.plan.replay.entries, "entry", plural: "entries")
      lines.append("Target     \(stage.replay.target.text): \(entries) (step \(stage.step))")
      if let search = stage.search {
        lines.append(
          "           from there to \(search.end.target.text): the first entry that breaks "
            + search.suites.joined(separator: ", "))
      }
      if !stage.replay.skip.isEmpty {
        lines.append(
          "           without \(stage.replay.skip.map(\.description).joined(separator: ", ")), a state that never "
            + "existed")
      }
    }
    return lines
  }

  /// The same for machines.
  fileprivate func json(of scenario: Scenario) -> JSON? {
    chain.map { chain in
      .record([
        "coverage": chain.coverage.record.json,
        "targets": .array(
          stages(of: scenario).map { stage in
            .record([
              "step": .string(stage.step), "requested": .string(stage.replay.target.requested.description),
              "resolved": .string(stage.replay.target.text), "proven": .bool(stage.replay.target.isProven),
              "through": .string(stage.replay.target.through.description),
              "entries": .integer(Int64(stage.plan.replay.entries)),
              "bytes": .integer(Int64(stage.plan.replay.bytes)),
              "skip": .array(stage.replay.skip.map { .string($0.description) }),
              "until_failing": stage.search.map { .array($0.suites.map(JSON.string)) },
              "search_through": stage.search.map { .string($0.end.target.through.description) },
            ])
          }),
      ])
    }
  }

  /// The targets in the order of their steps.
  private func stages(of scenario: Scenario) -> [PlannedRecovery.Stage] {
    scenario.steps.flatMap { recoveries[$0.id]?.stages ?? [] }
  }
}
