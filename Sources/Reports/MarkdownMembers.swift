internal import Platform
internal import Record

extension MarkdownReport {
  /// What happened to the members of a replica set: one table a step that took one away.
  mutating func members() {
    for step in record.steps {
      guard let failover = step.failover else { continue }
      section("Failover: \(step.id)")
      table(["", ""], rows(failover).map { [$0.0, $0.1] })
    }
  }

  /// What was done to servers: one row a step.
  mutating func faults() {
    let faults = record.steps.compactMap { step in step.fault.map { (step.id, $0) } }
    guard !faults.isEmpty else { return }
    section("Faults")
    table(
      ["Step", "What", "Writes", ">Longest gap", ">Back after", "Note"],
      faults.map { id, fault in
        let writes =
          (fault.survived ? "went on" : "failed")
          + ((fault.survived ? "survives" : "fails") == fault.expected ? "" : ", **not as expected**")
        var notes = [fault.outcome.map { MarkdownText.escaped($0) }].compactMap(\.self)
        if let lost = fault.writes?.lost, lost > 0 {
          notes.append("**\(Count.text(lost)) acknowledged writes lost**")
        }
        if let data = fault.comparison { notes.append("data \(words(data))") }
        return [
          MarkdownText.code(id), "\(fault.action) \(fault.role) \(fault.member)", writes,
          fault.writeGapSeconds.map(TimeSpan.format) ?? "–", fault.backSeconds.map(TimeSpan.format) ?? "–",
          notes.joined(separator: "; "),
        ]
      })
  }

  private func rows(_ failover: DrillRecord.Failover) -> [(String, String)] {
    func time(_ seconds: Double?) -> String { seconds.map(TimeSpan.format) ?? "–" }
    let writes = failover.writes
    var rows = [
      (
        "Primary",
        "member \(failover.oldPrimary) "
          + (failover.how == "kill" ? "was killed" : "stepped down")
          + (failover.newPrimary.map { ", then member \($0)" } ?? ", then **none**")
      ), ("New primary after", time(failover.newPrimarySeconds)),
      (
        "Without acknowledged writes",
        time(failover.writeGapSeconds)
          + (failover.maxGapSeconds.map { " (at most \(TimeSpan.format($0)))" } ?? "")
      ), ("Acknowledged writes", Count.text(writes.acknowledged)),
      ("… of these lost", writes.lost == 0 ? "0" : "**\(Count.text(writes.lost))**"),
      (
        "Unacknowledged writes",
        "\(Count.text(writes.unacknowledged)): \(Count.text(writes.survived)) survived, "
          + "\(Count.text(writes.rolledBack)) did not"
      ),
    ]
    if failover.how == "kill" { rows.append(("Old primary back after", time(failover.rejoinSeconds))) }
    rows.append(("All caught up after", time(failover.catchUpSeconds)))
    rows.append(("A new client", failover.clientServed ? "was served" : "**was not served**"))
    if let data = failover.comparison { rows.append(("Data of the members", words(data))) }
    return rows
  }

  /// `the same in 3 members: 21 collections of 3 databases`.
  func words(_ data: DrillRecord.MemberData) -> String {
    let amount =
      "\(Count.text(data.collections, "collection")) of \(Count.text(data.databases, "database"))"
    if data.differing.isEmpty { return "the same in \(Count.text(data.members, "member")): \(amount)" }
    let shown = data.differing.prefix(5).map { MarkdownText.escaped($0) }.joined(separator: ", ")
    return "**differing** in \(Count.text(data.differing.count)) of \(amount): \(shown)"
  }
}
