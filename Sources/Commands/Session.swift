internal import Platform
internal import Record

/// What a command works with: the global options, the console, and where its events go.
struct Session: Sendable {
  let options: GlobalOptions
  let console: Console
  private let printers: [any EventPrinter]

  init(_ options: GlobalOptions) {
    self.options = options
    console = Console(color: options.color)
    var printers: [any EventPrinter] = []
    if options.output == .jsonl { printers.append(LinesPrinter(console: console)) }
    if !options.isQuiet {
      printers.append(MessagePrinter(console: console))
      switch options.progress {
      case .auto where console.canRedraw:
        printers.append(LivePrinter(console: console, isVerbose: options.isVerbose))
      case .auto, .plain:
        printers.append(PlainPrinter(console: console, isVerbose: options.isVerbose))
      case .none: break
      }
    }
    self.printers = printers
  }

  /// Where the engine's events go.
  var events: EventSink {
    { [printers] event in
      for printer in printers { printer.print(event) }
    }
  }

  /// Asks a person who sits at a terminal; nil where nobody does.
  var asking: (@Sendable (String) throws -> String?)? {
    guard Terminal.isTerminal(Terminal.input), Terminal.isTerminal(Terminal.errorOutput) else { return nil }
    return { [console] question in
      console.show([])
      Terminal.write(question.visible, to: Terminal.errorOutput)
      return try Terminal.line()
    }
  }

  /// Clears the live area: what follows is the result.
  func endProgress() { console.show([]) }

  /// Writes the result in the form that was asked for; `text` ends in a newline.
  func result(text: @autoclosure () -> String, json: @autoclosure () -> JSON) {
    endProgress()
    switch options.output {
    case .text: console.result(text())
    case .json: console.result(json().text(pretty: true) + "\n")
    case .jsonl: console.result(JSON.record(["event": "result", "result": json()]).text() + "\n")
    }
  }

  /// Writes failures: for people on standard error, for programs on standard output, too.
  func report(_ failures: [Failure]) {
    failures.forEach(log)
    guard let first = failures.first else { return }
    let all: JSON? = failures.count > 1 ? .some(.array(failures.map(\.json))) : .none
    switch options.output {
    case .text: break
    case .json: console.result(JSON.record(["error": first.json, "errors": all]).text(pretty: true) + "\n")
    case .jsonl:
      console.result(JSON.record(["event": "error", "error": first.json, "errors": all]).text() + "\n")
    }
  }

  /// Writes a failure for people alone.
  func log(_ failure: Failure) {
    endProgress()
    let name = Style.red.paint("mongodrill:", if: console.hasColor)
    console.log("\(name) \(failure.description.visible)")
    if let hint = failure.hint { console.log("HINT: \(hint.visible)") }
  }
}

/// Several things that are wrong at once.
struct Failures: Error {
  let all: [Failure]
}

extension Failure {
  /// `{kind, code, message, place, hint, cause, exit_code}`; what there isn't is left out.
  var json: JSON {
    .record([
      "kind": .string(kind.rawValue), "code": .string(code), "message": .string(message),
      "place": place?.json, "hint": hint.map(JSON.string), "cause": cause.map(JSON.string),
      "exit_code": .integer(Int64(ExitCode(self).rawValue)),
    ])
  }
}

extension Place {
  /// `{file, offset, line, column}`; what there isn't is left out.
  var json: JSON {
    .record([
      "file": .string(file), "offset": offset.map { .integer(Int64(clamping: $0)) },
      "line": line.map { .integer(Int64($0)) }, "column": column.map { .integer(Int64($0)) },
    ])
  }
}
