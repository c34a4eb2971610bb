internal import Arguments
internal import BSON
internal import Backups
internal import Drafting
internal import Facts
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Synchronization

/// `mongodrill init BACKUP`.
enum InitCommand: Command {
  static let file = Option.value(
    "-o", placeholder: "FILE", kind: .path, default: "standard output", help: "Writes the scenario to a file."
  )
  static let force = Option.flag("--force", help: "Replaces FILE when it is there already.")
  static let noDocuments = Option.flag(
    "--no-documents", help: "Reads no document: only what the backup says of its collections is drafted.")

  static let syntax = CommandSyntax(
    name: "init", summary: "drafts a scenario from what a backup holds; needs no mongod",
    description: [
      "Reads the backup once and drafts checks: facts of each collection, fields that refer to another collection "
        + "(by their names and by their values), what is one of a kind, how fresh it is. What is sure is in force: "
        + "facts of the backup, and what held for every value that was read. The rest is commented out, each line "
        + "with its reason in figures, for you to decide.",
      "'mongodrill run BACKUP' asks the sure ones without a file. A draft knows the backup alone: how many orders "
        + "there have to be, and how long a recovery may take, is for you to add.",
    ],
    positionals: [VerifyCommand.backup],
    options: [OptionGroup("Options", [RestoreCommand.oplog, file, force, noDocuments])],
    examples: [
      Example("mongodrill init dump/ -o scenarios/shop/scenario.yaml", "The first scenario for a backup."),
      Example(
        "mongodrill init dump/ --oplog slices/ -o shop.yaml", "With a replay to the end of the slices."),
      Example("mongodrill init shop.archive.gz --output json", "Each check with its reason, for a program."),
    ],
    exits: .codes([
      .pass: "A scenario was drafted.", .usage: "FILE is there already, or a mistake of the command line.",
      .damagedBackup: nil, .backupNotFound: nil, .internal: nil, .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let path = values[VerifyCommand.backup]
    if let file = values[file], !values[force], Files.exists(file) { throw Failure.fileIsThere(file) }
    let backup = try openBackup(path)
    for note in backup.notes { session.events(.note(note)) }
    let slices = values[RestoreCommand.oplog]
    let replay = try replay(of: backup, slices)
    for note in replay?.chain.notes ?? [] { session.events(.note(note)) }
    let plan = try plan(of: backup, replay)
    let (survey, summary) = values[noDocuments] ? (nil, ReadSummary()) : try read(backup, plan, session)

    let folder = values[file].map { Files.folder(of: $0) }
    let draft = Draft(
      Draft.Sources(
        plan.catalogue(summary), surveys: survey.map { [$0] } ?? [], isReplayed: replay != nil))
    let scenario = ScenarioDraft(
      draft, title: "Can \(name(of: path)) be recovered?", backup: scenarioPath(path, in: folder),
      oplog: slices.map { scenarioPath($0, in: folder) }, target: replay?.target.requested.description,
      notes: notes(backup, replay, hasRead: survey != nil))
    let json: JSON = .record([
      "backup": .string(path), "items": .array(draft.items.map(\.json)), "yaml": .string(scenario.yaml),
    ])
    guard let file = values[file] else {
      session.result(text: scenario.yaml, json: json)
      return ExitCode.pass.status
    }
    try Files.createFolder(Files.folder(of: file), mode: 0o777, parents: true)
    try Files.writeAtomically(scenario.yaml.utf8, to: file)
    let sure = draft.items.count(where: \.isSure)
    let others = draft.items.count - sure
    session.result(
      text:
        "\(file.visible): \(Count.text(sure, "check")), \(Count.text(others, "guess", plural: "guesses")) commented out\n",
      json: json)
    return ExitCode.pass.status
  }

  /// The replay of the dump's own oplog and the slices, as far as no entry is missing; nil where there is none.
  private static func replay(of backup: any LogicalBackup, _ slices: [String]) throws -> PlannedReplay? {
    if slices.isEmpty, backup.oplog == nil || backup.path == "-" { return nil }
    let chain = try OplogChain.open(base: backup, slices: slices)
    let target: Target =
      !chain.hasSlices ? .dumpEnd : chain.coverage.gaps.isEmpty ? .latest : .through(chain.coverage.end)
    return PlannedReplay(chain, to: try target.resolve(in: chain))
  }

  /// What a restore of all of it makes, at the replay's target.
  private static func plan(
    of backup: any LogicalBackup, _ replay: PlannedReplay?
  ) throws(Failure) -> RestorePlan {
    let options = RestoreOptions()
    guard let replay else { return try RestorePlan(backup, options) }
    return try RecoveryPlan(replay, of: backup, options).restore.plan
  }

  /// What the file says at its top.
  private static func notes(_ backup: any LogicalBackup, _ replay: PlannedReplay?, hasRead: Bool) -> [String]
  {
    var facts = [backup.form.rawValue]
    if backup.origin.bytes > 0 { facts.append(ByteSize.format(backup.origin.bytes)) }
    if let version = backup.origin.serverVersion { facts.append("MongoDB \(version)") }
    var notes = [
      "Drafted by mongodrill \(Version.text) from \(backup.path) (\(facts.joined(separator: ", ")))."
    ]
    if !hasRead { notes.append("No document was read: what they hold is not drafted.") }
    if backup.path == "-" {
      notes.append("It was read from standard input: say where it lies, under `backup`.")
    } else if let replay {
      notes.append(
        "The documents were read as the dump holds them; the checks are asked after the replay, which goes through "
          + "\(replay.target.through).")
      notes += replay.chain.coverage.gaps.prefix(1).map {
        "Entries are missing after that: \($0.description)."
      }
    }
    return notes
  }

  private static func name(of path: String) -> String {
    if path == "-" { return "the backup" }
    return Files.name(of: (try? Files.realPath(path)) ?? path)
  }

  /// A path as a scenario in `folder` names it; as it was given, where the scenario goes to standard output.
  private static func scenarioPath(_ path: String, in folder: String?) -> String {
    guard let folder, !path.hasPrefix("/"), folder != "." else { return path }
    guard path != "-" else { return path }
    // Relative paths start at the scenario's folder, which may be linked elsewhere: only a path from the root is sure.
    guard let real = try? Files.realPath(path) else { return path }
    return real
  }

  private static func read(
    _ backup: any LogicalBackup, _ plan: RestorePlan, _ session: Session
  ) throws -> (Survey?, ReadSummary) {
    let total = backup.origin.bytes > 0 ? Amount(bytes: backup.origin.bytes) : nil
    session.events(.phaseStarted("read", total: total))
    let read = Mutex((ReadProgress(), told: 0.0))
    let started = Clock.monotonic
    let (survey, summary) = try Survey.read(
      backup, as: plan.surveyed,
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
    session.events(
      .phaseEnded(
        Phase(
          "read", seconds: Clock.monotonic - started,
          documents: summary.collections.reduce(0) { $0 + $1.documents },
          bytes: summary.collections.reduce(0) { $0 + $1.bytes })))
    return (survey, summary)
  }
}

extension RestorePlan {
  /// What it makes, with the counts of what was read.
  fileprivate func catalogue(_ summary: ReadSummary) -> Catalogue {
    var catalogue = Catalogue()
    let reads = Dictionary(summary.collections.map { ($0.collection, $0) }) { first, _ in first }
    for item in selected {
      guard var facts = item.facts else { continue }
      facts.indexes += item.rawIndexes.map { $0.logical(in: facts.options) }
      facts.documents = item.index.flatMap { reads[$0]?.documents }
      facts.bytes = item.index.flatMap { reads[$0]?.bytes }
      catalogue[facts.namespace] = facts
    }
    return catalogue
  }
}

extension Failure {
  fileprivate static func fileIsThere(_ path: String) -> Failure {
    Failure(
      .usage, "file-is-there", "the file is there already", at: Place(path),
      hint: "Choose another name, or replace it with --force.")
  }
}
