import BSON
import Glibc
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("A sandbox", .tags(.mongod), .timeLimit(.minutes(10))) struct SandboxTests {
  /// The path of the socket in an address.
  private func socket(_ uri: String) -> String {
    uri.dropFirst("mongodb://".count).dropLast().split(separator: "%2F").map { "/" + $0 }.joined()
  }

  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  /// Inodes of the sockets that a process has open.
  private func socketInodes(_ pid: Int32) throws -> Set<String> {
    var inodes: Set<String> = []
    for name in try Files.names(in: "/proc/\(pid)/fd") {
      var buffer = [CChar](repeating: 0, count: 256)
      let length = readlink("/proc/\(pid)/fd/\(name)", &buffer, 255)
      let target = String(decoding: buffer.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
      if target.hasPrefix("socket:[") { inodes.insert(String(target.dropFirst(8).dropLast())) }
    }
    return inodes
  }

  @Test("answers, tells its version, and leaves nothing when it is stopped") func startAndStop() throws {
    try withSandbox { sandbox, folder in
      #expect(try sandbox.pool.run(["buildInfo": 1])["version"]?.string == "\(sandbox.version)")
      #expect(sandbox.startSeconds < 60)
      let paths = [sandbox.directory, Files.folder(of: socket(sandbox.uri))]
      #expect(paths.allSatisfy(Files.isDirectory))
      let (_, seconds) = try Clock.measure { try sandbox.stop() }
      #expect(seconds < 30)
      #expect(!paths.contains(where: Files.exists))
      #expect(try Files.names(in: folder).isEmpty)
      #expect(!isAlive(sandbox.pid))
      // A second time does nothing.
      try sandbox.stop()
      #expect(failure { try sandbox.checkAlive() }?.code == "sandbox-stopped")
    }
  }

  @Test("listens on its own socket alone, behind a folder of mode 0700, on no port") func listens() throws {
    try withSandbox { sandbox, _ in
      let path = socket(sandbox.uri)
      #expect(mode(path) == 0o600)
      #expect(mode(Files.folder(of: path)) == 0o700)
      #expect(mode(sandbox.directory) == 0o700)
      let inodes = try socketInodes(sandbox.pid)
      #expect(!inodes.isEmpty)
      for table in ["tcp", "tcp6", "udp", "udp6"] {
        let lines = try Files.text(of: "/proc/net/\(table)").split(separator: "\n")
        #expect(!lines.contains { $0.split(separator: " ").contains { inodes.contains(String($0)) } })
      }
      // Flags 00010000: a socket that is listened on. Its path stands last.
      var listening: [String] = []
      for line in try Files.text(of: "/proc/net/unix").split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        if words.count >= 7, words[3] == "00010000", inodes.contains(words[6]) {
          listening.append(words.last!)
        }
      }
      #expect(listening == [path])
    }
  }

  @Test("never lets documents age out, and makes no collection of its own") func quiet() throws {
    try withSandbox { sandbox, _ in
      let parameters = try sandbox.pool.run([
        "getParameter": 1, "ttlMonitorEnabled": 1, "maxNumActiveUserIndexBuilds": 1,
        "disableLogicalSessionCacheRefresh": 1,
      ])
      #expect(parameters["ttlMonitorEnabled"]?.isTrue == false)
      #expect(parameters["maxNumActiveUserIndexBuilds"]?.integer == 32)
      #expect(parameters["disableLogicalSessionCacheRefresh"]?.isTrue == true)
    }
  }

  @Test("killed in the middle: says so, at once, with what ended it") func killed() throws {
    try withSandbox { sandbox, _ in
      try sandbox.checkAlive()
      kill(sandbox.pid, SIGKILL)
      let (failures, seconds) = Clock.measure { () -> [Failure?] in
        var explained: Failure?
        do throws(MongoError) { try sandbox.pool.run(["ping": 1]) } catch {
          explained = sandbox.explain(error)
        }
        return [explained, failure { try sandbox.checkAlive() }]
      }
      for failure in failures {
        #expect(failure?.kind == .incomplete)
        #expect(failure?.code == "mongod-died")
        #expect(failure?.description.contains("signal 9 (killed)") == true)
      }
      #expect(seconds < 30)
      #expect(!sandbox.endOfLog().isEmpty)
    }
  }

  @Test("aborting: shows the end of its log") func aborted() throws {
    try withSandbox { sandbox, _ in
      kill(sandbox.pid, SIGABRT)
      #expect(eventually { failure { try sandbox.checkAlive() } != nil })
      let died = failure { try sandbox.checkAlive() }
      #expect(died?.code == "mongod-died")
      #expect(died?.cause?.isEmpty == false)
    }
  }

  @Test("a refused command is the server's words, not its end") func refused() throws {
    try withSandbox { sandbox, _ in
      do throws(MongoError) { try sandbox.pool.run(["noSuchCommand": 1]) } catch {
        #expect(sandbox.explain(error).code == "server-refused")
      }
      try sandbox.checkAlive()
    }
  }

  @Test("kept: its files stay and another mongod opens them") func kept() throws {
    try withFolder { folder in
      let sandbox = try Sandbox.start(SandboxOptions(directory: folder, cacheBytes: 256 << 20, keep: true))
      try sandbox.pool.run(["insert": "c", "documents": [["_id": 1]]], on: "kept")
      let path = try sandbox.stopKeeping()
      #expect(path == sandbox.directory && Files.exists(path + "/db/WiredTiger"))
      #expect(!Files.exists(socket(sandbox.uri)))
      // An orderly end empties the lock file.
      #expect(try Files.size(of: path + "/db/mongod.lock") == 0)
      let left = Leftovers.find(in: [folder]).filter { $0.path.hasPrefix(folder) }
      #expect(left.map(\.state) == [.kept])
      #expect(try !Leftovers.remove(left[0]))
      #expect(try Leftovers.remove(left[0], includingKept: true))
      #expect(!Files.exists(path))
    }
  }

  @Test("several at a time don't get in one another's way") func several() throws {
    try withFolder { folder in
      try Threads.concurrently(2) { index in
        let sandbox = try Sandbox.start(SandboxOptions(directory: folder, cacheBytes: 256 << 20))
        defer { try? sandbox.stop() }
        try sandbox.pool.run(["insert": "c", "documents": [["_id": .int32(Int32(index))]]], on: "d")
        #expect(try sandbox.pool.run(["count": "c"], on: "d")["n"]?.integer == 1)
      }
      #expect(try Files.names(in: folder).isEmpty)
    }
  }
}

