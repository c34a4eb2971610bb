internal import BSON
internal import Compression
internal import Facts
internal import Platform

/// Goes through folders and tells what lies there.
struct ListingWalk {
  /// Real paths of the folders that were given.
  private let roots: [String]
  var entries: [BackupListing.Entry] = []
  var passedOver: [(path: String, reason: String)] = []
  /// Real paths of what was looked at.
  private var seen: Set<String> = []
  private var links: [(path: String, target: String)] = []

  /// How deep folders of folders are looked through (`2026/11/21/dump`).
  private static let depth = 8

  init(roots: [String]) { self.roots = roots }

  /// Takes a folder, or a file, that was given.
  mutating func enter(_ path: String) throws(Failure) {
    try look(at: path, in: Files.isDirectory(path) ? path : Files.folder(of: path), depth: 0)
  }

  /// Gives links to what they lead to.
  mutating func resolveLinks() {
    for link in links {
      if let index = entries.firstIndex(where: { $0.realPath.utf8.elementsEqual(link.target.utf8) }) {
        entries[index].links.append(link.path)
      } else if !roots.contains(where: { lies(link.target, in: $0) }) {
        passedOver.append(
          (link.path, "a link out of the folders, to \(link.target); give that, too, to count it"))
      }
    }
  }

  private func lies(_ path: String, in root: String) -> Bool {
    path.utf8.elementsEqual(root.utf8) || path.utf8.starts(with: (root == "/" ? root : root + "/").utf8)
  }

  private mutating func look(at path: String, in root: String, depth: Int) throws(Failure) {
    try Interruption.check()
    if depth > 0, Files.kind(of: path, followingLinks: false) == .symbolicLink {
      do throws(Failure) { links.append((path, try Files.realPath(path))) } catch {
        var entry = BackupListing.Entry(.dump, "symbolic link", path)
        entry.fail(.linkToNothing(path))
        entries.append(entry)
      }
      return
    }
    switch Files.kind(of: path) {
    case .folder?: try look(into: path, in: root, depth: depth)
    case .file?: look(atFile: path, in: root, isGiven: depth == 0)
    default: passedOver.append((path, "neither a file nor a folder"))
    }
  }

  // MARK: Folders

  private mutating func look(into path: String, in root: String, depth: Int) throws(Failure) {
    guard seen.insert(try Files.realPath(path)).inserted else { return }
    let names: [String]
    do throws(Failure) { names = try Files.names(in: path) } catch {
      if depth == 0 { throw error }
      passedOver.append((path, error.description))
      return
    }
    if PBMStore.isStore(names) { return try takeStore(path, names, in: root) }
    if PhysicalCopy.isOne(path) { return takeCopy(path, in: root) }
    if try takeDump(path, in: root) { return }
    let before = entries.count
    for name in names {
      let inside = Files.join(path, name)
      if depth == Self.depth, Files.isDirectory(inside) {
        passedOver.append((inside, "not looked into: more than \(Self.depth) folders deep"))
        continue
      }
      try look(at: inside, in: root, depth: depth + 1)
    }
    guard entries.count == before else { return }
    let sidecar = Files.join(path, Sidecar.fileName)
    if Files.exists(sidecar) {
      var entry = BackupListing.Entry(.dump, "sidecar without a backup", path)
      entry.readSidecar()
      entry.fail(.sidecarAlone(sidecar))
      entry.date(in: root)
      entries.append(entry)
    } else if names.isEmpty, depth > 0 {
      passedOver.append((path, "an empty folder"))
    }
  }

  /// Takes a folder that is a dump; false when it is none, such as a folder of dumps or of slices.
  private mutating func takeDump(_ path: String, in root: String) throws(Failure) -> Bool {
    let backup: any LogicalBackup
    do throws(Failure) { backup = try inspectBackup(path) } catch {
      // Of the last ones, links that lie in a folder of dumps.
      let isNone = ["not-a-backup", "link-broken", "link-leaves-backup", "name-not-utf8"]
      if isNone.contains(error.code) { return false }
      guard error.kind == .damagedBackup else { throw error }
      var entry = BackupListing.Entry(.dump, BackupForm.dumpDirectory.rawValue, path)
      entry.bytes = Files.diskUsage(of: path)
      entry.readSidecar()
      entry.fail(error)
      entry.date(in: root)
      entries.append(entry)
      return true
    }
    // A folder with nothing but an archive in it; that counts by its own path.
    if backup.form == .archive { return false }
    if isOplogAlone(backup) { return false }
    entries.append(BackupListing.Entry(backup, at: path, in: root))
    return true
  }

