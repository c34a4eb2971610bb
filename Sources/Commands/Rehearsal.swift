internal import Arguments
internal import BSON
internal import Backups
internal import Drills
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox

/// One restore into a sandbox, and what is done with it: from the server's start to its end.
struct Rehearsal {
  private let backup: any LogicalBackup
  /// What lies with the backup and describes it.
  private let sidecar: Sidecar?
  private let plan: RestorePlan
  private let replay: (planned: PlannedReplay, plan: RecoveryPlan)?
  private let options: RestoreOptions
  private let sandboxOptions: SandboxOptions
  private let session: Session

  /// Decides where everything goes; mistakes of selection and renaming show here, before a server is started.
  init(
    _ backup: any LogicalBackup, _ sidecar: Sidecar?, _ options: RestoreOptions, _ replay: PlannedReplay?,
    _ values: Values, _ session: Session
  ) throws {
    self.backup = backup
    self.sidecar = sidecar
    self.options = options
    self.session = session
    self.replay = try replay.map { ($0, try RecoveryPlan($0, of: backup, options)) }
    plan = try self.replay?.plan.restore.plan ?? RestorePlan(backup, options)
    sandboxOptions = SandboxOptions(
      mongod: values[SandboxFlags.mongod], directory: values[SandboxFlags.directory],
      cacheBytes: values[SandboxFlags.cache], keep: values[RestoreCommand.keep],
      neededBytes: SandboxNeed.bytes(for: [plan], of: backup))
  }

  /// Restores; then runs `command`, or waits. Returns the exit status.
  func run(_ command: [String]?, readsInput: Bool) throws -> Int32 {
    let sandbox = try start()
    let status: Int32
    do {
      status = try use(sandbox, command, readsInput: readsInput)
    } catch {
      // What went wrong first is what counts.
      try? end(sandbox)
      throw error
    }
    do { try end(sandbox) } catch {
      session.log(error)
      return status == 0 ? ExitCode.cleanupFailed.status : status
    }
    return status
  }

  private func start() throws -> Sandbox {
    session.events(.phaseStarted("sandbox", total: nil))
    let program = try MongodFinder(sandboxOptions.mongod).find()
    let source = backup.origin.serverVersion.flatMap { ServerVersion($0) }
    let missing =
      program.version.lacks(plan.selected.compactMap(\.facts), of: source)
      + (replay == nil ? [] : program.version.lacksForOplog(of: source))
    if let failure = Failure.unfit(program.version, for: missing) { throw failure }
    for doubt in [TriedSeries.doubt(program.version)] + missing.map(\.doubt) {
      if let doubt { session.events(.note(doubt)) }
    }
    let sandbox = try Sandbox.start(sandboxOptions, program: program)
    session.events(.phaseEnded(Phase("sandbox", seconds: sandbox.startSeconds)))
    return sandbox
  }

  private func end(_ sandbox: Sandbox) throws(Failure) {
    guard sandboxOptions.keep else { return try sandbox.stop() }
    let folder = try sandbox.stopKeeping()
    session.console.log("The sandbox's files are kept in \(folder); its data in \(folder)/db.")
  }

  private func use(_ sandbox: Sandbox, _ command: [String]?, readsInput: Bool) throws -> Int32 {
    let result: RestoreResult
    do {
      result = try restore(sandbox)
    } catch let error as MongoError { throw sandbox.explain(error) }
    session.endProgress()
    guard result.problemCount == 0 else {
      refuse(result)
      return ExitCode.checkFailed.status
    }
    for note in result.notVerified { session.events(.note(note)) }
    if let command { return try session.run(command, on: sandbox, readsInput: readsInput) }
    return try session.wait(for: sandbox, json: result.json(uri: sandbox.uri))
  }

  /// Restores, and replays where there is something to replay.
  private func restore(_ sandbox: Sandbox) throws -> RestoreResult {
    guard let replay else {
      let restorer = Restorer(
        backup: backup, plan: plan, pool: sandbox.pool, options: options, events: session.events)
      let result = try restorer.run()
      try compareWithSidecar(result)
      return result
    }
    var recovery = Recovery(backup: backup, pool: sandbox.pool, options: options, events: session.events)
    let loaded = try recovery.load(replay.plan)
    try compareWithSidecar(loaded)
    let stage = try recovery.replay(replay.planned, replay.plan)
    session.events(.note(stage.replay.ledger.arrival(replay.planned.target)))
    var result = stage.restore
    result.problems += stage.replay.problems.map { problem in
      .init(
        problem.namespace, "operation", name: problem.id,
        message: "\(problem.message) (entry \(problem.timestamp))")
    }
    result.problemCount += stage.replay.problemCount
    // What was refused while loading is no part of what came after it.
    result.problems = loaded.problems + result.problems
    result.problemCount += loaded.problemCount
    return result
  }

  /// Compares how many documents were read with what the sidecar says. Throws the first difference.
  private func compareWithSidecar(_ result: RestoreResult) throws {
    guard let sidecar else { return }
    let read = result.collections.map {
      (source: $0.source, documents: $0.target == nil ? nil : $0.documents)
    }
    if let failure = sidecar.compare(backup, read: read).damage.firstOfAll(backup.path) { throw failure }
  }

  /// Says what the server refused.
  private func refuse(_ result: RestoreResult) {
    for problem in result.problems {
      session.console.log((problem.subject == "capped" ? "lost: " : "refused: ") + problem.text.visible)
    }
    let more = result.problemCount - result.problems.count
    if more > 0 { session.console.log("refused: \(Count.text(more)) more") }
    let count = Count.text(result.problemCount, "part")
    let verb = result.problems.contains { $0.subject == "capped" } ? "refused or lost" : "refused"
    session.console.log(
      "mongodrill: \(backup.path.visible): the server \(verb) \(count) of the backup")
    if session.options.output != .text { session.result(text: "", json: result.json(uri: nil)) }
  }
}

extension RestoreResult.Problem {
  /// `shop.orders: document {"$oid":"…"}: E11000 duplicate key …`.
  fileprivate var text: String {
    let what = name.map { "\(subject) \($0)" } ?? subject
    return "\(namespace): \(what): \(message)"
  }
}

extension RestoreResult {
  fileprivate func json(uri: String?) -> JSON {
    .record([
      "uri": uri.map(JSON.string) ?? .null,
      "collections": .array(
        collections.map { collection in
          .record([
            "source": .string(collection.source.description),
            "target": collection.target.map { .string($0.description) } ?? .null,
            "note": collection.note.map(JSON.string) ?? .null,
            "documents": .integer(Int64(collection.documents)), "bytes": .integer(Int64(collection.bytes)),
            "inserted": .integer(Int64(collection.inserted)), "indexes": .integer(Int64(collection.indexes)),
          ])
        }),
      "problem_count": .integer(Int64(problemCount)),
      "problems": .array(
        problems.map { problem in
          .record([
            "namespace": .string(problem.namespace.description), "subject": .string(problem.subject),
            "name": problem.name.map(JSON.string) ?? .null, "message": .string(problem.message),
          ])
        }),
      "not_verified": .array(notVerified.map(JSON.string)),
    ])
  }
}
