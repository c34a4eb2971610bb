internal import CSpawn
internal import Glibc

/// Files and folders by their path. Errors are failures of kind `incomplete` with the system's words as the cause.
package enum Files {
  /// What lies at a path.
  package enum Kind: Sendable, Hashable {
    case file
    case folder
    case symbolicLink
    /// A socket, a pipe, a device.
    case other
  }

  /// What lies there, nil when there is nothing (or nothing that can be looked at). Follows symbolic links unless
  /// told not to.
  package static func kind(of path: String, followingLinks: Bool = true) -> Kind? {
    guard let status = status(of: path, followingLinks: followingLinks) else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    case S_IFLNK: return .symbolicLink
    default: return .other
    }
  }

  /// Whether there is something; a symbolic link to nothing is nothing.
  package static func exists(_ path: String) -> Bool { kind(of: path) != nil }

  /// Whether it is a folder, or a symbolic link to one.
  package static func isDirectory(_ path: String) -> Bool { kind(of: path) == .folder }

  /// Whether it is a file that may be executed.
  package static func isExecutable(_ path: String) -> Bool {
    unsafe kind(of: path) == .file && access(path, X_OK) == 0
  }

  /// The size of a file in bytes.
  package static func size(of path: String) throws(Failure) -> Int {
    guard let status = status(of: path) else { throw .unreadable(path) }
    return Int(status.st_size)
  }

  /// The user who owns it; nil when there is nothing.
  package static func owner(of path: String) -> UInt32? {
    status(of: path, followingLinks: false)?.st_uid
  }

  /// When what lies at a path was last changed, or anything below it; links aren't followed. The beginning of 1970 where
  /// nothing can be looked at.
  package static func newestModification(in path: String) -> WallTime {
    guard let status = status(of: path, followingLinks: false) else { return WallTime(seconds: 0) }
    let own = WallTime(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    guard status.st_mode & S_IFMT == S_IFDIR else { return own }
    // A folder's own time says when something was put into it, and a copy changes that.
    return ((try? names(in: path)) ?? []).map { newestModification(in: join(path, $0)) }.max() ?? own
  }

  static func status(of path: String, followingLinks: Bool = true) -> stat? {
    var result = stat()
    let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
    let failed = unsafe fstatat(AT_FDCWD, path, &result, flags)
    return failed == 0 ? result : nil
  }

  /// The names of what a folder holds, without `.` and `..`, sorted by their bytes.
  package static func names(in folder: String) throws(Failure) -> [String] {
    guard let stream = unsafe opendir(folder) else { throw .unreadable(folder) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      }
      if name != "." && name != ".." { names.append(name) }
    }
    if errno != 0 { throw .unreadable(folder) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The real path: absolute, without symbolic links, `.` and `..`.
  package static func realPath(_ path: String) throws(Failure) -> String {
    guard let real = unsafe realpath(path, nil) else { throw .unreadable(path) }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// `folder/name`, with one slash between.
  package static func join(_ folder: String, _ name: String) -> String {
    folder.utf8.last == UInt8(ascii: "/") ? folder + name : "\(folder)/\(name)"
  }

  /// What a path ends with: `b` of `/a/b` and of `/a/b/`.
  package static func name(of path: String) -> String {
    String(path.split(separator: "/").last ?? (path.hasPrefix("/") ? "/" : "."))
  }

  /// The folder that a path lies in: `/a` of `/a/b`, `.` of `b`.
  package static func folder(of path: String) -> String {
    var path = Substring(path)
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

extension Files {
  /// The whole content of a small file. A file above `limit` bytes is a failure. A signal to stop ends the wait for a
  /// pipe that nobody writes to.
  package static func read(_ path: String, limit: Int = 16 << 20) throws(Failure) -> [UInt8] {
    // To open a pipe waits for its writer, and no signal would end that.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(path) }
    defer { close(descriptor) }
    var status = stat()
    let kind = unsafe fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
    let (isPipe, isFile) = (kind == S_IFIFO, kind == S_IFREG)
    // A file's bytes are taken in one go; what was added to it meanwhile, and all of a pipe, piece by piece.
    let size = isFile ? min(Int(status.st_size), limit) : 0
    var bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      while filled < size {
        let rest = unsafe UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let count = unsafe Glibc.read(descriptor, rest.baseAddress, min(rest.count, size - filled))
        if count < 0 && errno == EINTR { continue }
        // The end, or an error that the next reading meets again.
        if count <= 0 { break }
        filled += count
      }
    }
    var buffer = [UInt8](repeating: 0, count: size > 0 ? 512 : 65_536)
    while true {
      if isPipe { try Interruption.waitForInput(descriptor) }
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && (errno == EINTR || errno == EAGAIN && isPipe) { continue }
      if count < 0 { throw .unreadable(path) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      if bytes.count > limit {
        throw Failure(
          .incomplete, "file-too-large", "\(path) is too large: more than \(ByteSize.format(limit))")
      }
    }
  }

  /// The same as text; bytes that aren't UTF-8 become U+FFFD.
  package static func text(of path: String, limit: Int = 16 << 20) throws(Failure) -> String {
    String(decoding: try read(path, limit: limit), as: UTF8.self)
  }

  /// The last bytes of a file, such as a log; nothing when it can't be read.
  package static func end(of path: String, bytes limit: Int) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = unsafe pread(descriptor, &buffer, limit, max(0, size - limit))
    return Array(buffer.prefix(max(0, count)))
  }

  /// Writes a file so that it is there whole or not at all, also after a power cut: a temporary file beside it,
  /// synced, renamed.
  package static func writeAtomically(
    _ bytes: some Collection<UInt8>, to path: String, mode: UInt32 = 0o644
  ) throws(Failure) {
    // A rename puts a file in the place of whatever is there: of a device, of a link to somewhere else.
    var path = path
    if kind(of: path, followingLinks: false) == .symbolicLink, exists(path) { path = try realPath(path) }
    if kind(of: path, followingLinks: false) == .other {
      throw .notAFile(path)
    }
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: .min ... .max)).tmp"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .unwritable(path) }
    do throws(Failure) {
      defer { close(descriptor) }
      guard write(Array(bytes), to: descriptor), fsync(descriptor) == 0 else { throw .unwritable(path) }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    guard unsafe rename(temporary, path) == 0 else {
      let failure = Failure.unwritable(path)
      unsafe unlink(temporary)
      throw failure
    }
    syncFolder(folder(of: path))
  }

  /// Sees to it that what a folder lists stays listed after a power cut, where the file system can.
  package static func syncFolder(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Writes a file that must not be there yet, whole or not at all: of several who do it at once, on any machine that
  /// sees the folder, one wins. False when it is there.
  package static func writeOnce(
    _ bytes: some Collection<UInt8>, to path: String, mode: UInt32 = 0o644
  ) throws(Failure) -> Bool {
    if kind(of: path, followingLinks: false) != nil { return false }
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: .min ... .max)).new"
    try writeAtomically(bytes, to: temporary, mode: mode)
    defer { unsafe unlink(temporary) }
    if unsafe Glibc.link(temporary, path) == 0 { return true }
    if errno == EEXIST { return false }
    // A file system without hard links: a reader may see the file while it is written, and reads it again.
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else {
      if errno == EEXIST { return false }
      throw .unwritable(path)
    }
    defer { close(descriptor) }
    guard write(Array(bytes), to: descriptor), fsync(descriptor) == 0 else {
      let failure = Failure.unwritable(path)
      unsafe unlink(path)
      throw failure
    }
    return true
  }

  /// Makes a symbolic link at `path` to what lies at `target`.
  package static func createLink(at path: String, to target: String) throws(Failure) {
    guard unsafe symlink(target, path) == 0 else { throw .unwritable(path) }
  }

  /// Makes a new folder of its owner's alone in a folder: `PREFIX-` and a random name.
  package static func createTemporaryFolder(in folder: String, prefix: String) throws(Failure) -> String {
    let path = join(folder, "\(prefix)-\(String(UInt64.random(in: .min ... .max), radix: 36))")
    try createFolder(path)
    return path
  }

  /// Writes a text to a descriptor; false with errno when that fails.
  package static func write(_ text: String, to descriptor: Int32) -> Bool {
    write(Array(text.utf8), to: descriptor)
  }

  /// Writes all bytes to a descriptor; false with errno when that fails.
  package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
      var rest = unsafe bytes[...]
      while unsafe !rest.isEmpty {
        let count = unsafe Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return false }
        unsafe rest = unsafe rest.dropFirst(count)
      }
      return true
    }
  }

  /// Creates a folder. The mode is exact, whatever the umask. With `parents` those that are missing are created
  /// first, and one that is there is fine.
  package static func createFolder(_ path: String, mode: UInt32 = 0o700, parents: Bool = false)
    throws(Failure)
  {
    if parents {
      if isDirectory(path) { return }
      let parent = folder(of: path)
      if !isDirectory(parent) { try createFolder(parent, mode: 0o755, parents: true) }
    }
    guard unsafe mkdir(path, mode) == 0 else {
      if parents && errno == EEXIST && isDirectory(path) { return }
      throw .system("folder-not-created", "cannot create folder \(path)")
    }
    unsafe chmod(path, mode)
  }

  /// Removes a folder and all it holds (or a file). Follows no symbolic link, leaves other file systems alone;
  /// nothing there is fine.
  package static func removeTree(_ path: String) throws(Failure) {
    let error = unsafe cspawn_remove_tree(path)
    guard error == 0 else { throw .system("not-removed", "cannot remove \(path)", errno: error) }
  }
}

extension Files {
  /// Free bytes for this user on the file system of a path.
  package static func freeSpace(at path: String) throws(Failure) -> Int {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { throw .unreadable(path) }
    return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
  }

  /// Bytes that a folder and all it holds take on disk; links aren't followed, what can't be read counts nothing.
  package static func diskUsage(of path: String) -> Int {
    guard let status = status(of: path, followingLinks: false) else { return 0 }
    var bytes = Int(status.st_blocks) * 512
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in (try? names(in: path)) ?? [] { bytes += diskUsage(of: join(path, name)) }
    }
    return bytes
  }
}

extension Failure {
  static func unreadable(_ path: String) -> Failure { .system("not-readable", "cannot read \(path)") }
  static func notAFile(_ path: String) -> Failure {
    Failure(
      .incomplete, "not-a-file", "\(path) is there, and is no plain file",
      hint: "Give the name of a file, or of none yet.")
  }

  static func unwritable(_ path: String) -> Failure { .system("not-writable", "cannot write \(path)") }
}
