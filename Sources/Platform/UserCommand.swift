/// A command of the user's own that a scenario runs: never through a shell, in a process group of its own.
package struct UserCommand: Sendable {
  /// How much of each of its outputs is kept, in bytes.
  private static let keptOutput = 8 << 10

  /// The program and its arguments; a program with a slash in it lies where `folder` says.
  package var arguments: [String]
  /// Put into the environment, besides that of this process; nil takes a variable away.
  package var environment: [String: String?]
  /// Where it runs; nil: where this process does.
  package var folder: String?
  /// The file that it reads as its standard input where its output is streamed; nil: nothing.
  package var input: String?

  package init(
    _ arguments: [String], environment: [String: String?] = [:], folder: String? = nil, input: String? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.folder = folder
    self.input = input
  }

  /// The program, as it is looked for: by its path, or by its name in PATH.
  package var program: String {
    guard let first = arguments.first else { return "" }
    guard let folder, first.contains("/"), !first.hasPrefix("/") else { return first }
    return Files.join((try? Files.realPath(folder)) ?? folder, first)
  }

  /// How it ended, and what it wrote.
  package struct Result: Sendable {
    package var status: ExitStatus
    /// Whether it was ended because its time was over.
    package var isTimedOut: Bool
    /// The beginning and the end of its output and its error output, with secrets masked.
    package var output: String
    /// How long it ran.
    package var seconds: Double
  }

  /// Runs it to its end. After `timeout` seconds, and when this process is asked to stop, it and what it started are
  /// ended; see `Supervisor.capture`. Throws a `Failure` when it can't be started, and of kind `interrupted`.
  package func run(timeout: Double?, ignoringInterruption: Bool = false) throws(Failure) -> Result {
    var variables = Environment.all
    for (name, value) in environment { variables[name] = value }
    let place = try folder.map { folder throws(Failure) in try Files.realPath(folder) }
    var words = arguments
    if !words.isEmpty { words[0] = program }
    let secrets = Secrets(of: variables)
    let captured = try Supervisor.shared.capture(
      ChildSpec(words, environment: variables, workingDirectory: place),
      limit: Self.keptOutput + 2 * secrets.reach,
      timeout: timeout,
      ignoringInterruption: ignoringInterruption)
    let output = [captured.output, captured.errorOutput].map(secrets.masked).filter { !$0.isEmpty }
    return Result(
      status: captured.status, isTimedOut: captured.isTimedOut,
      output: output.joined(separator: "\n"), seconds: captured.seconds)
  }
}
