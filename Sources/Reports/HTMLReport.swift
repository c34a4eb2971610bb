internal import Platform
internal import Record

extension Renderer {
  /// One file that needs nothing else: no script, no other file, no network.
  package static let html = Renderer(
    name: "html", summary: "one self-contained page, to be read, printed and signed", fileName: "report.html",
    text: { HTMLReport($0, digest: $1).text })
}

/// The report as a page, from top to bottom.
struct HTMLReport {
  /// Failures that are shown open; the rest is folded.
  static let mostOpen = 10

  let record: DrillRecord

  /// The SHA-256 of its `report.json`.
  let digest: String

  init(_ record: DrillRecord, digest: String? = nil) {
    self.record = record
    self.digest = digest ?? SHA256.hex(of: Array(Renderer.json.draw(record).utf8))
  }

  var text: String {
    let title = "\(record.verdict.rawValue.uppercased()): \(record.scenario.title ?? record.scenario.name)"
    return HTML.page(
      title: title, version: record.tool.version, body: [head, .element("main", [:], sections), foot])
  }

  /// New parts of the record get their place here, and in `MarkdownReport`.
  private var sections: [HTML] {
    var sections: [HTML?] = [
      objectives, failures, draw(.replayed(record)), recovered, timeline, draw(.notVerified(record)),
      draw(.recommendations(record)), checks,
      inventory, draw(.shards(record)), draw(.exports(record)), draw(.damage(record)),
      draw(.steps("Steps", record.steps)),
    ]
    for failover in Section.failovers(record) { sections.append(draw(failover)) }
    sections += [
      draw(.faults(record)), draw(.steps("Rollbacks", record.rollbacks)), draw(.runbook(record)),
      draw(.environment(record)), hashes, signatures,
    ]
    return sections.compactMap(\.self)
  }

  private var head: HTML {
    var pieces: [HTML] = [
      .element("p", ["class": "word"], HTML(record.verdict.rawValue.uppercased())),
      .element("h1", [:], HTML(record.scenario.title ?? record.scenario.name)),
      .element("p", ["class": "sentence"], .element("bdi", [:], HTML(record.summary.sentence))),
    ]
    let next = NextSteps.after(record)
    if !next.isEmpty {
      pieces.append(
        .element(
          "div", ["class": "next"], .element("h2", [:], "What to do next"),
          .element("ol", [:], next.map { .element("li", [:], HTML($0)) })))
    }
    let others = Section.otherReasons(record)
    if !others.isEmpty {
      pieces += [
        .element("p", ["class": "besides"], "Besides:"),
        .element("ul", [:], others.map { .element("li", [:], HTML($0)) }),
      ]
    }
    pieces.append(
      .element(
        "p", ["class": "facts"], Section.facts(record).map { .element("span", [:], HTML($0)) }.spaced()))
    if let resumed = record.resumed {
      let words: Prose =
        "It went on from step \(code: resumed.step) with what run \(code: resumed.runID) had kept."
      pieces.append(.element("p", [:], HTML(words)))
    }
    return .element(
      "header", ["class": record.verdict.rawValue], .element("div", ["class": "inner"], pieces))
  }

  private var foot: HTML {
    .element(
      "footer", [:],
      HTML(
        "Drawn by mongodrill \(record.tool.version) from report.json, which holds all of it. Times are UTC."))
  }

  /// A section in the frame that all have.
  func section(_ title: HTML, _ content: [HTML], id: StaticString? = nil) -> HTML {
    .element("section", ["id": id.map { "\($0)" }], [.element("h2", [:], title)] + content)
  }

  func draw(_ section: Section?) -> HTML? {
    guard let section else { return nil }
    return draw(section) as HTML
  }
  func draw(_ section: Section) -> HTML {
    self.section(HTML(section.title), section.blocks.map { HTML($0) })
  }

  private var objectives: HTML? {
    guard !record.objectives.all.isEmpty else { return nil }
    func time(_ seconds: Double?) -> HTML { HTML(seconds.map(TimeSpan.format) ?? "–") }
    let rows = record.objectives.all.map { name, objective -> [HTML] in
      let result = objective.met == false ? "fail" : objective.isNearLimit ? "warn" : "pass"
      return [
        .element("strong", [:], HTML(name)) + HTML(", \(objective.meaning(name))"),
        time(objective.limitSeconds), time(objective.measuredSeconds), time(objective.marginSeconds),
        HTMLFigures.bar(objective),
        objective.met == nil
          ? HTML(objective.words) : .element("span", ["class": "result \(result)"], HTML(objective.words)),
      ]
    }
    return section(
      "Objectives", [.table(["Objective", ">Limit", ">Measured", ">Margin", "Used", "Result"], rows)])
  }

