internal import BSON
internal import Backups
internal import Platform
internal import Readiness
internal import Record

/// An inventory, and what was asked of it.
struct InventoryReport {
  let inventory: Inventory
  var listsSlices = false
  var unreadableRecords: [RunIndex.Unreadable] = []
  var holds: String?
  var target: SearchedTarget?
  var gaps: [ScheduleGap]?
  var retention: Retention?
  var ledger: ProofLedger?
  /// What is listed: all, or what a search found.
  private var shown: [Inventory.Entry]
  /// Sound ones that a search can't tell about.
  private var unknown: [Inventory.Entry] = []
  /// By path, whether the target is proven from there.
  private var reaching: [String: Bool] = [:]

  init(_ inventory: Inventory) {
    self.inventory = inventory
    shown = inventory.entries
  }

  /// Narrows what is listed to what was searched for, the best first.
  mutating func search() {
    if let holds {
      let (found, unknown) = inventory.holding(holds)
      shown = found
      self.unknown = unknown
    }
    guard let target else { return }
    let paths = Set(shown.map(\.path))
    let found = inventory.reaching(from: target.bound, through: target.through).filter {
      paths.contains($0.entry.path)
    }
    shown = found.map(\.entry)
    for one in found { reaching[one.entry.path] = one.isProven }
  }

  /// The worst that was found.
  var exitCode: ExitCode {
    var codes: [ExitCode] = []
    if inventory.entries.isEmpty || (holds != nil && target == nil && shown.isEmpty) {
      codes.append(.backupNotFound)
    }
    if !inventory.bad.isEmpty || (target != nil && shown.isEmpty) { codes.append(.damagedBackup) }
    if gaps?.isEmpty == false { codes.append(.checkFailed) }
    return ExitCode.first(of: codes)
  }

  // MARK: Text

  /// Tables and what is not right.
  func text(color: Bool) -> String {
    func title(_ text: String) -> String { "\n" + Style.bold.paint(text, if: color) + "\n" }
    var text = found
    if holds == nil, target == nil, !inventory.chains.isEmpty { text += title("Slices") + chains }
    if let gaps {
      text += title("Schedule") + (gaps.isEmpty ? "No gap.\n" : gaps.map(line).joined())
    }
    if let retention { text += title("Retention") + removal(retention) }
    if let ledger { text += title("Last proven") + ledger.text }
    return text + title("Storage") + storage + remarks
  }

  private var found: String {
    let listed = shown.filter { listsSlices || !$0.isSlice || $0.isBad }
    guard !listed.isEmpty else {
      if inventory.entries.isEmpty {
        return "There is no backup in \(inventory.folders.joined(separator: ", ").visible).\n"
      }
      if target != nil { return "No backup reaches that moment.\n" }
      return holds == nil ? "There is no backup, only slices.\n" : "No backup is known to hold that.\n"
    }
    var table = Table([
      "Backup": .left, "Type": .left, "Time": .left, "Age": .left, "Size": .right, "Growth": .right,
      "Reaches": .left, "Last drill": .left, "": .left,
    ])
    for entry in listed {
      table.add(
        entry.path, entry.found.form, entry.time?.text ?? "?", entry.age?.rawValue ?? "?",
        ByteSize.format(entry.bytes), growth(entry), reach(entry), drill(entry), state(entry))
    }
    let slices = inventory.slices.count
    let counts =
      Count.text(inventory.backups.count, "backup") + (slices == 0 ? "" : ", " + Count.text(slices, "slice"))
    let rest = shown.count == inventory.entries.count ? "" : "\(Count.text(shown.count)) of "
    return table.text + "\n\(rest)\(counts)\n"
  }

  private func growth(_ entry: Inventory.Entry) -> String {
    guard let growth = entry.growth else { return "-" }
    return (growth > 0 ? "+" : "") + Decimals.format(growth * 100, 1) + "%"
  }

  private func moment(_ timestamp: Timestamp) -> String { WallTime(seconds: Int(timestamp.seconds)).text }

  private func reach(_ entry: Inventory.Entry) -> String {
    if entry.isSlice { return entry.found.oplog.map { "from \(moment($0.first))" } ?? "-" }
    guard let coverage = entry.coverage else {
      guard entry.isSound else { return "-" }
      return entry.kind == .physicalCopy || entry.found.oplog != nil || entry.kind == .archive
        ? "not read" : "no oplog"
    }
    let proven = reaching[entry.path].map { $0 ? " (proven)" : " (unproven)" }
    return moment(coverage.end) + (proven ?? (coverage.provenEnd < coverage.end ? " (unproven)" : ""))
  }

  private func drill(_ entry: Inventory.Entry) -> String {
    guard let drill = entry.lastDrill else { return entry.isSlice ? "-" : "never" }
    return "\(drill.verdict) \(drill.time?.text ?? drill.runID)"
  }

  private func state(_ entry: Inventory.Entry) -> String {
    var words: [String] = []
    if !entry.isSound { words.append(entry.status.rawValue) }
    if entry.found.saidSucceeded == true { words.append("succeeded") }
    if entry.found.isPart { words.append("a part") }
    words += entry.found.links.map { "= \(Files.name(of: $0))" }
    return words.joined(separator: ", ")
  }

