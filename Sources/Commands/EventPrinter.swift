internal import Platform
internal import Record
internal import Synchronization

/// Draws events. Called from any thread.
protocol EventPrinter: Sendable {
  func print(_ event: Event)
}

/// Notes and warnings, for people.
struct MessagePrinter: EventPrinter {
  let console: Console

  func print(_ event: Event) {
    switch event {
    case .warning(let text):
      console.log(Style.yellow.paint("warning:", if: console.hasColor) + " " + text.visible)
    case .note(let text): console.log("note: " + text.visible)
    case .phaseStarted, .progress, .collectionDone, .phaseEnded, .checked: break
    }
  }
}

/// One line a phase when it has ended, and one a check that didn't pass; with `-v` one a collection and one a
/// check.
struct PlainPrinter: EventPrinter {
  let console: Console
  let isVerbose: Bool

  func print(_ event: Event) {
    switch event {
    case .phaseEnded(let phase): console.log(phase.line)
    case .collectionDone(let phase, let namespace, let amount, let seconds):
      if isVerbose { console.log("\(phase): \(namespace.visible): \(amount.text(in: seconds))") }
    case .checked(let outcome):
      if isVerbose || outcome.result != .pass { console.log(outcome.line(color: console.hasColor)) }
    case .phaseStarted, .progress, .note, .warning: break
    }
  }
}

/// Every event as a JSON object on a line of its own, on standard output; progress with the seconds left.
final class LinesPrinter: EventPrinter {
  private struct State {
    var left = TimeLeft(begun: Clock.monotonic)
    var total: Amount?
  }

  private let console: Console
  private let state = Mutex(State())

  init(console: Console) { self.console = console }

  func print(_ event: Event) {
    let left: Double? = state.withLock { state in
      switch event {
      case .phaseStarted(_, let total): state = State(total: total)
      case .progress(let progress):
        return state.left.take(progress, total: progress.total ?? state.total, at: Clock.monotonic)
      default: break
      }
      return nil
    }
    console.result(event.json(secondsLeft: left).text() + "\n")
  }
}

extension Phase {
  /// `restore: 600,000 documents, 150 MB in 2.1 s (286,000/s, 71.4 MB/s)`.
  var line: String {
    guard let documents else {
      let size = bytes.map { "\(ByteSize.format($0)) in " } ?? ""
      return "\(name): \(size)\(TimeSpan.format(seconds))"
    }
    return "\(name): \(Amount(documents: documents, bytes: bytes ?? 0).text(in: seconds, of: noun))"
  }

  private var noun: String {
    switch name {
    case "indexes": "index"
    case "checks": "check"
    case "oplog", "replay", "search": "entry"
    default: "document"
    }
  }
}

extension Amount {
  /// `600,000 documents, 150 MB in 2.1 s (286,000/s, 71.4 MB/s)`; rates only where they mean something.
  func text(in seconds: Double, of noun: String = "document") -> String {
    var text = Count.text(
      documents, noun, plural: noun == "index" ? "indexes" : noun == "entry" ? "entries" : nil)
    if bytes > 0 { text += ", \(ByteSize.format(bytes))" }
    text += " in \(TimeSpan.format(seconds))"
    if bytes > 0, seconds >= 0.01 { text += " (\(rate(over: seconds)))" }
    return text
  }

  /// `286,000/s, 71.4 MB/s`.
  func rate(over seconds: Double) -> String {
    let perSecond = 1 / max(seconds, 1e-9)
    return "\(Count.text(Int(Double(documents) * perSecond)))/s, "
      + "\(ByteSize.format(Int(Double(bytes) * perSecond)))/s"
  }
}

extension Outcome {
  /// `pass  count of shop.orders: 5,000 documents, as in the backup`.
  func line(color: Bool) -> String {
    let style: Style =
      switch result {
      case .pass: .green
      case .warn, .skipped: .yellow
      case .fail, .error: .red
      }
    let word = style.paint(Columns.pad(result.rawValue, to: 7), if: color)
    return "\(word) \(title.visible): \(message.visible)"
  }
}