  /// Whether what looks like collections are pieces of an oplog: without metadata, unless it is that of the oplog itself,
  /// and one at least begins with an entry.
  private func isOplogAlone(_ backup: any LogicalBackup) -> Bool {
    let bare = Set(
      backup.damage.filter { $0.code == "metadata-missing" }.compactMap { $0.place?.file })
    let oplog = Namespace("local", "oplog.rs")
    let isMadeOfPieces = backup.collections.allSatisfy { collection in
      collection.facts.namespace == oplog || collection.place.map { bare.contains($0.file) } ?? false
    }
    return isMadeOfPieces
      && backup.collections.contains { collection in
        collection.facts.namespace == oplog
          || collection.place.map { OplogInterval.isOplog($0.file) } ?? false
      }
  }

  private mutating func takeCopy(_ path: String, in root: String) {
    var entry = BackupListing.Entry(.physicalCopy, BackupForm.physicalCopy.rawValue, path)
    entry.readSidecar()
    do throws(Failure) {
      let copy = try PhysicalCopy(path)
      entry.bytes = copy.bytes
      if entry.time == nil, let end = copy.end {
        entry.time = BackupTime(WallTime(seconds: Int(end.seconds)), .oplog)
      }
      if let failure = copy.damage.first { entry.fail(failure) }
    } catch { entry.fail(error) }
    entry.date(in: root)
    entries.append(entry)
  }

  // MARK: Files

  private mutating func look(atFile path: String, in root: String, isGiven: Bool) {
    guard let real = try? Files.realPath(path), seen.insert(real).inserted else { return }
    let name = Files.name(of: path).lowercased()
    if name.hasSuffix(".json") || name.contains(".metadata.json") { return }
    let isNamedBSON = name.hasSuffix(".bson") || name.contains(".bson.")
    let start: [UInt8]
    do throws(Failure) { start = try openDecompressed(path).read(upTo: Archive.magic.count) } catch {
      // What holds no backup by its name may be unreadable.
      if isNamedBSON || BackupShelf.isNamedArchive(Files.name(of: path)) {
        take(path, isNamedBSON, error, in: root)
      }
      return
    }
    if start == Archive.magic { return takeArchive(path, in: root) }
    if CopyTar(path) != nil {
      var entry = BackupListing.Entry(.physicalCopy, "tar of a physical copy", path)
      entry.bytes = (try? Files.size(of: path)) ?? 0
      entry.readSidecar()
      entry.date(in: root)
      entries.append(entry)
    } else if BackupShelf.isNamedArchive(Files.name(of: path)) {
      take(path, false, .onlyNamedArchive(path), in: root)
    } else if isNamedBSON || isGiven || OplogInterval.isOplog(path) {
      takeSlice(path, in: root)
    }
  }

  /// Takes a file that can't be used.
  private mutating func take(_ path: String, _ isSlice: Bool, _ failure: Failure, in root: String) {
    var entry = BackupListing.Entry(
      isSlice ? .slice : .archive, isSlice ? "oplog slice" : BackupForm.archive.rawValue, path)
    entry.bytes = (try? Files.size(of: path)) ?? 0
    entry.readSidecar()
    entry.fail(failure)
    entry.date(in: root)
    entries.append(entry)
  }

  private mutating func takeArchive(_ path: String, in root: String) {
    do throws(Failure) {
      let backup = try inspectBackup(path)
      let local = Namespace("local", "oplog.rs")
      if !backup.collections.isEmpty,
        backup.collections.allSatisfy({ $0.facts.namespace.database == "local" })
      {
        var entry = BackupListing.Entry(.slice, "archive of an oplog slice", path)
        entry.bytes = backup.origin.bytes
        entry.namespaces = []
        do throws(Failure) { entry.oplog = try OplogInterval.look(at: path, local) } catch {
          entry.fail(error)
        }
        entry.readSidecar()
        entry.date(in: root)
        return entries.append(entry)
      }
      entries.append(BackupListing.Entry(backup, at: path, in: root))
    } catch { take(path, false, error, in: root) }
  }

  private mutating func takeSlice(_ path: String, in root: String) {
    var entry = BackupListing.Entry(.slice, "oplog slice", path)
    entry.bytes = (try? Files.size(of: path)) ?? 0
    entry.namespaces = []
    entry.readSidecar()
    do throws(Failure) {
      guard let interval = try OplogInterval.look(at: path) else {
        passedOver.append(
          (path, entry.bytes == 0 ? "an empty file" : "a file of documents that belongs to no dump"))
        return
      }
      entry.oplog = interval
    } catch { entry.fail(error) }
    entry.date(in: root)
    entries.append(entry)
  }
}
