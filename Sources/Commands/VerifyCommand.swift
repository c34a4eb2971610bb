internal import Arguments
internal import BSON
internal import Backups
internal import Facts
internal import Platform
internal import Record
internal import Replay
internal import Synchronization

/// `mongodrill verify BACKUP`.
enum VerifyCommand: Command {
  static let backup = Positional.one(
    "BACKUP",
    help:
      "A dump directory, one database's folder, one collection's .bson, an archive, a store of Percona Backup for MongoDB, "
      + "or a physical copy (a dbPath or a tar of one); compressed or not. '-' reads an archive from standard input. Of a scenario about a sharded set, "
      + "all its parts.")

  static let target = Option.value(
    "--to", placeholder: "TARGET", kind: .text,
    help:
      "Says whether this moment can be reached, and ends with 65 when not: latest, dump-end, 1795258578:300, "
      + "before:1795258578:300, a time; see 'mongodrill restore --help'.")

  static let syntax = CommandSyntax(
    name: "verify", summary: "reads a whole backup and proves that it is undamaged; needs no mongod",
    description: [
      "Reads every byte: each document's structure down to the end of each file, the checksums of archives and of gzip, "
        + "zstd, lz4, snappy and s2, the metadata, and that every collection has both its files. Lists what the backup "
        + "holds, and all that is damaged, by file and byte offset.",
      "A plain .bson file that was cut exactly at a document's end can't be told from a whole one: only a count "
        + "that was recorded elsewhere knows. Offsets in a compressed file count the decompressed bytes; where the "
        + "compressed stream itself is at fault they count the file's, and the message says so.",
      "Of a dump that took its oplog along, and of the slices that were saved after it, it says which moments can "
        + "be recovered to: through which entry the oplog is proven, where slices neither overlap nor show a gap "
        + "(unproven), and where entries are missing (gaps).",
      "Of a physical copy it looks at the files, of a tar of one it reads all; what they hold only a mongod can tell.",
    ],
    positionals: [backup],
    options: [OptionGroup("Which moments can be reached", [RestoreCommand.oplog, target])],
    examples: [
      Example("mongodrill verify dump/", "Last night's dump."),
      Example("mongodrill verify shop.archive.gz --output json", "An archive, for a program."),
      Example(
        "mongodrill verify dump/ --oplog slices/ --to 2026-11-21T14:30:00Z",
        "Whether that moment can be recovered to."),
      Example(
        "mongodrill verify scenarios/cluster", "All parts of a sharded set, and the moment they share."),
      Example("ssh db mongodump --archive --gzip | mongodrill verify -", "A dump, as it is made."),
    ],
    exits: .codes([
      .pass: "All of it was read and is whole.", .usage: nil,
      .damagedBackup: "It is damaged, its oplog has a gap, or the target can't be reached.",
      .backupNotFound: nil,
      .internal: nil, .interrupted: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let started = Clock.monotonic
    let target = try values[target].map { try Target($0) }
    if CopySource.isOne(values[self.backup]) {
      guard target == nil, values[RestoreCommand.oplog].isEmpty else { throw Failure.copyNeedsServer() }
      return try PhysicalReport(reading: CopySource(values[self.backup]), session).tell(session)
    }
    if let set = try SetReport(values, target) { return try set.tell(session) }
    let report = try report(
      on: values[self.backup], slices: values[RestoreCommand.oplog], target, since: started, session)
    session.result(text: report.text(color: session.console.resultHasColor), json: report.json)
    return (report.isGood ? ExitCode.pass : .damagedBackup).status
  }

  /// Reads one backup and the slices that go with it.
  static func report(
    on path: String, slices: [String], _ target: Target?, since started: Double, _ session: Session
  ) throws -> VerifyReport {
    let backup = try inspectBackup(path)
    for note in backup.notes { session.events(.note(note)) }
    var verified = try read(backup, session)
    try compareWithSidecar(&verified, backup, session)
    let seconds = Clock.monotonic - started
    var reach: Reach?
    if target != nil || !slices.isEmpty || (verified.oplog != nil && backup.path != "-") {
      reach = try read(oplogOf: backup, slices, target, session)
      for note in reach?.chain?.notes ?? [] { session.events(.note(note)) }
    }
    return VerifyReport(backup: verified, reach: reach, seconds: seconds)
  }

  private static func read(
    oplogOf backup: any LogicalBackup, _ slices: [String], _ target: Target?, _ session: Session
  ) throws -> Reach {
    session.events(.phaseStarted("oplog", total: nil))
    let (reach, seconds) = try Clock.measure { try Reach(of: backup, slices: slices, to: target) }
    session.events(.phaseEnded(.oplog(reach.chain?.slices ?? [], seconds)))
    return reach
  }

  /// Adds what is not as the backup's sidecar says it.
  private static func compareWithSidecar(
    _ verified: inout VerifiedBackup, _ backup: any LogicalBackup, _ session: Session
  ) throws {
    let found: Sidecar?
    do throws(Failure) { found = try Sidecar.find(for: backup.path) } catch {
      guard error.kind == .damagedBackup else { throw error }
      verified.damage.append(error)
      return
    }
    guard let sidecar = found else { return }
    session.events(.phaseStarted("checksums", total: nil))
    let (files, seconds) = try Clock.measure { try sidecar.compare(with: backup) }
    session.events(.phaseEnded(Phase("checksums", seconds: seconds)))
    let counts = sidecar.compare(
      documents: verified.collections.map { ($0.facts.namespace, $0.facts.documents) }, isAll: true)
    // Of a damaged file, what follows the damage was not counted.
    let isCounted = verified.damage.isEmpty
    do throws(Failure) { try sidecar.requireSuccess() } catch { verified.damage.append(error) }
    verified.damage += files.damage + (isCounted ? counts.damage : [])
    let notes =
      [sidecar.summary] + [files, counts].compactMap { $0.summary(of: sidecar) } + files.notes
    for note in notes { session.events(.note(note)) }
    verified.notes += notes
  }

  private static func read(_ backup: any LogicalBackup, _ session: Session) throws -> VerifiedBackup {
    let total = backup.origin.bytes > 0 ? Amount(bytes: backup.origin.bytes) : nil
    session.events(.phaseStarted("read", total: total))
    let read = Mutex((ReadProgress(), told: 0.0))
    let (verified, seconds) = try Clock.measure {
      try verify(
        backup, options: ReadOptions(parallelFiles: max(2, min(8, Machine.cores))),
        progress: { [events = session.events] more in
          let now = Clock.monotonic
          let news: ReadProgress? = read.withLock { state in
            state.0 += more
            guard now - state.told >= 0.1 else { return nil }
            state.told = now
            return state.0
          }
          guard let news else { return }
          let done = Amount(documents: news.documents, bytes: total == nil ? news.bytes : news.fileBytes)
          events(.progress(Progress(phase: "read", done: done, total: total)))
        })
    }
    let all = verified.amount
    session.events(
      .phaseEnded(Phase("read", seconds: seconds, documents: all.documents, bytes: all.bytes)))
    return verified
  }
}

extension Failure {
  /// What a physical copy reaches stands in its oplog, which only a server can read.
  fileprivate static func copyNeedsServer() -> Failure {
    Failure(
      .usage, "copy-needs-server", "verify reads no oplog of a physical copy",
      hint: "`mongodrill restore COPY --to TARGET -- true` recovers it, or says what it reaches.")
  }
}

extension Phase {
  /// Slices that were read and put in order.
  static func oplog(_ slices: [OplogSlice], _ seconds: Double) -> Phase {
    Phase(
      "oplog", seconds: seconds, documents: slices.reduce(0) { $0 + $1.facts.entries },
      bytes: slices.reduce(0) { $0 + $1.facts.bytes })
  }
}
