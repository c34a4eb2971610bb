internal import Platform
internal import Readiness

/// An answer about readiness as text.
struct ReadinessReport {
  private let answer: ReadinessAnswer

  init(_ answer: ReadinessAnswer) { self.answer = answer }

  /// The sentence, what is urgent, the table, the controls.
  func text(color: Bool) -> String {
    let style: Style =
      switch answer.status {
      case .compliant: .green
      case .warning: .yellow
      case .nonCompliant: .red
      }
    var text =
      "\(answer.title.visible): \(style.paint(answer.status.rawValue, if: color)), level \(answer.level.rawValue), at "
      + "\(answer.time.text)\n"
    if !answer.alerts.isEmpty { text += "\n" }
    for alert in answer.alerts {
      text +=
        "\(alert.severity.rawValue)  " + (alert.system.map { "\($0.visible): " } ?? "")
        + "\(alert.message.visible)\n"
    }
    var table = Table([
      "Requirement": .left, "Status": .left, "Level": .left, "Found": .left, "Asked": .left,
      "Evidence": .left,
    ])
    for finding in answer.findings {
      table.add(
        finding.title, finding.status.rawValue, finding.level.rawValue, finding.found, finding.asked,
        finding.evidence.map(\.name).joined(separator: ", "))
    }
    text += "\n" + table.text
    guard !answer.controls.isEmpty else { return text }
    var controls = Table(["Control": .left, "Requirements": .left, "Of these": .left])
    for one in answer.controls {
      controls.add(
        one.control.name, one.status?.rawValue ?? "not shown",
        one.control.requirements.map {
          one.notAsked.contains($0) ? "\($0.rawValue) (not asked)" : $0.rawValue
        }
        .joined(separator: ", "))
    }
    return text + "\n" + controls.text
  }
}
