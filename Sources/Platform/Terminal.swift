internal import Glibc

/// What a descriptor shows to a person.
package enum Terminal {
  /// Standard input, output and error output.
  package static let input: Int32 = 0
  package static let output: Int32 = 1
  package static let errorOutput: Int32 = 2

  /// When to use colours: `--color`.
  package enum ColorChoice: String, Sendable, CaseIterable {
    case auto
    case always
    case never
  }

  /// Whether it is a terminal.
  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// How many columns it has; nil when it is no terminal or doesn't say. `COLUMNS` wins.
  package static func width(_ descriptor: Int32) -> Int? {
    if let columns = Environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Whether to use colours there: as chosen, and in doubt on a terminal that isn't dumb, unless `NO_COLOR` is set.
  package static func wantsColor(_ descriptor: Int32, _ choice: ColorChoice = .auto) -> Bool {
    switch choice {
    case .always: true
    case .never: false
    case .auto:
      isTerminal(descriptor) && (Environment["NO_COLOR"] ?? "").isEmpty && Environment["TERM"] != "dumb"
    }
  }

  /// How many bytes a pipe takes at once when it takes any (PIPE_BUF).
  private static let portion = 4096
  /// How long a reader who doesn't read may hold up a process that was asked to stop, in seconds, in all.
  private static let patience = 2.0
  private static let deadline = Monitor<Double?>(nil)

  /// Writes text; what nobody reads any more is dropped. After a signal to stop a reader who doesn't read (a pager, a
  /// terminal that is held up) isn't waited for long. Why it could not be written where something else is wrong, such
  /// as a full disk; nil otherwise.
  @discardableResult
  package static func write(_ text: String, to descriptor: Int32) -> Failure? {
    var status = stat()
    let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      guard isFile || mayWrite(to: descriptor) else { return nil }
      let part = isFile ? rest : rest.prefix(portion)
      guard Files.write(Array(part), to: descriptor) else {
        // EIO is a terminal's that has hung up.
        if [EPIPE, EIO, EBADF, ENXIO, ECONNRESET].contains(errno), !isFile { return nil }
        return .system("output-not-written", "cannot write the output")
      }
      rest = rest.dropFirst(part.count)
    }
    return nil
  }

  /// Waits until somebody takes more. False when that can't be waited for.
  private static func mayWrite(to descriptor: Int32) -> Bool {
    while true {
      let isStopping = Interruption.pending != nil
      let seconds: Double? =
        isStopping
        ? deadline.update { deadline in
          let end = deadline ?? Clock.monotonic + patience
          deadline = end
          return max(0, end - Clock.monotonic)
        } : nil
      var entries = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
      if !isStopping { entries.append(Interruption.entry) }
      if !Poll.wait(for: &entries, atMost: seconds) { return !isStopping }
      if entries[0].revents != 0 { return true }
    }
  }
}

/// The environment's variables.
package enum Environment {
  /// The value of a variable, nil when it isn't set.
  package static subscript(name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// All of them, as they were when the program started.
  package static let all: [String: String] = {
    var all: [String: String] = [:]
    var index = 0
    while let text = unsafe environ[index] {
      let pair = unsafe String(cString: text).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { all[String(pair[0])] = String(pair[1]) }
      index += 1
    }
    return all
  }()
}

extension Terminal {
  /// A line that a person types, without its newline; nil at the end of the input. Throws a failure of kind
  /// `interrupted` when a signal comes first.
  package static func line(from descriptor: Int32 = input) throws(Failure) -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      try Interruption.check()
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&request, 1, 100) > 0 else { continue }
      let count = unsafe read(descriptor, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
  }
}
