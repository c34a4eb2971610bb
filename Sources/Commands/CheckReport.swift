internal import Platform
internal import Record

/// The answers of checks, as text.
struct CheckReport {
  let record: DrillRecord

  /// One line a check; of those that didn't pass what was expected and observed, and how to see it again; then what
  /// was not verified, and the verdict.
  func text(color: Bool) -> String {
    var text = ""
    for check in record.checks {
      text += check.line(color: color) + "\n"
      if check.result == .pass { continue }
      for (name, value) in [
        ("expected", check.expected), ("observed", check.observed),
        ("samples", check.samples.isEmpty ? nil : check.samples.joined(separator: ", ")),
        ("query", check.query),
      ] {
        if let value { text += "        \(name): \(value.visible)\n" }
      }
    }
    for left in record.notVerified { text += "        not verified: \(left.message.visible)\n" }
    let style: Style =
      switch record.verdict {
      case .pass: .green
      case .warn: .yellow
      case .fail, .inconclusive: .red
      }
    let word = style.paint(record.verdict.rawValue.uppercased(), if: color)
    return text + (text.isEmpty ? "" : "\n") + "\(word)  \(record.summary.sentence.visible)\n"
  }
}
