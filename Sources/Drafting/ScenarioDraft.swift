internal import Checks
internal import Configuration
internal import Facts
internal import Platform
internal import Record

/// A scenario's file around a draft.
package struct ScenarioDraft: Sendable {
  /// The longest line that a reason is put at the end of; longer ones get it above.
  private static let width = 118

  /// The checks.
  package var draft: Draft
  /// What a person calls it.
  package var title: String
  /// As the scenario names it.
  package var backup: String
  /// Slices of the oplog, as the scenario names them.
  package var oplog: [String]
  /// Sentences for the top: what was read.
  package var notes: [String]
  /// Where the replay goes; nil when there is none.
  package var target: String?

  package init(
    _ draft: Draft, title: String, backup: String, oplog: [String] = [], target: String? = nil,
    notes: [String] = []
  ) {
    self.draft = draft
    self.title = title
    self.backup = backup
    self.oplog = oplog
    self.target = target
    self.notes = notes
  }

  /// The file's content.
  package var yaml: String {
    var lines = notes.map { "# \($0.visible)" }
    lines += [
      "# Lines that are commented out are guesses, each with what keeps it from being sure; remove the `# ` of those",
      "# that hold. `mongodrill lint` says whether the file is right.",
      "version: 1",
      "title: \(Node.text(title).scenarioText)",
      "backup: {path: \(Node.text(backup).scenarioText)}",
    ]
    if !oplog.isEmpty {
      let paths = oplog.map { Node.mapping([("path", .text($0))]) }
      lines.append("oplog: \(Node.list(paths).scenarioText)")
    }
    lines += [
      "# objectives:",
      "#   rto: {max: 30m, warn: 20m}  # from the first byte read to the checks passed",
    ]
    if target != nil {
      lines.append(
        "#   rpo: {max: 5m, reference: \"2026-01-31T12:00:00Z\"}  # from the last entry to the incident")
    }
    lines += ["steps:", "  - {id: restore, restore: {}}"]
    if let target { lines.append("  - {id: replay, replay: {to: \(quoted(target))}}") }
    // A suite without a check would be none: where all of it are guesses, all of it is commented out.
    let mark = draft.items.contains(where: \.isSure) ? "" : "# "
    lines += [
      "  \(mark)- {id: verify, check: [\(Draft.suiteName)]}", "\(mark)checks:",
      "\(mark)  \(Draft.suiteName):",
    ]
    for group in groups { lines += text(of: group) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The items by what they are asked of.
  private var groups: [[DraftItem]] {
    var groups: [[DraftItem]] = []
    for item in draft.items {
      if let last = groups.last?.first, last.subject == item.subject {
        groups[groups.count - 1].append(item)
      } else {
        groups.append([item])
      }
    }
    return groups
  }

  private func text(of group: [DraftItem]) -> [String] {
    guard let subject = group.first?.subject else { return [] }
    let isActive = group.contains(where: \.isSure)
    let mark = isActive ? "" : "# "
    var lines: [String] = []
    if let heading = heading(subject) { lines.append("    # \(heading)") }
    lines.append("    \(mark)\(quoted(subject.description)):")
    for item in group {
      let margin = item.isSure ? "      " : isActive ? "      # " : "    #   "
      let line = margin + "- " + item.text
      let reason = item.reason.isEmpty ? "" : "  # \(item.reason.visible)"
      if line.count + reason.count <= Self.width {
        lines.append(line + reason)
      } else {
        lines += [(isActive ? "      # " : "    #   # ") + "\(item.reason.visible):", line]
      }
      lines += item.common.map { margin + "  " + $0 }
    }
    return lines
  }

  /// What is known of what the checks are asked of.
  private func heading(_ subject: Subject) -> String? {
    let catalogue = draft.sources.catalogue
    switch subject {
    case .everything:
      let stored = catalogue.sorted.filter { $0.kind != .view }
      return "Facts of the backup, asked of each of its \(Count.text(stored.count, "collection"))."
    case .database: return nil
    case .collection(let name):
      guard let facts = catalogue[name], let documents = facts.documents else { return nil }
      let noun = facts.kind == .timeseries ? "bucket" : "document"
      let size = facts.bytes.map { ", \(ByteSize.format($0))" } ?? ""
      return Count.text(documents, noun) + size
    }
  }
}
