import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FilesTests {
  @Test("writes a file whole, with its mode, and leaves no temporary one") func atomic() throws {
    try withFolder { folder in
      let path = folder + "/file"
      try Files.writeAtomically("one".utf8, to: path)
      try Files.writeAtomically("two".utf8, to: path, mode: 0o600)
      #expect(try Files.text(of: path) == "two")
      #expect(try Files.names(in: folder) == ["file"])
      #expect(try Files.size(of: path) == 3)
      var status = stat()
      stat(path, &status)
      #expect(status.st_mode & 0o777 == 0o600)
    }
  }

  @Test("writes through a symbolic link, and never puts a file in a pipe's or a device's place")
  func inPlaceOf() throws {
    try withFolder { folder in
      try Files.writeAtomically("old".utf8, to: folder + "/file")
      #expect(symlink(folder + "/file", folder + "/link") == 0)
      try Files.writeAtomically("new".utf8, to: folder + "/link")
      #expect(try Files.text(of: folder + "/file") == "new")
      #expect(Files.kind(of: folder + "/link", followingLinks: false) == .symbolicLink)
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect { try Files.writeAtomically("x".utf8, to: folder + "/pipe") } throws: {
        ($0 as? Failure)?.code == "not-a-file"
      }
      #expect(Files.kind(of: folder + "/pipe", followingLinks: false) == .other)
    }
  }

  @Test("names what can't be read or written, with the system's words") func failures() throws {
    try withFolder { folder in
      func failure(_ body: () throws -> Void) -> Failure? {
        do { try body() } catch { return error as? Failure }
        return nil
      }
      let missing = folder + "/missing"
      #expect(
        failure { _ = try Files.read(missing) }?.description
          == "cannot read \(missing): no such file or directory")
      #expect(failure { _ = try Files.names(in: missing) }?.code == "not-readable")
      #expect(failure { try Files.writeAtomically([], to: missing + "/x") }?.code == "not-writable")
      #expect(failure { try Files.createFolder(missing + "/x") }?.code == "folder-not-created")
      try Files.writeAtomically([1, 2, 3], to: folder + "/three")
      #expect(failure { _ = try Files.read(folder + "/three", limit: 2) }?.code == "file-too-large")
    }
  }

  @Test("lists names by their bytes, whatever their letters") func names() throws {
    try withFolder { folder in
      for name in ["b", "B", "é", "e\u{301}", "a b", ".hidden"] {
        try Files.writeAtomically([], to: "\(folder)/\(name)")
      }
      let names = try Files.names(in: folder)
      #expect(
        names.map { Array($0.utf8) } == [".hidden", "B", "a b", "b", "e\u{301}", "é"].map { Array($0.utf8) })
    }
  }

  @Test("removes a tree without following links or leaving it") func removal() throws {
    try withFolder { folder in
      let outside = folder + "/outside"
      let tree = folder + "/tree"
      try Files.createFolder(outside)
      try Files.writeAtomically([1], to: outside + "/kept")
      try Files.createFolder(tree + "/a/b/c", parents: true)
      for index in 0..<500 { try Files.writeAtomically([], to: "\(tree)/a/file-with-a-longer-name-\(index)") }
      symlink(outside, tree + "/a/link")
      symlink("/nowhere", tree + "/dangling")
      mkfifo(tree + "/a/b/pipe", 0o600)
      chmod(tree + "/a/b/c", 0)
      try Files.removeTree(tree)
      #expect(!Files.exists(tree))
      #expect(Files.exists(outside + "/kept"))
      // A link in the place of the folder is removed, not what it leads to.
      symlink(outside, tree)
      try Files.removeTree(tree)
      #expect(Files.kind(of: tree, followingLinks: false) == nil)
      #expect(Files.exists(outside + "/kept"))
      try Files.removeTree(tree)
    }
  }

  @Test("knows kinds, sizes and paths") func facts() throws {
    try withFolder { folder in
      try Files.writeAtomically([UInt8](repeating: 1, count: 100_000), to: folder + "/file")
      symlink("file", folder + "/link")
      #expect(Files.kind(of: folder + "/link") == .file)
      #expect(Files.kind(of: folder + "/link", followingLinks: false) == .symbolicLink)
      #expect(Files.isDirectory(folder) && !Files.isDirectory(folder + "/file"))
      #expect(Files.diskUsage(of: folder) >= 100_000)
      #expect(try Files.freeSpace(at: folder) > 0)
      #expect(try Files.realPath(folder + "/../" + Files.name(of: folder) + "/link") == folder + "/file")
    }
    #expect(
      Files.folder(of: "/a/b/") == "/a" && Files.folder(of: "b") == "." && Files.folder(of: "/b") == "/")
    #expect(Files.name(of: "/a/b/") == "b" && Files.join("/a/", "b") == "/a/b")
  }

  @Test("knows the machine") func machine() {
    #expect(Machine.cores >= 1)
    #expect(Machine.memory > 64 << 20)
    #expect(!Machine.hostname.isEmpty && !Machine.kernel.isEmpty && !Machine.operatingSystem.isEmpty)
  }
}
