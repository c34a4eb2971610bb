package import Platform
internal import Record

/// A history as one HTML file: charts over time as SVG, no script, nothing from elsewhere, light and dark.
package struct HistoryPage {
  private let history: RunHistory
  private let made: WallTime

  package init(_ history: RunHistory, made: WallTime) {
    self.history = history
    self.made = made
  }

  /// The whole file.
  package var text: String {
    let runs = history.shown
    let scenarios = Set(runs.filter { $0.kind == .drill }.map(\.scenario)).sorted()
    var body = "<h1>Drills in \(Markup.text(history.index.folder))</h1>\n"
    body += "<p>\(Count.text(runs.count, "run")), drawn \(Markup.text(made.text)).</p>\n"
    body += statistics
    for scenario in scenarios { body += section(scenario, runs) }
    body += remarks
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>Drills</title><style>\(HistoryPage.style)</style></head><body>
      \(body)</body></html>

      """
  }

  static let style = """
    :root{color-scheme:light dark;--ink:#1c2733;--dim:#667;--line:#2463b0;--bad:#b3261e;--grid:#ccd;--back:#fff}
    @media(prefers-color-scheme:dark){:root{--ink:#dde3ea;--dim:#99a;--line:#7db1f0;--bad:#ff8a80;--grid:#445;--back:#14191f}}
    body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:62rem;margin:2rem auto;padding:0 1rem}
    table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid var(--grid);text-align:right}
    td:first-child,th:first-child{text-align:left}svg{display:block;width:100%;height:auto;margin:.3rem 0 1.2rem}
    svg text{font-size:11px;fill:var(--dim)}.l{fill:none;stroke:var(--line);stroke-width:1.5}.g{stroke:var(--grid)}
    .m{stroke:var(--bad);stroke-dasharray:5 4}.p{fill:var(--line)}.b{fill:none;stroke:var(--bad);stroke-width:2}h3{margin:.6rem 0 0;font-size:1rem}
    """

  private func section(_ scenario: String, _ runs: [RunSummary]) -> String {
    let drills = runs.filter {
      $0.scenario == scenario && $0.kind == .drill && !$0.isResumed && $0.time != nil
    }
    let good = drills.count(where: \.isSuccess)
    var text = "<h2>\(Markup.text(scenario))</h2>\n"
    text += "<p>\(Count.text(good)) of \(Count.text(drills.count, "drill")) succeeded.</p>\n"
    let charts: [(String, (RunSummary) -> Double?, (Double) -> String, (RunSummary) -> Double?)] = [
      ("Recovery time", { $0.rto?.measuredSeconds }, TimeSpan.format, { $0.rto?.limitSeconds }),
      ("Data loss", { $0.rpo?.measuredSeconds }, TimeSpan.format, { $0.rpo?.limitSeconds }),
      ("Restore rate", \.bytesPerSecond, { "\(ByteSize.format(Int(nearest: $0)))/s" }, { _ in nil }),
      (
        "Backup size", { $0.backupBytes.map(Double.init) }, { ByteSize.format(Int(nearest: $0)) },
        { _ in nil }
      ),
      (
        "Documents", { $0.documents > 0 ? Double($0.documents) : nil }, { Count.text(Int(nearest: $0)) },
        { _ in nil }
      ),
      (
        "Checks that did not pass",
        { $0.checks.asked > 0 ? Double($0.checks.asked - $0.checks.passed) : nil },
        { Count.text(Int(nearest: $0)) }, { _ in nil }
      ),
    ]
    for (name, value, words, limit) in charts {
      let points = drills.compactMap { run in
        value(run).map { HistoryChart.Point(run: run, value: $0, text: words($0)) }
      }
      guard !points.isEmpty else { continue }
      text += "<h3>\(name)</h3>\n"
      text += HistoryChart(points: points, limit: drills.last.flatMap(limit), words: words).svg
    }
    return text
  }

  private var statistics: String {
    func percent(_ share: Double?) -> String { share.map { Decimals.format($0 * 100, 1) + "%" } ?? "–" }
    func time(_ seconds: Double?) -> String { seconds.map(TimeSpan.format) ?? "–" }
    let rows: [(String, (RunStatistics) -> String)] = [
      ("Drills", { Count.text($0.drills) }), ("Succeeded", { percent($0.successRate) }),
      ("Recovery time, mean", { time($0.recovery?.mean) }),
      ("Recovery time, 95%", { time($0.recovery?.p95) }),
      ("Data loss, mean", { time($0.dataLoss?.mean) }), ("RTO met", { percent($0.rto.share) }),
      ("RPO met", { percent($0.rpo.share) }),
    ]
    var text = "<table><tr><th></th>"
    for one in history.statistics {
      text += "<th>\(one.days.map { Count.text($0, "day") } ?? "all")</th>"
    }
    text += "</tr>\n"
    for (name, value) in rows {
      text += "<tr><td>\(name)</td>" + history.statistics.map { "<td>\(value($0))</td>" }.joined() + "</tr>\n"
    }
    return text + "</table>\n"
  }

  private var remarks: String {
    let index = history.index
    let lines =
      index.doubtful.map { "\($0.runID): \($0.clock?.words ?? "")" }
      + index.unreadable.map(\.failure.description)
      + index.unfinished.map { "\($0.runID): no record; it is under way, or was killed" }
    guard !lines.isEmpty else { return "" }
    return "<h2>Not in the charts, or not as it seems</h2>\n<ul>"
      + lines.map { "<li>\(Markup.text($0))</li>" }.joined() + "</ul>\n"
  }
}

/// One figure over time.
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

  var svg: String {
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
    func at(_ number: Double) -> String { Decimals.format(number, 1) }
    var text =
      "<svg viewBox=\"0 0 800 150\" role=\"img\"><line class=\"g\" x1=\"84\" x2=\"788\" y1=\"\(at(y(0)))\" y2=\"\(at(y(0)))\"/>"
    text += "<line class=\"g\" x1=\"84\" x2=\"788\" y1=\"\(at(y(top)))\" y2=\"\(at(y(top)))\"/>"
    text += "<text x=\"78\" y=\"\(at(y(0)))\" text-anchor=\"end\">0</text>"
    text += "<text x=\"78\" y=\"\(at(y(top) + 4))\" text-anchor=\"end\">\(Markup.text(words(top)))</text>"
    let days = [points.first, points.last].map { String(($0?.run.time?.text ?? "").prefix(10)) }
    text += "<text x=\"84\" y=\"146\">\(days[0])</text>"
    text += "<text x=\"788\" y=\"146\" text-anchor=\"end\">\(days[1])</text>"
    if let limit {
      if isDrawn {
        text += "<line class=\"m\" x1=\"84\" x2=\"788\" y1=\"\(at(y(limit)))\" y2=\"\(at(y(limit)))\"/>"
      }
      text += "<text x=\"436\" y=\"146\" text-anchor=\"middle\">limit \(Markup.text(words(limit)))</text>"
    }
    let places = zip(points, times).map { (x($1), y($0.value)) }
    text +=
      "<polyline class=\"l\" points=\"\(places.map { "\(at($0)),\(at($1))" }.joined(separator: " "))\"/>"
    for (point, place) in zip(points, places) {
      let title =
        "<title>\(Markup.text("\(point.run.runID): \(point.text), \(point.run.verdict.rawValue)"))</title>"
      // A ring is what did not succeed: colours alone don't tell everybody.
      text +=
        point.run.isSuccess
        ? "<circle class=\"p\" cx=\"\(at(place.0))\" cy=\"\(at(place.1))\" r=\"2.5\">\(title)</circle>"
        : "<circle class=\"b\" cx=\"\(at(place.0))\" cy=\"\(at(place.1))\" r=\"5\">\(title)</circle>"
    }
    return text + "</svg>\n"
  }
}

/// Text as it can stand in HTML.
enum Markup {
  static func text(_ text: String) -> String {
    var result = ""
    for character in text.visible.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
