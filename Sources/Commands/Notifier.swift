internal import Platform
internal import Record
internal import Reports

/// A program that is told of each drill (`run --notify`).
struct Notifier: Sendable {
  /// A notifier that takes longer than this many seconds is ended.
  static let timeout = 60.0

  private let program: String
  private let arguments: [String]

  /// A program without a slash is looked for in `PATH`. Throws `Failure` of kind `usage` when it isn't there: that
  /// is better known before the drill than after it.
  init(_ program: String, arguments: [String]) throws(Failure) {
    let found =
      program.contains("/")
      ? (Files.isExecutable(program) ? program : nil) : Programs.find(program, path: Environment["PATH"])
    if found == nil, Programs.isLocked(program) { throw .notExecutable(.usage, program) }
    guard let found else { throw .notifierNotFound(program) }
    self.program = found
    self.arguments = arguments
  }

  /// Starts it, with `report.json` on its standard input and the main facts in its environment, and waits for its
  /// end, also after a signal to stop. Throws `Failure` of kind `incomplete` when it fails.
  func notify(of record: DrillRecord, in folder: RunFolder) throws(Failure) {
    var environment = Environment.all
    environment["MONGODRILL_RUN_ID"] = record.runID
    environment["MONGODRILL_VERDICT"] = record.verdict.rawValue
    environment["MONGODRILL_EXIT_CODE"] = String(record.exitCode.rawValue)
    // One line without control characters: it may end up as the subject of a mail.
    environment["MONGODRILL_SENTENCE"] = record.summary.sentence.visible
    environment["MONGODRILL_REPORT_DIR"] = folder.path
    let spec = ChildSpec(
      [program] + arguments, environment: environment, input: .file(Files.join(folder.path, "report.json")))
    let secrets = Secrets(of: environment.map { ($0.key, $0.value) } + arguments.map(Self.pair))
    let captured = try Supervisor.shared.capture(
      spec, limit: 4096 + 2 * secrets.reach, timeout: Self.timeout, ignoringInterruption: true)
    guard captured.isTimedOut || captured.status != .exited(0) else { return }
    let errors = secrets.masked(captured.errorOutput)
    let words = errors.isEmpty ? secrets.masked(captured.output) : errors
    let last = words.split(separator: "\n").last.map(String.init)
    throw .notifierFailed(
      program,
      captured.isTimedOut ? "it took longer than \(TimeSpan.format(Self.timeout))" : "\(captured.status)",
      last)
  }

  /// An argument, by its name where it has one: `token=…`, `--token=…`.
  private static func pair(_ argument: String) -> (key: String, value: String) {
    guard let equals = argument.firstIndex(of: "=") else { return ("", argument) }
    return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
  }
}

extension Failure {
  static func notifierNotFound(_ program: String) -> Failure {
    Failure(
      .usage, "notifier-not-found", "there is no program \(program) that could be started",
      hint: "Give the path of an executable file with --notify, and its arguments with --notify-arg.")
  }

  static func argumentsWithoutNotifier() -> Failure {
    Failure(
      .usage, "arguments-without-notifier", "--notify-arg is an argument for a program, and none was given",
      hint: "Add --notify PROGRAM.")
  }

  static func notifierFailed(_ program: String, _ how: String, _ words: String?) -> Failure {
    Failure(
      .incomplete, "notifier-failed", "nobody was notified: \(program) failed, \(how)",
      hint: "The report is written; start the program with its report.json on standard input to try it.",
      cause: words)
  }
}
