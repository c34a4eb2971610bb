package import Platform

extension DrillRecord {
  /// The backup and what was recovered from it.
  package struct Backup: RecordPart {
    /// As the user gave it; a path in a scenario is relative to the scenario's file.
    package var path = ""
    /// When it was taken; nil where nothing was picked by that.
    package var takenAt: WallTime?
    /// What says so: `its sidecar`, `the date in its name`, ….
    package var takenBy: String?
    /// `dump directory`, `archive`, …; nil when it was not recognised.
    package var form: String?
    /// Total size of its files; nil when not known.
    package var bytes: Int?
    package var compressed: Bool?
    /// The version of the server it was taken from, where it says.
    package var serverVersion: String?
    /// The version of the tool that took it, where it says.
    package var toolVersion: String?
    /// The file of the dump's own oplog; nil when it has none.
    package var oplog: String?
    /// Where slices of the oplog were looked for, as the user gave it.
    package var slices: [String] = []
    /// Its files and those of the slices, as they were at the drill: the first of them, by their paths.
    package var files: [FileDigest] = []
    /// How many there are in all; nil when their digests were not taken.
    package var fileCount: Int?
    /// The SHA-256 of all of them as `sha256sum` lists them, sorted by the bytes of their paths.
    package var filesSHA256: String?
    package var collections: [Collection] = []
    /// The first documents, indexes and collections that the server refused.
    package var problems: [Problem] = []
    /// How many were refused in all.
    package var problemCount = 0
    /// What a person should know about it.
    package var notes: [String] = []

    package init() {}
    package init(path: String) { self.path = path }

    /// Whether it is a copy of a server's files.
    package var isPhysical: Bool { form == "physical copy" }

    package static var fields: [RecordField<Backup>] {
      [
        RecordField("path", \.path), RecordField("taken_at", \.takenAt),
        RecordField("taken_by", \.takenBy), RecordField("form", \.form), RecordField("bytes", \.bytes),
        RecordField("compressed", \.compressed), RecordField("server_version", \.serverVersion),
        RecordField("tool_version", \.toolVersion), RecordField("oplog", \.oplog),
        RecordField("slices", \.slices), RecordField("files", \.files),
        RecordField("file_count", \.fileCount), RecordField("files_sha256", \.filesSHA256),
        RecordField("collections", \.collections),
        RecordField("problems", \.problems),
        RecordField("problem_count", \.problemCount), RecordField("notes", \.notes),
      ]
    }
  }

  /// One collection of the backup.
  package struct Collection: RecordPart {
    /// Its name in the backup.
    package var source = ""
    /// Its name in the sandbox; nil when it was not restored.
    package var target: String?
    /// Why it was not restored, or how it was treated.
    package var note: String?
    /// Documents and BSON bytes read from the backup.
    package var documents = 0
    package var bytes = 0
    /// Documents that the backup holds more than once, the same byte for byte: they arrive once.
    package var repeated = 0
    /// Documents that the server took; of a capped collection that lost some which the source kept, those that are there.
    package var inserted = 0
    /// Documents that it holds at the target; nil without a replay.
    package var atTarget: Int?
    /// Indexes built, `_id_` not counted.
    package var indexes = 0

    package init() {}
    package init(
      source: String, target: String?, note: String? = nil, documents: Int, bytes: Int, repeated: Int = 0,
      inserted: Int, atTarget: Int? = nil, indexes: Int
    ) {
      self.source = source
      self.target = target
      self.note = note
      self.documents = documents
      self.bytes = bytes
      self.repeated = repeated
      self.inserted = inserted
      self.atTarget = atTarget
      self.indexes = indexes
    }

    /// Documents that should have arrived and did not.
    package var missing: Int { target == nil ? 0 : max(0, documents - repeated - inserted) }

    package static var fields: [RecordField<Collection>] {
      [
        RecordField("source", \.source), RecordField("target", \.target), RecordField("note", \.note),
        RecordField("documents", \.documents), RecordField("bytes", \.bytes),
        RecordField("repeated", \.repeated), RecordField("inserted", \.inserted),
        RecordField("at_target", \.atTarget), RecordField("indexes", \.indexes),
      ]
    }
  }

  /// A document, an index or a collection that the server refused.
  package struct Problem: RecordPart {
    /// The collection in the sandbox.
    package var namespace = ""
    /// `document`, `index`, `collection`, `capped` (a capped collection that could not hold all), or `operation` of the
    /// oplog.
    package var subject = ""
    /// The document's `_id` as Extended JSON, or the index's name.
    package var name: String?
    /// The server's words.
    package var message = ""

    package init() {}
    package init(namespace: String, subject: String, name: String?, message: String) {
      self.namespace = namespace
      self.subject = subject
      self.name = name
      self.message = message
    }

    /// `index low_stock of shop.products`, `a document of shop.orders`.
    package var title: String {
      switch (subject, name) {
      case ("collection", _): "collection \(namespace)"
      case ("capped", _): "capped collection \(namespace)"
      case ("operation", let name?): "an operation on \(name) of \(namespace)"
      case (let subject, let name?): "\(subject) \(name) of \(namespace)"
      case (let subject, nil):
        "\(subject == "index" || subject == "operation" ? "an" : "a") \(subject) of \(namespace)"
      }
    }

    package static var fields: [RecordField<Problem>] {
      [
        RecordField("namespace", \.namespace), RecordField("subject", \.subject), RecordField("name", \.name),
        RecordField("message", \.message),
      ]
    }
  }
}
