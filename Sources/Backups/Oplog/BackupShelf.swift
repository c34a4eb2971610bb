internal import BSON
internal import Compression
internal import Facts
package import Platform

/// The backups that lie in a folder, found by their content.
package struct BackupShelf: Sendable {
  /// The folder.
  package let path: String
  /// Whether a backup without an oplog of its own is of no use.
  private let needsOplog: Bool
  /// What was found, by path.
  package private(set) var backups: [any LogicalBackup] = []
  /// What looks like a backup and can't be used, with the reason.
  package private(set) var passedOver: [(path: String, reason: Failure)] = []

  /// How deep folders of folders are looked through (`2026/11/21/dump`).
  private static let depth = 6

  /// Looks through a folder and the folders in it; what lies inside of a backup isn't looked at. Throws `Failure`
  /// when there is no such folder.
  ///
  /// `needsOplog`: whether it is for bases, onto which an oplog can be replayed.
  package init(_ path: String, needsOplog: Bool = true) throws(Failure) {
    self.path = path
    self.needsOplog = needsOplog
    guard Files.exists(path) else { throw .backupNotFound(path) }
    try look(into: Folder(path: path, root: Files.realPath(path)), depth: 0)
  }

  private mutating func look(into folder: Folder, depth: Int) throws(Failure) {
    if PhysicalCopy.isOne(folder.path) {
      return passedOver.append((folder.path, .copyNotPicked(folder.path)))
    }
    if take(folder.path) { return }
    let before = backups.count + passedOver.count
    var faults: [Failure] = []
    let entries = try folder.entries(&faults)
    passedOver += faults.map { ($0.place?.file ?? folder.path, $0) }
    for entry in entries {
      switch entry.kind {
      case .folder where depth < Self.depth:
        try look(into: Folder(path: entry.path, root: folder.root), depth: depth + 1)
      case .file where isArchive(entry.path): _ = take(entry.path)
      case .file where CopyTar(entry.path) != nil:
        passedOver.append((entry.path, .copyNotPicked(entry.path)))
      case .file where Self.isNamedArchive(entry.name):
        passedOver.append((entry.path, .onlyNamedArchive(entry.path)))
      default: break
      }
    }
    let sidecar = Files.join(folder.path, Sidecar.fileName)
    if backups.count + passedOver.count == before, Files.exists(sidecar) {
      passedOver.append((folder.path, .sidecarAlone(sidecar)))
    }
  }

  /// Takes a backup; false when the path isn't one.
  private mutating func take(_ path: String) -> Bool {
    do throws(Failure) {
      let backup = try openBackup(path)
      // A saved slice is a backup of `local` alone, and no base.
      if backup.collections.allSatisfy({ $0.facts.namespace.database == "local" }) { return true }
      if needsOplog, backup.oplog == nil { throw .baseWithoutOplog(path) }
      backups.append(backup)
      return true
    } catch {
      if error.code == "not-a-backup" { return false }
      passedOver.append((path, error))
      return true
    }
  }

  /// `shop.archive`, `shop.archive.gz`, `shop.archive.gpg`: what somebody holds for an archive.
  static func isNamedArchive(_ name: String) -> Bool {
    let parts = name.lowercased().split(separator: ".", omittingEmptySubsequences: false).dropFirst()
    guard let at = parts.lastIndex(of: "archive") else { return false }
    let known: Set<Substring> = ["gz", "zst", "lz4", "snappy", "s2", "bz2", "xz", "gpg", "pgp", "age", "enc"]
    return parts[(at + 1)...].allSatisfy(known.contains)
  }

  private func isArchive(_ path: String) -> Bool {
    (try? openDecompressed(path).read(upTo: Archive.magic.count)) == Archive.magic
  }
}

extension Failure {
  static func onlyNamedArchive(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "not-an-archive", "named like an archive, and holds none", at: Place(path),
      hint:
        "It is damaged, or encrypted: `backup: {command: [gpg, --decrypt, …]}` restores what a command decrypts."
    )
  }

  static func sidecarAlone(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "sidecar-alone", "describes a backup, and there is none with it", at: Place(path),
      hint: "The backup was removed or never written.")
  }

  static func copyNotPicked(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "copy-not-picked", "a physical copy, which is not chosen out of several",
      at: Place(path),
      hint: "Name it: `backup: {path: …}`. When it was made shows only when a server opens it.")
  }
}
