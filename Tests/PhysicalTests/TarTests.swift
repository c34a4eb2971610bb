import BSON
import Backups
import Platform
import Sandbox
import Testing

/// Tars are made by the tar of the system, and by hand where it makes none like that.
@Suite("A tar of a physical copy")
struct TarTests {
  /// How a tar is made and what it is called.
  enum Form: String, Sendable, CaseIterable {
    case plain, gzip, zstd, lz4, pax, gnu, ustar, v7, sparse, inFolder, withDot
  }

  @Test("is recognised by its content and unpacked as it was", arguments: Form.allCases)
  func forms(form: Form) throws {
    try withCopy { folder, copy in
      let tar = try make(form, of: copy, in: folder)
      let found = try #require(CopyTar(tar))
      #expect(found.isCompressed == [.gzip, .zstd, .lz4].contains(form))
      let read = try found.read()
      #expect(read.damage.isEmpty && read.engineVersion == "11.0.1" && read.wasShutDown == false)
      let unpacked = folder + "/unpacked"
      let again = try found.read(to: unpacked)
      #expect(again.root == (form == .inFolder ? "copy" : ""))
      let root = Files.join(unpacked, again.root)
      for file in try Files.tree(copy) {
        let (here, there) = (Files.join(copy, file.path), Files.join(root, file.path))
        #expect(try Files.read(here, limit: 1 << 26) == Files.read(there, limit: 1 << 26), "\(file.path)")
      }
      #expect(again.files == (try PhysicalCopy(copy).files))
    }
  }

