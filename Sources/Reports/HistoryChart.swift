internal import Platform
internal import Readiness
internal import Record

/// One figure over time, as SVG.
struct HistoryChart {
  struct Point {
    let run: RunSummary
    let value: Double
    let text: String
  }

  let points: [Point]
  /// Drawn as a line across.
  let limit: Double?
  let words: (Double) -> String

  private static let width = 800.0
  private static let height = 150.0
  private static let left = 84.0

  var svg: HTML {
    let times = points.map { Double($0.run.time?.seconds ?? 0) }
    let (first, last) = (times.min() ?? 0, times.max() ?? 0)
    let highest = points.map(\.value).max() ?? 0
    // A limit far above all of it would press the line to the floor: it is told in words then.
    let isDrawn = limit.map { $0 <= highest * 4 } ?? false
    let top = max(highest, isDrawn ? limit ?? 0 : 0)
    func x(_ time: Double) -> Double {
      Self.left + (last > first ? (time - first) / (last - first) : 0.5) * (Self.width - Self.left - 12)
    }
    func y(_ value: Double) -> Double { 8 + (1 - (top > 0 ? value / top : 0)) * (Self.height - 34) }
    let days = [points.first, points.last].map { String(($0?.run.time?.text ?? "").prefix(10)) }
    var marks = [
      across("g", at: y(0)), across("g", at: y(top)), label("0", x: 78, y: y(0), "end"),
      label(words(top), x: 78, y: y(top) + 4, "end"), label(days[0], x: 84, y: 146),
      label(days[1], x: 788, y: 146, "end"),
    ]
    if let limit {
      if isDrawn { marks.append(across("m", at: y(limit))) }
      marks.append(label("limit \(words(limit))", x: 436, y: 146, "middle"))
    }
    let places = zip(points, times).map { (x($1), y($0.value)) }
    let line = places.map { "\(number($0)),\(number($1))" }.joined(separator: " ")
    marks.append(.element("polyline", ["class": "l", "points": line]))
    for (point, place) in zip(points, places) {
      // A ring is what did not succeed: colours alone don't tell everybody.
      let (name, radius) = point.run.isSuccess ? ("p", "2.5") : ("b", "5")
      marks.append(
        .element(
          "circle", ["class": name, "cx": number(place.0), "cy": number(place.1), "r": radius],
          .element("title", [:], HTML("\(point.run.runID): \(point.text), \(point.run.verdict.rawValue)"))))
    }
    return .element("svg", ["viewBox": "0 0 800 150", "role": "img"], marks)
  }

  private func across(_ name: String, at height: Double) -> HTML {
    .element(
      "line", ["class": name, "x1": "84", "x2": "788", "y1": number(height), "y2": number(height)])
  }

  private func label(_ text: String, x: Double, y: Double, _ anchor: String? = nil) -> HTML {
    .element("text", ["x": number(x), "y": number(y), "text-anchor": anchor], HTML(text))
  }

  private func number(_ value: Double) -> String { Decimals.format(value, 1) }
}
