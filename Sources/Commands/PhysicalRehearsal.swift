internal import Arguments
internal import BSON
internal import Backups
internal import Facts
internal import Physical
internal import Platform
internal import Record
internal import Replay
internal import Sandbox

/// One recovery of a physical copy into a sandbox, and what is done with it.
struct PhysicalRehearsal {
  private let copy: PhysicalCopy
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
      (!values[RestoreCommand.oplog].isEmpty, "--oplog"),
    ]
    if let first = given.first(where: \.0) { throw Failure.notForCopies(first.1) }
    copy = try PhysicalCopy(values[VerifyCommand.backup])
    keep = values[RestoreCommand.keep]
    self.session = session
    let options = SandboxOptions(
      mongod: values[SandboxFlags.mongod], directory: values[SandboxFlags.directory],
      cacheBytes: values[SandboxFlags.cache], keep: keep)
    recovery = PhysicalRecovery(copy, to: target, options: options, events: session.events)
  }

  /// Recovers; then runs `command`, or waits. Returns the exit status.
  func run(_ command: [String]?) throws -> Int32 {
    let (sandbox, recovered) = try recovery.run()
    let status: Int32
    do {
      session.events(.note("\(copy.path): \(recovered.manner)"))
      for note in RecoveredCopy.notVerified { session.events(.note(note)) }
      session.endProgress()
      if let command {
        status = try session.run(command, on: sandbox, readsInput: true)
      } else {
        status = try session.wait(for: sandbox, json: recovered.json(of: copy, uri: sandbox.uri))
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

  private func end(_ sandbox: Sandbox) throws(Failure) {
    guard keep else { return try sandbox.stop() }
    let folder = try sandbox.stopKeeping()
    session.console.log("The sandbox's files are kept in \(folder); its data in \(folder)/db.")
  }
}

extension RecoveredCopy {
  fileprivate func json(of copy: PhysicalCopy, uri: String) -> JSON {
    .record([
      "uri": .string(uri), "form": .string(PhysicalCopy.form), "path": .string(copy.path),
      "file_bytes": .integer(Int64(copy.bytes)), "fcv": compatibility.map(JSON.string),
      "replica_set": setName.map(JSON.string), "checkpoint": (oplog?.checkpoint.description).map(JSON.string),
      "oplog_first": (oplog?.first.description).map(JSON.string),
      "oplog_last": (oplog?.last.description).map(JSON.string),
      "through": (through?.description).map(JSON.string), "entries": .integer(Int64(entries)),
      "manner": .string(manner),
      "collections": .array(
        catalogue.sorted.map { facts in
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
      hint: option == "--oplog"
        ? "It is recovered inside the oplog that it holds itself; slices can't be added yet." : nil)
  }
}
