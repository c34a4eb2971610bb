internal import BSON
internal import Backups
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox
internal import Witness

/// What one restore step has come to so far, replays included.
struct Restored {
  /// What the sandbox should hold of it, by the names there.
  var expected = Catalogue()
  var collections: [DrillRecord.Collection] = []
}

extension DrillRun {
  /// `restore`: the documents; then, where no replay step follows, the dump's own oplog.
  func restore(_ step: Step) throws -> StepResult {
    if let set { return try restore(set, step) }
    if let physical { return try recover(physical, step) }
    guard let backup, let sandbox, let planned = plans?.recoveries[step.id] else { throw Failure.noSandbox() }
    let options = observed(planned, step)
    guard let first = planned.stages.first else {
      let restorer = Restorer(
        backup: backup, plan: planned.restore, pool: sandbox.pool, options: options, events: events)
      let result = take(try restorer.run(), of: step.id)
      try compareWithSidecar(documents: restored[step.id]?.collections ?? [])
      return result
    }
    var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: events)
    let loaded = take(try recovery.load(first.plan), of: step.id)
    try compareWithSidecar(documents: restored[step.id]?.collections ?? [])
    recoveries[step.id] = recovery
    guard first.step == step.id else { return loaded }
    let replayed = try replay(step)
    return StepResult(failure: [loaded.failure, replayed.failure].compactMap(\.self).joinedOrNil)
  }

  /// `replay`.
  func replay(_ step: Step) throws -> StepResult {
    if let set { return try replay(set) }
    if physical != nil { return try replayOfCopy(step) }
    guard let id = plans?.restoreOf[step.id],
      let stages = plans?.recoveries[id]?.stages.filter({ $0.step == step.id }), let stage = stages.first
    else { throw Failure.noSandbox() }
    // One that fails in the middle leaves nothing that another could go on from.
    guard var recovery = recoveries.removeValue(forKey: id) else {
      throw Failure.nothingToReplay(step.id, restore: id)
    }
    if let search = stage.search { return try bisect(step, of: id, stage, search, recovery) }
    var failures: [String] = []
    for (number, stage) in stages.enumerated() {
      let reached = try recovery.replay(stage.replay, stage.plan)
      recoveries[id] = recovery
      if let failure = try arrive(reached, stage.replay, step, of: id).failure { failures.append(failure) }
      // The last batch is compared when it is asked for: what a step changes before that is noticed, too.
      if let batch = stage.batch, number < stages.count - 1 { try compare(batch) }
    }
    return StepResult(failure: failures.joinedOrNil)
  }

  /// Compares what a batch of the witness read with what is there now.
  private func compare(_ batch: Int) throws {
    guard let witness, let sandbox else { return }
    events(.phaseStarted("witness", total: nil))
    let start = Clock.monotonic
    let comparisons = try witness.compare(
      batch: batch, with: sandbox.pool, renamed: placeOfSource, limit: 100, threads: Machine.cores)
    witnessed += comparisons
    let found = comparisons.reduce(0) { $0 + $1.found.documents }
    end(Phase("witness", seconds: Clock.monotonic - start, documents: found))
  }

  /// Where a collection of the source is in the sandbox, or would be if the backup held it; nil when it wasn't to be
  /// restored, or isn't of this moment.
  var placeOfSource: @Sendable (Namespace) -> Namespace? {
    let collections = record.backup.collections
    let places = Dictionary(
      collections.compactMap { collection in collection.target.map { (collection.source, Namespace($0)) } }
    ) { first, _ in first }
    let left = Set(collections.filter { $0.target == nil }.map(\.source))
    let given = witnessHere == nil ? namesGivenUp : []
    let namings = scenario.steps.filter { restored[$0.id] != nil }.compactMap { step in
      (step.action as? RestoreStep).flatMap { try? Naming($0.options(memory: nil)) }
    }
    // What the oplog made, and what the backup lacks, has no place in the backup: it is looked for by its name.
    return { source in
      if let place = places[source.description] { return place }
      if left.contains(source.description) || given.contains(source) { return nil }
      if namings.isEmpty { return source }
      return namings.first { $0.selects(source) }.flatMap { try? $0.target(of: source) }
    }
  }

  /// Names of the source that the oplog took away from what had them, on the way to where the data stands now.
  private var namesGivenUp: Set<Namespace> {
    let stages = plans?.recoveries.values.flatMap(\.stages) ?? []
    guard let standing, let stage = stages.last(where: { $0.replay.target.through == standing }) else {
      return []
    }
    var names: Set<Namespace> = []
    for collection in stage.plan.replay.catalogue.collections {
      if !collection.isAlive { names.insert(collection.logicalName) }
      guard case .base(let at) = collection.origin, let backup else { continue }
      let before = backup.collections[at].facts.namespace
      if before != collection.logicalName { names.insert(before) }
    }
    return names
  }

  /// Takes into the record that a target was reached.
  func arrive(
    _ reached: Recovery.Stage, _ planned: PlannedReplay, _ step: Step, of id: String,
    bisect: DrillRecord.Bisect? = nil
  ) throws -> StepResult {
    let restored = take(reached.restore, of: id)
    try count(id)
    take(reached.replay, planned, step, bisect)
    let refused = reached.replay.problemCount
    let operations =
      refused == 0
      ? nil : "\(Count.text(refused, "operation")) of the oplog did not do what they did on the source"
    return StepResult(failure: [restored.failure, operations].compactMap(\.self).joinedOrNil)
  }

  // MARK: What was restored

  /// Takes what a restore did into the record.
  private func take(_ result: RestoreResult, of id: String) -> StepResult {
    record.phases += result.phases
    let before = restored[id]?.collections ?? []
    restored[id] = Restored(
      expected: result.expected, collections: collections(of: result, before: before))
    record.backup.collections = merged(id)
    // What a later stage of the same recovery meets again was counted by the first.
    let known = Set(record.backup.problems)
    let problems = result.problems.map { problem in
      DrillRecord.Problem(
        namespace: problem.namespace.description, subject: problem.subject, name: problem.name,
        message: problem.message)
    }.filter { !known.contains($0) }
    let unnamed = result.problemCount - result.problems.count
    record.backup.problems += problems
    record.backup.problemCount += problems.count + unnamed
    record.notVerified += result.notVerified.map { DrillRecord.NotVerified("restore", $0) }
      .filter { !record.notVerified.contains($0) }
    evidence.collections = record.backup.collections
    evidence.problems = record.backup.problems
    evidence.problemCount = record.backup.problemCount
    guard !problems.isEmpty || unnamed > 0 else { return StepResult() }
    let overflows = problems.count { $0.subject == "capped" }
    let refused = problems.count + unnamed - overflows
    let parts = [
      refused == 0 ? nil : "the server refused \(Count.text(refused)) of what was restored",
      overflows == 0
        ? nil : "\(Count.text(overflows, "capped collection")) could not hold what the backup holds",
    ]
    return StepResult(failure: parts.compactMap(\.self).joined(separator: "; "))
  }

  /// The collections of a restore as the record shows them. A replay's own result knows no counts of the backup:
  /// those that were found when the documents were loaded stay.
  private func collections(
    of result: RestoreResult, before: [DrillRecord.Collection]
  ) -> [DrillRecord.Collection] {
    let repeated = Dictionary(before.map { ($0.source, $0.repeated) }, uniquingKeysWith: max)
    return result.collections.map { collection in
      let wanted = collection.target.flatMap { result.expected[$0]?.documents }
      return DrillRecord.Collection(
        source: collection.source.description, target: collection.target?.description, note: collection.note,
        documents: collection.documents, bytes: collection.bytes,
        repeated: wanted.map { max(0, collection.documents - $0) }
          ?? repeated[collection.source.description] ?? 0, inserted: collection.inserted,
        indexes: collection.indexes)
    }
  }

  /// The collections of a restore step, in place of those that it left out what another step restored.
  private func merged(_ id: String) -> [DrillRecord.Collection] {
    var others: [String: DrillRecord.Collection] = [:]
    for (other, restored) in restored where other != id {
      for collection in restored.collections where collection.target != nil {
        others[collection.source] = collection
      }
    }
    return (restored[id]?.collections ?? []).map { collection in
      collection.target == nil ? others[collection.source] ?? collection : collection
    }
  }

  /// Asks the server how many documents each collection holds at the target: the backup's own counts say nothing
  /// of them.
  private func count(_ id: String) throws {
    guard let sandbox, let expected = restored[id]?.expected, var collections = restored[id]?.collections
    else { return }
    for at in collections.indices {
      guard let target = collections[at].target.flatMap({ Namespace($0) }), let facts = expected[target],
        facts.kind != .view
      else { continue }
      let reply = try sandbox.pool.run(["count": .string(target.collection)], on: target.database)
      collections[at].atTarget = reply["n"]?.integer.map { Int($0) }
    }
    restored[id]?.collections = collections
    record.backup.collections = merged(id)
    evidence.collections = record.backup.collections
  }

  // MARK: What was replayed

  /// Takes what a replay did into the record: of several, the last is the record's, the others lie in `earlier`.
  private func take(
    _ result: Replayer.Result, _ planned: PlannedReplay, _ step: Step, _ bisect: DrillRecord.Bisect?
  ) {
    var replay = planned.record(result)
    replay.step = step.id
    replay.bisect = bisect
    if let before = record.replay {
      replay.earlier = before.all
      replay.earlier[replay.earlier.count - 1].earlier = []
      // Without an entry in between the last one is still that of the target before.
      if replay.entries == 0 { replay.lastApplied = before.lastApplied }
    }
    record.replay = replay
    lastApplied = result.ledger.last ?? lastApplied
    moment = options.moment ?? planned.target.moment
    standing = planned.target.through
    record.backup.problems += replay.problems.map { problem in
      DrillRecord.Problem(
        namespace: problem.namespace, subject: "operation", name: problem.id,
        message: "\(problem.message) (entry \(problem.timestamp))")
    }
    record.backup.problemCount += replay.problemCount
    evidence.problems = record.backup.problems
    evidence.problemCount = record.backup.problemCount
    doubt(result.ledger, planned, step)
  }

  /// What keeps a recovery from being a plain one.
  private func doubt(_ ledger: Ledger, _ planned: PlannedReplay, _ step: Step) {
    for doubt in planned.doubts {
      let left = DrillRecord.NotVerified("oplog", "an unproven seam of the oplog: \(doubt)")
      guard !record.notVerified.contains(left) else { continue }
      record.notVerified.append(left)
      seams.append(left)
      weigh(seam: left)
    }
    for warning in planned.target.warnings where !planned.doubts.contains(where: warning.hasSuffix) {
      warn("step \(step.id): \(warning)")
    }
    if !planned.skip.isEmpty {
      let count = ledger.skipped[.asked]?.values.reduce(0, +) ?? 0
      warn(
        count == 0
          ? "step \(step.id): no operation matches what was to be left out (skip)"
          : "step \(step.id) left out \(Count.text(count, "operation")) on purpose: the state that was checked "
            + "never existed on the source")
    }
    if ledger.updatesOutsideBase > 0 {
      record.notVerified.append(
        DrillRecord.NotVerified(
          "oplog",
          "\(Count.text(ledger.updatesOutsideBase, "update")) of documents that the base, declared partial, does not "
            + "hold"))
    }
    if let outside = ledger.skipped[.outsideBase] {
      let count = outside.values.reduce(0, +)
      let names = outside.keys.sorted()
      record.notVerified.append(
        DrillRecord.NotVerified(
          "oplog",
          "\(Count.text(count, "operation")) on \(Count.text(names.count, "collection")) that the base, declared "
            + "partial, does not hold: \(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", …" : "")"
        ))
    }
  }

  /// Weighs an unproven seam.
  func weigh(seam: DrillRecord.NotVerified) {
    if options.requireProven { evidence.unanswered.append(seam) } else { warn(seam.message) }
  }

  /// Tells a warning, and takes it into the evidence.
  func warn(_ text: String) {
    events(.warning(text))
    if !evidence.warnings.contains(text) { evidence.warnings.append(text) }
  }
}

extension [String] {
  /// The sentences as one; nil when there is none.
  fileprivate var joinedOrNil: String? { isEmpty ? nil : joined(separator: "; ") }
}

extension Failure {
  static func nothingToReplay(_ step: String, restore: String) -> Failure {
    Failure(
      .incomplete, "nothing-to-replay",
      "step \(step) goes on from step \(restore), which did not come to its end")
  }
}
