internal import Platform
internal import Record

extension Section {
  /// What was written for the live system.
  static func exports(_ record: DrillRecord) -> Section? {
    guard !record.exports.isEmpty else { return nil }
    return Section("What was exported", record.exports.flatMap(blocks))
  }

  private static func blocks(_ export: DrillRecord.Export) -> [Block] {
    var sentence: Prose = "To \(code: export.path) (step \(export.step))"
    if let moment = export.moment { sentence += ", as of \(code: moment)" }
    if let through = export.changedThrough {
      let kinds = export.changes.map { $0 == "d" ? "deleted" : "updated" }.joined(separator: " or ")
      sentence += ", only what was \(own: kinds) after that and through \(code: through)"
    }
    return [
      .paragraph(sentence + ":"),
      .table(
        ["Collection", ">Documents", ">Size", ">Indexes", "SHA-256 of the file", "Note"],
        export.collections.map { collection in
          var notes: [String] = []
          if !collection.whole { notes.append("a part of it") }
          if collection.later > 0 {
            notes.append("\(Count.text(collection.later)) more changed that came in only later")
          }
          return [
            Prose(code: collection.namespace), Prose(own: Count.text(collection.documents)),
            Prose(own: ByteSize.format(collection.bytes)), Prose(own: Count.text(collection.indexes)),
            collection.sha256.map(Prose.init(code:)) ?? "", Prose(own: notes.joined(separator: "; ")),
          ]
        }),
      .paragraph(loading(export)),
    ]
  }

  /// How it gets into the live system. Without `--gzip` mongorestore passes over compressed files and ends with 0.
  private static func loading(_ export: DrillRecord.Export) -> Prose {
    let command = "mongorestore \(export.gzip ? "--gzip " : "")\(ShellWord.quoted(export.path))"
    let sentence: Prose =
      "Into the live system: \(code: command) with its \(code: "--uri"), and without \(code: "--drop"): what is missing "
      + "is inserted, documents that are there are left alone."
    guard export.changes.contains("u") else { return sentence }
    return sentence
      + " For documents that were changed, restore beside the collection (\(code: "--nsFrom"), \(code: "--nsTo")) and "
      + "merge by \(code: "_id")."
  }
}
