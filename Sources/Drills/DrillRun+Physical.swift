internal import BSON
internal import Backups
internal import Facts
internal import Mongo
internal import Physical
internal import Platform
internal import Record
internal import Replay
internal import Sandbox
internal import Witness

extension DrillRun {
  /// Runs the steps where the backup is a physical copy; false when it is none. The sandbox begins with its `restore`.
  func stepsOfCopy() throws -> Bool {
    guard scenario.isOfCopy else { return false }
    let plan = try phase("read") {
      firstByte = Clock.monotonic
      try readCounterparts()
      return try PhysicalPlan(scenario, options: options, witness: witness)
    }
    guard let plan else { return false }
    physical = plan
    record.backup.form = PhysicalCopy.form
    record.backup.bytes = plan.copy.bytes
    digests = BackupDigests([scenario.backup], options.digests)
    try plan.copy.requireSound()
    for (index, step) in scenario.steps.enumerated() {
      guard try run(step, at: index) else { break }
    }
    return true
  }

  /// `restore` of a physical copy: all of its recovery.
  func recover(_ plan: PhysicalPlan, _ step: Step) throws -> StepResult {
    let recovery = PhysicalRecovery(
      plan.copy, to: plan.target, options: settings.options(needing: nil, keep: options.keep), events: events)
    let (sandbox, recovered) = try recovery.run()
    self.sandbox = sandbox
    record.environment.mongod = DrillRecord.Mongod(path: sandbox.program.path, version: "\(sandbox.version)")
    record.environment.sandbox = DrillRecord.Sandbox(directory: sandbox.directory, kept: false)
    watch.server { sandbox.kill() }
    record.phases += recovered.phases
    record.backup.notes += notes(recovered, plan.copy)
    record.notVerified += RecoveredCopy.notVerified.map { DrillRecord.NotVerified("backup", $0) }
    record.backup.collections = try recovered.catalogue.sorted.filter { $0.kind != .view }.map { facts in
      let namespace = facts.namespace
      let reply = try sandbox.pool.run(["count": .string(namespace.collection)], on: namespace.database)
      let count = reply["n"]?.integer.map { Int($0) } ?? 0
      return DrillRecord.Collection(
        source: namespace.description, target: namespace.description, note: "as found in the copy",
        documents: count, bytes: 0, inserted: count, atTarget: count,
        indexes: facts.indexes.count { !$0.isIDIndex })
    }
    if let oplog = recovered.oplog, let through = recovered.through {
      take(recovered, oplog, through, plan)
    }
    return StepResult()
  }

  /// `replay` of a physical copy, which its `restore` has recovered to this step's target already.
  func replayOfCopy() -> StepResult {
    StepResult(failure: sandbox == nil ? "the copy was not recovered" : nil)
  }

  private func notes(_ recovered: RecoveredCopy, _ copy: PhysicalCopy) -> [String] {
    var notes = [recovered.manner]
    if let version = copy.engineVersion { notes.append("files of WiredTiger \(version)") }
    if let version = recovered.compatibility { notes.append("feature compatibility version \(version)") }
    if let name = recovered.setName { notes.append("a member of replica set \(name)") }
    return notes
  }

  /// Where the recovery went, in the words of a replay.
  private func take(
    _ recovered: RecoveredCopy, _ oplog: CopyOplog, _ through: Timestamp, _ plan: PhysicalPlan
  ) {
    var replay = DrillRecord.Replay()
    replay.step = plan.replay ?? plan.restore
    replay.requested = (plan.target ?? .latest).description
    replay.resolved = "through \(through)"
    replay.through = through.description
    replay.lastApplied = through.description
    replay.nextEntry = recovered.next?.description
    replay.entries = recovered.entries
    replay.coverage.windowStart = oplog.first.description
    replay.coverage.dumpEnd = oplog.checkpoint.description
    replay.coverage.provenEnd = oplog.last.description
    replay.coverage.end = oplog.last.description
    replay.coverage.last = oplog.last.description
    record.replay = replay
    lastApplied = through
    standing = through
    moment = Double(through.seconds)
    switch plan.target {
    // No entry need have the timestamp that a witness was read at.
    case .through(let timestamp): standing = timestamp
    case .second(let second), .beforeSecond(let second): moment = Double(second)
    case .latest, .dumpEnd, .before, .beforeFirst, nil: break
    }
    moment = options.moment ?? moment
  }
}
