internal import Platform
package import Record
internal import Synchronization

/// The phase that runs, drawn at the bottom of a terminal: in all, and by collection. Ended phases and checks
/// scroll away above it.
final class LivePrinter: EventPrinter {
  private struct State {
    var rate = RateMeter()
    var left = TimeLeft(begun: Clock.monotonic)
    var total: Amount?
    var drawn = 0.0
  }

  private let state = Mutex(State())
  private let console: Console
  private let plain: PlainPrinter

  init(console: Console, isVerbose: Bool) {
    self.console = console
    plain = PlainPrinter(console: console, isVerbose: isVerbose)
  }

  func print(_ event: Event) {
    switch event {
    case .phaseStarted(let phase, let total):
      state.withLock { state in
        state = State(total: total)
        state.rate.add(Amount(), at: Clock.monotonic)
      }
      console.show(["\(phase) …"])
    case .progress(let progress): draw(progress)
    case .phaseEnded:
      console.show([])
      plain.print(event)
    case .collectionDone, .checked, .note, .warning: plain.print(event)
    }
  }

  private func draw(_ progress: Progress) {
    let now = Clock.monotonic
    let width = (Terminal.width(Terminal.errorOutput) ?? 80) - 1
    let lines: [String]? = state.withLock { state in
      guard now - state.drawn >= 0.1 else { return nil }
      state.drawn = now
      state.rate.add(progress.done, at: now)
      let total = progress.total ?? state.total
      let left = state.left.take(progress, total: total, at: now)
      return Live.lines(progress, total: total, rate: state.rate.perSecond, left: left)
    }
    if let lines { console.show(lines.map { Columns.cut($0.visible, to: width) }) }
  }
}

/// The lines of the live area.
package enum Live {
  private static let barWidth = 20
  private static let widestName = 32

  /// First the whole phase, then what it is busy with. `left`: the seconds that the whole will still take; by its rate
  /// where they aren't given.
  package static func lines(
    _ progress: Progress, total: Amount?, rate: Amount?, left: Double? = nil
  ) -> [String] {
    let whole = line(progress.phase, progress.done, total: total, rate: rate, left: left, hasBar: true)
    guard !progress.parts.isEmpty else { return [whole] + progress.current.map { "  " + $0 } }
    let width = progress.parts.map { Columns.width(of: $0.name) }.max() ?? 0
    return [whole]
      + progress.parts.sorted { $0.name < $1.name }.map { part in
        // Its own rate means something once it has run for a while.
        let rate = part.seconds > 0.2 ? part.done.perSecond(over: part.seconds) : nil
        let name = "  " + Columns.pad(part.name, to: min(width, widestName))
        return line(name, part.done, total: part.total, rate: rate, hasBar: false)
      }
  }

  private static func line(
    _ name: String, _ done: Amount, total: Amount?, rate: Amount?, left: Double? = nil, hasBar: Bool
  ) -> String {
    var words = [name]
    if let share = share(done, of: total) {
      let percent = Columns.pad("\(Int(share * 100))%", to: 4, atLeft: true)
      words.append(hasBar ? "\(bar(share)) \(percent)" : percent)
    }
    // What matters most comes first: a narrow terminal cuts the rest off.
    var figures: [String] = []
    if let left = left?.rounded(.up) ?? rate.flatMap({ secondsLeft(done, total: total, rate: $0) }) {
      figures.append((left < 60 ? "\(Int(left)) s" : TimeSpan.format(left)) + " left")
    }
    if done.bytes > 0 {
      figures.append(
        ByteSize.format(done.bytes)
          + (total.map { $0.bytes > 0 ? " of \(ByteSize.format($0.bytes))" : "" } ?? ""))
      if let rate { figures.append(rate.rate(over: 1)) }
      figures.append(Count.text(done.documents, "document"))
    } else if let total, total.documents > 0 {
      figures.append("\(Count.text(done.documents)) of \(Count.text(total.documents))")
    }
    words.append(figures.joined(separator: " · "))
    return words.filter { !$0.isEmpty }.joined(separator: "  ")
  }

  private static func share(_ done: Amount, of total: Amount?) -> Double? {
    guard let total else { return nil }
    let (done, whole) = total.bytes > 0 ? (done.bytes, total.bytes) : (done.documents, total.documents)
    return whole > 0 ? min(1, Double(done) / Double(whole)) : nil
  }

  private static func bar(_ share: Double) -> String {
    let full = Int(share * Double(barWidth))
    return String(repeating: "█", count: full) + String(repeating: "░", count: barWidth - full)
  }

  private static func secondsLeft(_ done: Amount, total: Amount?, rate: Amount) -> Double? {
    guard let total, total.bytes > 0, rate.bytes > 0 else { return nil }
    return (Double(max(0, total.bytes - done.bytes)) / Double(rate.bytes)).rounded(.up)
  }
}

/// The rate over the last few seconds.
package struct RateMeter: Sendable {
  private var samples: [(time: Double, amount: Amount)] = []
  private static let window = 5.0

  package init() {}

  /// Takes what has been done in all at a time, in seconds; times go up.
  package mutating func add(_ amount: Amount, at time: Double) {
    samples.append((time, amount))
    // One sample older than the window stays, so that the rate spans it.
    while samples.count > 2, samples[1].time <= time - RateMeter.window { samples.removeFirst() }
  }

  /// Nil until two samples are apart.
  package var perSecond: Amount? {
    guard let first = samples.first, let last = samples.last, last.time - first.time > 0.05 else {
      return nil
    }
    let seconds = last.time - first.time
    return Amount(
      documents: last.amount.documents - first.amount.documents,
      bytes: last.amount.bytes - first.amount.bytes
    ).perSecond(over: seconds)
  }
}

extension Amount {
  fileprivate func perSecond(over seconds: Double) -> Amount {
    Amount(documents: Int(Double(documents) / seconds), bytes: Int(Double(bytes) / seconds))
  }
}
