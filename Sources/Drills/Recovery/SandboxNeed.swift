package import Backups
internal import Platform
package import Restore
internal import Sandbox

/// How much disk a restore will take, estimated before it begins.
package enum SandboxNeed {
  /// A server's files to the BSON they hold: blocks are compressed, but how well isn't known; indexes come on top.
  private static let ofPlain = 1.25
  /// The same to a backup compressed with gzip, which is taken to hold three times its size after the server's own
  /// compression.
  private static let ofCompressed = 3.5

  /// Bytes that the sandbox will need for these collections of the backup. Where single sizes aren't known (an
  /// archive) it is the whole backup's; nil on standard input, where nothing is known.
  package static func bytes(for selections: [RestorePlan], of backup: any LogicalBackup) -> Int? {
    let factor = backup.origin.isCompressed ? ofCompressed : ofPlain
    var files = 0
    for selection in selections { files += selection.selected.reduce(0) { $0 + $1.fileBytes } }
    if files == 0 { files = backup.origin.bytes }
    return files == 0 ? nil : Int(Double(files) * factor)
  }
}

extension SandboxSettings {
  /// The sandbox's own options. The estimate of what one server will need is there to be refused before anything is
  /// begun; each member of a set needs as much.
  /// Copies of the files come on top, where steps need them.
  func options(needing bytes: Int?, copies: Int = 0, keep: Bool) -> SandboxOptions {
    SandboxOptions(
      mongod: mongod, directory: directory, cacheBytes: cache, keep: keep,
      neededBytes: bytes.map { $0 * ((replicaSet?.members ?? 1) + copies) })
  }
}
