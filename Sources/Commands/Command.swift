internal import Arguments
internal import Record

/// One command: its line with help, and its call. Each has a file of its own and stands in `Program.commands`.
protocol Command: Sendable {
  /// Its options, arguments, help, examples and exit codes.
  static var syntax: CommandSyntax { get }
  /// Runs it and returns the exit status. What it throws becomes a failure with the exit code of its kind.
  static func run(_ values: Values, _ session: Session) throws -> Int32
}

extension ExitCode {
  /// What the process ends with.
  var status: Int32 { Int32(rawValue) }
}

extension [ExitMeaning] {
  /// Rows of the help from the one table of exit codes, each with its meaning there or with a better one.
  static func codes(_ rows: KeyValuePairs<ExitCode, String?>) -> [ExitMeaning] {
    rows.map { code, meaning in ExitMeaning(String(code.rawValue), meaning ?? code.meaning) }
  }
}
