internal import Glibc
internal import Platform

extension Failure {
  /// A file that cannot be opened: damage when it isn't there any more, otherwise the drill can't go on.
  static func cannotOpen(_ file: String, error: CInt) -> Failure {
    let cause = unsafe String(cString: strerror(error))
    if error == ENOENT || error == ENOTDIR {
      return Failure(
        .backupNotFound, "backup-not-found", "there is nothing here", at: Place(file), cause: cause)
    }
    return Failure(
      .incomplete, "not-readable", "cannot be opened for reading", at: Place(file),
      hint: error == EACCES ? "Run as a user who may read the backup." : nil, cause: cause)
  }

  /// The system could not deliver bytes: a bad disk or network share makes a backup useless as well.
  static func readError(_ file: String, offset: UInt64, error: CInt) -> Failure {
    Failure(
      .damagedBackup, "read-error", "the system could not read the file", at: Place(file, offset: offset),
      hint: "Look at the disk or the share that holds the backup.",
      cause: unsafe String(cString: strerror(error)))
  }

  static func tooLarge(_ file: String, limit: Int) -> Failure {
    Failure(
      .damagedBackup, "file-too-large", "more than the \(limit) bytes that it may have", at: Place(file))
  }

  static func gzipCutShort(_ file: String, compressedOffset: UInt64) -> Failure {
    Failure(
      .damagedBackup, "gzip-cut-short", "gzip data ends too early (offset in the compressed file)",
      at: Place(file, offset: compressedOffset),
      hint: "The copy or the dump was interrupted; compare the file's size with the original's.")
  }

  static func gzipCorrupt(_ file: String, compressedOffset: UInt64, cause: String) -> Failure {
    Failure(
      .damagedBackup, "gzip-corrupt", "gzip data is corrupt (offset in the compressed file)",
      at: Place(file, offset: compressedOffset), cause: cause)
  }

  static func gzipTrailingGarbage(_ file: String, compressedOffset: UInt64) -> Failure {
    Failure(
      .damagedBackup, "gzip-trailing-garbage",
      "something follows the end of the gzip data (offset in the compressed file)",
      at: Place(file, offset: compressedOffset))
  }
}
