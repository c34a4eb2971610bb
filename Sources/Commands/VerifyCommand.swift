internal import Arguments
internal import Backups
internal import Platform
internal import Record
internal import Synchronization

/// `mongodrill verify BACKUP`.
enum VerifyCommand: Command {
  static let backup = Positional.one(
    "BACKUP",
    help:
      "A dump directory, one database's folder, one collection's .bson, or an archive; compressed or not. "
      + "'-' reads an archive from standard input.")

  static let syntax = CommandSyntax(
    name: "verify", summary: "reads a whole backup and proves that it is undamaged; needs no mongod",
    description: [
      "Reads every byte: each document's structure down to the end of each file, the checksums of gzip and of "
        + "archives, the metadata, and that every collection has both its files. Lists what the backup holds, and "
        + "all that is damaged, by file and byte offset.",
      "A plain .bson file that was cut exactly at a document's end can't be told from a whole one: only a count "
        + "that was recorded elsewhere knows. Offsets in a compressed file count the decompressed bytes.",
    ],
    positionals: [backup],
    examples: [
      Example("mongodrill verify dump/", "Last night's dump."),
      Example("mongodrill verify shop.archive.gz --output json", "An archive, for a program."),
      Example("ssh db mongodump --archive --gzip | mongodrill verify -", "A dump, as it is made."),
    ],
    exits: .codes([
      .pass: "All of it was read and is whole.", .usage: nil, .damagedBackup: nil, .backupNotFound: nil,
      .internal: nil, .interrupted: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let started = Clock.monotonic
    let backup = try inspectBackup(values[self.backup])
    for note in backup.notes { session.events(.note(note)) }
    let report = VerifyReport(backup: try read(backup, session), seconds: Clock.monotonic - started)
    session.result(text: report.text(color: session.console.resultHasColor), json: report.json)
    return (report.backup.damage.isEmpty ? ExitCode.pass : .damagedBackup).status
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
