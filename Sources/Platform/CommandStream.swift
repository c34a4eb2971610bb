internal import Glibc

/// A command of the user's own whose output is read while it runs; its error output is kept apart.
package final class CommandStream: Sendable {
  /// How much of its error output is kept, in bytes.
  private static let keptErrors = 8 << 10
  /// How many lines of it a failure quotes.
  private static let quotedLines = 3

  /// The command with secrets masked, for messages.
  package let name: String
  /// The end of a pipe that its output is read from; it is the reader's to close.
  package let output: Int32
  private let child: Child
  private let secrets: Secrets
  private let errors: Monitor<Errors>
  private let started = Clock.monotonic
  private let ending = Monitor<Ending?>(nil)

  private struct Errors: Sendable {
    var text: CapturedOutput
    var isAtEnd = false
  }

  /// What it came to, once all of its output was read and it had ended well.
  package struct Ending: Sendable, Hashable {
    /// From its start to its end.
    package var seconds: Double
    /// What it wrote to its output.
    package var bytes: Int
  }

  fileprivate init(_ spec: ChildSpec, name: String, secrets: Secrets) throws(Failure) {
    self.name = name
    self.secrets = secrets
    let (reading, writing) = try Poll.pipe()
    let complaints: (reading: Int32, writing: Int32)
    do throws(Failure) { complaints = try Poll.pipe() } catch {
      close(reading)
      close(writing)
      throw error
    }
    var spec = spec
    spec.output = .descriptor(writing)
    spec.errorOutput = .descriptor(complaints.writing)
    defer {
      close(writing)
      close(complaints.writing)
    }
    let errors = Monitor(Errors(text: CapturedOutput(limit: Self.keptErrors + 2 * secrets.reach)))
    do throws(Failure) {
      child = try Supervisor.shared.spawn(spec)
      // Read all along: a command whose complaints nobody takes would stand still.
      _ = try Threads.start { CommandStream.drain(complaints.reading, into: errors) }
    } catch {
      close(reading)
      close(complaints.reading)
      throw error
    }
    self.errors = errors
    output = reading
  }

  private static func drain(_ descriptor: Int32, into errors: Monitor<Errors>) {
    defer {
      close(descriptor)
      errors.update { $0.isAtEnd = true }
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return }
      errors.update { $0.text.append(buffer[..<count]) }
    }
  }

  /// What it came to; nil while it runs, and when it failed or was not read to its end.
  package var result: Ending? { ending.withLock { $0 } }

  /// Waits for its end after `bytes` of output, which was all. Throws a `Failure` when it did not end well, and of kind
  /// `interrupted`.
  package func finish(afterReading bytes: Int) throws(Failure) {
    if result != nil { return }
    guard let status = child.wait(wakingOnInterruption: true) else {
      try Interruption.check()
      throw .supervisorDied()
    }
    guard status == .exited(0) else { throw .sourceFailed(name, status, saying: complaint) }
    ending.update { $0 = Ending(seconds: Clock.monotonic - started, bytes: bytes) }
  }

  /// Ends it, when it still runs: nobody reads on.
  package func cancel() {
    if child.isAlive { child.kill() }
  }

  /// The last lines of its error output.
  private var complaint: String {
    // What it left running may hold the pipe open for ever.
    _ = errors.wait(atMost: 0.2) { $0.isAtEnd ? true : nil }
    let text = secrets.masked(errors.withLock { $0.text })
    let lines = text.split(whereSeparator: \.isNewline).filter { $0.contains { !$0.isWhitespace } }
    return lines.suffix(Self.quotedLines).joined(separator: "; ")
  }
}

extension UserCommand {
  /// The program and its arguments on one line, with secrets masked.
  package var name: String { Secrets(of: Environment.all).masked(arguments.joined(separator: " ")) }

  /// Starts it with its `input` to read; what it writes is taken from the stream's `output`. Throws a `Failure` when it
  /// can't be started.
  package func stream() throws(Failure) -> CommandStream {
    var variables = Environment.all
    for (name, value) in environment { variables[name] = value }
    let place = try folder.map { folder throws(Failure) in try Files.realPath(folder) }
    var words = arguments
    if !words.isEmpty { words[0] = program }
    return try CommandStream(
      ChildSpec(
        words, environment: variables, workingDirectory: place, input: input.map { .file($0) } ?? .null),
      name: name, secrets: Secrets(of: variables))
  }
}

extension Failure {
  static func sourceFailed(_ name: String, _ status: ExitStatus, saying complaint: String) -> Failure {
    let cause = complaint.isEmpty ? nil : complaint
    if case .signaled = status {
      return Failure(
        .incomplete, "source-ended", "the command that gives the backup was ended by \(status)",
        at: Place(name), hint: "Something else ended it; run the drill again.", cause: cause)
    }
    return Failure(
      .damagedBackup, "source-failed", "the command that gives the backup ended with \(status)",
      at: Place(name),
      hint: "Run it by itself, in the scenario's folder: what it wrote before it failed is no backup.",
      cause: cause)
  }
}
