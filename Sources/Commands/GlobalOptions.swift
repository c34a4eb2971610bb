internal import Arguments
internal import Platform

/// What every command takes.
struct GlobalOptions: Sendable {
  /// How results are written to standard output.
  enum Output: String, Sendable, CaseIterable {
    case text
    /// One JSON value.
    case json
    /// One JSON object a line: the events as they happen, then the result.
    case jsonl
  }

  /// How progress is written to standard error.
  enum ProgressStyle: String, Sendable, CaseIterable {
    /// Live on a terminal, otherwise plain.
    case auto
    /// One line a phase.
    case plain
    case none
  }

  var output = Output.text
  var progress = ProgressStyle.auto
  var color = Terminal.ColorChoice.auto
  /// Only results and errors.
  var isQuiet = false
  /// Each collection as it is done, and notes.
  var isVerbose = false

  init() {}
}

extension GlobalOptions {
  static let output = Option.choice(
    "--output", default: Output.text,
    help: "How results are written to standard output. With json an error is written there, too.")
  static let progress = Option.choice(
    "--progress", default: ProgressStyle.auto,
    help: "How progress is written to standard error: live on a terminal, one line a phase, or not at all.")
  static let color = Option.choice(
    "--color", default: Terminal.ColorChoice.auto,
    help: "Whether to use colours. In doubt, NO_COLOR and TERM=dumb count.")
  static let quiet = Option.flag("-q", "--quiet", help: "Writes results and errors only.")
  static let verbose = Option.flag("-v", "--verbose", help: "Writes a line for each collection, too.")
  static let help = Option.flag("-h", "--help", help: "Shows this help.")
  static let version = Option.flag("--version", help: "Shows the version.")

  static let group = OptionGroup(
    "Options of every command", [output, progress, color, quiet, verbose, help, version])

  init(_ values: Values) {
    output = values[GlobalOptions.output]
    progress = values[GlobalOptions.progress]
    color = values[GlobalOptions.color]
    isQuiet = values[GlobalOptions.quiet]
    isVerbose = values[GlobalOptions.verbose]
  }

  /// What can be known of a line that is wrong: whoever asked for JSON gets the error as JSON.
  init(guessing words: [String]) {
    let words = words.prefix { $0 != "--" }
    for (word, next) in zip(words, words.dropFirst() + [""]) {
      if word == "--output", let form = Output(rawValue: next) { output = form }
      if word.hasPrefix("--output="), let form = Output(rawValue: String(word.dropFirst(9))) { output = form }
    }
  }
}
