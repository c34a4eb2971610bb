internal import Glibc
internal import Platform

/// Lists a backup's folders, and sees to it that no symbolic link leads out of the backup.
struct Folder: Sendable {
  /// What lies in a folder.
  struct Entry: Sendable {
    enum Kind: Sendable { case file, folder, other }
    var name: String
    /// As it is to be opened and named in messages.
    var path: String
    var kind: Kind
    /// In bytes.
    var size: Int
  }

  /// The path as given.
  let path: String
  /// The real path of the backup that it lies in; links must not leave it.
  let root: String

  /// What lies in it, by name. Links that cannot be followed are put into `damage` and left out.
  func entries(_ damage: inout [Failure]) throws(Failure) -> [Entry] {
    guard let stream = unsafe opendir(path) else { throw .cannotList(path, error: errno) }
    defer { unsafe closedir(stream) }
    var entries: [Entry] = []
    while true {
      errno = 0
      guard let item = unsafe readdir(stream) else { break }
      let bytes = unsafe withUnsafeBytes(of: &item.pointee.d_name) { name in
        unsafe Array(name.prefix { $0 != 0 })
      }
      if bytes == Array(".".utf8) || bytes == Array("..".utf8) { continue }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        damage.append(.nameNotUTF8(path, String(decoding: bytes, as: UTF8.self)))
        continue
      }
      do throws(Failure) { entries.append(try entry(name)) } catch { damage.append(error) }
    }
    if errno != 0 { throw .cannotList(path, error: errno) }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private func entry(_ name: String) throws(Failure) -> Entry {
    let path = Files.join(path, name)
    var information = stat()
    guard unsafe lstat(path, &information) == 0 else { throw .cannotList(path, error: errno) }
    if information.st_mode & S_IFMT == S_IFLNK {
      guard let target = try? Files.realPath(path), unsafe stat(path, &information) == 0 else {
        throw .linkBroken(path)
      }
      guard target.utf8.starts(with: (root == "/" ? root : root + "/").utf8) else {
        throw .linkLeaves(path, target: target)
      }
    }
    let kind: Entry.Kind =
      switch information.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    return Entry(name: name, path: path, kind: kind, size: Int(information.st_size))
  }
}

extension Failure {
  static func cannotList(_ path: String, error: CInt) -> Failure {
    error == ENOENT || error == ENOTDIR
      ? .backupNotFound(path)
      : Failure(
        .incomplete, "not-readable", "cannot be read", at: Place(path),
        hint: error == EACCES ? "Run as a user who may read the backup." : nil,
        cause: Failure.text(errno: error))
  }

  /// There is nothing at the path.
  static func backupNotFound(_ path: String) -> Failure {
    Failure(
      .backupNotFound, "backup-not-found", "there is nothing at this path", at: Place(path),
      hint: neighbours(of: path))
  }

  /// There is nothing at the path that was given for an oplog.
  static func oplogNotFound(_ path: String) -> Failure {
    Failure(
      .backupNotFound, "oplog-not-found", "there is nothing at this path of an oplog", at: Place(path),
      hint: neighbours(of: path))
  }

  /// What lies where the path leads, the name that is most like its own first.
  private static func neighbours(of path: String) -> String? {
    let folder = Files.folder(of: path)
    guard Files.isDirectory(folder) else { return "There is no folder \(folder) either." }
    guard let all = try? Files.names(in: folder) else { return nil }
    let names = all.filter { !$0.hasPrefix(".") }.sorted()
    if names.isEmpty { return "The folder \(folder) is empty." }
    let near = Suggestion.hint(for: Files.name(of: path), among: names).map { "\($0) " } ?? ""
    let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    let shownFolder = folder == "." ? "this folder" : folder
    return "\(near)In \(shownFolder) there \(names.count == 1 ? "is" : "are"): \(shown)."
  }

  static func nameNotUTF8(_ folder: String, _ name: String) -> Failure {
    Failure(
      .damagedBackup, "name-not-utf8", "a file's name is not UTF-8: \(name)", at: Place(folder),
      hint: "mongodump writes names in ASCII; this file may belong to something else.")
  }

  static func linkBroken(_ path: String) -> Failure {
    Failure(.damagedBackup, "link-broken", "a symbolic link leads nowhere", at: Place(path))
  }

  static func linkLeaves(_ path: String, target: String) -> Failure {
    Failure(
      .damagedBackup, "link-leaves-backup", "a symbolic link leads out of the backup, to \(target)",
      at: Place(path), hint: "Put the file itself in the link's place.")
  }
}
