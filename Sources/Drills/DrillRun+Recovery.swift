internal import BSON
internal import Checks
internal import Facts
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox

extension DrillRun {
  /// `restore`: the documents; then, where no replay step follows, the dump's own oplog.
  func restore(_ step: Step) throws -> StepResult {
    guard let backup, let sandbox, let planned = plans?.recoveries[step.id] else { throw Failure.noSandbox() }
    if planned.stages.isEmpty {
      let restorer = Restorer(
        backup: backup, plan: planned.restore, pool: sandbox.pool, options: planned.options, events: events)
      return take(try restorer.run())
    }
    var recovery = Recovery(backup: backup, pool: sandbox.pool, options: planned.options, events: events)
    let first = planned.stages.values.min { $0.replay.target.through < $1.replay.target.through }
    guard let first else { throw Failure.noSandbox() }
    let result = take(try recovery.load(first.plan))
    recoveries[step.id] = recovery
    return planned.stages[step.id] == nil ? result : try replay(step)
  }

  /// `replay`.
  func replay(_ step: Step) throws -> StepResult {
    guard let id = plans?.restoreOf[step.id], let stage = plans?.recoveries[id]?.stages[step.id],
      var recovery = recoveries.removeValue(forKey: id)
    else { throw Failure.noSandbox() }
    let reached = try recovery.replay(stage.replay, stage.plan)
    recoveries[id] = recovery
    let result = take(reached.restore)
    take(reached.replay, stage.replay, step)
    let refused = reached.replay.problemCount
    if refused > 0 {
      return StepResult(
        failure: "\(Count.text(refused, "operation")) of the oplog did not do what they did on the source")
    }
    return result
  }

  /// Takes what a restore did into the record.
  private func take(_ result: RestoreResult) -> StepResult {
    record.phases += result.phases
    for facts in expected.sorted where isReplaced(facts.namespace, by: result) {
      expected[facts.namespace] = nil
    }
    for facts in result.expected.sorted { expected[facts.namespace] = facts }
    record.backup.collections = merged(result)
    let known = Set(record.backup.problems)
    let problems = result.problems.map { problem in
      DrillRecord.Problem(
        namespace: problem.namespace.description, subject: problem.subject, name: problem.name,
        message: problem.message)
    }
    record.backup.problems += problems.filter { !known.contains($0) }
    record.backup.problemCount = max(record.backup.problemCount, result.problemCount)
    record.notVerified += result.notVerified.map { DrillRecord.NotVerified("restore", $0) }
      .filter { !record.notVerified.contains($0) }
    evidence.collections = record.backup.collections
    evidence.problems = record.backup.problems
    evidence.problemCount = record.backup.problemCount
    guard result.problemCount > 0 else { return StepResult() }
    return StepResult(failure: "the server refused \(Count.text(result.problemCount)) of what was restored")
  }

  /// A replay that went on to a later target may have dropped or renamed what an earlier one had.
  private func isReplaced(_ namespace: Namespace, by result: RestoreResult) -> Bool {
    !recoveries.isEmpty && result.expected[namespace] == nil
  }

  /// Takes what a replay did into the record: of several, the last is the record's, the others lie in `earlier`.
  private func take(_ result: Replayer.Result, _ planned: PlannedReplay, _ step: Step) {
    guard case .object(var members) = planned.record(result) else { return }
    members.insert(.init("step", .string(step.id)), at: 0)
    var earlier: [JSON] = []
    if case .object(let before)? = record.replay {
      if case .array(let list)? = record.replay?["earlier"] { earlier = list }
      earlier.append(.object(before.filter { $0.key != "earlier" }))
    }
    members.append(.init("earlier", .array(earlier)))
    record.replay = .object(members)
    lastApplied = result.ledger.last
    record.backup.problems += result.problems.map { problem in
      DrillRecord.Problem(
        namespace: problem.namespace.description, subject: "operation",
        name: problem.id ?? problem.timestamp.description,
        message: "\(problem.message) (entry \(problem.timestamp))")
    }
    record.backup.problemCount += result.problemCount
    evidence.problems = record.backup.problems
    evidence.problemCount = record.backup.problemCount
    for doubt in planned.doubts {
      let left = DrillRecord.NotVerified("oplog", doubt)
      if !record.notVerified.contains(left) { record.notVerified.append(left) }
      if options.requireProven {
        evidence.unanswered.append(left)
      } else {
        evidence.warnings.append("oplog: \(doubt)")
      }
    }
    for warning in planned.target.warnings { events(.warning(warning)) }
    if !planned.skip.isEmpty {
      evidence.warnings.append(
        "entries were left out on purpose: the state that was checked never existed on the source")
    }
    if result.ledger.updatesOutsideBase > 0 {
      record.notVerified.append(
        .init(
          "oplog",
          "\(Count.text(result.ledger.updatesOutsideBase, "update")) of documents that the base, declared partial, never "
            + "held"))
    }
  }

  /// The collections of this restore, in place of those that an earlier one left out.
  private func merged(_ result: RestoreResult) -> [DrillRecord.Collection] {
    var earlier: [String: DrillRecord.Collection] = [:]
    for collection in record.backup.collections where collection.target != nil {
      earlier[collection.source] = collection
    }
    return result.collections.map { collection in
      if collection.target == nil, let before = earlier[collection.source.description] { return before }
      let wanted = collection.target.flatMap { result.expected[$0]?.documents }
      return DrillRecord.Collection(
        source: collection.source.description, target: collection.target?.description, note: collection.note,
        documents: collection.documents, bytes: collection.bytes,
        repeated: wanted.map { max(0, collection.documents - $0) } ?? 0, inserted: collection.inserted,
        indexes: collection.indexes)
    }
  }
}
