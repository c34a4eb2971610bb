package import BSON
package import Backups
package import Facts
package import Record
package import Replay

/// What the recovery of a physical copy found and did.
package struct RecoveredCopy: Sendable {
  /// Its files, as they lay in the folder or the tar; nil before they were read.
  package var copy: PhysicalCopy?
  /// Its oplog; nil where it is of a standalone server.
  package var oplog: CopyOplog?
  /// The entry through which it was recovered; nil without an oplog.
  package var through: Timestamp?
  /// The first entry after it, which was cut off; nil where the copy ends there.
  package var next: Timestamp?
  /// Its own entries and the slices behind them, and where the target lies in them; nil where neither slices nor a search
  /// asked for it.
  package var chain: OplogChain?
  package var resolved: ResolvedTarget?
  /// The replay from its last entry on that the target takes; nil where the copy reaches it alone.
  package var onward: PlannedReplay?
  /// Entries after the checkpoint that were applied.
  package var entries = 0
  /// The name of the replica set that the node belonged to.
  package var setName: String?
  /// The feature compatibility version that its data has.
  package var compatibility: String?
  /// What it holds then, as found: collections, options, indexes.
  package var catalogue = Catalogue()
  /// `copy`, `open`, `recover`.
  package var phases: [Phase] = []
  /// How it was brought to its state, in a sentence.
  package var manner = ""

  /// What nothing says of a physical copy.
  package static let notVerified = [
    "a physical copy records no counts and no list of its collections and indexes: they are as they were found",
    "whether the copy is of one moment can't be seen from its files: mongod opened it, and `validate` reads all "
      + "collections and indexes",
  ]
}
