internal import Arguments
internal import BSON
internal import Backups
internal import Platform
internal import Record
internal import Replay

/// `mongodrill find BACKUP --oplog DIR…`.
enum FindCommand: Command {
  static let namespaces = Option.list(
    "--ns", placeholder: "NS", kind: .text,
    help: "Only these collections: shop.orders, 'shop.*', or shop for a database.")
  static let kinds = Option.list(
    "--op", placeholder: "OP", kind: ValueKind<OplogFinding.Kind>.choice,
    help:
      "Only these: i, u, d for inserts, updates, deletes, or a command such as drop. Without it all but i, create "
      + "and createIndexes.")
  static let since = Option.value(
    "--since", placeholder: "TIME", kind: .text,
    help: "From this moment on: a timestamp (1795258578:300), a time with its zone, or Unix seconds.")
  static let until = Option.value(
    "--until", placeholder: "TIME", kind: .text, help: "Through this moment, written like --since.")
  static let minimum = Option.value(
    "--min", placeholder: "N", kind: .integer(in: 1...1_000_000_000), default: "100",
    help:
      "So many operations of one kind on one collection, or in one transaction, are worth a line. 1 lists each "
      + "operation by itself.")
  static let within = Option.value(
    "--within", placeholder: "DURATION", kind: .wholeSeconds, default: "10s",
    help: "Within so much time; what follows sooner than that belongs to the same line.")
  static let limit = Option.value(
    "--limit", placeholder: "N", kind: .integer(in: 1...1_000_000), default: "100",
    help: "Lists the first N at the most.")

  static let syntax = CommandSyntax(
    name: "find", summary: "searches the oplog for drops, renames, mass deletes and updates",
    description: [
      "Reads the oplog that the dump took along and the slices that were saved after it, and lists what changed or "
        + "removed much: drops of collections, databases and indexes, renames, collMods, many deletes or updates on "
        + "one collection within a short time, large transactions. Each comes with the target that recovers to just "
        + "before it. No mongod is needed.",
      "A deleteMany is a 'mass delete', an updateMany a 'mass update'; 'deletes' and 'updates' were made one by one. "
        + "What happened before the end of the dump can't be gone back before: that needs an older backup.",
    ],
    positionals: [VerifyCommand.backup],
    options: [
      OptionGroup("Where to look", [RestoreCommand.oplog, since, until]),
      OptionGroup("What to look for", [namespaces, kinds, minimum, within, limit]),
    ],
    examples: [
      Example("mongodrill find dump/ --oplog slices/", "What happened since the dump."),
      Example(
        "mongodrill find dump/ --oplog slices/ --ns shop.customers --op d --op drop",
        "Who lost the customers, and when."),
      Example(
        "mongodrill find dump/ --oplog slices/ --ns shop.orders --since 2026-11-21T14:00:00Z --min 1",
        "Each change of a collection from then on."),
    ],
    exits: .codes([
      .pass: "The oplog was searched, whether or not something was found.", .usage: nil,
      .damagedBackup: "The oplog is damaged, or a gap hides a part of it.", .backupNotFound: nil,
      .internal: nil, .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    var request = FindRequest(namespaces: values[namespaces])
    if !values[kinds].isEmpty { request.kinds = Set(values[kinds]) }
    if let text = values[since] { request.since = try moment(text, "--since").lowerBound }
    if let text = values[until] { request.until = try moment(text, "--until").upperBound }
    if let value = values[minimum] { request.minimum = value }
    if let value = values[within] { request.within = value }
    if let value = values[limit] { request.limit = value }

    let backup = try openBackup(values[VerifyCommand.backup])
    for note in backup.notes { session.events(.note(note)) }
    session.events(.phaseStarted("oplog", total: nil))
    let (chain, seconds) = try Clock.measure {
      try OplogChain.open(base: backup, slices: values[RestoreCommand.oplog])
    }
    session.events(.phaseEnded(.oplog(chain.slices, seconds)))
    for note in chain.notes { session.events(.note(note)) }
    for seam in chain.coverage.unproven {
      session.events(.warning("unproven seam: \(seam.description)"))
    }
    let report = FindReport(result: try request.search(chain, events: session.events), chain: chain)
    session.result(text: report.text(color: session.console.resultHasColor), json: report.json)
    guard let gap = chain.coverage.gaps.first else { return ExitCode.pass.status }
    session.log(.notSearched(gap, chain.coverage))
    return ExitCode.damagedBackup.status
  }

  /// The entries that a moment may mean: one timestamp, or those of a second.
  private static func moment(_ text: String, _ option: String) throws(Failure) -> ClosedRange<Timestamp> {
    let target: Target
    do throws(Failure) { target = try Target(text) } catch {
      // Its hint may say what is missing of a time; that of a target speaks of words which this option doesn't take.
      throw .invalidMoment(text, option, because: error)
    }
    switch target {
    case .through(let timestamp): return timestamp...timestamp
    case .second(let second):
      return Timestamp(seconds: second, increment: 0)...Timestamp(seconds: second, increment: .max)
    default: throw .invalidMoment(text, option)
    }
  }
}

extension ValueKind<UInt32> {
  /// A length of time in whole seconds.
  fileprivate static var wholeSeconds: Self {
    ValueKind("a duration of whole seconds, such as 10s or 5m") { text in
      TimeSpan.parse(text).flatMap { UInt32(exactly: $0) }
    }
  }
}

extension Failure {
  fileprivate static func invalidMoment(
    _ text: String, _ option: String, because target: Failure? = nil
  ) -> Failure {
    let particular = target?.hint.flatMap { $0.contains("latest") || $0.contains("dump-end") ? nil : $0 }
    return Failure(
      .usage, "invalid-moment", "\(option) \"\(text)\" is no moment to search from or to",
      hint: particular ?? "Give SECONDS:INCREMENT, a time such as 2026-11-21T14:30:00Z, or Unix seconds.")
  }

  fileprivate static func notSearched(_ gap: Seam, _ coverage: Coverage) -> Failure {
    Failure(
      .damagedBackup, "not-all-searched",
      "what lies behind a gap of the oplog, through \(coverage.last), was not searched: \(gap.description)",
      at: gap.after.place, hint: "A slice is missing; add it with --oplog.")
  }
}
