internal import BSON
internal import Compression
internal import Facts
internal import Platform

/// Recognises a folder by what lies in it: databases' folders, one database's files, an archive, or snapshots.
func openFolder(_ path: String, endingBy target: Timestamp?) throws(Failure) -> any LogicalBackup {
  let root = try Files.realPath(path)
  var damage: [Failure] = []
  let top = FolderContent(try Folder(path: path, root: root).entries(&damage))
  if PBMStore.isStore(top.names) { return try openStore(path, endingBy: target) }
  var databases: [(entry: Folder.Entry, content: FolderContent)] = []
  var others: [(entry: Folder.Entry, content: FolderContent)] = []
  for entry in top.folders {
    let content = FolderContent(try Folder(path: entry.path, root: root).entries(&damage))
    if content.isDatabase { databases.append((entry, content)) } else { others.append((entry, content)) }
  }
  if let copy = top.dataDirectory {
    throw .notABackup(
      path, "a copy of a server's data directory (it holds \(copy)), not a dump",
      hint: "`mongodrill restore`, `run`, `plan` and `verify` take one that is whole.")
  }
  let nested = others.filter { isDump($0.entry, root: root) }.map(\.entry.name)
  if databases.isEmpty, !top.isDatabase {
    let unread = top.unread + others.flatMap(\.content.unread)
    if unread.isEmpty, let archive = top.archive { return try inspectBackup(archive.path) }
    throw .noDump(path, entries: top.names, dumps: nested, unread: unread, damage: damage)
  }
  if !nested.isEmpty, !databases.isEmpty { throw .severalDumps(path, nested + databases.map(\.entry.name)) }

  var backup = DumpFiles(databases.isEmpty ? .databaseDirectory : .dumpDirectory, path: path)
  backup.damage = damage
  for content in [top] + databases.map(\.content) {
    backup.damage += content.unread.map(Failure.unreadFile)
  }
  backup.readOrigin(top)
  if databases.isEmpty {
    backup.add(try DumpFolder(database: Files.name(of: root), path: path, parts: top.parts), top)
    if let oplog = FolderContent.oplog(beside: root) {
      backup.notes.append(
        "the dump's oplog beside this folder (\(oplog)) is not replayed: the documents are as they were read, not those "
          + "of one moment")
    }
  } else {
    backup.takeOplog(top)
    for part in top.parts where !top.isOplog(part) { backup.damage.append(.misplacedFile(part.entry.path)) }
    backup.notes += top.passedOver.map { "\($0): passed over, not a part of a dump" }
    for (entry, content) in databases {
      if backup.origin.serverVersion == nil { backup.readOrigin(content) }
      backup.add(try DumpFolder(database: entry.name, path: entry.path, parts: content.parts), content)
      for folder in content.folders {
        let inside = FolderContent(try Folder(path: folder.path, root: root).entries(&backup.damage))
        backup.passOver(folder, inside)
      }
    }
  }
  for (entry, content) in others {
    if !databases.isEmpty, content.isEmpty, isDatabaseName(entry.name) {
      backup.damage.append(.databaseFolderEmpty(entry.path))
    } else {
      backup.passOver(entry, content)
    }
  }
  backup.finish()
  return backup
}

/// The newest snapshot of a store that ends at or before `target`.
private func openStore(_ path: String, endingBy target: Timestamp?) throws(Failure) -> DumpFiles {
  let store = try PBMStore(path)
  let record = try store.newestSnapshot(endingBy: target)
  var backup = try DumpFiles(record, in: store)
  let others = store.passedOver(for: record, endingBy: target)
  backup.notes = store.notes + others + backup.notes
  backup.doubts = store.doubts(about: record, endingBy: target)
  return backup
}

/// What lies in one folder, by what it is.
private struct FolderContent {
  var parts: [DumpFolder.Part] = []
  var folders: [Folder.Entry] = []
  var prelude: Folder.Entry?
  var archive: Folder.Entry?
  /// A file that only a server's data directory has.
  var dataDirectory: String?
  /// Paths of files that are none of a dump.
  var passedOver: [String] = []
  /// Paths of files that are a collection's by their names, and can't be read as one.
  var unread: [String] = []
  var names: [String] = []

