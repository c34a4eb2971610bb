import Glibc
import Platform
import TestSupport
import Testing

@Suite("A scenario with a replica set of three and a failover", .needsFixtures, .tags(.mongod))
struct ReplicaSetTests {
  /// Processes whose command line names the folder.
  private func servers(in folder: String) throws -> [Int32] {
    try Files.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
      ((try? Files.text(of: "/proc/\(pid)/cmdline")) ?? "").contains("--dbpath\0\(folder)/") && isAlive(pid)
    }
  }

  private func scenario(in folder: String, writing: String) throws -> String {
    _ = try Dump(in: folder)
    try Files.createFolder(Files.join(folder, "sandboxes"))
    let path = Files.join(folder, "scenario.yaml")
    let text = """
      version: 1
      backup: {path: dump}
      sandbox: {directory: sandboxes, cache: 256MiB, topology: {replica_set: 3, election_timeout: 3s}}
      steps:
        - restore: {}
        - failover: {writer: {before: 200ms, after: \(writing)}}
        - check: []
      """
    try Files.writeAtomically(text.utf8, to: path)
    return path
  }

  /// As the bundled scenario of a lost primary does.
  @Test("ends in 0 and leaves nothing", .fullRun)
  func passes() throws {
    try withFolder { folder in
      let path = try scenario(in: folder, writing: "200ms")
      let run = try Mongodrill.run("run", path, "--report-dir", "reports", "--progress", "none", in: folder)
      #expect(run.status == 0, "\(run.output) \(run.errorOutput)")
      let reports = Files.join(folder, "reports")
      let name = try #require(try Files.names(in: reports).first)
      #expect(
        try Files.text(of: Files.join(reports, "\(name)/report.md")).contains("## Failover: failover\n"))
      #expect(try !Files.text(of: Files.join(reports, "\(name)/report.json")).contains("__system:"))
      #expect(try Files.names(in: Files.join(folder, "sandboxes")).isEmpty)
      #expect(try servers(in: folder).isEmpty)
    }
  }

  /// As the bundled scenarios that are killed, of which one has a set, and a set whose harness is killed.
  @Test("killed in the middle of the failover leaves no process and no file", .fullRun)
  func killed() throws {
    try withFolder { folder in
      let path = try scenario(in: folder, writing: "10m")
      let output = Files.join(folder, "out")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "run", path, "--progress", "plain"], environment: Mongodrill.environment,
          workingDirectory: folder, output: .file(output), errorOutput: .file(output)))
      let isUnderWay = eventually(for: 90) {
        !child.isAlive || ((try? Files.text(of: output)) ?? "").contains("the primary, was killed")
      }
      #expect(isUnderWay && child.isAlive, "\((try? Files.text(of: output)) ?? "")")
      let members = try servers(in: folder)
      #expect(members.count >= 2)
      kill(child.pid, SIGKILL)
      #expect(eventually { !members.contains(where: isAlive) })
      #expect(eventually { (try? Files.names(in: Files.join(folder, "sandboxes")))?.isEmpty == true })
    }
  }
}
