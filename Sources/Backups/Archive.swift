internal import Compression
package import Platform
internal import Synchronization

/// An archive of mongodump: one stream that holds the collections interleaved.
package final class Archive: LogicalBackup {
  package let form = BackupForm.archive
  package let path: String
  package let collections: [BackedUpCollection]
  package let origin: BackupOrigin
  package let oplog: BackedUpOplog?
  package let notes: [String]
  package let damage: [Failure]

  /// What every archive starts with.
  static let magic: [UInt8] = [0x6D, 0xE2, 0x99, 0x81]

  static func open(_ source: FileReader) throws(Failure) -> Archive { throw .emptyFile(source.file) }
  init() {
    path = ""
    collections = []
    origin = .init()
    oplog = nil
    notes = []
    damage = []
  }
  package func scan(_ request: ReadRequest) throws -> ReadSummary { .init() }
}
