package import BSON
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
  /// The last entry that belongs to it, where a managed snapshot's `restoreInfo.txt` says so.
  package private(set) var end: Timestamp?
  /// What can be seen to be wrong without a server.
  package private(set) var damage: [Failure] = []

  private let contents: CopyContents
  /// The folder of the tar that it lies in; empty for none.
  package let root: String

  /// Their sizes together; 2^53 where they say more, as holes may.
  package var bytes: Int { files.reduce(0) { min($0 + min($1.size, 1 << 53), 1 << 53) } }

  /// How it is named in reports.
  package static let form = BackupForm.physicalCopy.rawValue

  /// Files that every dbPath of WiredTiger has.
  static let typical = ["WiredTiger", "WiredTiger.wt", "_mdb_catalog.wt", "storage.bson"]

  /// Whether a folder is one, whole or not: two of the files that every one has lie in it.
  package static func isOne(_ path: String) -> Bool {
    Files.isDirectory(path) && typical.count { Files.exists(Files.join(path, $0)) } > 1
  }

  /// Looks at the files of a folder, but not at what they hold. Throws only when they can't be listed or read.
  package init(_ path: String) throws(Failure) {
    var contents = CopyContents()
    try contents.list(path)
    self.init(path, contents)
  }

  /// Judges what was seen of a copy that lies at `path`, as a folder or as a tar.
  init(_ path: String, _ contents: CopyContents, root: String = "") {
    self.path = path
    self.root = root
    self.contents = contents
    files = contents.files.filter { Self.isNeeded($0.path) }.sorted {
      $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
    }
    let names = Set(files.map(\.path))
    wasShutDown = contents.files.first { $0.path == "mongod.lock" }.map { $0.size == 0 }
    let words = String(decoding: contents.starts["WiredTiger"] ?? [], as: UTF8.self)
    engineVersion = words.split(whereSeparator: { " :\n()".contains($0) }).first {
      $0.first?.isNumber == true && $0.contains(".")
    }.map(String.init)
    damage = contents.links.map { .linkInCopy(Files.join(path, $0)) }
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
    readStorage()
    readRestoreInfo()
    for file in files where file.path.hasSuffix(".wt") { look(at: file) }
  }

  /// Throws the first thing that is wrong.
  package func requireSound() throws(Failure) { if let failure = damage.first { throw failure } }

  /// Whether another mongod needs a file: not the lock, prepared log files that nobody wrote to, diagnostics, and what was
  /// being sorted.
  package static func isNeeded(_ path: String) -> Bool {
    path != "mongod.lock" && !Files.name(of: path).hasPrefix("WiredTigerPreplog.")
      && !path.hasPrefix("diagnostic.data/")
      // With a folder for each database, one of them may be called `_tmp`.
      && (!path.hasPrefix("_tmp/") || path.hasSuffix(".wt"))
  }

  /// `{storage: {engine, options: {directoryPerDB, directoryForIndexes, groupCollections}}}`; mongod refuses files that
  /// lie otherwise than its options say.
  private mutating func readStorage() {
    let file = Files.join(path, "storage.bson")
    guard let bytes = contents.starts["storage.bson"] else { return }
    guard let document = try? Document(ArraySlice(bytes)) else {
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

  /// `Last Oplog Applied: … (1795258578, 300)`, as Ops Manager, Cloud Manager and Atlas put it beside the files of a
  /// snapshot: the value that their manual sets `oplogTruncateAfterPoint` to.
  private mutating func readRestoreInfo() {
    guard let bytes = contents.starts[Self.restoreInfo] else { return }
    let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first {
      $0.lowercased().contains("last oplog applied")
    }
    guard let line else { return }
    let numbers = line.split(separator: "(").last?.split { !$0.isNumber }.compactMap { UInt32($0) } ?? []
    guard line.contains("("), numbers.count == 2 else {
      damage.append(
        .copyFileDamaged(Files.join(path, Self.restoreInfo), "doesn't say which oplog entry is the last one"))
      return
    }
    end = Timestamp(seconds: numbers[0], increment: numbers[1])
  }

  /// What describes a managed snapshot.
  static let restoreInfo = "restoreInfo.txt"

  /// The block that a WiredTiger file begins with: 4 KiB, magic number 120897 (WiredTiger, `block.h`). Files grow by whole
  /// blocks.
  private mutating func look(at file: File) {
    let path = Files.join(path, file.path)
    guard file.size >= 4096, file.size.isMultiple(of: 4096) else {
      damage.append(
        .copyFileDamaged(path, file.size == 0 ? "is empty" : "has \(file.size) bytes, not whole blocks"))
      return
    }
    if contents.starts[file.path]?.starts(with: [0x41, 0xD8, 0x01, 0x00]) != true {
      damage.append(.copyFileDamaged(path, "does not begin like a file of WiredTiger"))
    }
  }
}

/// What a copy was seen to hold: the files, and what the first of their bytes say.
struct CopyContents: Sendable {
  /// Files, by their paths below the copy.
  private(set) var files: [PhysicalCopy.File] = []
  /// Symbolic links.
  private(set) var links: [String] = []
  /// The beginnings of those files that say something: of the short ones that describe the copy, all.
  private(set) var starts: [String: [UInt8]] = [:]
  /// The folders in which two of the files lie that every copy has, as they were found.
  private(set) var roots: [String] = []
  /// The folders of those files of which much is kept, as they were found.
  private(set) var described: [String] = []
  /// How many of the files that every copy has lie in a folder.
  private var typical: [String: Int] = [:]

  /// How much of a file's beginning is kept.
  static func wanted(of path: String) -> Int {
    switch Files.name(of: path) {
    case "WiredTiger", "storage.bson", PhysicalCopy.restoreInfo: ofDescription
    case let name where name.hasSuffix(".wt"): 4
    default: 0
    }
  }

  private static let ofDescription = 1 << 16

  mutating func add(_ file: PhysicalCopy.File, start: [UInt8]) {
    files.append(file)
    if !start.isEmpty { starts[file.path] = start }
    let slash = file.path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(file.path[..<$0]) } ?? ""
    if Self.wanted(of: file.path) == Self.ofDescription { described.append(folder) }
    if PhysicalCopy.typical.contains(Files.name(of: file.path)) {
      typical[folder, default: 0] += 1
      if typical[folder] == 2 { roots.append(folder) }
    }
  }

  /// Lists a folder, and reads the beginnings.
  mutating func list(_ path: String) throws(Failure) {
    try list(path, below: "")
  }

  private mutating func list(_ folder: String, below: String) throws(Failure) {
    for name in try Files.names(in: folder) {
      let (path, inside) = (Files.join(folder, name), below.isEmpty ? name : Files.join(below, name))
      switch Files.kind(of: path, followingLinks: false) {
      case .folder: try list(path, below: inside)
      case .file:
        // What describes the copy lies in its own folder; below it any number may be called so.
        let wanted = below.isEmpty || inside.hasSuffix(".wt") ? Self.wanted(of: inside) : 0
        add(
          PhysicalCopy.File(path: inside, size: try Files.size(of: path)),
          start: wanted == 0 ? [] : try FileReader(opening: path).read(upTo: wanted))
      case .symbolicLink: links.append(inside)
      case .other, nil: continue
      }
    }
  }

  /// What lies below a folder of it, by the paths there.
  func below(_ folder: String) -> CopyContents {
    if folder.isEmpty { return self }
    var inside = CopyContents()
    let prefix = folder + "/"
    for file in files where file.path.hasPrefix(prefix) {
      let path = String(file.path.dropFirst(prefix.count))
      inside.add(PhysicalCopy.File(path: path, size: file.size), start: starts[file.path] ?? [])
    }
    // A managed snapshot may have it beside the data.
    if inside.starts[PhysicalCopy.restoreInfo] == nil,
      let outside = starts.first(where: { Files.name(of: $0.key) == PhysicalCopy.restoreInfo })
    {
      inside.starts[PhysicalCopy.restoreInfo] = outside.value
    }
    return inside
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