@Suite("When a harness with a sandbox ends", .tags(.mongod), .timeLimit(.minutes(10))) struct SandboxEndTests
{
  private func expectNothingLeft(_ holder: HolderProcess) throws {
    let mongod = try holder.pid("mongod")
    let supervisor = try holder.pid("supervisor")
    let directory = try #require(holder.facts["directory"])
    let name = Files.name(of: directory)
    #expect(eventually { !isAlive(mongod) && !isAlive(supervisor) })
    #expect(!Files.exists(directory))
    for parent in ["/tmp", Environment["XDG_RUNTIME_DIR"] ?? "/tmp", Environment["TMPDIR"] ?? "/tmp"] {
      #expect(!Files.exists(Files.join(parent, name)))
    }
  }

  @Test("killed: no mongod and no files are left") func killed() throws {
    try withFolder { folder in
      let holder = try HolderProcess(["sandbox", folder], in: folder)
      let mongod = try holder.pid("mongod")
      #expect(isAlive(mongod))
      kill(holder.child.pid, SIGKILL)
      try expectNothingLeft(holder)
    }
  }

  @Test("stopped by a signal: no mongod and no files are left", arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    try withFolder { folder in
      let holder = try HolderProcess(["sandbox", folder], in: folder)
      kill(holder.child.pid, signal)
      #expect(holder.child.wait(timeout: 60) == .exited(128 + signal))
      try expectNothingLeft(holder)
    }
  }

  @Test("killed with its supervisor: mongod dies, and what is left is found and removed") func leftovers()
    throws
  {
    try withFolder { folder in
      let holder = try HolderProcess(["sandbox", folder], in: folder)
      let directory = try #require(holder.facts["directory"])
      func mine() -> [Leftovers.Folder] {
        Leftovers.find(in: [folder]).filter { Files.name(of: $0.path) == Files.name(of: directory) }
      }
      let living = mine()
      #expect(living.map(\.state) == [.inUse, .inUse])
      #expect(living.allSatisfy { $0.pid == holder.child.pid && $0.time != nil })
      for folder in living { #expect(try !Leftovers.remove(folder)) }
      let mongod = try holder.pid("mongod")
      kill(try holder.pid("supervisor"), SIGKILL)
      #expect(eventually { !isAlive(mongod) })
      holder.child.kill()
      let left = mine()
      #expect(left.map(\.state) == [.abandoned, .abandoned])
      #expect(left.contains { $0.bytes > 1_000_000 })
      for folder in left { #expect(try Leftovers.remove(folder)) }
      #expect(mine().isEmpty && !Files.exists(directory))
    }
  }
}
