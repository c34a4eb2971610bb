import Glibc
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("A folder of a sandbox whose owner file a power cut left unreadable") struct LeftoversTests {
  /// Makes a folder with an owner file that holds `text` and was written so many seconds ago.
  private func make(_ name: String, _ text: String, age: Int, in folder: String) throws -> String {
    let path = Files.join(folder, name)
    try Files.createFolder(path)
    try Files.writeAtomically("x".utf8, to: Files.join(path, "data"))
    let owner = Files.join(path, "owner")
    try Files.writeAtomically(text.utf8, to: owner, mode: 0o600)
    let time = timespec(tv_sec: WallTime.now.seconds - age, tv_nsec: 0)
    #expect(utimensat(AT_FDCWD, owner, [time, time], 0) == 0)
    return path
  }

  private func left(in folder: String) -> [Leftovers.Folder] {
    Leftovers.find(in: [folder]).filter { Files.folder(of: $0.path) == folder }
  }

  @Test("is abandoned, and goes", arguments: ["", "\0\0\0\0", "{\"state\":\"running\",\"pi"])
  func illegible(text: String) throws {
    try withFolder { folder in
      let folder = try Files.realPath(folder)
      let path = try make("mongodrill-4711-00c0ffee", text, age: 120, in: folder)
      let found = left(in: folder)
      #expect(found.map(\.path) == [path] && found.map(\.state) == [.abandoned])
      #expect(try Leftovers.remove(try #require(found.first)))
      #expect(!Files.exists(path))
    }
  }

  @Test("is left alone while somebody may be making it, has it locked, or if it is called otherwise")
  func others() throws {
    try withFolder { folder in
      let folder = try Files.realPath(folder)
      let young = try make("mongodrill-4711-00000001", "", age: 20, in: folder)
      let locked = try make("mongodrill-4711-00000002", "", age: 120, in: folder)
      for name in [
        "mongodrill-mine", "mongodrill-4711-0000000g", "mongodrill-x-00000003", "mongodrill-4711-0-1",
      ] {
        _ = try make(name, "", age: 120, in: folder)
      }
      try Files.createFolder(Files.join(folder, "mongodrill-4711-00000004"))
      let descriptor = open(Files.join(locked, "owner"), O_RDONLY | O_CLOEXEC)
      defer { close(descriptor) }
      #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
      let found = left(in: folder)
      #expect(found.map(\.path) == [locked] && found.map(\.state) == [.inUse])
      #expect(try !Leftovers.remove(try #require(found.first)))
      #expect(Files.exists(young) && Files.exists(locked))
    }
  }
}
