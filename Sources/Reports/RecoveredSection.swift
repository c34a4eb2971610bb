internal import Platform
internal import Record

extension Section {
  /// The collections that came back. Of more than `most` the largest are shown.
  static func recovered(_ record: DrillRecord, most: Int?) -> Section {
    let backup = record.backup
    var blocks = [Block.paragraph(source(backup) + (backup.collections.isEmpty ? ": nothing." : ":"))]
    if !backup.collections.isEmpty {
      let ranked = backup.collections.sorted { $0.bytes > $1.bytes }
      let kept = Set(ranked.prefix(most ?? ranked.count).map(\.source))
      blocks.append(
        .table(
          ["Collection", ">Documents", ">Size", ">Indexes", "Note"],
          backup.collections.filter { kept.contains($0.source) }.map(row)))
      let cut = backup.collections.filter { !kept.contains($0.source) }
      if !cut.isEmpty {
        let documents = cut.reduce(0) { $0 + ($1.atTarget ?? $1.inserted) }
        blocks.append(
          .paragraph(
            Prose(
              own:
                "… and \(Count.text(cut.count)) smaller ones with \(Count.text(documents, "document")), in report.json."
            )))
      }
      blocks.append(.paragraph(total(record)))
    }
    if let rating = rating(record) { blocks.append(.paragraph(rating)) }
    if !backup.notes.isEmpty { blocks.append(.list(backup.notes.map(Prose.init(data:)))) }
    return Section("What was recovered", blocks)
  }

  /// Where it came from, and what that is.
  static func source(_ backup: DrillRecord.Backup) -> Prose {
    var facts: [Prose] = backup.form.map { [Prose(data: $0)] } ?? []
    if let bytes = backup.bytes { facts.append(Prose(own: ByteSize.format(bytes))) }
    if backup.compressed == true { facts.append("gzip") }
    if let version = backup.serverVersion { facts.append("MongoDB \(version)") }
    if let version = backup.toolVersion { facts.append("taken by mongodump \(version)") }
    return "From \(code: backup.path)" + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
  }

  private static func total(_ record: DrillRecord) -> Prose {
    let summary = record.summary
    return Prose(
      own:
        "In all: \(Count.text(summary.collections, "collection")), \(Count.text(summary.documents, "document")), "
        + "\(ByteSize.format(summary.bytes)), \(Count.text(summary.indexes, "index", plural: "indexes")) "
        + "besides `_id_`.")
  }

  private static func row(_ collection: DrillRecord.Collection) -> [Prose] {
    var notes: [Prose] = []
    if collection.target == nil {
      notes.append(Prose(own: "not restored" + (collection.note == nil ? "" : ":")))
    } else if collection.target != collection.source, let target = collection.target {
      notes.append("as \(code: target)" + (collection.note == nil ? "" : ","))
    }
    if collection.repeated > 0 {
      notes.append(Prose(own: "\(Count.text(collection.repeated)) held twice, the same"))
    }
    if let note = collection.note { notes.append(Prose(data: note)) }
    if let count = collection.atTarget, count != collection.inserted {
      notes.append(
        Prose(own: (notes.isEmpty ? "" : "; ") + "\(Count.text(collection.inserted)) in the backup"))
    }
    let documents: Prose =
      collection.missing == 0
      ? Prose(own: Count.text(collection.atTarget ?? collection.documents - collection.repeated))
      : Prose(
        strong: Prose(own: "\(Count.text(collection.inserted)) of \(Count.text(collection.documents))"))
    return [
      Prose(code: collection.source), documents, Prose(own: ByteSize.format(collection.bytes)),
      Prose(own: Count.text(collection.indexes)), notes.joined(separator: " "),
    ]
  }
}
