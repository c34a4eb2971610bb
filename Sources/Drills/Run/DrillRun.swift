internal import BSON
internal import Backups
internal import Checks
internal import Drafting
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox
internal import Witness

/// A drill under way: what its steps work on, and the evidence as it comes together.
///
/// One thread runs the steps and owns everything here; the watch beside it knows only what it was told.
package final class DrillRun {
  /// What is fetched has its path here, once it was.
  var scenario: Scenario
  let options: DrillOptions
  let events: EventSink
  let settings: SandboxSettings
  let started = Clock.monotonic
  let watch = DrillWatch()
  var record: DrillRecord
  var evidence = Judgement.Evidence()
  /// When the first byte of the backup was read, by the monotonic clock.
  var firstByte: Double?
  /// When the last check had its answer.
  var lastCheck: Double?
  var backup: (any LogicalBackup)?
  /// The folder of what was fetched; nil where nothing is.
  var fetchedFolder: OwnedFolder?
  /// What was fetched, for messages: where it lies now is news to nobody.
  var fetched: [FetchedSource] = []
  /// The same for people.
  var fetchNotes: [String] = []
  /// What lies with the backup and describes it.
  var sidecar: Sidecar?
  var sandbox: Sandbox?
  /// What the steps come to where the backup is a physical copy; nil for all others.
  var physical: PhysicalPlan?
  /// The parts of a sharded set; nil for all others.
  var set: SetRun?
  /// What the restore and replay steps come to.
  var plans: RecoveryPlans?
  /// Recoveries under way, by the id of their restore step.
  var recoveries: [String: Recovery] = [:]
  /// When persons were waited for, by the monotonic clock, and for how many seconds.
  var waits: [(start: Double, seconds: Double)] = []
  /// The last entry that was applied.
  var lastApplied: Timestamp?
  /// The moment that was recovered to, in seconds since 1970; nil when nothing says it.
  var moment: Double?
  /// The timestamp through which everything was applied; nil where nothing was replayed.
  var standing: Timestamp?
  /// The witness that checks compare with.
  var witness: WitnessRecord?
  /// What came out at the moments of its batches that are past.
  var witnessed: [CollectionComparison] = []
  /// The unproven seams of the oplog that replays went past.
  var seams: [DrillRecord.NotVerified] = []
  /// The run that checks compare with.
  var baseline: Baseline?
  /// Which files these two were read from; known where a run may go on with this one's sandbox, or goes on itself.
  var sums = CounterpartSums()
  /// What was there after the steps that a check compares with, by their ids.
  var stepFacts: [String: Catalogue] = [:]
  /// What each restore step has come to, by its id.
  var restored: [String: Restored] = [:]
  /// What the documents of each restore step showed, by its id, where checks are drafted from them.
  var surveys: [String: Survey] = [:]
  /// Writes of faults for which nobody could be asked yet.
  var unsettled: [FaultProbe] = []
  /// Where the drill stood after each step that came to its end, by the steps' ids.
  var marks: [String: KeptDrill.Mark] = [:]
  /// Digests of the backup's files, on their way.
  var digests: BackupDigests?
  /// The suites that were asked to their end.
  var asked: Set<String> = []

  init(_ scenario: Scenario, _ options: DrillOptions, _ events: @escaping EventSink) {
    self.scenario = scenario
    self.options = options
    let secrets = scenario.secrets
    self.events = secrets.masking(events)
    settings = options.sandbox.or(scenario.sandbox)
    evidence.failOnWarn = options.failOnWarn
    record = DrillRecord()
    record.tool = DrillRecord.Tool(version: options.version)
    record.runID = options.runID
    record.scenario = DrillRecord.Scenario(
      name: scenario.name, title: scenario.title, path: scenario.path, sha256: scenario.sha256,
      resolved: scenario.resolved.masked(by: secrets))
    record.startedAt = .nowInRecord
    record.backup = DrillRecord.Backup(path: scenario.backup)
    record.backup.takenAt = scenario.picked?.time?.moment
    record.backup.takenBy = scenario.picked?.time?.source.rawValue
    record.backup.slices = scenario.oplog
    record.environment.host = Machine.hostname
    record.environment.os = Machine.operatingSystem
    record.environment.cores = Machine.cores
    record.environment.memoryBytes = Machine.memory
    record.scenario.runbook = scenario.runbook.record
    record.environment.meta = scenario.runbook.meta(options.meta).map { DrillRecord.Pair($0.key, $0.value) }
    record.status = .completed
    record.steps = scenario.steps.map { $0.blankRecord }
    record.rollbacks = scenario.rollbacks.map { $0.blankRecord }
  }

  /// Measures a phase and tells of it.
  func phase<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    events(.phaseStarted(name, total: nil))
    let start = Clock.monotonic
    defer { end(Phase(name, seconds: Clock.monotonic - start)) }
    return try body()
  }

  func end(_ phase: Phase) {
    events(.phaseEnded(phase))
    record.phases.append(phase)
  }

  /// Takes an error into the evidence.
  func fail(_ error: any Error) {
    let failure = failure(of: error)
    evidence.failures.append(failure)
    let isAborted = failure.kind == .interrupted || watch.stop != nil
    if isAborted { record.status = .aborted } else if record.status == .completed { record.status = .failed }
  }

  /// An error as a failure: why the drill was told to stop, if it was; what became of the server, if it is gone.
  func failure(of error: any Error) -> Failure {
    // A drill that is told to stop has its server killed: what the server then says is no news.
    if let stop = watch.stop { return stop }
    if let signal = Interruption.pending { return .interrupted(by: signal) }
    guard let error = error as? MongoError else { return .wrapping(error) }
    let dead = sandboxes.first { (try? $0.checkAlive()) == nil }
    return (dead ?? sandboxes.first)?.explain(error) ?? .wrapping(error)
  }

  /// Opens the backup and the sandbox, then runs the steps.
  func steps() throws {
    try Interruption.check()
    try watch.start(scenario.stopConditions, folder: settings.directory ?? SandboxOptions.defaultDirectory)
    try watch.watching { try watchedSteps() }
  }

  private func watchedSteps() throws {
    if let from = options.from { return try steps(from: from) }
    try fetch()
    let command = scenario.archiveCommand
    watch.command { command?.cancel() }
    defer {
      for run in command?.results ?? [] { end(Phase("fetch", seconds: run.seconds, bytes: run.bytes)) }
    }
    if try stepsOfSet() { return }
    if try stepsOfCopy() { return }
    let (backup, plans) = try phase("read") {
      firstByte = firstByte ?? Clock.monotonic
      try readCounterparts()
      let base = try scenario.base(from: command)
      let backup = base.backup
      describe(backup)
      for note in base.notes { events(.note(note)) }
      record.backup.notes += base.notes
      for doubt in base.doubts { self.doubt(DrillRecord.NotVerified("backup", doubt)) }
      record.backup.takenAt = base.time?.moment
      record.backup.takenBy = base.time?.source.rawValue
      let spending: Spending?
      (scenario, spending) = try scenario.within(options.budget, of: backup, reports: options.reports)
      if let spending {
        events(.note(spending.note))
        record.backup.notes.append(spending.note)
        record.notVerified += spending.notVerified
      }
      return (
        backup,
        try RecoveryPlans(
          scenario, of: backup, noReplay: options.noReplay, computeDigests: scenario.compares(with: .backup),
          witness: witness)
      )
    }
    self.backup = backup
    self.plans = plans
    try compareWithSidecar(backup)
    describe(plans)
    _ = try scenario.suites(asking: scenario.catalogue(of: plans.restores), counts: plans.chain == nil)
    try Interruption.check()
    try preflight(
      needing: SandboxNeed.bytes(for: plans.restores, of: backup), Preflight.Source(backup, plans))
    try phase("sandbox") { try startSandbox(for: plans.restores) }
    for (index, step) in scenario.steps.enumerated() {
      try becomeReplicaSet(before: index)
      guard try run(step, at: index) else { break }
    }
  }

  private func describe(_ backup: any LogicalBackup) {
    record.backup.path = backup.path
    record.backup.form = backup.form.rawValue
    record.backup.bytes = backup.origin.bytes == 0 ? nil : backup.origin.bytes
    record.backup.compressed = backup.origin.isCompressed
    record.backup.serverVersion = backup.origin.serverVersion
    record.backup.toolVersion = backup.origin.toolVersion
    record.backup.oplog = backup.oplog?.place.file
    if scenario.command == nil {
      digests = BackupDigests(
        [backup.path] + scenario.oplog + (backup.oplog?.files ?? []) + backup.slices.map(\.path),
        options.digests)
    }
    record.backup.notes = backup.notes
    record.notVerified += backup.notes.map { DrillRecord.NotVerified("backup", $0) }
  }

  /// What the plans say of the oplog before anything is restored.
  private func describe(_ plans: RecoveryPlans) {
    if let chain = plans.chain {
      for note in chain.notes { events(.note(note)) }
      record.backup.notes += chain.notes
      doubt(chain, to: plans.stages(of: scenario).map(\.replay.target.requested))
    } else if let oplog = backup?.oplog {
      record.notVerified.append(
        DrillRecord.NotVerified(
          "oplog",
          "the dump's own oplog (\(oplog.place.file)) was not replayed: the documents are as they were read, not "
            + "those of one moment"))
    }
  }

  /// Takes up what keeps a verdict from being a plain pass.
  func doubt(_ left: DrillRecord.NotVerified) {
    if !record.notVerified.contains(left) { record.notVerified.append(left) }
    events(.warning(left.message))
    if !evidence.warnings.contains(left.message) { evidence.warnings.append(left.message) }
  }

  /// What may hold entries and wasn't read: a doubt where all that there are were asked for. `part` is what a part of a
  /// set is called.
  func doubt(_ chain: OplogChain, to targets: [Target?], part: String? = nil) {
    func left(_ words: String) -> DrillRecord.NotVerified {
      DrillRecord.NotVerified("oplog", part.map { "\($0): \(words)" } ?? words)
    }
    record.notVerified += chain.passedOver.map(left).filter { !record.notVerified.contains($0) }
    guard targets.contains(.latest) || targets.contains(nil) else { return }
    for words in chain.emptyAtEnd { doubt(left(words)) }
  }

  /// What the sandbox should hold now, by its names there.
  var expected: Catalogue {
    var all = Catalogue()
    for step in scenario.steps {
      for facts in restored[step.id]?.expected.sorted ?? [] { all[facts.namespace] = facts }
    }
    return all
  }

  /// Where the drill stands, for `${verdict}` and the like.
  func values() -> [String: String] {
    let judgement = Judgement(evidence)
    return [
      "sandbox.uri": sandbox?.uri ?? "", "sandbox.directory": sandbox?.directory ?? "",
      "run_id": options.runID, "scenario": scenario.name, "status": record.status.rawValue,
      "verdict": judgement.verdict.rawValue, "exit_code": "\(judgement.exitCode.rawValue)",
    ]
  }
}

extension Step {
  /// Its place in the record before it has begun.
  fileprivate var blankRecord: DrillRecord.Step {
    var blank = DrillRecord.Step(id: id, kind: kind, description: description)
    blank.plannedSeconds = planned
    return blank
  }
}
