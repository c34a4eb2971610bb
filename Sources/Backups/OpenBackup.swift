package import BSON
internal import Compression
internal import Facts
package import Platform

/// Opens a backup, which is recognised by its content: a dump directory, one database's folder, one collection's
/// file, an archive (`-` is standard input), compressed or not, or a store of Percona Backup for MongoDB. A symbolic
/// link as the path is followed.
///
/// Of a store it is the newest snapshot that ends at or before `target`, if one is given; `STORE/NAME` is that one,
/// whatever the target. Other backups are what they are.
///
/// Fails with `backupNotFound` when there is nothing at the path, and with `damagedBackup` when it is no backup or
/// something is wrong with it that shows without reading the documents, or when its sidecar says that it failed.
package func openBackup(_ path: String, endingBy target: Timestamp? = nil) throws(Failure)
  -> any LogicalBackup
{
  let backup = try inspectBackup(path, endingBy: target)
  // Says more than what is missing in it.
  try Sidecar.find(for: backup.path)?.requireSuccess()
  return try undamaged(backup)
}

/// The backup, unless something showed to be wrong with it, which is thrown.
func undamaged(_ backup: any LogicalBackup) throws(Failure) -> any LogicalBackup {
  guard var failure = backup.damage.first else { return backup }
  let more = backup.damage.count - 1
  if more > 0 {
    let advice =
      "\(more) more \(more == 1 ? "fault" : "faults"): mongodrill verify \(backup.path) lists them all."
    failure.hint = failure.hint.map { "\($0) \(advice)" } ?? advice
  }
  throw failure
}

/// The same, with what is wrong put into the backup's `damage` as far as it can still be told what it holds.
package func inspectBackup(_ path: String, endingBy target: Timestamp? = nil) throws(Failure)
  -> any LogicalBackup
{
  if path == "-" { return try Archive(FileReader(standardInput: ())) }
  if let (folder, name) = PBMStore.snapshot(at: path) {
    let store = try PBMStore(folder)
    return try DumpFiles(store.snapshot(named: name), in: store)
  }
  guard let kind = Files.kind(of: path) else {
    // A link that leads nowhere, a folder that may not be entered, or nothing.
    throw Files.kind(of: path, followingLinks: false) == .symbolicLink
      ? .linkToNothing(path) : .backupNotFound(path)
  }
  return kind == .folder ? try openFolder(path, endingBy: target) : try openFile(path)
}

/// Recognises a file by what it starts with.
private func openFile(_ path: String) throws(Failure) -> any LogicalBackup {
  let source = try FileReader(opening: path)
  if source.size == 0 { throw .emptyFile(path) }
  if source.size == nil {
    // A pipe can be read only once, and only an archive comes through one.
    return try Archive(source)
  }
  let reader = try decompressed(source)
  let start = try reader.read(upTo: Archive.magic.count)
  if start == Archive.magic { return try Archive(FileReader(opening: path)) }
  let name = Files.name(of: path)
  let part = DumpFolder.Part(
    Folder.Entry(name: name, path: path, kind: .file, size: Int(source.size ?? 0)))
  if part?.kind == .metadata || name.lowercased().hasPrefix("prelude.json") { throw .partOfDump(path) }
  if CopyTar(path) != nil {
    throw .notABackup(
      path, "a tar, as copies of a data directory come in, not a dump",
      hint: "`mongodrill restore`, `run`, `plan` and `verify` take a tar of a dbPath. Unpack one of a dump.")
  }
  guard let part else {
    if [".yaml", ".yml"].contains(where: name.lowercased().hasSuffix) { throw .scenario(path, "a scenario") }
    throw .notABackup(path, "neither an archive of mongodump nor a collection's .bson")
  }
  if start.isEmpty { throw .emptyFile(path) }
  return try openCollectionFile(part, path: path, isCompressed: reader.compression != nil)
}

/// One collection's file, with its metadata where that lies beside it. The folder names the database.
private func openCollectionFile(
  _ part: DumpFolder.Part, path: String, isCompressed: Bool
) throws(Failure) -> DumpFiles {
  let folderPath = Files.folder(of: path)
  let root = try Files.realPath(folderPath)
  var backup = DumpFiles(.collectionFile, path: path)
  backup.origin = BackupOrigin(isCompressed: isCompressed, bytes: part.entry.size)
  var database = Files.name(of: root)
  if Namespace(database, "x").illegality != nil {
    backup.notes.append("\(path): the folder's name can't be a database's, \"test\" stands in for it")
    database = "test"
  }
  var ignored: [Failure] = []
  let parts = try Folder(path: folderPath, root: root).entries(&ignored).compactMap(DumpFolder.Part.init)
  let metadata = parts.filter { $0.kind == .metadata && $0.belongs(to: part) }
  if metadata.isEmpty {
    if part.stem == Array("oplog".utf8) { throw .partOfDump(path) }
    if CollectionFileName.isCut(part.stem) { throw .nameUnknown(Place(path)) }
    let name = String(decoding: CollectionFileName.collection(of: part.stem), as: UTF8.self)
    let namespace = Namespace(database, name)
    if let reason = namespace.illegality { throw .illegalNamespace(Place(path), reason) }
    backup.collections = [
      BackedUpCollection(
        facts: CollectionFacts(namespace), place: Place(path), fileBytes: part.entry.size,
        treatment: Treatment(namespace))
    ]
    backup.notes.append("\(path): no metadata beside it, so options and indexes are unknown")
    return backup
  }
  let folder = try DumpFolder(database: database, path: folderPath, parts: [part] + metadata)
  backup.collections = folder.collections
  backup.notes += folder.notes
  backup.damage = folder.damage
  return backup
}

extension DumpFolder.Part {
  /// Whether it is the metadata of the collection (or of the time series) whose documents `other` holds.
  fileprivate func belongs(to other: DumpFolder.Part) -> Bool {
    if stem == other.stem { return true }
    let buckets = Array("system.buckets.".utf8)
    if other.stem == buckets + stem { return true }
    // Cut names of a time series and of its buckets share no hash: the metadata tells.
    guard CollectionFileName.isCut(other.stem), let reader = try? openDecompressed(entry.path),
      let json = try? reader.readAll(limit: 64 << 20),
      let name = try? CollectionMetadata(json: json, at: Place(entry.path)).collectionName
    else { return false }
    return CollectionFileName.stem(of: "system.buckets.\(name)") == other.stem
  }
}

extension Failure {
  static func linkToNothing(_ path: String) -> Failure {
    Failure(
      .backupNotFound, "backup-not-found", "is a symbolic link that leads nowhere", at: Place(path))
  }

  static func emptyFile(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "empty-file", "is empty, which no backup is", at: Place(path),
      hint: "The dump failed or its copy was interrupted.")
  }

  static func partOfDump(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "not-a-backup", "is a part of a dump, not a backup", at: Place(path),
      hint: "Give the folder that it lies in.")
  }

  /// What drills a backup was given in its place.
  static func scenario(_ path: String, _ what: String) -> Failure {
    .notABackup(
      path, what, hint: "`mongodrill run \(ShellWord.quoted(path))` drills the backup that it names.")
  }

  static func notABackup(_ path: String, _ what: String, hint: String? = nil) -> Failure {
    Failure(.damagedBackup, "not-a-backup", "no backup here: \(what)", at: Place(path), hint: hint)
  }
}
