internal import Record

extension MarkdownReport {
  /// What the scenario says of the disaster, and what is left for a person to do.
  mutating func runbook() {
    guard let runbook = record.scenario.runbook else { return }
    section("Runbook")
    let facts: [(String, String?)] = [
      ("What it rehearses", runbook.description), ("Severity", runbook.severity),
      ("Noticed by", runbook.detection),
      ("Owner", runbook.owner),
      ("Contacts", runbook.contacts.isEmpty ? nil : runbook.contacts.joined(separator: ", ")),
    ]
    for (name, text) in facts {
      if let text { add("- \(name): \(MarkdownText.escaped(text))") }
    }
    for (title, items) in [("By hand, before", runbook.preflight), ("By hand, after", runbook.followUp)] {
      guard !items.isEmpty else { continue }
      lines += ["", "\(title):", ""]
      for item in items { add("- [ ] \(MarkdownText.escaped(item))") }
    }
  }
}
