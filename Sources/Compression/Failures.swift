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

  /// Compressed data that ends too early; `name` is the compression's.
  static func cutShort(_ name: String, _ file: String, compressedOffset: UInt64) -> Failure {
    Failure(
      .damagedBackup, "\(name)-cut-short", "\(name) data ends too early (offset in the compressed file)",
      at: Place(file, offset: compressedOffset),
      hint: "The copy or the dump was interrupted; compare the file's size with the original's.")
  }

  static func corrupt(_ name: String, _ file: String, compressedOffset: UInt64, _ cause: String) -> Failure {
    Failure(
      .damagedBackup, "\(name)-corrupt", "\(name) data is corrupt (offset in the compressed file)",
      at: Place(file, offset: compressedOffset), cause: cause)
  }

  static func trailingGarbage(_ name: String, _ file: String, compressedOffset: UInt64) -> Failure {
    Failure(
      .damagedBackup, "\(name)-trailing-garbage",
      "something follows the end of the \(name) data (offset in the compressed file)",
      at: Place(file, offset: compressedOffset))
  }

  /// Data whose decompression takes more memory than it may.
  static func needsMemory(_ name: String, _ file: String, _ cause: String) -> Failure {
    Failure(
      .incomplete, "\(name)-needs-memory", "decompressing this \(name) data takes too much memory",
      at: Place(file), hint: "Compress it again without --long, or decompress it first.", cause: cause)
  }
}