  init(_ entries: [Folder.Entry]) {
    names = entries.map(\.name)
    let companions = Companions(names)
    for entry in entries {
      if entry.kind == .folder {
        folders.append(entry)
      } else if companions.isCompanion(entry.name) {
        passedOver.append(entry.path)
      } else if Companions.isOfCollection(entry.name), entry.name.hasPrefix("._") {
        unread.append(entry.path)
      } else if let part = DumpFolder.Part(entry) {
        parts.append(part)
      } else if Self.isNamed(entry, "prelude.json") {
        prelude = entry
      } else if entry.name == Sidecar.fileName {
        // What it says is compared elsewhere.
        continue
      } else if Companions.isOfCollection(entry.name) {
        unread.append(entry.path)
      } else {
        if Self.isNamed(entry, "archive") { archive = entry }
        if ["WiredTiger", "WiredTiger.wt"].contains(entry.name) { dataDirectory = entry.name }
        passedOver.append(entry.path)
      }
    }
  }

  /// Whether nothing lies in it but what file managers leave.
  var isEmpty: Bool { unread.isEmpty && names.allSatisfy { $0.hasPrefix(".") } }

  /// Whether it holds the files of collections; a lone oplog doesn't count.
  var isDatabase: Bool { parts.contains { !isOplog($0) } }

  /// Whether a file is a dump's oplog, and not the documents of a collection called so, which has metadata.
  func isOplog(_ part: DumpFolder.Part) -> Bool {
    part.kind == .documents && part.stem == Self.oplog
      && !parts.contains { $0.kind == .metadata && $0.stem == Self.oplog }
  }

  /// The oplog of the dump that a database's folder is a part of.
  static func oplog(beside folder: String) -> String? {
    suffixes.map { Files.join(Files.folder(of: folder), "oplog.bson" + $0) }.first {
      Files.kind(of: $0) == .file
    }
  }

  /// Whether a file has this name, compressed or not.
  private static func isNamed(_ entry: Folder.Entry, _ name: String) -> Bool {
    suffixes.contains { entry.name == name + $0 }
  }

  private static let suffixes = ["", ".gz", ".zst", ".lz4", ".snappy", ".s2"]

  private static let oplog = Array("oplog".utf8)
}

/// Files that lie beside a collection's, named for it: what an editor leaves, checksums, signatures, what macOS keeps of a
/// file's attributes.
struct Companions {
  private let names: Set<[UInt8]>

  init(_ names: [String]) { self.names = Set(names.map { Array($0.utf8) }) }

  /// Whether a name says that the file is a collection's, or has to do with one.
  static func isOfCollection(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.contains(".bson") || name.contains(".metadata.json")
  }

  /// Whether the file that it is named for is there: without that it may be all that is left of it.
  func isCompanion(_ name: String) -> Bool {
    Self.isOfCollection(name) && isNamedForAnother(name)
  }

  /// The same, whatever it is that lies there.
  func isNamedForAnother(_ name: String) -> Bool {
    Self.forms.contains { start, end in
      let bytes = name.utf8
      guard bytes.count > start.utf8.count + end.utf8.count, bytes.starts(with: start.utf8),
        bytes.suffix(end.utf8.count).elementsEqual(end.utf8)
      else { return false }
      return names.contains(Array(bytes.dropFirst(start.utf8.count).dropLast(end.utf8.count)))
    }
  }

  /// What stands before and behind the other file's name.
  private static let forms: [(String, String)] =
    [("._", ""), ("", "~"), ("#", "#"), (".", ".swp"), (".", ".swo"), ("", ".bak"), ("", ".orig")]
    + ["md5", "sha1", "sha256", "sha512"].flatMap { [("", ".\($0)"), ("", ".\($0)sum")] }
    + ["asc", "sig", "minisig"].map { ("", ".\($0)") }
}

/// Whether a folder of this name may be a database's: of the others, that of a file system's own repairs alone has no dot.
private func isDatabaseName(_ name: String) -> Bool {
  name != "lost+found" && Namespace(name, "x").illegality == nil
}

/// Whether a folder could be given as a dump itself.
private func isDump(_ entry: Folder.Entry, root: String) -> Bool {
  var ignored: [Failure] = []
  func content(_ path: String) -> FolderContent {
    FolderContent((try? Folder(path: path, root: root).entries(&ignored)) ?? [])
  }
  let inside = content(entry.path)
  return inside.prelude != nil || inside.archive != nil
    || inside.folders.contains { content($0.path).isDatabase }
}

extension DumpFiles {
  fileprivate mutating func add(_ folder: DumpFolder, _ content: FolderContent) {
    collections += folder.collections
    damage += folder.damage
    notes += folder.notes
    notes += content.passedOver.map { "\($0): passed over, not a part of a dump" }
    if folder.isCompressed { origin.isCompressed = true }
  }

