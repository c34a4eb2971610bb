extension DrillRecord {
  /// A dump that was written of the sandbox, to be restored into the live system.
  package struct Export: RecordPart {
    /// The step that wrote it.
    package var step = ""
    /// The folder.
    package var path = ""
    package var gzip = false
    /// The moment that the documents are of, a timestamp of the oplog; nil where none was replayed to.
    package var moment: String?
    /// Where only what was changed was asked for: changed after `moment` and through this timestamp.
    package var changedThrough: String?
    /// Which changes counted: `d`, `u`.
    package var changes: [String] = []
    package var collections: [ExportedCollection] = []

    package init() {}

    /// Documents in all.
    package var documents: Int { collections.reduce(0) { $0 + $1.documents } }
    /// Their bytes.
    package var bytes: Int { collections.reduce(0) { $0 + $1.bytes } }

    package static var fields: [RecordField<Export>] {
      [
        RecordField("step", \.step), RecordField("path", \.path), RecordField("gzip", \.gzip),
        RecordField("moment", \.moment), RecordField("changed_through", \.changedThrough),
        RecordField("changes", \.changes), RecordField("collections", \.collections),
        RecordField(derived: "documents") { $0.documents }, RecordField(derived: "bytes") { $0.bytes },
      ]
    }
  }

  /// One collection of an export.
  package struct ExportedCollection: RecordPart {
    package var namespace = ""
    package var documents = 0
    /// The documents' bytes, uncompressed.
    package var bytes = 0
    package var indexes = 0
    /// Whether every document of it was written.
    package var whole = true
    /// Documents that were changed, and that only came in after the moment: there is nothing of them to write.
    package var later = 0
    /// The file of the documents; nil for a view.
    package var file: String?
    /// Its size in bytes.
    package var fileBytes: Int?
    /// Its SHA-256 in hexadecimal digits.
    package var sha256: String?

    package init() {}

    package static var fields: [RecordField<ExportedCollection>] {
      [
        RecordField("namespace", \.namespace), RecordField("documents", \.documents),
        RecordField("bytes", \.bytes), RecordField("indexes", \.indexes), RecordField("whole", \.whole),
        RecordField("later", \.later), RecordField("file", \.file), RecordField("file_bytes", \.fileBytes),
        RecordField("sha256", \.sha256),
      ]
    }
  }
}
