internal import BSON
internal import Backups
internal import Facts
internal import Mongo
internal import Physical
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox
internal import Witness

extension DrillRun {
  /// Whether the backup is a physical copy, also where an earlier run recovered it.
  var isOfCopy: Bool { physical != nil || record.resumed != nil && record.backup.form == PhysicalCopy.form }

  /// Runs the steps where the backup is a physical copy; false when it is none. The sandbox begins with its `restore`.
  func stepsOfCopy() throws -> Bool {
    guard scenario.isOfCopy || scenario.until != nil else { return false }
    let plan = try phase("read") {
      firstByte = firstByte ?? Clock.monotonic
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
      plan.copy, to: plan.target, slices: scenario.oplog, until: scenario.until,
      options: settings.options(needing: nil, keep: options.keep), events: events)
    let watch = watch
    let (sandbox, recovered) = try recovery.run { server in watch.server { server.giveUp() } }
    self.sandbox = sandbox
    record.environment.mongod = DrillRecord.Mongod(path: sandbox.program.path, version: "\(sandbox.version)")
    record.environment.sandbox = DrillRecord.Sandbox(directory: sandbox.directory, kept: false)
    watch.server { sandbox.kill() }
    record.phases += recovered.phases
    record.backup.notes += notes(recovered)
    record.notVerified += RecoveredCopy.notVerified.map { DrillRecord.NotVerified("backup", $0) }
    for note in recovered.chain?.notes ?? [] { events(.note(note)) }
    record.backup.notes += recovered.chain?.notes ?? []
    if let chain = recovered.chain { doubt(chain, to: [plan.target]) }
    record.backup.collections = try recovered.catalogue.sorted.filter { $0.kind != .view }.map { facts in
      let namespace = facts.namespace
      let count = try count(facts, on: sandbox)
      return DrillRecord.Collection(
        source: namespace.description, target: namespace.description, note: "as found in the copy",
        documents: count, bytes: 0, inserted: count, atTarget: count,
        indexes: facts.indexes.count { !$0.isIDIndex })
    }
    physical?.recovered = recovered
    if recovered.onward != nil { return plan.replay == nil ? try replayOfCopy(step) : StepResult() }
    if let oplog = recovered.oplog, let through = recovered.through {
      take(recovered, oplog, through, plan)
    }
    return StepResult()
  }

  /// `replay` of a physical copy, which its `restore` has recovered to this step's target already, unless slices have to be
  /// replayed to reach it.
  func replayOfCopy(_ step: Step) throws -> StepResult {
    guard let sandbox, let recovered = physical?.recovered else {
      return StepResult(failure: "the copy was not recovered")
    }
    guard
      let replay = CopyReplay(recovered, from: record.backup.path, on: sandbox, events: events),
      let planned = recovered.onward, let settled = planned.settled
    else { return StepResult() }
    let found = record.backup.collections
    let reached = try replay.run(memory: scenario.sandbox.memory)
    lastApplied = settled
    let result = try arrive(reached, planned, step, of: physical?.restore ?? step.id)
    if record.replay?.lastApplied == nil { record.replay?.lastApplied = settled.description }
    // The result knows no documents of a backup: those that the copy held stay.
    let known = Dictionary(found.map { ($0.source, $0) }) { first, _ in first }
    for at in record.backup.collections.indices {
      guard let before = known[record.backup.collections[at].source] else { continue }
      record.backup.collections[at].documents = before.documents
      record.backup.collections[at].inserted = before.inserted
      record.backup.collections[at].note = record.backup.collections[at].note ?? before.note
    }
    for at in record.backup.collections.indices {
      guard let target = record.backup.collections[at].target.flatMap({ Namespace($0) }),
        let facts = reached.restore.expected[target], facts.kind != .view
      else { continue }
      record.backup.collections[at].atTarget = try count(facts, on: sandbox)
    }
    evidence.collections = record.backup.collections
    return result
  }

  /// How many documents there are: counted, for the server's running count misses what it recovered from the oplog.
  private func count(_ facts: CollectionFacts, on sandbox: Sandbox) throws -> Int {
    let namespace = facts.namespace
    var command: Document = ["count": .string(namespace.collection)]
    // A time series is counted by its buckets as it is.
    if facts.kind == .collection { command = command.setting("query", to: ["_id": ["$gte": .minKey]]) }
    return try sandbox.pool.run(command, on: namespace.database)["n"]?.integer.map { Int($0) } ?? 0
  }

  private func notes(_ recovered: RecoveredCopy) -> [String] {
    var notes = [recovered.manner]
    if let version = recovered.copy?.engineVersion { notes.append("files of WiredTiger \(version)") }
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
    for warning in recovered.resolved?.warnings ?? [] {
      events(.warning(warning))
      evidence.warnings.append(warning)
    }
    moment = options.moment ?? moment
  }
}
