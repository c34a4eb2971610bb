internal import Facts
package import Platform

/// What a backup was found to hold after all of it was read.
package struct VerifiedBackup: Sendable {
  package var form: BackupForm
  /// The path as the user gave it.
  package var path: String
  package var origin: BackupOrigin
  /// Its collections with their documents and bytes counted.
  package var collections: [BackedUpCollection]
  /// What its own oplog holds; nil when it has none.
  package var oplog: OplogRead?
  /// What the slices that lie with it hold, in their order, where they were read.
  package var slices: [SliceRead]
  /// Documents of all collections, the oplog's entries not among them.
  package var documents: Int
  /// BSON bytes of all collections, without the oplog's.
  package var bytes: Int
  /// Everything that is wrong; empty when the backup is sound.
  package var damage: [Failure]
  package var notes: [String]
}

/// A slice that lies with a backup, and what was read of it.
package struct SliceRead: Sendable {
  package var slice: BackedUpSlice
  package var oplog: OplogRead
}

/// Reads every byte of the backup at a path and says all that is wrong with it, not only the first fault.
///
/// Nothing is written and no server is needed. Of a damaged file, what follows the damage is not looked at. Fails
/// only where there is no backup to speak of, where it may not be read, or when it is interrupted.
package func verifyBackup(
  _ path: String, options: ReadOptions = .init(),
  progress: @escaping @Sendable (ReadProgress) -> Void = { _ in }
) throws -> VerifiedBackup {
  try verify(inspectBackup(path), options: options, progress: progress)
}

/// The same for a backup that is open.
package func verify(
  _ backup: any LogicalBackup, options: ReadOptions = .init(),
  progress: @escaping @Sendable (ReadProgress) -> Void = { _ in }
) throws -> VerifiedBackup {
  let summary = try backup.scan(
    ReadRequest([], options: options, collectsDamage: true, progress: progress))
  var verified = VerifiedBackup(
    form: backup.form, path: backup.path, origin: backup.origin, collections: backup.collections,
    oplog: summary.oplog, slices: [], documents: 0, bytes: 0, damage: backup.damage + summary.damage,
    notes: backup.notes)
  for read in summary.collections {
    verified.collections[read.collection].facts.documents = read.documents
    verified.collections[read.collection].facts.bytes = read.bytes
    verified.documents += read.documents
    verified.bytes += read.bytes
  }
  for slice in backup.slices {
    var reading = FileReading(
      DocumentFile(slice), request: ReadRequest([], options: options), budget: Budget(limit: options.memory),
      isStopped: { false })
    do { try reading.run() } catch let failure as Failure where failure.kind == .damagedBackup {
      verified.damage.append(failure)
    }
    let read = OplogRead(
      entries: reading.documents, bytes: reading.bytes, first: reading.times.first, last: reading.times.last)
    verified.slices.append(SliceRead(slice: slice, oplog: read))
  }
  return verified
}
