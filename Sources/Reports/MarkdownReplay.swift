internal import Platform
internal import Record

/// What the report says of the oplog's replay.
extension MarkdownReport {
  /// Reasons and namespaces of skipped operations that are named; the JSON has them all.
  private static let mostNames = 4

  mutating func replayed() {
    guard let replay = record.replay else { return }
    section("Recovered to")
    let all = replay.all
    if all.count == 1 {
      add(arrival(replay))
    } else {
      targets(all)
    }
    add("")
    add(coverage(replay.coverage))
    let seams =
      replay.coverage.unproven.map { "Unproven: " + $0.sentence }
      + replay.coverage.gaps.map { "Gap: " + $0.sentence }
    if !seams.isEmpty { lines += [""] + seams.map { "- " + MarkdownText.escaped($0) } }
    for found in all.compactMap(\.bisect) { search(found) }
    left(all)
  }

  /// The proof of arrival in one line.
  private func arrival(_ replay: DrillRecord.Replay) -> String {
    let last =
      replay.lastApplied.map { "the last entry applied is \(moment($0))" } ?? "no entry lies before it"
    let next =
      replay.nextEntry.map { "the first one after it is \(MarkdownText.code($0, inTable: false))" }
      ?? "the oplog ends there"
    let isBySlices = replay.bytes > 0 || replay.entries == 0 && !record.backup.slices.isEmpty
    if record.backup.isPhysical, !isBySlices {
      return
        "\(MarkdownText.code(replay.requested, inTable: false)), which is \(MarkdownText.escaped(replay.resolved)): "
        + "\(last), \(next). The server applied \(Count.text(replay.entries, "entry", plural: "entries")) of the "
        + "copy's own oplog, those after its checkpoint."
    }
    return
      "\(MarkdownText.code(replay.requested, inTable: false)), which is \(MarkdownText.escaped(replay.resolved)): "
      + "\(last), \(next). \(Count.text(replay.entries, "entry", plural: "entries")) "
      + (record.backup.isPhysical ? "of the slices, behind the copy's own oplog, were read, " : "were read, ")
      + "\(Count.text(replay.appliedCount, "operation")) applied, \(Count.text(replay.skippedCount)) skipped."
  }

  /// Several targets, in the order in which they were reached.
  private mutating func targets(_ all: [DrillRecord.Replay]) {
    table(
      ["Step", "Target", "Last entry applied", "First after it", ">Entries", ">Applied", ">Skipped"],
      all.map { replay in
        [
          MarkdownText.code(replay.step), MarkdownText.escaped(replay.resolved),
          replay.lastApplied.map { moment($0) } ?? "–",
          replay.nextEntry.map { MarkdownText.code($0) } ?? "the oplog's end",
          Count.text(replay.entries), Count.text(replay.appliedCount), Count.text(replay.skippedCount),
        ]
      })
  }

  private func coverage(_ coverage: DrillRecord.Coverage) -> String {
    let start = record.backup.isPhysical ? "its checkpoint" : "the dump's end"
    var text =
      "The backup and its oplog cover \(MarkdownText.code(coverage.dumpEnd, inTable: false)), \(start), through "
      + "\(MarkdownText.code(coverage.provenEnd, inTable: false)) without a gap"
    if coverage.end != coverage.provenEnd {
      text += ", and past unproven seams through \(MarkdownText.code(coverage.end, inTable: false))"
    }
    return text + "."
  }

  /// What the search for the entry that breaks checks found.
  private mutating func search(_ found: DrillRecord.Bisect) {
    add("")
    add("**\(MarkdownText.escaped(found.sentence))**")
    add("")
    add(
      "Looked for from \(moment(found.from)) through \(moment(found.to)), among "
        + "\(Count.text(found.candidates, "entry", plural: "entries")) that change something: the backup was restored "
        + "\(Count.text(found.rounds, "time")), and \(Count.text(found.probes.count, "moment")) were asked.")
    if !found.monotone {
      add("")
      add("At some of them the checks passed again after they had failed; report.json lists all.")
    }
  }

  /// What was skipped and why, of all targets together.
  private mutating func left(_ all: [DrillRecord.Replay]) {
    var skipped: [String: [String: Int]] = [:]
    for replay in all {
      for (reason, namespaces) in replay.skipped {
        skipped[reason, default: [:]].merge(namespaces, uniquingKeysWith: +)
      }
    }
    if skipped.isEmpty { return }
    lines += ["", "Skipped operations, by reason:", ""]
    for (reason, namespaces) in skipped.sorted(by: { $0.key < $1.key }) {
      let named = namespaces.filter { !$0.key.isEmpty }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      var line =
        "- \(Count.text(namespaces.values.reduce(0, +))): \(MarkdownText.escaped(reason))"
      if !named.isEmpty {
        line +=
          " ("
          + named.prefix(Self.mostNames).map {
            "\(MarkdownText.code($0.key, inTable: false)) \(Count.text($0.value))"
          }
          .joined(separator: ", ") + (named.count > Self.mostNames ? ", …" : "") + ")"
      }
      add(line)
    }
  }

  /// `1795259694:300` (2026-11-21 11:54:54 UTC).
  private func moment(_ timestamp: String) -> String {
    let time = DrillRecord.Replay.time(of: timestamp).map { " (\(readable($0)))" } ?? ""
    return MarkdownText.code(timestamp) + time
  }
}
