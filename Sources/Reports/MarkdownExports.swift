internal import Platform
internal import Record

extension MarkdownReport {
  /// What was written for the live system.
  mutating func exports() {
    guard !record.exports.isEmpty else { return }
    section("What was exported")
    for (number, export) in record.exports.enumerated() {
      if number > 0 { add("") }
      var sentence =
        "To \(MarkdownText.code(export.path, inTable: false)) (step \(MarkdownText.escaped(export.step)))"
      if let moment = export.moment { sentence += ", as of \(MarkdownText.code(moment, inTable: false))" }
      if let through = export.changedThrough {
        let kinds = export.changes.map { $0 == "d" ? "deleted" : "updated" }.joined(separator: " or ")
        sentence +=
          ", only what was \(kinds) after that and through \(MarkdownText.code(through, inTable: false))"
      }
      add(sentence + ":")
      add("")
      table(
        ["Collection", ">Documents", ">Size", ">Indexes", "SHA-256 of the file", "Note"],
        export.collections.map { collection in
          var notes: [String] = []
          if !collection.whole { notes.append("a part of it") }
          if collection.later > 0 {
            notes.append("\(Count.text(collection.later)) more changed that came in only later")
          }
          return [
            MarkdownText.code(collection.namespace), Count.text(collection.documents),
            ByteSize.format(collection.bytes), Count.text(collection.indexes),
            collection.sha256.map { MarkdownText.code($0) } ?? "", notes.joined(separator: "; "),
          ]
        })
    }
  }
}
