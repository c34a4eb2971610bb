import Glibc
import Platform
import TestSupport
import Testing

/// A bundled scenario under way, with folders that no other process uses.
private struct RunningScenario {
  let child: Child
  private let folder: String
  private let environment: [String: String]

  /// What it has written until now.
  var text: String { (try? Files.text(of: Files.join(folder, "out"))) ?? "" }

  /// Starts a bundled one and waits until its servers are up: all members where it makes a replica set.
  init(_ name: String, in folder: String) throws {
    let scenario = Files.join(bundledScenarios, name)
    let isSet = try Files.text(of: Files.join(scenario, "scenario.yaml")).contains("replica_set: 3")
    try self.init(scenario: scenario, in: folder) { $0.servers.count >= (isSet ? 3 : 1) }
  }

  /// Starts one and waits until `isThere`.
  init(scenario: String, in folder: String, until isThere: (RunningScenario) -> Bool) throws {
    self.folder = folder
    var environment = Mongodrill.environment
    for (variable, place) in [
      "MONGODRILL_SANDBOX_DIR": "sandboxes", "TMPDIR": "tmp", "XDG_RUNTIME_DIR": "run",
    ] {
      environment[variable] = Files.join(folder, place)
      try Files.createFolder(Files.join(folder, place))
    }
    self.environment = environment
    child = try Supervisor.shared.spawn(
      ChildSpec(
        [
          Mongodrill.path, "run", scenario, "--progress", "plain", "--report-dir",
          Files.join(folder, "reports"),
        ],
        environment: environment, workingDirectory: folder, output: .file(Files.join(folder, "out")),
        errorOutput: .file(Files.join(folder, "out"))))
    while child.isAlive, !isThere(self) { usleep(20_000) }
    guard child.isAlive else {
      throw Failure(.internal, "ended", "\(scenario) ended before it was killed: \(text)")
    }
  }

  /// Every process that has its folders in its environment, in a path that it holds open, or as its working folder.
  var processes: [Int32] {
    ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
      pid != getpid() && isAlive(pid)
        && ((((try? Files.text(of: "/proc/\(pid)/environ")) ?? "").contains(folder + "/"))
          || link("/proc/\(pid)/cwd").hasPrefix(folder)
          || ((try? Files.names(in: "/proc/\(pid)/fd")) ?? []).contains {
            link("/proc/\(pid)/fd/\($0)").hasPrefix(Files.join(folder, "sandboxes"))
          })
    }
  }

  /// Those that are servers.
  var servers: [Int32] {
    ((try? Files.names(in: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
      ((try? Files.text(of: "/proc/\(pid)/cmdline")) ?? "").contains(
        "--dbpath\0\(Files.join(folder, "sandboxes"))/")
        && isAlive(pid)
    }
  }

  /// The process that watches over it: the parent of its servers.
  var supervisor: Int32? {
    servers.first.flatMap { server in
      ((try? Files.text(of: "/proc/\(server)/status")) ?? "").split(separator: "\n")
        .first { $0.hasPrefix("PPid:") }?.split(separator: "\t").last.flatMap { Int32($0) }
    }
  }

  /// What lies in its folders.
  var files: [String] {
    ["sandboxes", "tmp", "run"].flatMap { place in
      ((try? Files.names(in: Files.join(folder, place))) ?? []).map { "\(place)/\($0)" }
    }
  }

  /// `mongodrill clean` with its folders.
  func clean() throws -> Mongodrill.Run { try Mongodrill.run("clean", environment: environment) }

  private func link(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// The scenarios that are killed: one of each sort of sandbox; all with `scripts/test --full`.
private func victims() throws -> [String] {
  Environment["MONGODRILL_FULL"] == nil
    ? ["point-in-time", "sharded-restore"]
    : try Files.names(in: bundledScenarios)
}

@Suite(
  "A bundled scenario that is killed (SIGKILL) in the middle", .needsFixtures, .tags(.mongod),
  .timeLimit(.minutes(10)))
struct KilledScenariosTests {
  @Test(
    "leaves no process and no file, and clean finds nothing to do",
    arguments: try victims())
  func killed(name: String) throws {
    try withFolder { folder in
      let run = try RunningScenario(name, in: folder)
      #expect(run.processes.count >= 3, "itself, its supervisor and a server: \(run.processes)")
      kill(run.child.pid, SIGKILL)
      #expect(run.child.wait(timeout: 20) == .signaled(SIGKILL))
      #expect(eventually { run.processes.isEmpty }, "\(run.processes)")
      let clean = try run.clean()
      #expect(clean.status == 0 && run.files.isEmpty, "\(clean.output)\(clean.errorOutput)\(run.files)")
    }
  }

  @Test(
    "with its supervisor leaves no process, and clean removes its files",
    arguments: ["quickstart", "primary-failure"])
  func killedWithSupervisor(name: String) throws {
    try withFolder { folder in
      let run = try RunningScenario(name, in: folder)
      let supervisor = try #require(run.supervisor)
      // Held up, so that it can't clean up by itself when it notices.
      kill(run.child.pid, SIGSTOP)
      kill(supervisor, SIGKILL)
      kill(run.child.pid, SIGKILL)
      #expect(run.child.wait(timeout: 20) == .signaled(SIGKILL))
      #expect(eventually { run.processes.isEmpty }, "\(run.processes)")
      #expect(run.files.contains { $0.hasPrefix("sandboxes/mongodrill-") }, "\(run.files)")
      let clean = try run.clean()
      #expect(clean.status == 0 && clean.output.contains("removed: "), "\(clean.output)\(clean.errorOutput)")
      #expect(run.files.isEmpty, "\(run.files)")
    }
  }

  @Test(
    "leaves no process and no mount, either, in the middle of a fault",
    arguments: ["pause: server, for: 10m", "fill_disk: server, for: 10m"])
  func killedInFault(fault: String) throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let text = """
        version: 1
        backup: {path: dump}
        steps: [{restore: {}}, {id: bad, fault: {\(fault), expect: fails, within: 5m}}, {check: []}]
        """
      let path = Files.join(folder, "scenario.yaml")
      try Files.writeAtomically(text.utf8, to: path)
      let run: RunningScenario
      do {
        run = try RunningScenario(scenario: path, in: folder) { $0.text.contains("note: step bad: ") }
      } catch let failure as Failure where failure.message.contains("the system lets nobody mount") {
        return
      }
      // In the midst of what the step does, not at its beginning.
      usleep(300_000)
      #expect(run.processes.count >= 3, "\(run.processes)")
      kill(run.child.pid, SIGKILL)
      #expect(eventually { run.processes.isEmpty }, "\(run.processes)")
      for name in try Files.names(in: "/proc") where Int32(name) != nil {
        let mounts = (try? Files.text(of: "/proc/\(name)/mountinfo")) ?? ""
        #expect(!mounts.contains(folder), "\(name): \(mounts)")
      }
      let clean = try run.clean()
      #expect(clean.status == 0 && run.files.isEmpty, "\(clean.output)\(clean.errorOutput)\(run.files)")
    }
  }
}
