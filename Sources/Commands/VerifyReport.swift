internal import BSON
internal import Backups
internal import Facts
internal import Platform
internal import Record

/// What `verify` found, as text and as JSON.
struct VerifyReport {
  let backup: VerifiedBackup
  /// Which moments can be reached; nil for documents alone.
  let reach: Reach?
  let seconds: Double

  /// Whether it is whole, and what was asked for can be reached.
  var isGood: Bool { damage.isEmpty && (reach?.isGood ?? true) }

  /// All that is wrong with the backup and with the slices.
  private var damage: [Failure] {
    backup.damage + (reach?.damage ?? []).filter { !backup.damage.contains($0) }
  }

  // MARK: Text

  func text(color: Bool) -> String {
    var text = "\(backup.path.visible): \(form)\n\n" + table
    if let oplog = backup.oplog {
      text += "\nIts own oplog: \(Count.text(oplog.entries, "entry", plural: "entries"))"
      if let first = oplog.first, let last = oplog.last { text += ", \(first) to \(last)" }
      text += "\n"
    }
    for read in backup.slices where reach?.chain == nil {
      text += "Slice \(read.slice.path.visible): "
      text += Count.text(read.oplog.entries, "entry", plural: "entries")
      if let first = read.oplog.first, let last = read.oplog.last { text += ", \(first) to \(last)" }
      text += "\n"
    }
    if let reach { text += reach.text(color: color) }
    text += "\nRead \(backup.amount.text(in: seconds)).\n"
    guard !damage.isEmpty else {
      guard let objection = reach?.objection else {
        return text + Style.green.paint("The backup is whole.", if: color) + "\n"
      }
      return text + Style.red.paint("The backup is whole, but \(objection).", if: color) + "\n"
    }
    let count = Count.text(damage.count, "fault")
    text += Style.red.paint("The backup is damaged: \(count).", if: color) + "\n"
    for fault in damage {
      text += "  \(fault.description.visible)\n"
      if let hint = fault.hint { text += "    HINT: \(hint.visible)\n" }
    }
    return text
  }

  private var form: String {
    var words = backup.form.rawValue
    if backup.origin.isCompressed { words = "compressed \(words)" }
    if let version = backup.origin.serverVersion { words += " of MongoDB \(version)" }
    if let version = backup.origin.toolVersion {
      words +=
        backup.form == .pbmSnapshot ? ", made by its version \(version)" : ", made by mongodump \(version)"
    }
    return words
  }

  private var table: String {
    var table = Table([
      "COLLECTION": .left, "KIND": .left, "DOCUMENTS": .right, "SIZE": .right, "INDEXES": .right,
    ])
    for collection in backup.collections {
      let facts = collection.facts
      if let file = collection.place?.file, isDamaged(file) {
        table.add(facts.namespace.description, facts.kind.rawValue, "damaged", "-", "-")
        continue
      }
      table.add(
        facts.namespace.description, facts.kind.rawValue, facts.documents.map { Count.text($0) } ?? "-",
        facts.bytes.map(ByteSize.format) ?? "-",
        facts.kind == .view ? "-" : Count.text(facts.indexes.count))
    }
    return table.text
  }

  /// Whether a collection's own file is damaged: what was read of it before says little.
  private func isDamaged(_ file: String) -> Bool {
    backup.form != .archive
      && backup.damage.contains { $0.place?.file.utf8.elementsEqual(file.utf8) ?? false }
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
      "documents": .integer(Int64(backup.amount.documents)), "bytes": .integer(Int64(backup.amount.bytes)),
      "seconds": .double(seconds),
      "collections": .array(backup.collections.map(json)), "oplog": json(backup.oplog),
      "slices": .array(backup.slices.map(json)), "chain": reach?.json ?? .null,
      "damage": .array(damage.map(\.json)), "notes": .array(backup.notes.map(JSON.string)),
    ])
  }

  private func json(_ collection: BackedUpCollection) -> JSON {
    let facts = collection.facts
    var note = JSON.null
    if case .notRestored(let reason) = collection.treatment { note = .string(reason) }
    return .record([
      "namespace": .string(facts.namespace.description),
      "kind": .string(facts.kind.rawValue),
      "documents": facts.documents.map { .integer(Int64($0)) } ?? .null,
      "bytes": facts.bytes.map { .integer(Int64($0)) } ?? .null,
      "indexes": .integer(Int64(facts.indexes.count)),
      "file": collection.place.map { .string($0.file) } ?? .null, "not_restored": note,
    ])
  }

  private func json(_ read: SliceRead) -> JSON {
    .record(["file": .string(read.slice.path), "oplog": json(read.oplog)])
  }

  private func json(_ oplog: OplogRead?) -> JSON {
    guard let oplog else { return .null }
    return .record([
      "entries": .integer(Int64(oplog.entries)), "bytes": .integer(Int64(oplog.bytes)),
      "first": oplog.first.map { .string($0.description) } ?? .null,
      "last": oplog.last.map { .string($0.description) } ?? .null,
    ])
  }
}

extension VerifiedBackup {
  /// Everything that was read, the oplog's entries among it.
  var amount: Amount {
    Amount(documents: documents + (oplog?.entries ?? 0), bytes: bytes + (oplog?.bytes ?? 0))
  }
}
