internal import Arguments
internal import Platform
internal import Readiness
internal import Record
internal import Reports

/// `mongodrill history`.
enum HistoryCommand: Command {
  static let scenario = Option.value(
    "--scenario", placeholder: "NAME", kind: .text, help: "Only runs of that scenario.")
  static let last = Option.value(
    "--last", placeholder: "N", kind: .integer(in: 1...1_000_000), default: "20",
    help: "So many of the newest runs are listed and make the trends.")
  static let since = Option.value(
    "--since", placeholder: "TIME", kind: .age,
    help: "Only runs that ended after then: 30d for so long ago, or a time such as 2026-11-01T00:00:00Z.")
  static let ascii = Option.flag(
    "--ascii", help: "Draws trends with plain letters; as a matter of course where the locale isn't UTF-8.")
  static let html = Option.value(
    "--html", placeholder: "FILE", kind: .path,
    help: "Writes charts of all runs into a file that needs no other.")
  static let verify = Option.flag(
    "--verify", help: "Says whether records were changed, removed, moved or put in.")
  static let allowedSigners = Option.value(
    "--allowed-signers", placeholder: "FILE", kind: .path,
    help: "With --verify: looks at the signatures, too. A line a signer: NAME, a space, the public key.")
  static let head = Option.value(
    "--head", placeholder: "SHA256", kind: .text,
    help: "With --verify: the record whose digest an earlier --verify printed has to be there still.")
  static let prune = Option.value(
    "--prune", placeholder: "AGE", kind: .duration,
    help: "Removes the oldest runs, those that ended longer ago than that, and leaves an anchor for --verify."
  )
  static let project = Option.value(
    "--project", placeholder: "SIZE", kind: .byteSize,
    help:
      "Says how long a recovery would take with a backup of that size, from what the last drills measured.")
  static let speed = Option.value(
    "--speed", placeholder: "FACTOR", kind: .factor, default: "1",
    help: "With --project: on a machine that is so many times as fast.")

  static let coverage = Option.flag(
    "--coverage", help: "Says of each collection when it was last proven, and by which run.")

