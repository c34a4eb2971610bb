internal import Backups
internal import Checks
internal import Configuration
internal import Facts
package import Platform
internal import Record
internal import Restore
internal import Sandbox

/// Whether a drill could begin, looked at without touching anything: `plan` says it, and a run looks again before its
/// server is started.
package struct Preflight: Sendable {
  /// What would end the drill as things stand; empty when nothing is known to.
  package internal(set) var problems: [Failure] = []
  /// What a person should know.
  package internal(set) var warnings: [String] = []
  /// The server that would be started.
  let mongod: Result<MongodProgram, Failure>
  /// The folder that the sandbox's own would be made in, and the bytes that are free there.
  let room: Result<(folder: String, free: Int), Failure>
  /// Bytes that the sandbox will need, as estimated; nil where nothing is known.
  package let diskNeeded: Int?

  /// `bytes`: what one server will need. `source`: what is restored, where that is known.
  init(_ scenario: Scenario, options: DrillOptions, needing bytes: Int?, source: Source?) {
    let settings = options.sandbox.or(scenario.sandbox)
    diskNeeded = bytes.map { $0 * (settings.replicaSet?.members ?? 1) }
    room = Result { () throws(Failure) in try settings.options(needing: bytes, keep: false).room() }
    mongod = Result { () throws(Failure) in try MongodFinder(settings.mongod).find() }
    if case .failure(let failure) = mongod { problems.append(failure) }
    if case .failure(let failure) = room { problems.append(failure) }
    problems += scenario.missingPrograms
    guard let found = try? mongod.get().version else { return }
    if let doubt = TriedSeries.doubt(found) { warnings.append(doubt) }
    guard let source else { return }
    let missing = source.missing(on: found)
    if let failure = Failure.unfit(found, for: missing) { problems.append(failure) }
    warnings += missing.compactMap(\.doubt)
    if let version = source.version {
      warnings += Preflight.doubts(version, on: found, isReplayed: source.isReplayed)
    }
  }

  /// What is restored.
  struct Source {
    /// The server that it is of, where that is known.
    let version: ServerVersion?
    /// What the sandbox will hold, as it is created.
    let collections: [CollectionFacts]
    let isReplayed: Bool

    init(_ backup: any LogicalBackup, _ plans: RecoveryPlans) {
      version = backup.origin.serverVersion.flatMap { ServerVersion($0) }
      collections = plans.restores.flatMap(\.selected).compactMap(\.facts)
      isReplayed = plans.chain != nil
    }

    /// What of it a server of that version doesn't have.
    func missing(on server: ServerVersion) -> [MissingTrait] {
      server.lacks(collections, of: version) + (isReplayed ? server.lacksForOplog(of: version) : [])
    }
  }

  /// What speaks against restoring a backup of one version into a server of another.
  private static func doubts(_ source: ServerVersion, on found: ServerVersion, isReplayed: Bool) -> [String] {
    let (from, to) = ((source.major, source.minor), (found.major, found.minor))
    if from == to { return [] }
    if from > to {
      return [
        "the backup is of MongoDB \(source), newer than the mongod found (\(found)): it may refuse what it doesn't know"
      ]
    }
    return isReplayed
      ? [
        "the backup is of MongoDB \(source), the mongod found is \(found): an oplog is safest on its own version"
      ]
      : ["the backup is of MongoDB \(source), the mongod found is \(found)"]
  }

  /// The approvals that nobody could give. Only a run knows who is there to ask.
  static func missingApprovals(_ scenario: Scenario, options: DrillOptions, from index: Int = 0) -> [Failure]
  {
    guard options.ask == nil else { return [] }
    return scenario.steps[index...].compactMap { step in
      step.action is ApproveStep && options.approvals[step.id] == nil ? .nobodyToAsk(step.id) : nil
    }
  }
}

extension DrillRun {
  /// Looks once more, before a server is started, whether the drill can come to its end. Throws the first thing that
  /// keeps it from that.
  func preflight(needing bytes: Int?, _ source: Preflight.Source) throws {
    let preflight = Preflight(scenario, options: options, needing: bytes, source: source)
    for warning in preflight.warnings { events(.note(warning)) }
    record.backup.notes += preflight.warnings
    let problems = preflight.problems + Preflight.missingApprovals(scenario, options: options)
    evidence.failures += problems.dropFirst()
    if let failure = problems.first { throw failure }
  }
}

extension Scenario {
  /// The programs of its steps, rollbacks and checks that aren't there. One whose name is known only in a drill may be.
  fileprivate var missingPrograms: [Failure] {
    var missing: [Failure] = []
    func look(_ program: Template?, at place: Place?) {
      guard let program, program.names.isEmpty else { return }
      let command = UserCommand([program.resolved([:])], folder: folder)
      if Programs.find(command.program, path: Environment["PATH"]) == nil {
        missing.append(
          Programs.isLocked(command.program)
            ? .notExecutable(.incomplete, command.program, at: place)
            : .programMissing(command.program, at: place))
      }
    }
    for step in steps + rollbacks {
      let command = step.action as? RunStep ?? (step.action as? WaitStep)?.until
      look(command?.arguments.first, at: step.place)
    }
    for check in (suites ?? []).flatMap(\.checks) {
      look((check.check as? CommandCheck)?.program, at: check.place)
    }
    return missing
  }
}

extension Failure {
  static func programMissing(_ program: String, at place: Place?) -> Failure {
    Failure(
      .incomplete, "program-missing", "there is no program \(program)", at: place,
      hint: "A name with a slash is relative to the scenario's folder; others are looked for in PATH.")
  }
}