  private var recovered: HTML {
    let summary = record.summary
    let checks =
      summary.passed == summary.checks
      ? "all passed" : "\(Count.text(summary.passed)) of \(Count.text(summary.checks)) passed"
    let figures: [(String, String)] = [
      (Count.text(summary.documents), summary.documents == 1 ? "document" : "documents"),
      (Count.text(summary.collections), summary.collections == 1 ? "collection" : "collections"),
      (ByteSize.format(summary.bytes), "of data"),
      (Count.text(summary.indexes), (summary.indexes == 1 ? "index" : "indexes") + " besides _id_"),
      (Count.text(summary.checks), "checks" + (summary.checks == 0 ? "" : ", \(checks)")),
    ]
    let tiles = figures.map { figure, word in
      HTML.element("li", [:], .element("b", [:], HTML(figure)), .element("span", [:], HTML(word)))
    }
    let source = Section.source(record.backup) + "."
    return section(
      "What was recovered",
      [.element("ul", ["class": "figures"], tiles), .element("p", [:], HTML(source))])
  }

  /// The collections, one by one; of many they are folded.
  private var inventory: HTML? {
    let all = record.backup.collections
    guard !all.isEmpty else { return nil }
    let blocks = Section.recovered(record, most: nil).blocks.dropFirst().map { HTML($0) }
    return section(
      "Collections", [fold(Count.text(all.count, "collection"), blocks, isOpen: all.count <= 40)])
  }

  func fold(_ title: String, _ content: [HTML], isOpen: Bool) -> HTML {
    .element(
      "details", ["open": isOpen ? "" : nil], [.element("summary", [:], HTML(title))] + content)
  }

  private var timeline: HTML? {
    Section.phases(record).map { section in
      self.section("Time", [HTMLFigures.timeline(record.phases)] + section.blocks.map { HTML($0) })
    }
  }

  private var hashes: HTML {
    var rows: [[HTML]] = [
      ["report.json", .code(digest)]
    ]
    if let sha256 = record.scenario.sha256 {
      rows.append([.code(record.scenario.path ?? record.scenario.name), .code(sha256)])
    }
    if let all = record.backup.filesSHA256 {
      rows.append([
        HTML("the backup's \(Count.text(record.backup.fileCount ?? 0, "file")), as `sha256sum` lists them"),
        .code(all),
      ])
    }
    if let previous = record.previousRun {
      rows.append([.code("\(previous.runID)/report.json"), .code(previous.sha256)])
    }
    for export in record.exports {
      for collection in export.collections {
        guard let file = collection.file, let sha256 = collection.sha256 else { continue }
        rows.append([.code(Files.join(export.path, file)), .code(sha256)])
      }
    }
    return section("Hashes", [.table(["File", "SHA-256"], rows)])
  }

  private var signatures: HTML {
    let line = HTML.element("span", ["class": "line"], "")
    let rows = ["Carried out by", "Reviewed by", "Accepted by"].map { [HTML($0), line, line, line] }
    return section(
      "Sign-off", [.table(["", "Name", "Date", "Signature"], rows, classes: "signatures")], id: "sign-off")
  }
}

extension [HTML] {
  /// With a space between them, where a line may be broken.
  fileprivate func spaced() -> HTML {
    HTML.group(enumerated().flatMap { $0.offset == 0 ? [$0.element] : [" ", $0.element] })
  }
}

extension HTML {
  /// A whole page in the look that all have.
  static func page(title: String, version: String, body: [HTML]) -> String {
    // No script is ever run and nothing is fetched, even if a piece of data got past the escaping.
    let policy =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    return HTML.document(
      language: "en",
      head: [
        .element("meta", ["charset": "utf-8"]),
        .element("meta", ["http-equiv": "Content-Security-Policy", "content": policy]),
        .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        .element("meta", ["name": "generator", "content": "mongodrill \(version)"]),
        .element("meta", ["name": "robots", "content": "noindex"]),
        .element("title", [:], HTML(title)),
        // Browsers ask for an icon otherwise.
        .element("link", ["rel": "icon", "href": "data:,"]),
        .style(HTMLReport.sheet),
      ], body: body)
  }
}