  /// A folder that is no database's: in that of a database, or beside those.
  fileprivate mutating func passOver(_ folder: Folder.Entry, _ content: FolderContent) {
    var asFile = folder
    asFile.kind = .file
    if DumpFolder.Part(asFile) != nil {
      damage.append(.notAFile(folder.path))
    } else if let part = content.parts.first(where: { !content.isOplog($0) }) {
      damage.append(.misplacedFile(part.entry.path))
    } else if !content.unread.isEmpty {
      damage += content.unread.map(Failure.unreadFile)
    } else {
      notes.append("\(folder.path): passed over, holds no collection")
    }
  }

  /// The versions of server and tool (mongodump 100.12 and later says them).
  fileprivate mutating func readOrigin(_ content: FolderContent) {
    guard let prelude = content.prelude else { return }
    do throws(Failure) {
      let json = try openDecompressed(prelude.path).readAll(limit: 1 << 20)
      guard let document = try? Document(extendedJSON: String(decoding: json, as: UTF8.self)) else {
        throw .preludeNotJSON(prelude.path)
      }
      origin.serverVersion = document["ServerVersion"]?.string
      origin.toolVersion = document["ToolVersion"]?.string
    } catch { damage.append(error) }
  }

  fileprivate mutating func takeOplog(_ content: FolderContent) {
    for part in content.parts where content.isOplog(part) {
      if let oplog { damage.append(.twoFiles(part.entry.path, Files.name(of: oplog.place.file))) }
      if part.entry.kind != .file { damage.append(.notAFile(part.entry.path)) }
      if part.isNamedCompressed, part.entry.size == 0 { damage.append(.emptyGzip(part.entry.path)) }
      oplog = BackedUpOplog(place: Place(part.entry.path), fileBytes: part.entry.size)
    }
  }

  /// Puts the collections in order, views last, and looks at all of them together.
  mutating func finish() {
    let order = collections.indices.sorted {
      let (left, right) = (collections[$0].facts, collections[$1].facts)
      return (left.kind == .view) == (right.kind == .view)
        ? left.namespace < right.namespace : right.kind == .view
    }
    contents = Dictionary(
      uniqueKeysWithValues: order.enumerated().compactMap { at, old in contents[old].map { (at, $0) } })
    collections = order.map { collections[$0] }
    var owners: [UUIDBytes: Namespace] = [:]
    for collection in collections {
      guard let uuid = collection.facts.uuid else { continue }
      if let first = owners.updateValue(collection.facts.namespace, forKey: uuid),
        let place = collection.place
      {
        damage.append(.twoOfOneUUID(place, first, collection.facts.namespace))
      }
    }
    origin.bytes = collections.reduce(oplog?.fileBytes ?? 0) { $0 + $1.fileBytes }
  }
}

extension Failure {
  fileprivate static func noDump(
    _ path: String, entries: [String], dumps: [String], unread: [String], damage: [Failure]
  ) -> Failure {
    if entries.contains("scenario.yaml") { return .scenario(path, "a folder of a scenario") }
    if let first = damage.first { return first }
    if !dumps.isEmpty { return .severalDumps(path, dumps) }
    if let first = unread.first { return .unreadFile(first) }
    if entries.isEmpty { return .notABackup(path, "the folder is empty") }
    let found = entries.prefix(5).joined(separator: ", ") + (entries.count > 5 ? ", …" : "")
    return .notABackup(
      path, "no collection's files in it",
      hint:
        "Found \(found). A dump has a folder for each database, with .bson and .metadata.json files in it.")
  }

  fileprivate static func severalDumps(_ path: String, _ names: [String]) -> Failure {
    let list = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    return .notABackup(
      path, "a folder that holds backups, not one itself", hint: "Give one of those in it: \(list).")
  }

  fileprivate static func misplacedFile(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "misplaced-file", "a collection's file outside of any database's folder",
      at: Place(path),
      hint: "Move it into the folder of its database.")
  }

  fileprivate static func unreadFile(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "unread-collection-file",
      "has a collection's name and is in no form that is read, or unfinished", at: Place(path),
      hint: "Decompress or decrypt it beside its database's files; if a copy was interrupted, copy again.")
  }

  fileprivate static func databaseFolderEmpty(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "database-folder-empty", "a folder beside the databases' has nothing in it",
      at: Place(path),
      hint: "mongodump makes none for a database without collections: the copy lost what was in it, "
        + "or the folder is no part of the dump and can be removed.")
  }

  fileprivate static func preludeNotJSON(_ path: String) -> Failure {
    Failure(.damagedBackup, "prelude-malformed", "is not the JSON that mongodump writes", at: Place(path))
  }
}
