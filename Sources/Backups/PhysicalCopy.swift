internal import BSON
internal import Compression
package import Platform

/// A copy of a mongod's dbPath: from a file system's snapshot, or of a node that was stopped or locked.
package struct PhysicalCopy: Sendable {
  /// One file.
  package struct File: Sendable, Hashable {
    /// Its path below the copy.
    package let path: String
    /// In bytes.
    package let size: Int
  }

  /// The path as the user gave it.
  package let path: String
  /// All files but those that another mongod doesn't need; see `isNeeded`.
  package let files: [File]
  /// The storage engine, as `storage.bson` says.
  package private(set) var engine: String?
  /// WiredTiger's own version, such as `11.0.0`, as it says in the file `WiredTiger`.
  package let engineVersion: String?
  /// Options that a mongod has to be started with to open it: how the files lie in folders.
  package private(set) var arguments: [String] = []
  /// Whether the node had been shut down in order when the copy was made; nil when the copy has no `mongod.lock`.
  package let wasShutDown: Bool?
  /// What can be seen to be wrong without a server.
  package private(set) var damage: [Failure] = []

  /// Their sizes together.
  package var bytes: Int { files.reduce(0) { $0 + $1.size } }

  /// How it is named in reports.
  package static let form = BackupForm.physicalCopy.rawValue

  /// Files that every dbPath of WiredTiger has.
  private static let typical = ["WiredTiger", "WiredTiger.wt", "_mdb_catalog.wt", "storage.bson"]

  /// Whether a folder is one, whole or not: two of the files that every one has lie in it.
  package static func isOne(_ path: String) -> Bool {
    Files.isDirectory(path) && typical.count { Files.exists(Files.join(path, $0)) } > 1
  }

  /// Looks at the files, but not at what they hold. Throws only when they can't be listed or read.
  package init(_ path: String) throws(Failure) {
    self.path = path
    var links: [String] = []
    files = try Self.list(path, below: "", &links).filter { Self.isNeeded($0.path) }
    let names = Set(files.map(\.path))
    let lock = Files.join(path, "mongod.lock")
    wasShutDown = try Files.exists(lock) ? Files.size(of: lock) == 0 : nil
    let words = (try? Files.text(of: Files.join(path, "WiredTiger"), limit: 1 << 16)) ?? ""
    engineVersion = words.split(whereSeparator: { " :\n()".contains($0) }).first {
      $0.first?.isNumber == true && $0.contains(".")
    }.map(String.init)
    damage = links.map { .linkInCopy(Files.join(path, $0)) }
    // What a backup cursor lists lacks storage.bson; mongod then takes the files to lie as they do by default.
    damage += Self.typical.filter { !names.contains($0) && $0 != "storage.bson" }.map {
      .copyIncomplete(path, lacks: $0)
    }
    if !names.contains("WiredTiger.turtle"), !names.contains("WiredTiger.backup") {
      damage.append(.copyIncomplete(path, lacks: "WiredTiger.turtle"))
    }
    if wasShutDown != true, !names.contains(where: { $0.hasPrefix("journal/WiredTigerLog.") }) {
      damage.append(.journalMissing(path))
    }
    try readStorage()
    for file in files where file.path.hasSuffix(".wt") { try look(at: file) }
  }

  /// Throws the first thing that is wrong.
  package func requireSound() throws(Failure) { if let failure = damage.first { throw failure } }

  /// Whether another mongod needs a file: not the lock, prepared log files that nobody wrote to, diagnostics, and what was
  /// being sorted.
  package static func isNeeded(_ path: String) -> Bool {
    path != "mongod.lock" && !Files.name(of: path).hasPrefix("WiredTigerPreplog.")
      && !path.hasPrefix("diagnostic.data/") && !path.hasPrefix("_tmp/")
  }

  private static func list(
    _ folder: String, below: String, _ links: inout [String]
  ) throws(Failure) -> [File] {
    var files: [File] = []
    for name in try Files.names(in: folder) {
      let (path, inside) = (Files.join(folder, name), below.isEmpty ? name : Files.join(below, name))
      switch Files.kind(of: path, followingLinks: false) {
      case .folder: files += try list(path, below: inside, &links)
      case .file: files.append(File(path: inside, size: try Files.size(of: path)))
      case .symbolicLink: links.append(inside)
      case .other, nil: continue
      }
    }
    return files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// `{storage: {engine, options: {directoryPerDB, directoryForIndexes, groupCollections}}}`; mongod refuses files that
  /// lie otherwise than its options say.
  private mutating func readStorage() throws(Failure) {
    let file = Files.join(path, "storage.bson")
    guard Files.exists(file) else { return }
    guard let document = try? Document(ArraySlice(Files.read(file, limit: 1 << 20))) else {
      damage.append(.copyFileDamaged(file, "is not the BSON that mongod writes"))
      return
    }
    let storage = document["storage"]?.document
    engine = storage?["engine"]?.string
    if let engine, engine != "wiredTiger" { damage.append(.copyOfOtherEngine(path, engine)) }
    let options = storage?["options"]?.document
    if options?["directoryPerDB"]?.isTrue == true { arguments.append("--directoryperdb") }
    if options?["directoryForIndexes"]?.isTrue == true { arguments.append("--wiredTigerDirectoryForIndexes") }
  }

  /// The block that a WiredTiger file begins with: 4 KiB, magic number 120897 (WiredTiger, `block.h`). Files grow by whole
  /// blocks.
  private mutating func look(at file: File) throws(Failure) {
    let path = Files.join(path, file.path)
    guard file.size >= 4096, file.size.isMultiple(of: 4096) else {
      damage.append(
        .copyFileDamaged(path, file.size == 0 ? "is empty" : "has \(file.size) bytes, not whole blocks"))
      return
    }
    let start = try FileReader(opening: path).read(upTo: 4)
    if start != [0x41, 0xD8, 0x01, 0x00] {
      damage.append(.copyFileDamaged(path, "does not begin like a file of WiredTiger"))
    }
  }
}

extension Failure {
  static func copyIncomplete(_ path: String, lacks name: String) -> Failure {
    Failure(
      .damagedBackup, "copy-incomplete", "the copy of a data directory lacks \(name)", at: Place(path),
      hint: "Copy all of the dbPath, from one snapshot or from a node that is stopped.")
  }

  static func journalMissing(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "copy-journal-missing",
      "the node was running when it was copied, and the copy has no journal: what was written after the last "
        + "checkpoint is lost", at: Place(path),
      hint: "Copy the folder journal with the rest, from the same snapshot.")
  }

  static func linkInCopy(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "copy-holds-link", "is a symbolic link, not the files that it led to", at: Place(path),
      hint: "Put the files in the link's place, of the same moment as all others.")
  }

  static func copyFileDamaged(_ path: String, _ what: String) -> Failure {
    Failure(
      .damagedBackup, "copy-file-damaged", what, at: Place(path),
      hint: "The copy was interrupted, or made of files that were being written.")
  }

  static func copyOfOtherEngine(_ path: String, _ engine: String) -> Failure {
    Failure(
      .damagedBackup, "copy-engine", "the copy is of storage engine \(engine), not wiredTiger",
      at: Place(path))
  }
}
