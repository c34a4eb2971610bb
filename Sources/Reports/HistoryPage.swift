package import Platform
package import Readiness
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
    return HTML.plainPage(
      title: "Drills", styles: [.style(HistoryPage.style)],
      body: [
        .element("h1", [:], HTML("Drills in \(history.index.folder)")),
        .element("p", [:], HTML("\(Count.text(runs.count, "run")), drawn \(made.text).")),
        statistics,
      ] + scenarios.flatMap { section($0, runs) } + remarks)
  }

  /// Of this page, and of that of an answer.
  static let style: StaticString = """
    :root{color-scheme:light dark;--ink:#1c2733;--dim:#667;--line:#2463b0;--bad:#b3261e;--grid:#ccd;--back:#fff}
    @media(prefers-color-scheme:dark){:root{--ink:#dde3ea;--dim:#99a;--line:#7db1f0;--bad:#ff8a80;--grid:#445;--back:#14191f}}
    body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:62rem;margin:2rem auto;padding:0 1rem}
    table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid var(--grid);text-align:right}
    td:first-child,th:first-child{text-align:left}svg{display:block;width:100%;height:auto;margin:.3rem 0 1.2rem}
    svg text{font-size:11px;fill:var(--dim)}.l{fill:none;stroke:var(--line);stroke-width:1.5}.g{stroke:var(--grid)}
    .m{stroke:var(--bad);stroke-dasharray:5 4}.p{fill:var(--line)}.b{fill:none;stroke:var(--bad);stroke-width:2}h3{margin:.6rem 0 0;font-size:1rem}
    """

  private func section(_ scenario: String, _ runs: [RunSummary]) -> [HTML] {
    let drills = runs.filter {
      $0.scenario == scenario && $0.kind == .drill && !$0.isResumed && $0.time != nil
    }
    let good = drills.count(where: \.isSuccess)
    var pieces: [HTML] = [
      .element("h2", [:], HTML(scenario)),
      .element("p", [:], HTML("\(Count.text(good)) of \(Count.text(drills.count, "drill")) succeeded.")),
    ]
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
      pieces.append(.element("h3", [:], HTML(name)))
      pieces.append(HistoryChart(points: points, limit: drills.last.flatMap(limit), words: words).svg)
    }
    return pieces
  }

  private var statistics: HTML {
    func percent(_ share: Double?) -> String { share.map { Decimals.format($0 * 100, 1) + "%" } ?? "–" }
    func time(_ seconds: Double?) -> String { seconds.map(TimeSpan.format) ?? "–" }
    let rows: [(String, (RunStatistics) -> String)] = [
      ("Drills", { Count.text($0.drills) }), ("Succeeded", { percent($0.successRate) }),
      ("Recovery time, mean", { time($0.recovery?.mean) }),
      ("Recovery time, 95%", { time($0.recovery?.p95) }),
      ("Data loss, mean", { time($0.dataLoss?.mean) }), ("RTO met", { percent($0.rto.share) }),
      ("RPO met", { percent($0.rpo.share) }),
    ]
    let titles = [""] + history.statistics.map { one in one.days.map { Count.text($0, "day") } ?? "all" }
    return .table(
      titles: titles.map { HTML($0) },
      rows.map { name, value in [HTML(name)] + history.statistics.map { HTML(value($0)) } })
  }

  private var remarks: [HTML] {
    let index = history.index
    let lines =
      index.doubtful.map { "\($0.runID): \($0.clock?.words ?? "")" }
      + index.unreadable.map(\.failure.description)
      + index.unfinished.map { "\($0.runID): no record; it is under way, or was killed" }
    guard !lines.isEmpty else { return [] }
    return [
      .element("h2", [:], "Not in the charts, or not as it seems"),
      .element("ul", [:], lines.map { .element("li", [:], HTML($0)) }),
    ]
  }
}

extension HTML {
  /// A page with its own few styles, without a header or a footer.
  static func plainPage(title: String, styles: [HTML], body: [HTML]) -> String {
    document(
      language: "en",
      head: [
        .element("meta", ["charset": "utf-8"]),
        .element("meta", ["name": "viewport", "content": "width=device-width"]),
        .element("title", [:], HTML(title)),
      ] + styles,
      body: body)
  }

  /// A table with one row of titles.
  static func table(titles: [HTML], _ rows: [[HTML]]) -> HTML {
    func row(_ name: StaticString, _ cells: [HTML]) -> HTML {
      .element("tr", [:], cells.map { .element(name, [:], $0) })
    }
    return .element("table", [:], [row("th", titles)] + rows.map { row("td", $0) })
  }
}
