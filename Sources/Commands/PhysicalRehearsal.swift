internal import Arguments
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

/// One recovery of a physical copy into a sandbox, and what is done with it.
struct PhysicalRehearsal {
  private let copy: CopySource
  private let recovery: PhysicalRecovery
  private let keep: Bool
  private let session: Session

  /// Options that choose a part of the backup are refused: files come back as a whole.
  init(_ values: Values, to target: Target?, _ session: Session) throws {
    let given: [(Bool, String)] = [
      (!values[RestoreCommand.include].isEmpty, "--include"),
      (!values[RestoreCommand.exclude].isEmpty, "--exclude"),
      (!values[RestoreCommand.rename].isEmpty, "--rename"),
      (values[RestoreCommand.noIndexes], "--no-indexes"), (values[RestoreCommand.noReplay], "--no-replay"),
    ]
    if let first = given.first(where: \.0) { throw Failure.notForCopies(first.1) }
    copy = try CopySource(values[VerifyCommand.backup])
    keep = values[RestoreCommand.keep]
    self.session = session
    let options = SandboxOptions(
      mongod: values[SandboxFlags.mongod], directory: values[SandboxFlags.directory],
      cacheBytes: values[SandboxFlags.cache], keep: keep)
    recovery = PhysicalRecovery(
      copy, to: target, slices: values[RestoreCommand.oplog], options: options, events: session.events)
  }

  /// Recovers; then runs `command`, or waits. Returns the exit status.
  func run(_ command: [String]?) throws -> Int32 {
    let (sandbox, recovered) = try recovery.run()
    let status: Int32
    do {
      session.events(.note("\(copy.path): \(recovered.manner)"))
      for note in RecoveredCopy.notVerified { session.events(.note(note)) }
      let reached = try replay(recovered, on: sandbox)
      session.endProgress()
      if let reached, reached.problemCount > 0 {
        status = reached.refuse(copy.path, session)
      } else if let command {
        status = try session.run(command, on: sandbox, readsInput: true)
      } else {
        status = try session.wait(for: sandbox, json: recovered.json(of: copy, uri: sandbox.uri, reached))
      }
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

  /// Goes on with slices; nil where none are needed.
  private func replay(_ recovered: RecoveredCopy, on sandbox: Sandbox) throws -> Recovery.Stage? {
    for note in recovered.chain?.notes ?? [] { session.events(.note(note)) }
    if recovered.resolved?.requested ?? .latest == .latest {
      for words in recovered.chain?.emptyAtEnd ?? [] { session.events(.warning(words)) }
    }
    for warning in (recovered.resolved?.warnings ?? []) + (recovered.onward?.doubts ?? []) {
      session.events(.warning(warning))
    }
    guard let replay = CopyReplay(recovered, from: copy.path, on: sandbox, events: session.events),
      let target = recovered.onward?.target
    else { return nil }
    let reached: Recovery.Stage
    do { reached = try replay.run() } catch let error as MongoError { throw sandbox.explain(error) }
    session.events(.note(reached.replay.ledger.arrival(target)))
    return reached
  }

  private func end(_ sandbox: Sandbox) throws(Failure) {
    guard keep else { return try sandbox.stop() }
    let folder = try sandbox.stopKeeping()
    session.console.log("The sandbox's files are kept in \(folder); its data in \(folder)/db.")
  }
}

extension Recovery.Stage {
  /// Operations and parts of collections that didn't come out.
  fileprivate var problemCount: Int { restore.problemCount + replay.problemCount }

  /// Says what they are; returns the exit status.
  fileprivate func refuse(_ path: String, _ session: Session) -> Int32 {
    let named =
      replay.problems.map {
        "\($0.namespace): \($0.id ?? "operation"): \($0.message) (entry \($0.timestamp))"
      }
      + restore.problems.map { "\($0.namespace): \($0.subject) \($0.name ?? ""): \($0.message)" }
    for text in named { session.console.log("refused: " + text.visible) }
    if problemCount > named.count {
      session.console.log("refused: \(Count.text(problemCount - named.count)) more")
    }
    session.console.log(
      "mongodrill: \(path.visible): the server refused \(Count.text(problemCount, "part")) of the replay")
    return ExitCode.checkFailed.status
  }
}

extension RecoveredCopy {
  fileprivate func json(of copy: CopySource, uri: String, _ reached: Recovery.Stage?) -> JSON {
    let collections = reached?.restore.expected ?? catalogue
    return .record([
      "uri": .string(uri), "form": .string(PhysicalCopy.form), "path": .string(copy.path),
      "file_bytes": .integer(Int64(self.copy?.bytes ?? copy.bytes)), "fcv": compatibility.map(JSON.string),
      "replica_set": setName.map(JSON.string), "checkpoint": (oplog?.checkpoint.description).map(JSON.string),
      "oplog_first": (oplog?.first.description).map(JSON.string),
      "oplog_last": (oplog?.last.description).map(JSON.string),
      "through": (through?.description).map(JSON.string), "entries": .integer(Int64(entries)),
      "manner": .string(manner), "replayed_entries": .integer(Int64(reached?.replay.ledger.entries ?? 0)),
      "replayed_through": (reached?.replay.ledger.last?.description).map(JSON.string),
      "collections": .array(
        collections.sorted.map { facts in
          .record([
            "target": .string(facts.namespace.description),
            "indexes": .integer(Int64(facts.indexes.count { !$0.isIDIndex })),
          ])
        }),
      "not_verified": .array(Self.notVerified.map(JSON.string)),
    ])
  }
}

extension Failure {
  fileprivate static func notForCopies(_ option: String) -> Failure {
    Failure(
      .usage, "not-for-copies", "\(option) with a physical copy, whose files come back as a whole",
      hint: option.hasPrefix("--no") ? nil : "Name what you look at in COMMAND, or in a scenario's checks.")
  }
}
