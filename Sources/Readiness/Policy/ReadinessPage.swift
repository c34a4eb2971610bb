internal import Platform

/// An answer as one HTML file: no script, nothing from elsewhere, light and dark.
package struct ReadinessPage {
  private let answer: ReadinessAnswer

  package init(_ answer: ReadinessAnswer) { self.answer = answer }

  /// The whole file.
  package var text: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>Readiness</title><style>\(HistoryPage.style)
    td,th{text-align:left;vertical-align:top}.NON_COMPLIANT,.CRITICAL{color:var(--bad);font-weight:600}</style></head><body>
    <h1>\(Markup.text(answer.title))</h1>
    <p>\(status(answer.status)), level \(answer.level.rawValue), at \(answer.time.text).</p>
    \(alerts)<h2>Requirements</h2>
    <table><tr><th>Requirement</th><th>Status</th><th>Level</th><th>Found</th><th>Asked</th><th>Evidence</th></tr>
    \(answer.findings.map(row).joined())</table>
    \(controls)</body></html>

    """
  }

  private func status(_ status: Compliance) -> String {
    "<span class=\"\(status.rawValue)\">\(status.rawValue)</span>"
  }

  private var alerts: String {
    guard !answer.alerts.isEmpty else { return "" }
    let items = answer.alerts.map { alert in
      "<li><span class=\"\(alert.severity.rawValue)\">\(alert.severity.rawValue)</span> "
        + Markup.text((alert.system.map { "\($0): " } ?? "") + alert.message) + "</li>\n"
    }
    return "<h2>Alerts</h2>\n<ul>\(items.joined())</ul>\n"
  }

  private func row(_ finding: RequirementFinding) -> String {
    let cells = [
      Markup.text(finding.title), status(finding.status), finding.level.rawValue, Markup.text(finding.found),
      Markup.text(finding.asked), finding.evidence.map(link).joined(separator: "<br>"),
    ]
    return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
  }

  /// A record's page where there is one. Relative paths lead from where the program ran.
  private func link(_ evidence: Evidence) -> String {
    let name = Markup.text(evidence.name)
    guard evidence.kind == .run, let path = evidence.path else { return name }
    let page = Files.join(Files.folder(of: path), "report.html")
    let target = Files.exists(page) ? page : path
    return "<a href=\"\(Markup.text(Markup.address((try? Files.realPath(target)) ?? target)))\">\(name)</a>"
  }

  private var controls: String {
    guard !answer.controls.isEmpty else { return "" }
    let rows = answer.controls.map { one in
      let bearing = one.control.requirements.map { kind in
        one.notAsked.contains(kind) ? "\(kind.rawValue) (not asked)" : kind.rawValue
      }
      return "<tr><td>\(Markup.text(one.control.name))</td><td>\(Markup.text(one.control.about))</td><td>"
        + (one.status.map(status) ?? "not shown") + "</td><td>\(bearing.joined(separator: ", "))</td></tr>\n"
    }
    return """
      <h2>Controls</h2>
      <p>Which requirements bear on controls of frameworks. A help for collecting evidence: it certifies nothing.</p>
      <table><tr><th>Control</th><th>About</th><th>Requirements</th><th>Of these</th></tr>
      \(rows.joined())</table>

      """
  }
}

extension Markup {
  /// A path as a link's address: what isn't plain is escaped, so that it can't be taken for a scheme or a query.
  static func address(_ path: String) -> String {
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
