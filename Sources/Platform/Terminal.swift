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

  /// Writes text and gives up silently when nobody reads it any more.
  package static func write(_ text: String, to descriptor: Int32) {
    _ = Files.write(text, to: descriptor)
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
