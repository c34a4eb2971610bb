/// What one operation of the oplog means for a replay.
package enum Effect: Sendable, Hashable {
  /// It changes a document of this collection.
  case document(SourceCatalogue.ID)
  /// It empties this capped collection.
  case emptied(SourceCatalogue.ID)
  /// It changed definitions: the catalogue holds it now.
  case definition
  /// It is about a collection that neither the base nor the oplog knows (see `SourceCatalogue.strangers`).
  case stranger
  /// It is left out, for a reason that does no harm.
  case skipped(SkipReason)
}

/// Why an entry is left out. All of these but `outsideBase` and `asked` are harmless: what they changed is no part of what
/// is recovered.
package enum SkipReason: String, Sendable, Hashable, CaseIterable {
  case noop = "no-op"
  case config = "internal state in config (sessions, transactions, index builds, chunks)"
  case local = "the local database is the server's own"
  case serverState = "server state in admin (version, keys)"
  case backupTool = "bookkeeping of Percona Backup for MongoDB on the source"
  case profile = "the profiler's own collection"
  case indexBuildPhase = "the start or abort of an index build; its commit counts"
  case check = "a consistency check of the source (dbCheck)"
  case droppedLater = "of a collection that is dropped before the target"
  case outsideBase = "of a collection that the base, declared partial, does not hold"
  case notSelected = "not selected"
  case beforeBase = "from before the dump's window"
  case aborted = "of a transaction that was aborted"
  case unfinished = "of a transaction that was not committed at the target"
  case asked = "left out as asked (skip:)"
}
