import Backups
import Platform
import Sandbox
import Testing

@Suite("The files of a physical copy")
struct PhysicalCopyTests {
  /// One block as every file of WiredTiger begins.
  static let block: [UInt8] = [0x41, 0xD8, 0x01, 0x00] + [UInt8](repeating: 0, count: 4092)

  /// What is wrong with a copy after a change to it.
  private func damage(_ change: (String) throws -> Void) throws -> [String] {
    let folder = try OwnedFolder.scratch(in: "/tmp")
    defer { try? folder.remove() }
    let path = folder.path + "/copy"
    try Files.createFolder(path + "/journal", parents: true)
    for name in ["WiredTiger.wt", "_mdb_catalog.wt", "collection-0-1.wt"] {
      try Files.writeAtomically(Self.block, to: Files.join(path, name))
    }
    let texts = [
      "WiredTiger": "WiredTiger\nWiredTiger 11.0.1: (April 30, 2022)\n", "WiredTiger.turtle": "x",
      "mongod.lock": "77\n", "journal/WiredTigerLog.0000000001": "x",
    ]
    for (name, text) in texts { try Files.writeAtomically(text.utf8, to: Files.join(path, name)) }
    try change(path)
    #expect(PhysicalCopy.isOne(path))
    let copy = try PhysicalCopy(path)
    #expect(copy.engineVersion == "11.0.1" || !Files.exists(path + "/WiredTiger"))
    #expect(!copy.files.contains { $0.path == "mongod.lock" })
    return copy.damage.map(\.code)
  }

  @Test("are sound as a snapshot of a running node has them") func sound() throws {
    #expect(try damage { _ in } == [])
  }

  @Test(
    "are missed", arguments: ["WiredTiger", "_mdb_catalog.wt", "WiredTiger.turtle"])
  func missing(name: String) throws {
    #expect(try damage { try Files.removeTree($0 + "/" + name) } == ["copy-incomplete"])
  }

  @Test("need a journal unless the node had been shut down") func journal() throws {
    #expect(try damage { try Files.removeTree($0 + "/journal") } == ["copy-journal-missing"])
    let shutDown = try damage {
      try Files.removeTree($0 + "/journal")
      try Files.writeAtomically([], to: $0 + "/mongod.lock")
    }
    #expect(shutDown == [])
  }

  @Test(
    "are whole blocks of WiredTiger's",
    arguments: [[], Array(PhysicalCopyTests.block.dropLast()), [UInt8](repeating: 0, count: 4096)])
  func cut(bytes: [UInt8]) throws {
    #expect(
      try damage { try Files.writeAtomically(bytes, to: $0 + "/collection-0-1.wt") } == ["copy-file-damaged"])
  }
}