  @Test(
    "that was cut is damaged, wherever it was cut",
    arguments: [Form.plain, .gzip, .zstd, .lz4], [0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
  func cut(form: Form, share: Double) throws {
    try withCopy { folder, copy in
      let tar = try make(form, of: copy, in: folder)
      let bytes = try Files.read(tar, limit: 1 << 26)
      try Files.writeAtomically(bytes.prefix(Int(Double(bytes.count) * share)), to: tar)
      let code = refusal { try CopySource(tar).tar?.read() }
      #expect(code != nil && code != "recovered")
    }
  }

  @Test("that was cut between two entries is damaged") func cutBetween() throws {
    try withCopy { folder, copy in
      let tar = try make(.plain, of: copy, in: folder)
      let bytes = try Files.read(tar, limit: 1 << 26)
      // The end mark, and all zeros before it that fill the tar up.
      let end = (bytes.lastIndex { $0 != 0 } ?? 0) / 512 * 512 + 512
      try Files.writeAtomically(bytes.prefix(end), to: tar)
      #expect(refusal { try CopyTar(tar)?.read() } == "tar-damaged")
    }
  }

  @Test("has its bytes checked where the compression has a checksum", arguments: [Form.gzip, .zstd, .lz4])
  func flipped(form: Form) throws {
    try withCopy { folder, copy in
      let tar = try make(form, of: copy, in: folder)
      try Files.flipBit(of: tar, at: try Files.size(of: tar) / 2)
      #expect(refusal { try CopyTar(tar)?.read() } != nil)
    }
  }

  @Test(
    "with something behind its end mark is damaged, with the byte; zeros may follow", arguments: [0, 700_000])
  func followed(zeros: Int) throws {
    try withCopy { folder, copy in
      let tar = try make(.plain, of: copy, in: folder)
      let bytes = try Files.read(tar, limit: 1 << 26)
      let padded = bytes + [UInt8](repeating: 0, count: zeros)
      try Files.writeAtomically(padded, to: tar)
      #expect(try CopyTar(tar)?.read().damage.isEmpty == true)
      // What another tar begins with is its first entry's name.
      try Files.writeAtomically(padded + bytes, to: tar)
      let failure = #expect(throws: Failure.self) { try CopyTar(tar)?.read() }
      #expect(
        failure?.code == "tar-damaged" && failure?.place?.offset == UInt64(padded.count),
        "\(String(describing: failure))")
    }
  }

  /// Entries that no copy has.
  struct Trick: Sendable, CustomStringConvertible {
    let description: String
    let name: String
    let type: UInt8
    static let all = [
      Trick(description: "an absolute path", name: "/tmp/mongodrill-evil", type: 0x30),
      Trick(description: "a path that goes up", name: "a/../../evil", type: 0x30),
      Trick(description: "a symbolic link", name: "evil", type: 0x32),
      Trick(description: "a hard link", name: "evil", type: 0x31),
      Trick(description: "a device", name: "evil", type: 0x33),
      Trick(description: "a pipe", name: "evil", type: 0x36),
      Trick(description: "a file that is there twice", name: "WiredTiger", type: 0x30),
      Trick(description: "a file in place of a folder of another", name: "WiredTiger/x", type: 0x30),
    ]
  }

  @Test("is not unpacked past its folder", arguments: Trick.all)
  func trick(trick: Trick) throws {
    try withCopy { folder, copy in
      let tar = try make(.plain, of: copy, in: folder)
      let bytes = try Files.read(tar, limit: 1 << 26)
      let end = (bytes.lastIndex { $0 != 0 } ?? 0) / 512 * 512 + 512
      let mark = [UInt8](repeating: 0, count: 1024)
      try Files.writeAtomically(bytes.prefix(end) + header(trick) + mark, to: tar)
      let before = try Files.names(in: folder)
      let code = refusal { try CopyTar(tar)?.read(to: folder + "/unpacked") }
      #expect(code == "tar-unsafe" || trick.name == "WiredTiger/x" && code != nil)
      #expect(try Set(Files.names(in: folder)) == Set(before + ["unpacked"]))
      #expect(!Files.exists("/tmp/mongodrill-evil"))
    }
  }

  @Test("of something else, and of several copies, is refused") func others() throws {
    try withCopy { folder, copy in
      try Files.createFolder(folder + "/two/a", parents: true)
      try Files.linkTree(copy, to: folder + "/two/b") { _ in true }
      try Files.linkTree(copy, to: folder + "/two/c") { _ in true }
      try run("tar", "-cf", folder + "/two.tar", "-C", folder + "/two", ".")
      #expect(refusal { try CopyTar(folder + "/two.tar")?.read() } == "tar-of-several-copies")
      try Files.writeAtomically("x".utf8, to: folder + "/two/a/x")
      try run("tar", "-cf", folder + "/other.tar", "-C", folder + "/two/a", ".")
      #expect(refusal { try CopyTar(folder + "/other.tar")?.read() } == "tar-without-copy")
      #expect(CopyTar(copy + "/WiredTiger") == nil && CopyTar(folder + "/nothing") == nil)
    }
  }

  @Test("with very many files that describe a copy is not read to its end") func described() throws {
    try withCopy { folder, copy in
      for number in 0..<100 {
        try Files.createFolder(copy + "/x\(number)")
        try Files.writeAtomically("x".utf8, to: copy + "/x\(number)/storage.bson")
      }
      let tar = try make(.plain, of: copy, in: folder)
      #expect(refusal { try CopyTar(tar)?.read() } == "tar-of-several-copies")
    }
  }

  @Test(
    "of more entries than any copy has is not read to its end; folders and long names count",
    arguments: [([UInt8](repeating: 0x30, count: 50)), [UInt8](repeating: 0x35, count: 50), [0x78]])
  func entries(types: [UInt8]) throws {
    try withCopy { folder, copy in
      let tar = try make(.plain, of: copy, in: folder)
      let bytes = try Files.read(tar, limit: 1 << 26)
      let end = (bytes.lastIndex { $0 != 0 } ?? 0) / 512 * 512 + 512
      var more: [UInt8] = []
      for (number, type) in types.enumerated() {
        if type == 0x78 { more += pax("path", String(repeating: "x/", count: 10_000) + "y") }
        let trick = Trick(description: "", name: "x\(number)", type: type == 0x78 ? 0x30 : type)
        more += header(trick)
      }
      try Files.writeAtomically(bytes.prefix(end) + more + [UInt8](repeating: 0, count: 1024), to: tar)
      var found = try #require(CopyTar(tar))
      #expect(refusal { try found.read() } == nil)
      found.mostEntries = 40
      let failure = #expect(throws: Failure.self) { try found.read() }
      #expect(failure?.code == "tar-of-too-many-entries" && failure?.kind == .damagedBackup)
    }
  }

  /// A pax header with one value for the entry behind it.
  private func pax(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    // The length counts its own digits.
    var length = rest.utf8.count
    while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
    let padding = [UInt8](repeating: 0, count: (512 - length % 512) % 512)
    return header(Trick(description: "", name: "pax", type: 0x78), size: length)
      + Array("\(length)\(rest)".utf8)
      + padding
  }

  @Test(
    "of files that are nearly all holes counts no further than there are numbers",
    arguments: [(1 << 62, "tar-damaged"), (1 << 53, nil)])
  func holes(size: Int, code: String?) throws {
    try withCopy { folder, copy in
      let tar = try make(.plain, of: copy, in: folder)
      let bytes = try Files.read(tar, limit: 1 << 26)
      let end = (bytes.lastIndex { $0 != 0 } ?? 0) / 512 * 512 + 512
      var entries: [UInt8] = []
      for name in ["one", "two"] { entries += hole(name, size: size) }
      try Files.writeAtomically(bytes.prefix(end) + entries + [UInt8](repeating: 0, count: 1024), to: tar)
      var read: PhysicalCopy?
      let found = refusal {
        read = try CopyTar(tar)?.read()
        return read
      }
      #expect(found == code)
      if code == nil { #expect(read?.bytes == 1 << 53 && read?.files.count { $0.size == size } == 2) }
    }
  }

  /// A file that is one hole, as GNU tar 1.15 wrote it with pax headers (`GNU.sparse.*`, version 0.1).
  private func hole(_ name: String, size: Int) -> [UInt8] {
    var records = ""
    for (key, value) in [
      ("GNU.sparse.size", "\(size)"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "\(size),0"),
    ] {
      let rest = " \(key)=\(value)\n"
      // The length counts its own digits: two, all of these.
      records += "\(rest.utf8.count + 2)\(rest)"
    }
    let padding = [UInt8](repeating: 0, count: 512 - records.utf8.count)
    return header(Trick(description: "", name: "pax", type: 0x78), size: records.utf8.count) + records.utf8
      + padding + header(Trick(description: "", name: name, type: 0x30))
  }

  @Test("that doesn't fit on the disk is not unpacked") func room() throws {
    try withCopy { folder, copy in
      let tar = try make(.gzip, of: copy, in: folder)
      let code = refusal {
        try CopyTar(tar)?.read(to: folder + "/unpacked") { bytes in
          if bytes > 4096 { throw Failure(.incomplete, "no-free-disk", "\(bytes)") }
        }
      }
      #expect(code == "no-free-disk")
    }
  }

  @Test(
    "of a managed snapshot says which entry is its last",
    arguments: [
      ("Last Oplog Applied: Sat Nov 21 14:30:00 GMT 2026 (1795271400, 12)", "1795271400:12"),
      (
        "Group Name: x\nLast Oplog Applied: 2026-11-21 Timestamp(1795271400, 1)\nMongoDB: 6.0.5",
        "1795271400:1"
      ),
      ("Group Name: x", "none"), ("Last Oplog Applied: yesterday", "copy-file-damaged"),
    ])
  func restoreInfo(text: String, end: String) throws {
    try withCopy { folder, copy in
      try Files.writeAtomically(text.utf8, to: copy + "/restoreInfo.txt")
      for read in [try PhysicalCopy(copy), try #require(CopyTar(make(.gzip, of: copy, in: folder))).read()] {
        #expect((read.end.map { "\($0)" } ?? read.damage.first?.code ?? "none") == end)
      }
    }
  }

  // MARK: What is done

  private func refusal(_ body: () throws -> PhysicalCopy?) -> String? {
    do { return try body()?.damage.first?.code } catch { return (error as? Failure)?.code ?? "\(error)" }
  }

  /// A folder with a copy in it, of which one file is long and mostly a hole.
  private func withCopy(_ body: (_ folder: String, _ copy: String) throws -> Void) throws {
    let folder = try OwnedFolder.scratch(in: "/tmp")
    defer { try? folder.remove() }
    let copy = folder.path + "/copy"
    try Files.createFolder(copy + "/journal", parents: true)
    var random = SystemRandomNumberGenerator()
    let noise = (0..<(1 << 17)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    for name in ["WiredTiger.wt", "_mdb_catalog.wt"] {
      try Files.writeAtomically(PhysicalCopyTests.block, to: Files.join(copy, name))
    }
    try Files.writeAtomically(PhysicalCopyTests.block + noise, to: copy + "/collection-0-1.wt")
    let hole = [UInt8](repeating: 0, count: 1 << 20)
    try Files.writeAtomically(PhysicalCopyTests.block + hole, to: copy + "/collection-2-1.wt")
    try run("fallocate", "--dig-holes", copy + "/collection-2-1.wt")
    let texts = [
      "WiredTiger": "WiredTiger\nWiredTiger 11.0.1: (April 30, 2022)\n", "WiredTiger.turtle": "x",
      "mongod.lock": "77\n", "journal/WiredTigerLog.0000000001": "x",
    ]
    for (name, text) in texts { try Files.writeAtomically(text.utf8, to: Files.join(copy, name)) }
    try body(folder.path, copy)
  }

  private func make(_ form: Form, of copy: String, in folder: String) throws -> String {
    let tar = folder + "/x"
    let names = try Files.names(in: copy)
    switch form {
    case .pax, .gnu, .ustar, .v7:
      try run(["tar", "--format=\(form.rawValue)", "-cf", tar, "-C", copy] + names)
    case .sparse: try run(["tar", "--format=pax", "-S", "-cf", tar, "-C", copy] + names)
    case .inFolder: try run("tar", "-cf", tar, "-C", folder, "copy")
    case .withDot: try run("tar", "-cf", tar, "-C", copy, ".")
    default: try run(["tar", "-cf", tar, "-C", copy] + names)
    }
    switch form {
    case .gzip: try run("gzip", tar)
    case .zstd: try run("zstd", "-q", tar, "-o", tar + ".c")
    case .lz4: try run("lz4", "-q", tar, tar + ".c")
    default: return tar
    }
    return form == .gzip ? tar + ".gz" : tar + ".c"
  }

  private func run(_ words: String...) throws { try run(words) }

  private func run(_ words: [String]) throws {
    let child = try Supervisor.shared.spawn(
      ChildSpec(words, environment: Environment.all, output: .null, errorOutput: .null))
    #expect(child.wait() == .exited(0), "\(words)")
  }

  /// A header by hand (POSIX ustar).
  private func header(_ trick: Trick, size: Int = 0) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    put(trick.name, at: 0)
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    let length = String(size, radix: 8)
    put(String(repeating: "0", count: 11 - length.count) + length, at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    block[156] = trick.type
    put("/etc/passwd", at: 157)
    put("ustar", at: 257)
    put("00", at: 263)
    let sum = block.reduce(0) { $0 + Int($1) }
    let octal = String(sum, radix: 8)
    put(String(repeating: "0", count: 6 - octal.count) + octal + "\0", at: 148)
    return block
  }
}

extension CopySource {
  fileprivate var tar: CopyTar? { if case .tar(let tar) = self { tar } else { nil } }
}
