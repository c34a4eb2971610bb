internal import Arguments
internal import Checks
internal import Drills
internal import Platform
internal import Record
internal import Witness

/// `mongodrill check --uri URI CHECKS.yaml`.
enum CheckCommand: Command {
  static let file = Positional.one(
    "CHECKS.yaml",
    help: "A file with checks as in a scenario, or a scenario: of it the checks alone are asked.")
  static let suites = Option.list(
    "--suite", placeholder: "NAME", kind: .text, help: "Asks this suite; without it all are asked.")
  static let witness = Option.value(
    "--witness", placeholder: "FILE", kind: .path,
    help: "What `compare: witness` compares with: a file that `mongodrill witness` wrote.")
  static let baseline = Option.value(
    "--baseline", placeholder: "RUN", kind: .path,
    help: "What `compare: baseline` compares with: a report's folder, a file with a record, or a run's id.")
  static let reports = Option.value(
    "--report-dir", placeholder: "DIR", kind: .folder, default: "reports",
    help: "Where the run of --baseline is looked for by its id.")
  static let parallel = Option.value(
    "--parallel", placeholder: "N", kind: .integer(in: 1...64), default: "2",
    help: "How many checks are asked at one time.")
  static let timeout = Option.value(
    "--timeout", placeholder: "DURATION", kind: .duration, default: "none",
    help: "How long a check may take that doesn't say so itself.")

  static let syntax = CommandSyntax(
    name: "check", summary: "asks checks of any server, read-only",
    description: [
      "Nothing but reading commands is sent: a user with the role read is enough for the databases that are asked "
        + "about. Checks that would lock (validate) are skipped, which is no pass; $out, $merge and code that the server "
        + "would run are refused before anything is asked. A `command` check runs here, too: what it does is its own.",
      "Answers and the verdict go to standard output; with --output json one record, which a later --baseline can read.",
    ],
    positionals: [file],
    options: [
      OptionGroup("Server", [SourceFlags.uri]),
      OptionGroup(
        "Options",
        [suites, ScenarioFlags.parameters, witness, baseline, reports, RunCommand.failOn, parallel, timeout]),
    ],
    examples: [
      Example(
        "mongodrill check --uri mongodb://db1/ checks.yaml", "Whether a restored server holds what it should."
      ),
      Example(
        "MONGODRILL_SOURCE_URI=\"$(cat uri)\" mongodrill check checks.yaml --suite core --fail-on warn",
        "One suite, with no password on the command line."),
      Example(
        "mongodrill check --uri mongodb://db1/ checks.yaml --output json > monday.json",
        "A record; --baseline monday.json compares with it."),
    ],
    exits: .codes([
      .pass: nil, .checkFailed: nil, .warnings: nil,
      .incomplete: "The server can't be reached, or a check has no answer.", .notVerified: nil, .usage: nil,
      .internal: nil, .invalidScenario: "The file of checks is invalid.", .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let parameters = Dictionary(values[ScenarioFlags.parameters].map { ($0.name, $0.value) }) { _, last in
      last
    }
    let checks: ChecksFile
    do throws(InvalidScenario) { checks = try ChecksFile(values[file], parameters: parameters) } catch {
      throw Failures(all: error.failures)
    }
    var options = LiveCheck.Options(
      uri: try SourceFlags.address(values, session), runID: RunID.make(checks.name, at: .now),
      version: Version.text)
    options.suites = values[suites]
    options.failOnWarn = values[RunCommand.failOn] == .warn
    options.parallel = values[parallel] ?? 2
    options.timeout = values[timeout]
    if let path = values[witness] {
      let record = try WitnessRecord.read(path)
      // Numbers of documents are those of its last moment.
      options.witness = record.catalogue(at: record.batches.indices.last)
      options.fleeting = record.fleeting
    }
    if let run = values[baseline] {
      options.baseline = try Baseline.read(run, reports: values[reports] ?? "reports")
    }
    let record = try LiveCheck(checks, options: options, events: session.events).run()
    session.result(
      text: CheckReport(record: record).text(color: session.console.resultHasColor), json: record.json)
    return record.exitCode.status
  }
}

extension ValueKind<Double> {
  /// A length of time, in seconds.
  static var duration: Self {
    ValueKind("a duration such as 30s or 5m") { text in TimeSpan.parse(text).flatMap { $0 > 0 ? $0 : nil } }
  }
}
