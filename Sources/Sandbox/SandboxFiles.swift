internal import Glibc
package import Platform

/// The folders of one sandbox: one for data and log, and one for the socket, whose path must be short.
struct SandboxFiles {
  let dataFolder: OwnedFolder
  let socketFolder: OwnedFolder

  /// Creates them, when there is room for what the drill needs.
  init(_ options: SandboxOptions) throws(Failure) {
    let (parent, _) = try options.room()
    let name = OwnedFolder.newName()
    let socketPath = try OwnedFolder.socketFolder(name)
    let data = try OwnedFolder(path: Files.join(parent, name))
    do throws(Failure) {
      try Files.createFolder(SandboxFiles.data(data.path))
      // The two may lie in the same folder.
      socketFolder = try OwnedFolder(path: socketPath == data.path ? socketPath + ".s" : socketPath)
    } catch {
      try? data.remove()
      throw error
    }
    dataFolder = data
  }

  /// The dbPath of the server, or of a member.
  static func data(_ folder: String, _ index: Int = 0) -> String {
    Files.join(folder, index == 0 ? "db" : "db-\(index)")
  }
  /// Its log.
  static func log(_ folder: String, _ index: Int = 0) -> String {
    Files.join(folder, index == 0 ? "mongod.log" : "mongod-\(index).log")
  }
  /// A copy of a member's files, as they were when the set was made.
  static func seed(_ folder: String) -> String { Files.join(folder, "seed") }
  /// The key that the members of a set share.
  static func key(_ folder: String) -> String { Files.join(folder, "key") }
}

extension SandboxOptions {
  /// Bytes that stay free on the disk: for the system, and for mongod's journal and its start (0.3 GB).
  private static let reserve = 500_000_000

  /// The folder that the sandbox's own would be made in, and the bytes that are free there. Throws `no-sandbox-dir`
  /// when it isn't there, and `no-free-disk` when what the drill needs doesn't fit.
  package func room() throws(Failure) -> (folder: String, free: Int) {
    let given = directory ?? SandboxOptions.defaultDirectory
    guard Files.isDirectory(given) else { throw .noSandboxFolder(given) }
    let parent = try Files.realPath(given)
    let free = try Files.freeSpace(at: parent)
    if let neededBytes, neededBytes > free - SandboxOptions.reserve {
      throw .noFreeDisk(needed: neededBytes, free: free, reserve: SandboxOptions.reserve, parent)
    }
    return (parent, free)
  }
}

/// Unix sockets.
enum UnixSocket {
  /// Whether somebody listens there.
  static func accepts(_ path: String) -> Bool {
    var address = sockaddr_un()
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return unsafe withUnsafePointer(to: &address) { address in
      unsafe connect(
        descriptor, UnsafeRawPointer(address).assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
    }
  }
}
