import Glibc
import Platform
import TestSupport
import Testing

/// A restore without a command, up and waiting.
private struct WaitingRestore {
  let child: Child
  /// The folder that its sandbox lies in.
  let sandboxes: String
  /// The server's process.
  let server: Int32
  private let errorOutput: String

  init(in folder: String) throws {
    let dump = try Dump(in: folder)
    sandboxes = Files.join(folder, "sandboxes")
    try Files.createFolder(sandboxes)
    let output = Files.join(folder, "out")
    errorOutput = Files.join(folder, "err")
    child = try Supervisor.shared.spawn(
      ChildSpec(
        [Mongodrill.path, "restore", dump.path, "--sandbox-dir", sandboxes],
        environment: Mongodrill.environment, output: .file(output), errorOutput: .file(errorOutput)))
    let child = child
    let errorOutput = errorOutput
    let isUp = eventually {
      !child.isAlive || ((try? Files.text(of: errorOutput)) ?? "").contains("until Ctrl-C")
    }
    guard isUp, child.isAlive else { throw Failure(.internal, "not-up", try Files.text(of: errorOutput)) }
    #expect(try Files.text(of: output).hasPrefix("mongodb://"))
    server = try WaitingRestore.server(in: sandboxes)
  }

  /// The last line that it wrote.
  var lastLine: String {
    ((try? Files.text(of: errorOutput)) ?? "").split(separator: "\n").last.map(String.init) ?? ""
  }

  /// Whether neither the server nor a file of its is left.
  var isGone: Bool { !isAlive(server) && (try? Files.names(in: sandboxes)) == [] }

  /// The process whose command line names the folder.
  private static func server(in folder: String) throws -> Int32 {
    for name in try Files.names(in: "/proc") {
      guard let pid = Int32(name), let line = try? Files.text(of: "/proc/\(name)/cmdline"),
        line.contains("mongod\0") || line.contains("mongod-"), line.contains("--dbpath\0\(folder)/")
      else { continue }
      return pid
    }
    throw Failure(.internal, "no-server", "no mongod has its files in \(folder)")
  }
}

@Suite("The end of a restore that waits", .tags(.mongod))
struct EndingTests {
  @Test(
    "is 0 on Ctrl-C and 143 on SIGTERM, and nothing is left",
    arguments: [(2, 0, "The server is up until Ctrl-C."), (15, 143, "mongodrill: asked to terminate")]
      as [(Int32, Int32, String)])
  func signals(signal: Int32, status: Int32, line: String) throws {
    try withFolder { folder in
      let restore = try WaitingRestore(in: folder)
      restore.child.signal(signal)
      #expect(restore.child.wait(timeout: 60) == .exited(status))
      #expect(restore.lastLine == line)
      #expect(restore.isGone)
    }
  }

  @Test("leaves nothing even when it is killed")
  func killed() throws {
    try withFolder { folder in
      let restore = try WaitingRestore(in: folder)
      kill(restore.child.pid, SIGKILL)
      #expect(restore.child.wait(timeout: 60) == .signaled(SIGKILL))
      #expect(eventually { restore.isGone })
    }
  }

  @Test("is 4 when the server dies, with the reason")
  func serverDies() throws {
    try withFolder { folder in
      let restore = try WaitingRestore(in: folder)
      kill(restore.server, SIGKILL)
      #expect(restore.child.wait(timeout: 60) == .exited(4))
      #expect(restore.isGone)
    }
  }

  @Test(
    "comes in the middle of the command, which gets the signal, too",
    arguments: [(2, 130), (15, 143)] as [(Int32, Int32)])
  func duringCommand(signal: Int32, status: Int32) throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      let output = Files.join(folder, "out")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [
            Mongodrill.path, "restore", dump.path, "-q", "--sandbox-dir", folder, "--", "sh", "-c",
            "trap 'echo told; exit 0' INT TERM; echo up; while :; do sleep 0.1; done",
          ], environment: Mongodrill.environment, output: .file(output), errorOutput: .file(output)))
      #expect(eventually { (try? Files.text(of: output)) == "up\n" })
      child.signal(signal)
      #expect(child.wait(timeout: 60) == .exited(status))
      let text = try Files.text(of: output)
      #expect(text.contains("\ntold\n"), "\(text)")
      #expect(try Files.names(in: folder) == ["dump", "out"])
    }
  }
}
