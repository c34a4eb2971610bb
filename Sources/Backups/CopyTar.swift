internal import Compression
internal import Glibc
internal import Platform

/// A tar of a dbPath, plain or compressed; the dbPath may lie in a folder of it.
package struct CopyTar: Sendable {
  /// The path as the user gave it.
  package let path: String
  /// The size of the file; of a compressed one, less than what is in it.
  package let bytes: Int

  /// Its size unpacked, as far as that shows before it is read.
  package let isCompressed: Bool

  /// How many files may describe a copy, wherever they lie: a few, and those that lie about. Of each 64 KiB are kept.
  private static let mostDescribed = 64

  /// How many entries it may have, folders too, and of how many bytes' names for each on average: what is known of each is
  /// kept, and headers with nothing behind them compress to next to nothing. A dbPath has two files or three a collection.
  package var mostEntries = 1_000_000
  private static let longestName = 256

  /// Looks at its beginning; nil for what is no tar. Throws nothing: another reader says what is wrong with other files.
  package init?(_ path: String) {
    guard path != "-", Files.kind(of: path) == .file, let size = try? Files.size(of: path),
      let reader = try? openDecompressed(path), let start = try? reader.read(upTo: 512),
      Self.isHeader(start)
    else { return nil }
    self.path = path
    bytes = size
    isCompressed = reader.compression != nil
  }

  /// Reads all of it. With `folder`, which isn't there yet, the dbPath is unpacked to it; `isRoom` is asked before each
  /// file whether so many bytes more will fit, and throws when not. Throws `Failure` of kind `damagedBackup` when the tar
  /// is damaged, holds what no copy has, or no copy or several.
  package func read(
    to folder: String? = nil, isRoom: (Int) throws -> Void = { _ in }
  ) throws -> PhysicalCopy {
    let tar = try TarReader(openDecompressed(path))
    var contents = CopyContents()
    var places: Set<String> = []
    var (entries, names) = (0, 0)
    if let folder { try Files.createFolder(folder) }
    while let entry = try tar.next() {
      try Interruption.check()
      (entries, names) = (entries + 1, names + entry.path.utf8.count)
      guard entries <= mostEntries, names <= mostEntries * Self.longestName else {
        throw Failure.tarOfMany(path, mostEntries)
      }
      switch entry.kind {
      case .folder:
        if let folder, !entry.path.isEmpty { try Self.createFolder(Files.join(folder, entry.path)) }
      case .symbolicLink, .hardLink: throw Failure.tarUnsafe(path, entry.path, "is a link")
      case .other: throw Failure.tarUnsafe(path, entry.path, "is a device or a pipe")
      case .file:
        guard !entry.path.isEmpty, places.insert(entry.path).inserted else {
          throw Failure.tarUnsafe(path, entry.path, "is there twice")
        }
        let place = Self.isNeeded(entry.path) ? folder.map { Files.join($0, entry.path) } : nil
        if place != nil { try isRoom(entry.size) }
        contents.add(
          PhysicalCopy.File(path: entry.path, size: entry.size), start: try take(entry, of: tar, to: place))
        // Not at its end: what describes each of any number would be kept until then.
        guard contents.roots.count < 2 else { throw Failure.tarOfSeveral(path, contents.roots) }
        guard contents.described.count <= Self.mostDescribed else {
          throw Failure.tarOfSeveral(path, contents.described)
        }
      }
    }
    guard let root = contents.roots.first else { throw Failure.tarWithoutCopy(path) }
    return PhysicalCopy(path, contents.below(root), root: root)
  }

  /// Reads an entry, and writes it where there is a place for it; returns what its beginning says.
  private func take(_ entry: TarReader.Entry, of tar: TarReader, to place: String?) throws -> [UInt8] {
    var file: Int32 = -1
    if let place {
      try Self.createFolder(Files.folder(of: place))
      file = unsafe open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard file >= 0 else { throw Failure.system("not-writable", "cannot write \(place)") }
    }
    defer { if file >= 0 { close(file) } }
    let wanted = CopyContents.wanted(of: entry.path)
    var start: [UInt8] = []
    var end = 0
    try unsafe tar.read { bytes, offset in
      try Interruption.check()
      end = max(end, offset + bytes.count)
      if offset == start.count, start.count < wanted {
        unsafe start += bytes.prefix(wanted - start.count)
      }
      var written = 0
      while file >= 0, written < bytes.count {
        let count = unsafe pwrite(
          file, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written, off_t(offset + written))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw Failure.system("not-writable", "cannot write \(place ?? "")") }
        written += count
      }
      return true
    }
    guard end <= entry.size else { throw Failure.tarUnread(path, "\(entry.path) is longer than it says") }
    // A hole at the end, or nothing but one.
    if file >= 0, ftruncate(file, off_t(entry.size)) != 0 {
      throw Failure.system("not-writable", "cannot write \(place ?? "")")
    }
    return start
  }

  /// Whether a file is worth its room, wherever the dbPath begins: not what a mongod doesn't need, which may be large.
  private static func isNeeded(_ path: String) -> Bool {
    !Files.name(of: path).hasPrefix("WiredTigerPreplog.")
      && !path.split(separator: "/").contains("diagnostic.data")
  }

  private static func createFolder(_ path: String) throws(Failure) {
    if !Files.isDirectory(path) { try Files.createFolder(path, parents: true) }
  }

  /// Whether 512 bytes are a tar's header: its checksum is the sum of all its bytes, those of the checksum itself taken
  /// for blanks (POSIX, pax).
  private static func isHeader(_ block: [UInt8]) -> Bool {
    guard block.count == 512, block[0] != 0 else { return false }
    let field = block[148..<156]
    let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    guard !digits.isEmpty, let stored = Int(String(decoding: digits, as: UTF8.self), radix: 8) else {
      return false
    }
    let sum = block.indices.reduce(0) { $0 + (field.indices.contains($1) ? 0x20 : Int(block[$1])) }
    return sum == stored
  }
}

extension Failure {
  static func tarWithoutCopy(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "tar-without-copy", "the tar holds no copy of a data directory", at: Place(path),
      hint:
        "One has WiredTiger, WiredTiger.wt and _mdb_catalog.wt side by side. Unpack a tar of something else.")
  }

  static func tarOfMany(_ path: String, _ most: Int) -> Failure {
    Failure(
      .damagedBackup, "tar-of-too-many-entries",
      "the tar holds more than \(most) entries, or names too long for a copy of a dbPath", at: Place(path),
      hint: "Unpack it, and give the folder, if it is what it should be.")
  }

  static func tarOfSeveral(_ path: String, _ roots: [String]) -> Failure {
    Failure(
      .damagedBackup, "tar-of-several-copies",
      "the tar holds several copies: \(roots.prefix(5).joined(separator: ", "))", at: Place(path),
      hint: "Unpack it, and give the one that is meant.")
  }
}
