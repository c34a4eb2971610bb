internal import Glibc
package import Platform

/// A folder of a sandbox that belongs to this process while it lives.
///
/// A file `owner` in it says whose it is, and a lock on that file says whether the owner lives: the kernel lets
/// go of it with the process, so neither a process id that is used again nor another container misleads.
package final class OwnedFolder: Sendable {
  /// The file that names the owner.
  static let ownerFile = "owner"
  /// What the folders' names begin with.
  static let prefix = "mongodrill-"

  /// Where it is.
  package let path: String
  private let descriptor: Monitor<Int32?>

  /// Creates it with mode 0700; it is removed at this process's end.
  init(path: String) throws(Failure) {
    self.path = path
    try Supervisor.shared.removeAtEnd(path)
    do throws(Failure) {
      try Files.createFolder(path)
    } catch {
      // Perhaps somebody else's: not ours to remove.
      try? Supervisor.shared.keep(path)
      throw error
    }
    do throws(Failure) {
      descriptor = Monitor(try OwnedFolder.own(Files.join(path, OwnedFolder.ownerFile)))
    } catch {
      try? Supervisor.shared.remove(path)
      throw error
    }
  }

  private static let untilEnd = Monitor<[OwnedFolder]>([])

  /// A folder in `parent` for what this process needs until it ends: removed then, and named by `clean` where nobody was
  /// left to do that. Throws `Failure` when it can't be made.
  package static func untilEnd(in parent: String) throws(Failure) -> String {
    let folder = try scratch(in: parent)
    // Its lock goes with the last reference.
    untilEnd.update { $0.append(folder) }
    return folder.path
  }

  /// Takes over one that was kept, and that stays kept. Throws `not-kept`.
  init(reopening path: String) throws(Failure) {
    let file = Files.join(path, OwnedFolder.ownerFile)
    guard let descriptor = OwnedFolder.lock(file) else { throw .notKept(path) }
    guard let text = try? Files.text(of: file, limit: 4096), let owner = try? JSON.parse(text),
      owner["state"] == "kept"
    else {
      close(descriptor)
      throw .notKept(path)
    }
    self.path = path
    self.descriptor = Monitor(descriptor)
  }

  /// Creates an owner file that is locked before it says anything: nobody can take it for abandoned. It is synced: after a
  /// power cut it has to say whose the folder was.
  private static func own(_ file: String) throws(Failure) -> Int32 {
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("not-writable", "cannot write \(file)") }
    let owner: JSON = .record([
      "state": "running", "pid": .integer(Int64(getpid())), "started_at": .string(WallTime.now.text),
    ])
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, Files.write(owner.text() + "\n", to: descriptor),
      fsync(descriptor) == 0
    else {
      let failure = Failure.system("not-writable", "cannot write \(file)")
      close(descriptor)
      throw failure
    }
    Files.syncFolder(Files.folder(of: file))
    return descriptor
  }

  /// Opens an owner file and takes its lock; nil when another process has it, or the file isn't there.
  static func lock(_ file: String) -> Int32? {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private func unlock() {
    if let descriptor = descriptor.update({ $0.take() }) { close(descriptor) }
  }

  deinit { unlock() }

  /// A folder for what isn't a sandbox but has to go like one.
  package static func scratch(in directory: String) throws(Failure) -> OwnedFolder {
    try OwnedFolder(path: Files.join(Files.realPath(directory), newName()))
  }

  /// Removes it with all it holds.
  package func remove() throws(Failure) {
    try Supervisor.shared.remove(path)
    unlock()
  }

  /// Makes it stay, also for `clean`.
  func keep() throws(Failure) {
    try Supervisor.shared.keep(path)
    let owner: JSON = .record(["state": "kept", "kept_at": .string(WallTime.now.text)])
    try Files.writeAtomically(
      (owner.text() + "\n").utf8, to: Files.join(path, OwnedFolder.ownerFile), mode: 0o600)
    unlock()
  }

  /// A new name for the folders of one sandbox.
  static func newName() -> String {
    let random = String(UInt32.random(in: 0 ... .max), radix: 16)
    return "\(prefix)\(getpid())-" + String(repeating: "0", count: 8 - random.count) + random
  }

  /// Whether a name is one that `newName` makes.
  static func isOwn(_ name: String) -> Bool {
    guard name.hasPrefix(prefix) else { return false }
    let parts = name.utf8.dropFirst(prefix.utf8.count).split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    return parts.count == 2 && !parts[0].isEmpty && parts[0].allSatisfy(isDigit) && parts[1].count == 8
      && parts[1].allSatisfy { isDigit($0) || (0x61...0x66).contains($0) }
  }

  /// Folders that sockets may lie in: short, on this machine, this user's.
  static var socketParents: [String] {
    [Environment["XDG_RUNTIME_DIR"], Environment["TMPDIR"], "/tmp"].compactMap(\.self).filter { path in
      path.hasPrefix("/") && Files.isDirectory(path)
    }
  }

  /// The path of a socket has at most this many bytes: `sun_path` less its end.
  static let longestSocketPath = 107

  /// Where the socket of the sandbox `name` goes.
  static func socketFolder(_ name: String) throws(Failure) -> String {
    let parents = socketParents
    for parent in parents where unsafe access(parent, W_OK | X_OK) == 0 {
      let folder = Files.join(parent, name)
      if Files.join(folder, "mongod.sock").utf8.count <= longestSocketPath { return folder }
    }
    throw .noSocketFolder(parents)
  }
}
