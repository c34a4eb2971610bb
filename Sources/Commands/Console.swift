internal import Platform
internal import Synchronization

/// Standard output and standard error, shared by threads: lines never mix, and the live area stays at the bottom.
///
/// Whoever reads may go away at any time: what can't be written then is dropped. A result that can't be written for
/// another reason, such as a full disk, is remembered as `lostOutput`.
final class Console: Sendable {
  private static let lost = Mutex<Failure?>(nil)
  /// Why a result is not where it was to go, or not all of it; nil when nothing was lost.
  static var lostOutput: Failure? { lost.withLock(\.self) }

  private let live = Mutex<[String]>([])
  /// Whether standard error gets colours.
  let hasColor: Bool
  /// Whether standard output gets colours.
  let resultHasColor: Bool
  /// Whether standard error is a terminal that can move its cursor.
  let canRedraw: Bool

  init(color: Terminal.ColorChoice) {
    hasColor = Terminal.wantsColor(Terminal.errorOutput, color)
    resultHasColor = Terminal.wantsColor(Terminal.output, color)
    canRedraw = Terminal.isTerminal(Terminal.errorOutput) && Environment["TERM"] != "dumb"
  }

  /// Writes a result: text that ends in a newline.
  func result(_ text: String) { write(text, to: Terminal.output) }

  /// Writes a line for a person.
  func log(_ line: String) { write(line + "\n", to: Terminal.errorOutput) }

  /// Replaces the lines at the bottom of the terminal; none to remove them.
  func show(_ lines: [String]) {
    live.withLock { live in
      var text = Console.erasing(live.count)
      live = lines
      text += Console.text(of: live)
      if !text.isEmpty { Terminal.write(text, to: Terminal.errorOutput) }
    }
  }

  private func write(_ text: String, to descriptor: Int32) {
    live.withLock { live in
      if !live.isEmpty { Terminal.write(Console.erasing(live.count), to: Terminal.errorOutput) }
      let failure = Terminal.write(text, to: descriptor)
      if !live.isEmpty { Terminal.write(Console.text(of: live), to: Terminal.errorOutput) }
      if let failure, descriptor == Terminal.output { Console.lost.withLock { $0 = $0 ?? failure } }
    }
  }

  private static func text(of live: [String]) -> String { live.map { $0 + "\n" }.joined() }

  /// Moves up to the first line of the live area and clears from there to the end.
  private static func erasing(_ lines: Int) -> String { lines == 0 ? "" : "\u{1B}[\(lines)F\u{1B}[J" }
}

/// Colours of the eight that every terminal has.
enum Style: String {
  case bold = "1"
  case dim = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"

  func paint(_ text: String, if wanted: Bool) -> String {
    wanted ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }
}
