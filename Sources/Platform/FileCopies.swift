internal import CSpawn
internal import Glibc

extension Files {
  /// Makes `copy` the same file as `path` by another name where the file system allows it, else a copy of it. For what
  /// is only read.
  package static func link(_ path: String, to copy: String) throws(Failure) {
    if unsafe Glibc.link(path, copy) == 0 { return }
    try Files.copy(path, to: copy)
  }

  /// Gives a file or a folder another name on the same file system; nothing may be there.
  package static func move(_ path: String, to other: String) throws(Failure) {
    guard !exists(other), unsafe rename(path, other) == 0 else { throw .unwritable(other) }
  }

  /// Copies a file, its bytes shared where the file system can do that.
  package static func copy(_ path: String, to copy: String) throws(Failure) {
    let source = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw .unreadable(path) }
    defer { close(source) }
    let target = unsafe open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw .unwritable(copy) }
    defer { close(target) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var canShare = true
    while true {
      try Interruption.check()
      if canShare {
        let count = cspawn_copy_range(source, target, 1 << 30)
        if count == 0 { return }
        if count > 0 { continue }
        // Not on these file systems; what was copied so far is where both descriptors stand.
        canShare = false
      }
      let count = unsafe Glibc.read(source, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw .unreadable(path) }
      if count == 0 { return }
      guard write(Array(buffer[..<count]), to: target) else { throw .unwritable(copy) }
    }
  }

  /// Copies a folder with all it holds, or a file, by `link`; only files and folders, links aren't followed. Calls
  /// `isCopied` for each file by its path below `path`: those for which it is true get bytes of their own, those for
  /// which it is nil are left out.
  package static func linkTree(
    _ path: String, to copy: String, below: String = "", isCopied: (String) -> Bool?
  ) throws(Failure) {
    switch kind(of: path, followingLinks: below.isEmpty) {
    case .folder:
      try createFolder(copy)
      for name in try names(in: path) {
        try linkTree(
          join(path, name), to: join(copy, name), below: below.isEmpty ? name : join(below, name),
          isCopied: isCopied)
      }
    case .file:
      guard let isCopied = isCopied(below) else { return }
      if isCopied { try Files.copy(path, to: copy) } else { try link(path, to: copy) }
    case .symbolicLink, .other, nil: return
    }
  }

  /// The files of a folder and their sizes, by their paths below it; of a file that file, by an empty path. Links aren't
  /// followed.
  package static func tree(_ path: String, below: String = "") throws(Failure) -> [(path: String, size: Int)]
  {
    switch kind(of: path, followingLinks: below.isEmpty) {
    case .folder:
      var files: [(path: String, size: Int)] = []
      for name in try names(in: path) {
        files += try tree(join(path, name), below: below.isEmpty ? name : join(below, name))
      }
      return files
    case .file: return [(below, try size(of: path))]
    case .symbolicLink, .other, nil: return []
    }
  }

  /// Changes one bit of the byte at `offset`.
  package static func flipBit(of path: String, at offset: Int) throws(Failure) {
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unwritable(path) }
    defer { close(descriptor) }
    var byte: UInt8 = 0
    guard unsafe pread(descriptor, &byte, 1, offset) == 1 else { throw .unreadable(path) }
    byte ^= 1
    guard unsafe pwrite(descriptor, &byte, 1, offset) == 1 else { throw .unwritable(path) }
  }
}
