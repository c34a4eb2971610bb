extension DrillRecord {
  /// One part of a sharded set.
  package struct Shard: RecordPart {
    /// The shard's name; `config` for the config servers.
    package var name = ""
    /// `shard` or `config`.
    package var role = "shard"
    /// Its backup, and where slices of its oplog were looked for.
    package var path = ""
    package var slices: [String] = []
    /// Where its server's files were; they are still there only when they were to be kept.
    package var directory: String?
    /// When its dump was consistent, where its oplog ends, and through which timestamp it was replayed; nil where it came
    /// to none of that.
    package var dumpEnd: String?
    package var oplogEnd: String?
    package var through: String?
    package var lastApplied: String?
    /// Documents that belong there; nil when nobody looked.
    package var documents: Int?
    /// Documents that belong to another shard: left out of all counts.
    package var orphans: Int?
    /// Chunks that it owns; nil for the config servers.
    package var chunks: Int?

    package init() {}

    package static var fields: [RecordField<Shard>] {
      [
        RecordField("name", \.name), RecordField("role", \.role), RecordField("path", \.path),
        RecordField("slices", \.slices), RecordField("directory", \.directory),
        RecordField("dump_end", \.dumpEnd), RecordField("oplog_end", \.oplogEnd),
        RecordField("through", \.through), RecordField("last_applied", \.lastApplied),
        RecordField("documents", \.documents), RecordField("orphans", \.orphans),
        RecordField("chunks", \.chunks),
      ]
    }
  }
}
