internal import BSON
internal import Backups
internal import Facts
internal import Platform
internal import Record

/// What `verify` found, as text and as JSON.
struct VerifyReport {
  private let backup: any LogicalBackup
  private let summary: ReadSummary
  private let reads: [Int: CollectionRead]
  private let seconds: Double

  init(backup: any LogicalBackup, summary: ReadSummary, seconds: Double) {
    self.backup = backup
    self.summary = summary
    self.seconds = seconds
    reads = Dictionary(summary.collections.map { ($0.collection, $0) }) { first, _ in first }
  }

  /// All that is wrong: first what showed at the start, then what reading found.
  var damage: [Failure] { backup.damage + summary.damage }

  // MARK: Text

  func text(color: Bool) -> String {
    var text = "\(Columns.visible(backup.path)): \(form)\n\n" + table
    if let oplog = summary.oplog {
      text += "\nThe dump's own oplog: \(Count.text(oplog.entries, "entry", plural: "entries"))"
      if let first = oplog.first, let last = oplog.last { text += ", \(first) to \(last)" }
      text += "\n"
    }
    text += "\nRead \(Amount(documents: summary.documents, bytes: summary.bytes).text(in: seconds)).\n"
    guard !damage.isEmpty else {
      return text + Style.green.paint("The backup is whole.", if: color) + "\n"
    }
    let count = Count.text(damage.count, "fault")
    text += Style.red.paint("The backup is damaged: \(count).", if: color) + "\n"
    for fault in damage {
      text += "  \(Columns.visible(fault.description))\n"
      if let hint = fault.hint { text += "    HINT: \(Columns.visible(hint))\n" }
    }
    return text
  }

  private var form: String {
    var words = backup.form.rawValue
    if backup.origin.isCompressed { words = "compressed \(words)" }
    if let version = backup.origin.serverVersion { words += " of MongoDB \(version)" }
    if let version = backup.origin.toolVersion { words += ", made by mongodump \(version)" }
    return words
  }

  private var table: String {
    var table = Table([
      "COLLECTION": .left, "KIND": .left, "DOCUMENTS": .right, "SIZE": .right, "INDEXES": .right,
    ])
    for (index, collection) in backup.collections.enumerated() {
      let facts = collection.facts
      let read = reads[index]
      if let file = collection.place?.file, isDamaged(file) {
        table.add(facts.namespace.description, facts.kind.rawValue, "damaged", "-", "-")
        continue
      }
      table.add(
        facts.namespace.description, facts.kind.rawValue, read.map { Count.text($0.documents) } ?? "-",
        read.map { ByteSize.format($0.bytes) } ?? "-",
        facts.kind == .view ? "-" : Count.text(facts.indexes.count))
    }
    return table.text
  }

  /// Whether a collection's own file is damaged: what was read of it before says little.
  private func isDamaged(_ file: String) -> Bool {
    backup.form != .archive && damage.contains { $0.place?.file.utf8.elementsEqual(file.utf8) ?? false }
  }

  // MARK: JSON

  var json: JSON {
    .record([
      "path": .string(backup.path), "form": .string(backup.form.rawValue),
      "whole": .bool(damage.isEmpty),
      "server_version": backup.origin.serverVersion.map(JSON.string) ?? .null,
      "tool_version": backup.origin.toolVersion.map(JSON.string) ?? .null,
      "compressed": .bool(backup.origin.isCompressed),
      "file_bytes": backup.origin.bytes > 0 ? .integer(Int64(backup.origin.bytes)) : .null,
      "documents": .integer(Int64(summary.documents)), "bytes": .integer(Int64(summary.bytes)),
      "seconds": .double(seconds),
      "collections": .array(backup.collections.indices.map(collection)), "oplog": oplog,
      "damage": .array(damage.map(\.json)), "notes": .array(backup.notes.map(JSON.string)),
    ])
  }

  private func collection(_ index: Int) -> JSON {
    let collection = backup.collections[index]
    let read = reads[index]
    var note = JSON.null
    if case .notRestored(let reason) = collection.treatment { note = .string(reason) }
    return .record([
      "namespace": .string(collection.facts.namespace.description),
      "kind": .string(collection.facts.kind.rawValue),
      "documents": read.map { .integer(Int64($0.documents)) } ?? .null,
      "bytes": read.map { .integer(Int64($0.bytes)) } ?? .null,
      "indexes": .integer(Int64(collection.facts.indexes.count)),
      "file": collection.place.map { .string($0.file) } ?? .null, "not_restored": note,
    ])
  }

  private var oplog: JSON {
    guard let oplog = summary.oplog else { return .null }
    return .record([
      "entries": .integer(Int64(oplog.entries)), "bytes": .integer(Int64(oplog.bytes)),
      "first": oplog.first.map { .string($0.description) } ?? .null,
      "last": oplog.last.map { .string($0.description) } ?? .null,
    ])
  }
}
