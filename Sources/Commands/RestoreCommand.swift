internal import Arguments
internal import Backups
internal import Drills
internal import Platform
internal import Record
internal import Replay
internal import Restore

/// `mongodrill restore BACKUP`.
enum RestoreCommand: Command {
  static let include = Option.list(
    "--include", placeholder: "NS", kind: .text,
    help: "Restores only these namespaces, such as shop.orders or 'shop.*'.")
  static let exclude = Option.list(
    "--exclude", placeholder: "NS", kind: .text, help: "Leaves these namespaces out; wins over --include.")
  static let rename = Option.list(
    "--rename", placeholder: "FROM=TO", kind: .rename,
    help: "Restores under another name, such as 'shop.*=test.*'.")
  static let noIndexes = Option.flag("--no-indexes", help: "Builds no indexes but those on _id.")
  static let noReplay = Option.flag(
    "--no-replay", help: "Restores the documents alone, without the oplog that the dump took along.")
  static let oplog = Option.list(
    "--oplog", placeholder: "PATH", kind: .path,
    help:
      "Slices of the oplog that were saved after the backup: a .bson file, a dump of local.oplog.rs, or a folder."
  )
  static let target = Option.value(
    "--to", placeholder: "TARGET", kind: .text, default: "latest, or dump-end without --oplog",
    help:
      "The moment to recover to: latest, dump-end, 1795258578:300 (through that entry), before:1795258578:300, "
      + "a time with its zone, Unix seconds, before: a time, or 'before-first:{op: drop, ns: shop.products}'. Unlike "
      + "mongorestore's --oplogLimit, a timestamp is included unless before: says otherwise.")
  static let keep = Option.flag("--keep", help: "Keeps the sandbox's files, and says where they are.")
  static let lanes = Option.value(
    "--lanes", placeholder: "N", kind: .integer(in: 1...256), default: "by the cores",
    help: "How many threads insert.")
  static let parallelCollections = Option.value(
    "--parallel-collections", placeholder: "N", kind: .integer(in: 1...256), default: "by the cores",
    help: "How many files are read at the same time.")
  static let batchBytes = Option.value(
    "--batch-bytes", placeholder: "SIZE", kind: .size, default: "1MiB", help: "How large an insert is.")

