internal import Glibc
package import Platform

/// What sandboxes left behind whose harness, and its supervisor too, ended without cleaning up (a power cut, a
/// container that was killed whole).
package enum Leftovers {
  /// One folder of a sandbox.
  package struct Folder: Sendable, Hashable {
    /// Whether it may go.
    package enum State: Sendable, Hashable {
      /// Its owner is gone.
      case abandoned
      /// Its owner lives.
      case inUse
      /// It was kept on purpose (`--keep`).
      case kept
    }

    package var path: String
    package var state: State
    /// Bytes that it takes on disk.
    package var bytes: Int
    /// The process id that its owner had.
    package var pid: Int32?
    /// When it was made, or kept, as RFC 3339.
    package var time: String?
  }

  /// All folders of sandboxes that are this user's, in `directories` (nil: the default for data) and in those for
  /// sockets, by path.
  package static func find(in directories: [String]? = nil) -> [Folder] {
    var parents: [String] = []
    for parent in (directories ?? [SandboxOptions.defaultDirectory]) + OwnedFolder.socketParents {
      if let real = try? Files.realPath(parent), !parents.contains(real) { parents.append(real) }
    }
    return parents.flatMap { parent in
      ((try? Files.names(in: parent)) ?? []).filter { $0.hasPrefix(OwnedFolder.prefix) }
        .compactMap { look(at: Files.join(parent, $0)) }
    }
  }

  /// Removes an abandoned folder. False when it isn't abandoned (any more). One that was kept goes only with
  /// `includingKept`.
  package static func remove(_ folder: Folder, includingKept: Bool = false) throws(Failure) -> Bool {
    guard let now = look(at: folder.path) else { return false }
    // The lock is held while it goes, so that nobody else takes it for abandoned.
    guard now.state == .abandoned || includingKept && now.state == .kept,
      let descriptor = OwnedFolder.lock(Files.join(now.path, OwnedFolder.ownerFile))
    else { return false }
    defer { close(descriptor) }
    try Files.removeTree(now.path)
    return true
  }

  /// Seconds within which an owner file says whose it is, once it is there.
  private static let longestMaking = 60.0

  private static func look(at path: String) -> Folder? {
    let file = Files.join(path, OwnedFolder.ownerFile)
    guard Files.kind(of: path, followingLinks: false) == .folder, Files.owner(of: path) == geteuid(),
      Files.kind(of: file, followingLinks: false) == .file
    else { return nil }
    let owner = (try? Files.text(of: file, limit: 4096)).flatMap { try? JSON.parse($0) }
    if owner == nil {
      // Cut by a loss of power; or it is being made, or is somebody else's.
      let age = WallTime.now.timeInterval(since: Files.newestModification(in: file))
      guard OwnedFolder.isOwn(Files.name(of: path)), age > longestMaking else { return nil }
    }
    var folder = Folder(path: path, state: .inUse, bytes: 0)
    if case .integer(let pid)? = owner?["pid"] { folder.pid = Int32(truncatingIfNeeded: pid) }
    if case .string(let time)? = owner?["kept_at"] ?? owner?["started_at"] { folder.time = time }
    if owner?["state"] == "kept" {
      folder.state = .kept
    } else if let descriptor = OwnedFolder.lock(file) {
      close(descriptor)
      folder.state = .abandoned
    }
    folder.bytes = Files.diskUsage(of: path)
    return folder
  }
}
