internal import Record

extension Section {
  /// What the scenario says of the disaster, and what is left for a person to do.
  static func runbook(_ record: DrillRecord) -> Section? {
    guard let runbook = record.scenario.runbook else { return nil }
    let facts: [(String, String?)] = [
      ("What it rehearses", runbook.description), ("Severity", runbook.severity),
      ("Noticed by", runbook.detection),
      ("Owner", runbook.owner),
      ("Contacts", runbook.contacts.isEmpty ? nil : runbook.contacts.joined(separator: ", ")),
    ]
    let known = facts.compactMap { name, text in text.map { "\(own: name): \($0)" as Prose } }
    var blocks: [Block] = known.isEmpty ? [] : [.list(known)]
    for (title, items) in [("By hand, before", runbook.preflight), ("By hand, after", runbook.followUp)] {
      guard !items.isEmpty else { continue }
      blocks += [.paragraph("\(own: title):"), .tasks(items.map(Prose.init(data:)))]
    }
    return blocks.isEmpty ? nil : Section("Runbook", blocks)
  }
}