  private var chains: String {
    var table = Table([
      "Folder": .left, "Slices": .right, "Size": .right, "From": .left, "To": .left, "": .left,
    ])
    for chain in inventory.chains {
      table.add(
        chain.folder, Count.text(chain.links.count), ByteSize.format(chain.bytes),
        chain.links.first.map { moment($0.first) } ?? "-",
        chain.links.map(\.last).max().map(moment) ?? "-",
        chain.breaks.map { one in
          "\(one.isGap ? "gap" : "unproven") \(moment(one.before)) to \(moment(one.after))"
        }.joined(separator: ", "))
    }
    return table.text
  }

  private func line(_ gap: ScheduleGap) -> String {
    let end = gap.after.map { $0.visible } ?? "now"
    return "! \(TimeSpan.format(gap.seconds)) from \(gap.before.visible) (\(gap.from.text)) to \(end)\n"
  }

  private func removal(_ retention: Retention) -> String {
    var table = Table(["": .left, "Backup": .left, "Size": .right, "Because": .left])
    for decision in retention.decisions where !decision.entry.isSlice || !decision.isKept {
      table.add(
        decision.isKept ? "keep" : "remove", decision.entry.path, ByteSize.format(decision.entry.bytes),
        decision.reasons.joined(separator: ", "))
    }
    let kept = retention.decisions.filter { $0.entry.isSlice && $0.isKept }
    let needed = kept.count { $0.reasons.contains { $0.hasPrefix("leads from") } }
    return table.text
      + (kept.isEmpty
        ? ""
        : "keep    \(Count.text(kept.count, "slice"))"
          + (needed == 0 ? "" : ", \(Count.text(needed)) of them only to lead to the others") + "\n")
      + "\(Count.text(retention.removable.count)) could go, \(ByteSize.format(retention.bytesRemovable)). "
      + "Nothing was removed.\n"
  }

  private var storage: String {
    var table = Table(["Folder": .left, "Used": .right, "Left": .right])
    for one in inventory.storage {
      table.add(one.folder, ByteSize.format(one.used), one.free.map(ByteSize.format) ?? "?")
    }
    return table.text
  }

  private var remarks: String {
    var lines = inventory.entries.compactMap { entry in
      entry.failure.map { failure in
        let place = failure.place == nil ? "\(entry.path): " : ""
        return "\(entry.status.rawValue): \(place)\(failure.description)"
      }
    }
    lines += inventory.entries.flatMap { entry in
      entry.found.unknownWords.map {
        "\(entry.path): its sidecar's \($0) is no word that is known; it says nothing of how the backup went"
      }
    }
    lines += inventory.passedOver.map { "\($0.path): not counted: \($0.reason)" }
    if holds != nil {
      lines += unknown.map { "\($0.path): doesn't show what it holds" }
    }
    lines += unreadableRecords.map(\.failure.description)
    return lines.isEmpty ? "" : "\n" + lines.map { "! \($0.visible)\n" }.joined()
  }

  // MARK: JSON

  /// The inventory's, and `found`, `gaps`, `retention`, `ledger` where they were asked for.
  var json: JSON {
    guard case .object(var members) = inventory.json else { return .null }
    if holds != nil || target != nil {
      members.append(
        .init(
          "found",
          .array(
            shown.map { entry in
              [
                "path": .string(entry.path),
                "proven": reaching[entry.path].map(JSON.bool) ?? .null,
              ]
            })))
      members.append(.init("unknown", .array(unknown.map { .string($0.path) })))
    }
    if let gaps {
      members.append(
        .init(
          "gaps",
          .array(
            gaps.map { gap in
              [
                "before": .string(gap.before), "after": gap.after.map(JSON.string) ?? .null,
                "from": .string(gap.from.text), "to": .string(gap.to.text), "seconds": .double(gap.seconds),
              ]
            })))
    }
    if let retention { members.append(.init("retention", retention.json)) }
    if let ledger { members.append(.init("ledger", ledger.json)) }
    return .object(members)
  }
}

extension ProofLedger {
  /// A table of collections.
  var text: String {
    guard !lines.isEmpty else { return "No drill that came to its end has a record.\n" }
    var table = Table([
      "Collection": .left, "Proven": .left, "Checks": .right, "Restored": .left, "Indexes": .left, "": .left,
    ])
    func at(_ proof: Proof?) -> String { proof.map { $0.time?.text ?? $0.runID } ?? "never" }
    for line in lines {
      table.add(
        line.namespace, at(line.proven), line.proven.map { Count.text($0.count) } ?? "-", at(line.restored),
        at(line.indexes) + (line.indexes.map { " (\(Count.text($0.count)))" } ?? ""),
        line.failed.map { "failed \(at($0))" } ?? "")
    }
    var indexes = Table(["Index": .left, "Of": .left, "Proven": .left, "Run": .left])
    for line in lines {
      for name in line.indexNames {
        indexes.add(name, line.namespace, at(line.eachIndex[name]), line.eachIndex[name]?.runID ?? "")
      }
    }
    return table.text + (indexes.isEmpty ? "" : "\n" + indexes.text)
  }
}
