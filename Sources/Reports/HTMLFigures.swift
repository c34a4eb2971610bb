internal import Platform
internal import Record

/// Drawings of a report as inline SVG, in the colours of the page.
enum HTMLFigures {
  /// How much of an objective's limit was used.
  static func bar(_ objective: DrillRecord.Objective) -> HTML {
    guard let measured = objective.measuredSeconds, let limit = objective.limitSeconds, limit > 0 else {
      return .none
    }
    let used = min(1, max(0, measured / limit))
    let name = objective.met == false ? "fail" : objective.isNearLimit ? "warn" : "pass"
    let percent = "\(Decimals.format(100 * measured / limit, 0))% of the limit"
    var marks: [HTML] = [
      .element("title", [:], HTML(percent)),
      .element("rect", ["class": "track", "x": "0", "y": "3", "width": "120", "height": "10", "rx": "3"]),
      .element(
        "rect",
        [
          "class": "bar \(name)", "x": "0", "y": "3", "width": number(max(2, 120 * used)), "height": "10",
          "rx": "3",
        ]),
    ]
    if let warn = objective.warnSeconds, warn < limit {
      let x = number(120 * warn / limit)
      marks.append(.element("line", ["class": "mark", "x1": x, "x2": x, "y1": "0", "y2": "16"]))
    }
    return .element(
      "svg", ["class": "used", "role": "img", "width": "120", "height": "16", "viewBox": "0 0 120 16"], marks)
  }

  private static let left = 130.0
  private static let right = 190.0
  private static let width = 880.0
  private static let row = 28.0

  /// The phases, one below the other, each beginning where the one before it ended.
  static func timeline(_ phases: [Phase]) -> HTML {
    let total = phases.reduce(0) { $0 + max(0, $1.seconds) }
    guard total > 0, total.isFinite else { return .none }
    let room = width - left - right
    let height = Double(phases.count) * row + 26
    var marks: [HTML] = [.element("title", [:], "The phases, one after the other")]
    let step = self.step(total)
    for tick in 0...Int(total / step) {
      let seconds = Double(tick) * step
      let x = number(left + room * seconds / total)
      marks += [
        .element("line", ["class": "grid", "x1": x, "x2": x, "y1": "0", "y2": number(height - 20)]),
        .element(
          "text", ["class": "muted", "x": x, "y": number(height - 5), "text-anchor": "middle"],
          HTML(tick == 0 ? "0" : TimeSpan.format(seconds))),
      ]
    }
    var start = 0.0
    for (index, phase) in phases.enumerated() {
      let y = Double(index) * row
      let length = room * max(0, phase.seconds) / total
      let x = left + room * start / total
      marks += [
        .element(
          "text", ["x": number(left - 10), "y": number(y + 18), "text-anchor": "end"], HTML(phase.name)),
        .element(
          "rect",
          [
            "class": "bar", "x": number(x), "y": number(y + 6), "width": number(max(1.5, length)),
            "height": "16",
            "rx": "2",
          ]),
        .element(
          "text", ["class": "muted", "x": number(min(x + length, left + room) + 8), "y": number(y + 18)],
          HTML(words(phase))),
      ]
      start += max(0, phase.seconds)
    }
    return .element(
      "div", ["class": "wide", "tabindex": "0", "role": "region", "aria-label": "Timeline"],
      .element(
        "svg",
        ["class": "timeline", "role": "img", "viewBox": "0 0 \(number(width)) \(number(height))"], marks))
  }

  /// `609 ms, 14,085/s, 4.72 MB/s`.
  private static func words(_ phase: Phase) -> String {
    var words = [TimeSpan.format(phase.seconds)]
    if let rate = phase.rate(\.documents) { words.append("\(Count.text(rate))/s") }
    if let rate = phase.rate(\.bytes) { words.append("\(ByteSize.format(rate))/s") }
    return words.joined(separator: ", ")
  }

  /// A round number of seconds that goes into `total` three to nine times.
  private static func step(_ total: Double) -> Double {
    let steps = [
      1.0, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
    ]
    if total > 4 * 86_400 { return (total / 4 / 86_400).rounded(.up) * 86_400 }
    if total >= 3, let step = steps.first(where: { total / $0 <= 7 }) { return step }
    var step = 1.0
    while total / step < 3, step > 1e-6 { step /= total / step * 2 >= 3 ? 2 : total / step * 5 >= 3 ? 5 : 10 }
    return step
  }

  /// At most two decimals: coordinates need no more.
  private static func number(_ value: Double) -> String {
    let text = Decimals.format(value, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