  static let syntax = CommandSyntax(
    name: "restore", summary: "restores a backup into a sandbox, and runs a command on it or waits",
    description: [
      "Starts a throwaway mongod that listens on a Unix socket only, and restores the backup into it: collections, "
        + "documents, users and roles, views, indexes. Then it runs COMMAND with MONGODRILL_URI set, and ends with "
        + "its status. Without COMMAND it prints the address and waits for Ctrl-C. The server and its files are "
        + "gone afterwards, whatever happened.",
      "COMMAND is run only when all of it came back: when the server refuses a document, an index or a collection, "
        + "what it refused is listed, and the exit status is 1. Standard output is COMMAND's alone.",
      "A physical copy (a dbPath, or a tar of one) is copied or unpacked into the sandbox and recovered there by mongod "
        + "itself, inside the oplog that it holds; slices lead on from there. It comes back as a whole.",
    ],
    positionals: [VerifyCommand.backup], trailing: "COMMAND [ARG]…",
    options: [
      OptionGroup("What to restore", [include, exclude, rename, noIndexes]),
      OptionGroup("To which moment", [oplog, target, noReplay]),
      OptionGroup("How", [lanes, parallelCollections, batchBytes]),
      OptionGroup("Sandbox", SandboxFlags.group.options + [keep]),
    ],
    examples: [
      Example("mongodrill restore dump/", "Look at last night's dump, with the address that it prints."),
      Example(
        "mongodrill restore shop.archive.gz -- sh -c 'mongosh \"$MONGODRILL_URI\"'", "A shell on an archive."),
      Example(
        "mongodrill restore dump/ --oplog slices/ --to before:1795258580:1 -- ./smoke.sh",
        "The moment before an entry of the oplog."),
      Example(
        "mongodrill restore snapshot.tar.gz --oplog slices/ --to 2026-11-21T14:30:00Z -- ./smoke.sh",
        "A snapshot of a dbPath, and on to a moment after it."),
      Example(
        "mongodrill restore dump/ --include 'shop.*' --rename 'shop.*=test.*' -- ./smoke.sh",
        "One database under another name, for a test."),
    ],
    exits: [ExitMeaning("COMMAND's", "It ran; 128 + N when signal N ended it.")]
      + .codes([
        .pass: "Without COMMAND: Ctrl-C ended the wait.",
        .checkFailed: "The server refused part of the backup.",
        .incomplete: "The restore could not be completed.",
        .cleanupFailed: "Something of the sandbox is left.",
        .usage: nil, .damagedBackup: nil, .backupNotFound: nil, .noServer: nil, .internal: nil,
        .interrupted: nil, .terminated: nil,
      ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    var options = RestoreOptions(
      include: values[include], exclude: values[exclude], rename: values[rename],
      buildIndexes: !values[noIndexes], lanes: values[lanes],
      parallelCollections: values[parallelCollections],
      batchBytes: values[batchBytes])
    if let memory = values[SandboxFlags.memory] { options.memory = memory }
    if let command = values.trailing { try requireProgram(command) }

    let target = try values[target].map { try Target($0) }
    if CopySource.isOne(values[VerifyCommand.backup]) {
      return try PhysicalRehearsal(values, to: target, session).run(values.trailing)
    }
    let backup = try openBackup(values[VerifyCommand.backup], endingBy: target?.bound)
    for note in backup.notes { session.events(.note(note)) }
    for doubt in backup.doubts { session.events(.warning(doubt)) }
    let sidecar = try Sidecar.find(for: backup.path)
    if let sidecar {
      let comparison = try sidecar.compare(with: backup)
      for note in comparison.notes { session.events(.note(note)) }
      if let failure = comparison.damage.firstOfAll(backup.path) { throw failure }
    }
    let replay = try replay(of: backup, values, session)
    let rehearsal = try Rehearsal(backup, sidecar, options, replay, values, session)
    return try rehearsal.run(values.trailing, readsInput: backup.path != "-")
  }

  /// The replay that is asked for: of a dump that took its oplog along, or onto which slices follow.
  private static func replay(
    of backup: any LogicalBackup, _ values: Values, _ session: Session
  ) throws -> PlannedReplay? {
    let target = try values[target].map { try Target($0) }
    if values[noReplay] {
      guard target == nil, values[oplog].isEmpty else { throw Failure.replayUnwanted() }
      return nil
    }
    if backup.oplog == nil, values[oplog].isEmpty, target == nil { return nil }
    let replay = try PlannedReplay(of: backup, slices: values[oplog], to: target)
    for note in replay.chain.notes { session.events(.note(note)) }
    if replay.target.requested == .latest {
      for words in replay.chain.emptyAtEnd { session.events(.warning(words)) }
    }
    let seams = replay.doubts.map { "unproven seam: \($0)" }
    for warning in replay.target.warnings + seams { session.events(.warning(warning)) }
    return replay
  }

  /// A command that isn't there is better known before an hour's restore.
  private static func requireProgram(_ command: [String]) throws(Failure) {
    guard let program = command.first else { throw .noCommand() }
    if Programs.isLocked(program) { throw .notExecutable(.usage, program) }
    guard Programs.find(program, path: Environment["PATH"]) != nil else { throw .commandNotFound(program) }
  }
}

extension ValueKind<Rename> {
  /// `FROM=TO`.
  static var rename: Self {
    ValueKind("FROM=TO") { text in
      let sides = text.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { return nil }
      return Rename(from: String(sides[0]), to: String(sides[1]))
    }
  }
}

extension Failure {
  fileprivate static func noCommand() -> Failure {
    Failure(
      .usage, "missing-command", "there is no command after '--'",
      hint: "Write one, or leave '--' out to get the server's address.")
  }

  fileprivate static func replayUnwanted() -> Failure {
    Failure(
      .usage, "replay-unwanted", "--no-replay with --oplog or --to",
      hint: "Leave out --no-replay to recover to a moment.")
  }

  fileprivate static func commandNotFound(_ name: String) -> Failure {
    Failure(
      .usage, "command-not-found", "command \(name) is not found",
      hint: name.contains("/") ? nil : "It is looked for in the folders of PATH.")
  }
}
