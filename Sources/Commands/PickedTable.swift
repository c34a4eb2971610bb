internal import Drills
internal import Platform
internal import Record

/// What the drills of one scenario came to, a line for each backup that was picked.
struct PickedTable {
  /// The folder that they were picked of.
  let folder: String
  /// The drills, as many as there are backups.
  let drills: [Scenario]
  /// The records of those that were run, in the same order.
  let records: [DrillRecord]

  /// For people; ends in a newline.
  var text: String {
    var table = Table([
      "Backup": .left, "Taken": .left, "Verdict": .left, "Exit": .right, "Documents": .right,
      "Seconds": .right,
      "Why": .left,
    ])
    for (index, drill) in drills.enumerated() {
      guard index < records.count else {
        table.add(name(drill.backup), "", "NOT RUN", "", "", "", "")
        continue
      }
      let record = records[index]
      let taken = record.backup.takenAt?.text ?? "unknown"
      table.add(
        name(drill.backup), taken, record.verdict.rawValue.uppercased(), "\(record.exitCode.rawValue)",
        Count.text(record.summary.documents), Decimals.format(record.durationSeconds, 1),
        record.reasons.first?.message ?? "")
    }
    let good = records.count { $0.verdict == .pass || $0.verdict == .warn }
    return "\n" + table.text
      + "\n\(good) of \(Count.text(drills.count, "backup")) in \(folder.visible) passed.\n"
  }

  /// The path below the folder.
  private func name(_ path: String) -> String {
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return path.utf8.starts(with: prefix.utf8) ? String(path.dropFirst(prefix.count)) : path
  }
}