  static let syntax = CommandSyntax(
    name: "history", summary: "shows what runs came to over time, and verifies their records",
    description: [
      "Lists the newest runs of a folder of reports, draws how their figures went, and counts over 1, 7, 30 and 90 days: "
        + "how many drills succeeded, recovery time, data loss, rates, sizes, and how often RTO and RPO were met. Runs that "
        + "were killed, records that can't be read, and clocks that jumped are named.",
      "With --verify it reads every record and goes along the chain of their digests: one byte that was changed, a record "
        + "that is gone, two that changed places, one that nobody wrote there are found. Note the digest it prints "
        + "somewhere else, or sign the records (`mongodrill run --sign`): whoever can write to the folder could make all of "
        + "the chain anew.",
    ],
    options: [
      OptionGroup("Options", [RunCommand.reports, scenario, last, since, ascii, html, coverage]),
      OptionGroup("Projection", [project, speed]),
      OptionGroup("Evidence", [verify, allowedSigners, head, prune]),
    ],
    examples: [
      Example("mongodrill history", "The last 20 runs in ./reports."),
      Example(
        "mongodrill history --report-dir /var/lib/drills --scenario shop --since 90d --output json",
        "A quarter, for a program."),
      Example("mongodrill history --verify --allowed-signers signers", "Whether the evidence is whole."),
      Example("mongodrill history --coverage", "What was last proven when."),
      Example("mongodrill history --html drills.html", "Charts over all runs."),
      Example(
        "mongodrill history --scenario shop --project 200GB",
        "How long it would take with a backup of 200 GB."),
      Example("mongodrill history --prune 400d", "Keeps 400 days."),
    ],
    exits: .codes([
      .pass: "Shown; with --verify: all records are as they were written.",
      .checkFailed:
        "With --verify: something is wrong with the records. With --prune: one that was due was changed, and stays.",
      .incomplete: "Something could not be read or written.",
      .notVerified: "With --verify: there is no record.", .usage: nil, .internal: nil, .interrupted: nil,
      .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let folder = values[RunCommand.reports] ?? "reports"
    for (option, name) in [(allowedSigners, "--allowed-signers"), (head, "--head")]
    where values[option] != nil && !values[verify] {
      throw Failure.onlyWithVerify(name)
    }
    if values[verify] {
      let verification = try ChainVerification(
        of: folder, allowedSigners: values[allowedSigners], head: values[head])
      session.result(text: HistoryReport.text(verification), json: verification.json)
      if !verification.isSound { return ExitCode.checkFailed.status }
      return verification.intact == 0 ? ExitCode.notVerified.status : ExitCode.pass.status
    }
    if let age = values[prune] { return try remove(olderThan: age, in: folder, session) }
    var index = try RunIndex(reading: folder, depth: values[coverage] ? .details : .summary)
    if let name = values[scenario] {
      guard index.scenarios.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
        throw Failure.noRunsOf(name, known: index.scenarios)
      }
      index = index.filtered { $0.scenario.utf8.elementsEqual(name.utf8) }
    }
    if values[speed] != nil, values[project] == nil { throw Failure.speedWithoutSize() }
    if let bytes = values[project] { return try projection(index, bytes, values[speed] ?? 1, session) }
    if values[coverage] {
      if let since = values[since] { index = index.filtered { $0.time.map { $0 >= since } ?? true } }
      let ledger = ProofLedger(index)
      session.result(
        text: ledger.text + HistoryReport.remarks(on: index),
        json: ["folder": .string(folder), "runs": .integer(Int64(ledger.runs)), "ledger": ledger.json])
      return ExitCode.pass.status
    }
    let history = RunHistory(index, last: values[last] ?? 20, since: values[since])
    if let file = values[html] {
      let all = RunHistory(index, last: nil, since: values[since])
      try Files.writeAtomically(HistoryPage(all, made: .now).text.utf8, to: file, mode: 0o600)
    }
    let report = HistoryReport(history, isASCII: values[ascii] || !Terminal.isUTF8)
    session.result(
      text: report.text(color: session.console.resultHasColor)
        + (values[html].map { "\nCharts: \($0.visible)\n" } ?? ""), json: history.json)
    return ExitCode.pass.status
  }

  /// Of each scenario that can be projected.
  private static func projection(
    _ index: RunIndex, _ bytes: Int, _ speed: Double, _ session: Session
  ) throws -> Int32 {
    let all = index.scenarios.compactMap { Projection($0, index.runs, bytes: bytes, speed: speed) }
    guard !all.isEmpty else { throw Failure.nothingToProject(index.folder) }
    session.result(
      text: all.map(HistoryReport.text).joined(separator: "\n"), json: .array(all.map(\.json)))
    return ExitCode.pass.status
  }

  /// From the first one written on, up to the first that is young enough: what lies behind that one stays, however old
  /// its clock says it is.
  private static func remove(olderThan age: Double, in folder: String, _ session: Session) throws -> Int32 {
    let limit = WallTime.now.adding(-age)
    let index = try RunIndex(reading: folder)
    let times = Dictionary(index.runs.map { ($0.runID, $0.time) }) { first, _ in first }
    var last: String?
    for link in try RunChain(of: folder).links {
      // Of one that is gone, or that can't be read, its name says when it began.
      guard let time = (times[link.runID] ?? nil) ?? link.writtenAt ?? RunID.time(of: link.runID),
        time < limit
      else { break }
      last = link.runID
    }
    let removal =
      try last.map { (run) throws(Failure) in try RunChain.remove(through: run, in: folder) }
      ?? RunChain.Removal()
    var text = "\(Count.text(removal.removed, "run")) removed from \(folder.visible)\n"
    text += removal.missing.map { "\($0.visible) was gone already: the chain keeps its name\n" }.joined()
    text += removal.changed.map {
      "\($0.visible) is not the record that was written: it stays, and what was written after it\n"
    }.joined()
    session.result(
      text: text,
      json: [
        "removed": .integer(Int64(removal.removed)), "through": removal.through.map(JSON.string) ?? .null,
        "missing": removal.missing.recordJSON, "changed": removal.changed.recordJSON,
      ])
    return removal.changed.isEmpty ? ExitCode.pass.status : ExitCode.checkFailed.status
  }
}

extension ValueKind<WallTime> {
  /// So long ago, or a time.
  static var age: Self {
    ValueKind("a length of time such as 30d, or a time such as 2026-11-01T00:00:00Z") { text in
      TimeSpan.parse(text).map { WallTime.now.adding(-$0) } ?? WallTime(rfc3339: text)
    }
  }
}

extension ValueKind<Int> {
  /// `200GB` or a number of bytes, more than none.
  static var byteSize: Self {
    ValueKind("a size such as 200GB") { text in ByteSize.parse(text).flatMap { $0 > 0 ? $0 : nil } }
  }
}

extension ValueKind<Double> {
  /// `2`, `0.5`.
  static var factor: Self {
    ValueKind("a factor such as 1.5") { text in Double(text).flatMap { $0.isFinite && $0 > 0 ? $0 : nil } }
  }
}

extension Terminal {
  /// Whether the locale says that more than ASCII can be shown.
  static var isUTF8: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { Environment[$0] }.first { !$0.isEmpty } ?? ""
    let name = locale.lowercased()
    return name.contains("utf-8") || name.contains("utf8")
  }
}

extension Failure {
  static func onlyWithVerify(_ option: String) -> Failure {
    Failure(.usage, "only-with-verify", "\(option) says nothing without --verify", hint: "Add --verify.")
  }

  static func speedWithoutSize() -> Failure {
    Failure(
      .usage, "speed-without-size", "--speed says nothing without --project",
      hint: "Add --project with the size of the backup.")
  }

  static func nothingToProject(_ folder: String) -> Failure {
    Failure(
      .incomplete, "nothing-to-project",
      "no drill in \(folder) succeeded, measured its recovery time and knows its backup's size",
      hint: "Drill once; a time that nobody measured isn't projected.")
  }

  static func noRunsOf(_ scenario: String, known: [String]) -> Failure {
    Failure(
      .usage, "no-runs-of", "there is no run of scenario \"\(scenario)\"",
      hint: Suggestion.hint(for: scenario, among: known)
        ?? (known.isEmpty ? nil : "There are runs of \(known.joined(separator: ", ")).")
    )
  }
}
