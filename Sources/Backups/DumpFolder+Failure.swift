internal import BSON
internal import Platform

extension Failure {
  static func illegalNamespace(_ place: Place, _ reason: String) -> Failure {
    Failure(.damagedBackup, "illegal-namespace", "a name that no server accepts: \(reason)", at: place)
  }

  static func notAFile(_ path: String) -> Failure {
    Failure(.damagedBackup, "not-a-file", "has a collection's name and is not a file", at: Place(path))
  }

  static func twoFiles(_ path: String, _ other: String) -> Failure {
    Failure(
      .damagedBackup, "duplicate-file", "holds the same collection as \(other)", at: Place(path),
      hint: "Keep the one that belongs to this dump.")
  }

  static func twoCollections(_ place: Place, _ namespace: Namespace) -> Failure {
    Failure(.damagedBackup, "duplicate-collection", "a second file of \(namespace)", at: place)
  }

  static func emptyGzip(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "gzip-empty", "is empty, which no compressed file is", at: Place(path),
      hint: "The copy or the dump was interrupted.")
  }

  static func nameUnknown(_ place: Place) -> Failure {
    Failure(
      .damagedBackup, "collection-name-unknown",
      "neither the file's name nor \"collectionName\" in it tells the collection's name", at: place)
  }

  static func metadataOfAnother(_ place: Place, _ name: String) -> Failure {
    Failure(
      .damagedBackup, "metadata-mismatch", "the metadata is that of another collection, \"\(name)\"",
      at: place,
      hint:
        "Metadata files were swapped or renamed; its options and indexes would go to the wrong collection.")
  }

  static func viewWithDocuments(_ path: String, _ namespace: Namespace) -> Failure {
    Failure(
      .damagedBackup, "view-with-documents", "holds documents of \(namespace), which is a view",
      at: Place(path))
  }

  static func documentsMissing(_ place: Place, _ namespace: Namespace) -> Failure {
    Failure(
      .damagedBackup, "documents-missing", "\(namespace) has metadata and no file of documents", at: place,
      hint: "mongodump writes a .bson even for an empty collection; this one was lost.")
  }

  static func metadataMissing(_ path: String, isBuckets: Bool) -> Failure {
    Failure(
      .damagedBackup, "metadata-missing",
      isBuckets
        ? "holds the buckets of a time series whose metadata is missing"
        : "has no metadata file beside it: options and indexes are lost", at: Place(path),
      hint: "Take the .metadata.json from another copy of the backup, or dump again.")
  }

  static func twoOfOneUUID(_ place: Place, _ first: Namespace, _ second: Namespace) -> Failure {
    Failure(
      .damagedBackup, "duplicate-uuid", "\(second) has the UUID of \(first)", at: place,
      hint: "This may be a folder of several dumps, or a metadata file was copied.")
  }
}
