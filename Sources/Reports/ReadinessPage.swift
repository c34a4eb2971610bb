internal import Platform
package import Readiness

/// An answer as one HTML file: no script, nothing from elsewhere, light and dark.
package struct ReadinessPage {
  private let answer: ReadinessAnswer

  package init(_ answer: ReadinessAnswer) { self.answer = answer }

  /// The whole file.
  package var text: String {
    let state: [HTML] = [
      status(answer.status), HTML(", level \(answer.level.rawValue), at \(answer.time.text)."),
    ]
    return HTML.plainPage(
      title: "Readiness", styles: [.style(HistoryPage.style), .style(Self.style)],
      body: [.element("h1", [:], HTML(answer.title)), .element("p", [:], state)]
        + alerts + [
          .element("h2", [:], "Requirements"),
          .table(
            titles: ["Requirement", "Status", "Level", "Found", "Asked", "Evidence"], answer.findings.map(row)
          ),
        ] + controls)
  }

  private static let style: StaticString =
    "td,th{text-align:left;vertical-align:top}.NON_COMPLIANT,.CRITICAL{color:var(--bad);font-weight:600}"

  private func status(_ status: Compliance) -> HTML { marked(status.rawValue) }

  /// A word whose colour is its own.
  private func marked(_ word: String) -> HTML { .element("span", ["class": word], HTML(word)) }

  private var alerts: [HTML] {
    guard !answer.alerts.isEmpty else { return [] }
    let items = answer.alerts.map { alert in
      HTML.element(
        "li", [:], marked(alert.severity.rawValue),
        HTML(" " + (alert.system.map { "\($0): " } ?? "") + alert.message))
    }
    return [.element("h2", [:], "Alerts"), .element("ul", [:], items)]
  }

  private func row(_ finding: RequirementFinding) -> [HTML] {
    var evidence: [HTML] = []
    for one in finding.evidence {
      if !evidence.isEmpty { evidence.append(.element("br")) }
      evidence.append(link(one))
    }
    return [
      HTML(finding.title), status(finding.status), HTML(finding.level.rawValue), HTML(finding.found),
      HTML(finding.asked), .group(evidence),
    ]
  }

  /// A record's page where there is one. Relative paths lead from where the program ran.
  private func link(_ evidence: Evidence) -> HTML {
    let name = HTML(evidence.name)
    guard evidence.kind == .run, let path = evidence.path else { return name }
    let page = Files.join(Files.folder(of: path), "report.html")
    let target = Files.exists(page) ? page : path
    return .element("a", ["href": Self.address((try? Files.realPath(target)) ?? target)], name)
  }

  private var controls: [HTML] {
    guard !answer.controls.isEmpty else { return [] }
    let rows = answer.controls.map { one in
      let bearing = one.control.requirements.map { kind in
        one.notAsked.contains(kind) ? "\(kind.rawValue) (not asked)" : kind.rawValue
      }
      return [
        HTML(one.control.name), HTML(one.control.about), one.status.map(status) ?? "not shown",
        HTML(bearing.joined(separator: ", ")),
      ]
    }
    return [
      .element("h2", [:], "Controls"),
      .element(
        "p", [:],
        "Which requirements bear on controls of frameworks. A help for collecting evidence: it certifies nothing."
      ),
      .table(titles: ["Control", "About", "Requirements", "Of these"], rows),
    ]
  }

  /// A path as a link's address: what isn't plain is escaped, so that it can't be taken for a scheme or a query.
  private static func address(_ path: String) -> String {
    var result = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }
}
