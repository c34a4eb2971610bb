internal import BSON
internal import Platform

extension Failure {
  static func archiveCutShort(_ place: Place) -> Failure {
    Failure(
      .damagedBackup, "archive-cut-short", "the archive ends inside a block", at: place,
      hint: "The copy or the dump was interrupted; compare the file's size with the original's.")
  }

  static func archiveGarbage(_ place: Place, _ length: Int) -> Failure {
    Failure(
      .damagedBackup, "archive-malformed", "neither a document nor a block's end", at: place,
      cause: "length \(length)")
  }

  static func archiveTrailingGarbage(_ place: Place) -> Failure {
    Failure(
      .damagedBackup, "archive-trailing-garbage", "something follows the end of the last collection",
      at: place)
  }

  static func archiveHeader(_ place: Place, _ what: String) -> Failure {
    Failure(.damagedBackup, "archive-header", "malformed header: \(what)", at: place)
  }

  static func archiveVersion(_ place: Place, _ version: String) -> Failure {
    Failure(
      .damagedBackup, "archive-version", "an archive of format \(version), where 0.1 is known", at: place)
  }

  static func archiveTwoTerminators(_ place: Place) -> Failure {
    Failure(
      .damagedBackup, "archive-two-terminators", "a block's end where a block should begin", at: place)
  }

  static func archiveUnknownNamespace(_ place: Place, _ namespace: Namespace) -> Failure {
    Failure(
      .damagedBackup, "archive-unknown-namespace", "a block of \(namespace), which the prelude doesn't list",
      at: place)
  }

  static func archiveReopened(_ place: Place, _ namespace: Namespace) -> Failure {
    Failure(
      .damagedBackup, "archive-reopened", "a block of \(namespace), which has ended before", at: place)
  }

  static func archiveDataAfterEnd(_ place: Place, _ namespace: Namespace) -> Failure {
    Failure(.damagedBackup, "archive-data-after-end", "documents after the end of \(namespace)", at: place)
  }

  static func archiveChecksum(_ place: Place, _ namespace: Namespace, stored: UInt64, found: UInt64)
    -> Failure
  {
    Failure(
      .damagedBackup, "archive-checksum",
      "the documents of \(namespace) are not those that were written (CRC-64 \(hex(found)), not \(hex(stored)))",
      at: place)
  }

  static func archiveUnfinished(_ place: Place, _ namespace: Namespace, lastBlock: Place?) -> Failure {
    if let offset = lastBlock?.offset {
      return Failure(
        .damagedBackup, "archive-unfinished",
        "the archive ends before \(namespace) does, whose last block starts at byte \(offset)", at: place,
        hint: "The copy or the dump was interrupted.")
    }
    return Failure(
      .damagedBackup, "archive-namespace-missing",
      "\(namespace), which the prelude lists, doesn't occur in the archive", at: place,
      hint: "The copy or the dump was interrupted.")
  }

  static func archiveReadTwice(_ path: String) -> Failure {
    Failure(
      .internal, "archive-read-twice", "a stream that can be read only once was read before", at: Place(path))
  }
}

func hex(_ number: UInt64) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
