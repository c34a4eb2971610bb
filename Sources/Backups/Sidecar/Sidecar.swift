package import Platform

/// What the maker of a backup wrote down with it: a `backup_metadata.json` inside of the backup or beside it.
///
/// There is no standard for it: keys are taken under the names that are common, whatever their case and with or without
/// underscores. What it holds besides is left alone.
package struct Sidecar: Sendable {
  /// The name that the file has.
  package static let fileName = "backup_metadata.json"

  /// How the backup went.
  package enum Outcome: Sendable, Hashable {
    /// It doesn't say.
    case unsaid
    case succeeded
    /// With the words that say so.
    case failed(String)
    case unfinished(String)
  }

  /// What is said of a file.
  struct FileClaim: Sendable, Hashable {
    var name: String
    var bytes: Int?
    /// In lower-case hexadecimal digits.
    var digests: [StreamDigest.Algorithm: String] = [:]
  }

  /// What is said of a collection.
  struct CollectionClaim: Sendable, Hashable {
    /// Nil where the name may hold it.
    var database: String?
    var name: String
    var documents: Int?
  }

  /// Where it lies.
  package let path: String
  package internal(set) var id: String?
  /// `full`, `incremental`, …
  package internal(set) var type: String?
  /// When the backup was finished, or at least begun.
  package internal(set) var time: WallTime?
  package internal(set) var outcome = Outcome.unsaid
  /// Words for how it went that say nothing to us, each with its key.
  package internal(set) var unknownWords: [String] = []
  /// What it says that can't be compared.
  package internal(set) var notes: [String] = []
  /// The size of the backup's files together.
  var bytes: Int?
  var files: [FileClaim] = []
  var collections: [CollectionClaim] = []
  var databases: [String] = []
  var collectionCount: Int?
  var documentCount: Int?
  /// The database that names without one lie in.
  var database: String?

  init(path: String) { self.path = path }

  /// Whether anything in it can be compared with the backup's files or its collections' names.
  package var describesContent: Bool {
    bytes != nil || !files.isEmpty || !collections.isEmpty || !databases.isEmpty || collectionCount != nil
  }

  /// The sidecar of the backup at a path; nil without one. Throws a `Failure` of kind `damagedBackup` when it can't be
  /// understood.
  ///
  /// Inside of a folder it is the backup's; beside one it is `NAME.backup_metadata.json`, or `backup_metadata.json` where
  /// no other backup can be meant.
  package static func find(for backup: String) throws(Failure) -> Sidecar? {
    guard backup != "-", let kind = Files.kind(of: backup) else { return nil }
    if kind == .folder, Files.exists(Files.join(backup, fileName)) {
      return try Sidecar(reading: Files.join(backup, fileName))
    }
    let folder = Files.folder(of: backup)
    let name = Files.name(of: backup)
    if name == "." || name == ".." { return nil }
    for own in ["\(name).\(fileName)", "\(name)_metadata.json"] where Files.exists(Files.join(folder, own)) {
      return try Sidecar(reading: Files.join(folder, own))
    }
    let shared = Files.join(folder, fileName)
    guard Files.exists(shared) else { return nil }
    let others = try Files.names(in: folder).filter { other in
      !other.hasPrefix(".") && !other.utf8.elementsEqual(name.utf8) && !isDescription(other)
    }
    let sidecar = try Sidecar(reading: shared)
    if others.isEmpty || sidecar.names(name) { return sidecar }
    var unknown = Sidecar(path: shared)
    unknown.notes = [
      "says nothing of which of several backups it is of (\(name), \(others[0])); not compared"
    ]
    return unknown
  }

  /// Whether a file's name is that of a text that lies with backups.
  private static func isDescription(_ name: String) -> Bool {
    [
      ".json", ".yaml", ".yml", ".md", ".txt", ".log", ".md5", ".sha1", ".sha256", ".sha512", ".sha256sum",
      ".md5sum", ".asc", ".sig",
    ]
    .contains { name.lowercased().hasSuffix($0) }
  }

  /// Whether one of the files that it speaks of has this name, or lies in a folder of this name.
  private func names(_ name: String) -> Bool {
    files.contains { $0.name.split(separator: "/").contains { $0.utf8.elementsEqual(name.utf8) } }
  }

  /// Throws when it says that the backup failed or was not finished.
  package func requireSuccess() throws(Failure) {
    switch outcome {
    case .unsaid, .succeeded: return
    case .failed(let words): throw .backupSaidFailed(path, words)
    case .unfinished(let words): throw .backupSaidUnfinished(path, words)
    }
  }

  /// `backup_metadata.json says: id nightly-7, full, of 2026-11-21T14:30:00Z`.
  package var summary: String {
    var words: [String] = []
    if let id { words.append("id \(id)") }
    if let type { words.append(type) }
    if let time { words.append("of \(time.text)") }
    switch outcome {
    case .succeeded: words.append("succeeded")
    case .unsaid: words.append("not whether it succeeded")
    case .failed, .unfinished: words.append("no success")
    }
    return "\(path): says \(words.joined(separator: ", "))"
  }
}

extension Failure {
  static func backupSaidFailed(_ path: String, _ words: String) -> Failure {
    Failure(
      .damagedBackup, "backup-failed", "says that the backup failed: \(words)", at: Place(path),
      hint: "Take another one; what a failed backup holds proves nothing.")
  }

  static func backupSaidUnfinished(_ path: String, _ words: String) -> Failure {
    Failure(
      .damagedBackup, "backup-unfinished", "says that the backup was not finished: \(words)", at: Place(path),
      hint: "Wait for its end, or take another one.")
  }

  static func sidecarMalformed(_ path: String, at offset: Int?, _ cause: String) -> Failure {
    Failure(
      .damagedBackup, "sidecar-malformed", "is not the JSON object that describes a backup",
      at: Place(path, offset: offset.map(UInt64.init)),
      hint: "Its copy was interrupted, or it is something else: then give it another name.", cause: cause)
  }
}
