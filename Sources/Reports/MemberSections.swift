internal import Platform
internal import Record

extension Section {
  /// What happened to the members of a replica set: one table a step that took one away.
  static func failovers(_ record: DrillRecord) -> [Section] {
    record.steps.compactMap { step in
      step.failover.map {
        Section("Failover: \(step.id)", [.table(["", ""], rows($0).map { [$0.0, $0.1] })])
      }
    }
  }

  /// What was done to servers: one row a step.
  static func faults(_ record: DrillRecord) -> Section? {
    let faults = record.steps.compactMap { step in step.fault.map { (step.id, $0) } }
    guard !faults.isEmpty else { return nil }
    return Section(
      "Faults",
      [
        .table(
          ["Step", "What", "Writes", ">Longest gap", ">Back after", "Note"],
          faults.map { id, fault in
            let writes: Prose =
              Prose(own: fault.survived ? "went on" : "failed")
              + ((fault.survived ? "survives" : "fails") == fault.expected
                ? "" : ", \(strong: "not as expected")")
            var notes = [fault.outcome.map(Prose.init(data:))].compactMap(\.self)
            if let lost = fault.writes?.lost, lost > 0 {
              notes.append("\(strong: "\(own: Count.text(lost)) acknowledged writes lost")")
            }
            if !fault.rolledBack.isEmpty { notes.append("rolled back: \(words(fault.rolledBack))") }
            if let data = fault.comparison { notes.append("data \(words(data))") }
            return [
              Prose(code: id), Prose(data: "\(fault.action) \(fault.role) \(fault.member)"), writes,
              time(fault.writeGapSeconds), time(fault.backSeconds), notes.joined(separator: "; "),
            ]
          })
      ])
  }

  private static func time(_ seconds: Double?) -> Prose { Prose(own: seconds.map(TimeSpan.format) ?? "–") }

  private static func rows(_ failover: DrillRecord.Failover) -> [(Prose, Prose)] {
    let writes = failover.writes
    var rows: [(Prose, Prose)] = [
      (
        "Primary",
        "member \(own: "\(failover.oldPrimary)") "
          + (failover.how == "kill" ? "was killed" : "stepped down")
          + (failover.newPrimary.map { ", then member \(own: "\($0)")" } ?? ", then \(strong: "none")")
      ), ("New primary after", time(failover.newPrimarySeconds)),
      (
        "Without acknowledged writes",
        time(failover.writeGapSeconds)
          + (failover.maxGapSeconds.map { " (at most \(own: TimeSpan.format($0)))" } ?? "")
      ), ("Acknowledged writes", Prose(own: Count.text(writes.acknowledged))),
      ("… of these lost", writes.lost == 0 ? "0" : "\(strong: Prose(own: Count.text(writes.lost)))"),
      (
        "Unacknowledged writes",
        Prose(
          own: "\(Count.text(writes.unacknowledged)): \(Count.text(writes.survived)) survived, "
            + "\(Count.text(writes.rolledBack)) did not")
      ),
    ]
    if !failover.rolledBack.isEmpty {
      rows.append(("Rolled back by the old primary", words(failover.rolledBack)))
    }
    if failover.how == "kill" { rows.append(("Old primary back after", time(failover.rejoinSeconds))) }
    rows.append(("All caught up after", time(failover.catchUpSeconds)))
    rows.append(("A new client", failover.clientServed ? "was served" : "\(strong: "was not served")"))
    if let data = failover.comparison { rows.append(("Data of the members", words(data))) }
    return rows
  }

  /// `3 documents (_id 1, 2, 3)`.
  private static func words(_ files: [DrillRecord.RolledBack]) -> Prose {
    let ids = files.flatMap(\.ids).prefix(5).map(Prose.init(code:)).joined(separator: ", ")
    return "\(own: Count.text(files.reduce(0) { $0 + $1.documents }, "document")) (`_id` \(ids))"
  }

  /// `the same in 3 members: 21 collections of 3 databases`.
  private static func words(_ data: DrillRecord.MemberData) -> Prose {
    let amount =
      "\(Count.text(data.collections, "collection")) of \(Count.text(data.databases, "database"))"
    if data.differing.isEmpty {
      return Prose(own: "the same in \(Count.text(data.members, "member")): \(amount)")
    }
    let shown = data.differing.prefix(5).map(Prose.init(data:)).joined(separator: ", ")
    return "\(strong: "differing") in \(own: Count.text(data.differing.count)) of \(own: amount): \(shown)"
  }
}
