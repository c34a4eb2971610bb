internal import Platform
internal import Record

/// What a report says of the oplog's replay.
extension Section {
  /// Reasons and namespaces of skipped operations that are named; the JSON has them all.
  private static let mostNames = 4

  static func replayed(_ record: DrillRecord) -> Section? {
    guard let replay = record.replay else { return nil }
    let all = replay.all
    var blocks = [
      all.count == 1 ? Block.paragraph(arrival(replay, record.backup)) : targets(all),
      .paragraph(coverage(replay.coverage, isPhysical: record.backup.isPhysical)),
    ]
    let seams =
      replay.coverage.unproven.map { "Unproven: \($0.sentence)" as Prose }
      + replay.coverage.gaps.map { "Gap: \($0.sentence)" }
    if !seams.isEmpty { blocks.append(.list(seams)) }
    for found in all.compactMap(\.bisect) { blocks += search(found) }
    return Section("Recovered to", blocks + left(all))
  }

  /// The proof of arrival in one line.
  private static func arrival(_ replay: DrillRecord.Replay, _ backup: DrillRecord.Backup) -> Prose {
    let last: Prose =
      replay.lastApplied.map { "the last entry applied is \(moment($0))" } ?? "no entry lies before it"
    let next: Prose =
      replay.nextEntry.map { "the first one after it is \(code: $0)" } ?? "the oplog ends there"
    let entries = Count.text(replay.entries, "entry", plural: "entries")
    let place: Prose = "\(code: replay.requested), which is \(replay.resolved): \(last), \(next). "
    let isBySlices = replay.bytes > 0 || replay.entries == 0 && !backup.slices.isEmpty
    if backup.isPhysical, !isBySlices {
      return place
        + "The server applied \(own: entries) of the copy's own oplog, those after its checkpoint."
    }
    let operations = Count.text(replay.appliedCount, "operation")
    return place
      + "\(own: entries) \(own: backup.isPhysical ? "of the slices, behind the copy's own oplog, " : "")\(own: replay.entries == 1 ? "was" : "were") read, \(own: operations) applied, \(own: Count.text(replay.skippedCount)) skipped."
  }

  /// Several targets, in the order in which they were reached.
  private static func targets(_ all: [DrillRecord.Replay]) -> Block {
    .table(
      ["Step", "Target", "Last entry applied", "First after it", ">Entries", ">Applied", ">Skipped"],
      all.map { replay in
        [
          Prose(code: replay.step), Prose(data: replay.resolved),
          replay.lastApplied.map { moment($0) } ?? "–",
          replay.nextEntry.map(Prose.init(code:)) ?? "the oplog's end",
          Prose(own: Count.text(replay.entries)), Prose(own: Count.text(replay.appliedCount)),
          Prose(own: Count.text(replay.skippedCount)),
        ]
      })
  }

  private static func coverage(_ coverage: DrillRecord.Coverage, isPhysical: Bool) -> Prose {
    let start = isPhysical ? "its checkpoint" : "the dump's end"
    var text: Prose =
      "The backup and its oplog cover \(code: coverage.dumpEnd), \(own: start), through \(code: coverage.provenEnd); no entry is seen to be missing"
    if coverage.end != coverage.provenEnd {
      text += ". Past unproven seams they go on through \(code: coverage.end)"
    }
    text += "."
    if let unused = coverage.unusedIncrements {
      text += " \(own: Count.text(unused.count, "increment")) inside of the slices"
      text += unused.count == 1 ? " has no entry" : " have no entry"
      text += ", the first between \(code: unused.before) and \(code: unused.after.timestamp) in "
      text +=
        "\(code: unused.after.file): failed writes leave such holes, and so would an entry that was taken out."
    }
    return text
  }

  /// What the search for the entry that breaks checks found.
  private static func search(_ found: DrillRecord.Bisect) -> [Block] {
    var blocks: [Block] = [
      .paragraph(Prose(strong: Prose(data: found.sentence))),
      .paragraph(
        "Looked for from \(moment(found.from)) through \(moment(found.to)), among "
          + Prose(
            own:
              "\(Count.text(found.candidates, "entry", plural: "entries")) that change something: the backup "
              + "was restored \(Count.text(found.rounds, "time")), and "
              + "\(Count.text(found.probes.count, "moment")) were asked.")),
    ]
    if !found.monotone {
      blocks.append(
        .paragraph("At some of them the checks passed again after they had failed; report.json lists all."))
    }
    return blocks
  }

  /// What was skipped and why, of all targets together.
  private static func left(_ all: [DrillRecord.Replay]) -> [Block] {
    var skipped: [String: [String: Int]] = [:]
    for replay in all {
      for (reason, namespaces) in replay.skipped {
        skipped[reason, default: [:]].merge(namespaces, uniquingKeysWith: +)
      }
    }
    if skipped.isEmpty { return [] }
    let items = skipped.sorted { $0.key < $1.key }.map { reason, namespaces in
      let named = namespaces.filter { !$0.key.isEmpty }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      var line: Prose = "\(own: Count.text(namespaces.values.reduce(0, +))): \(reason)"
      if !named.isEmpty {
        let shown = named.prefix(mostNames).map { "\(code: $0.key) \(own: Count.text($0.value))" as Prose }
        line += " (\(shown.joined(separator: ", "))\(own: named.count > mostNames ? ", …" : ""))"
      }
      return line
    }
    return [.paragraph("Skipped operations, by reason:"), .list(items)]
  }

  /// `1795259694:300` (2026-11-21 11:54:54 UTC).
  private static func moment(_ timestamp: String) -> Prose {
    "\(code: timestamp)"
      + (DrillRecord.Replay.time(of: timestamp).map { " (\(own: readable($0)))" } ?? "")
  }
}
