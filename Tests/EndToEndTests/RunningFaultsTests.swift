import BSON
import Glibc
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("A drill under way", .tags(.mongod), .timeLimit(.minutes(10)))
struct RunningFaultsTests {
  @Test(
    "that is asked to stop does so at once, in any phase, with a record, and leaves nothing",
    arguments: InPhase.all(
      [SIGINT, SIGTERM, SIGHUP], in: PhasedScenario.phases,
      briefly: [(SIGHUP, "indexes"), (SIGTERM, "sandbox")]))
  func asked(_ it: InPhase<Int32>) throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder, hasGate: it.phase != "checks")
      let drill = try PhasedDrill(path, in: folder)
      #expect(drill.reach(it.phase))
      kill(drill.child.pid, it.fault)
      #expect(drill.child.wait(timeout: 60) == .exited(it.fault == SIGINT ? 130 : 143))
      let record = try drill.record()
      #expect(record?["status"] == "aborted" && record?["verdict"] == "inconclusive")
      #expect(drill.leftovers == [])
    }
  }

  @Test(
    "that is killed leaves no process, no file and no part of a record", .fullRun,
    arguments: PhasedScenario.phases + ["cleanup"])
  func killed(phase: String) throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach(phase))
      kill(drill.child.pid, SIGKILL)
      #expect(drill.child.wait(timeout: 20) == .signaled(SIGKILL))
      #expect(drill.leftovers == [])
      let hasRecord = try drill.record().map { _ in true } ?? false
      #expect(!hasRecord || phase == "cleanup")
      if phase != "cleanup" {
        // The empty folder of its run, and no part of anything else.
        let own = try #require(try runs(in: folder).first)
        #expect(try Files.names(in: Files.join(folder, "reports/\(own)")) == [])
      }
    }
  }

  @Test("ends when its supervisor is killed, in 4, and clean removes what is left")
  func supervisorKilled() throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder, hasGate: true), in: folder)
      #expect(drill.reach("replay"))
      let status = try Files.text(of: "/proc/\(try #require(drill.servers.first))/status")
      let parent = try #require(status.split(separator: "\n").first { $0.hasPrefix("PPid:") })
      kill(try #require(Int32(parent.split(separator: "\t")[1])), SIGKILL)
      try drill.openGate()
      #expect(drill.child.wait(timeout: 60) == .exited(4))
      _ = try Mongodrill.run("clean", environment: drill.environment)
      #expect(drill.leftovers == [])
    }
  }

  @Test("ends when its terminal goes away, with a record")
  func terminalGone() throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder)
      let environment = try PhasedDrill.environment(in: folder)
      let terminal = try Supervisor.shared.spawn(
        ChildSpec(
          ["script", "--quiet", "--command", "'\(Mongodrill.path)' run '\(path)'", "/dev/null"],
          environment: environment.merging(["TERM": "xterm"]) { $1 }, workingDirectory: folder,
          output: .file(Files.join(folder, "out")), errorOutput: .file(Files.join(folder, "out"))))
      let drill = try PhasedDrill.watching(terminal, in: folder)
      #expect(eventually { !drill.servers.isEmpty })
      kill(terminal.pid, SIGKILL)
      #expect(eventually { drill.processes.isEmpty })
      let record = try drill.record()
      #expect(record?["status"] == "aborted" && record?["exit_code"] == 143, "\(PhasedDrill.codes(record))")
      #expect(drill.leftovers == [])
    }
  }

  @Test("is not held up by a reader who doesn't read when it is asked to stop")
  func stuckReader() throws {
    try withFolder { folder in
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      defer { for end in ends { close(end) } }
      // Nothing more goes in.
      _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
      while write(ends[1], [UInt8](repeating: 10, count: 4096), 4096) > 0 {}
      _ = fcntl(ends[1], F_SETFL, 0)
      let drill = try PhasedDrill(
        try PhasedScenario.write(in: folder), in: folder, output: .descriptor(ends[1]))
      #expect(eventually { drill.errorOutput.contains("drill ") })
      usleep(200_000)
      #expect(drill.child.isAlive)
      kill(drill.child.pid, SIGTERM)
      #expect(drill.child.wait(timeout: 60) == .exited(143))
      #expect(try drill.record()?["status"] == "aborted")
      #expect(drill.leftovers == [])
    }
  }

  @Test("goes on to its end, and to the same record, when its reader leaves after the first line")
  func readerGone() throws {
    try withFolder { folder in
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      let path = try PhasedScenario.write(in: folder)
      let drill = try PhasedDrill(path, in: folder, output: .descriptor(ends[1]))
      close(ends[1])
      var line: [UInt8] = []
      var byte: UInt8 = 0
      while read(ends[0], &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
      #expect(try JSON.parse(line)["event"] != nil)
      // It has most to tell after this.
      #expect(drill.child.isAlive)
      close(ends[0])
      #expect(drill.child.wait(timeout: 240) == .exited(0), "\(drill.errorOutput)")
      let record = try drill.record()
      #expect(record?["verdict"] == "pass" && record?["exit_code"] == 0)
      #expect(record?["checks"]?.list?.count == 5)
      let verified = try Mongodrill.run("history", "--verify", in: folder)
      #expect(verified.status == 0, "\(verified.output)\(verified.errorOutput)")
      #expect(drill.leftovers == [])
    }
  }

  @Test("goes on to its end, and to the same record, when nobody reads its output any more")
  func closedOutput() throws {
    try withFolder { folder in
      let drill = try PhasedDrill(
        try PhasedScenario.write(in: folder), in: folder,
        wrapped: ["sh", "-c", "exec \"$@\" >&- 2>&- <&-", "sh"])
      #expect(drill.child.wait(timeout: 240) == .exited(0))
      #expect(try drill.record()?["verdict"] == "pass")
      #expect(drill.leftovers == [])
    }
  }

  /// The library that shows a program another time; Debian's package `faketime` has it.
  private static let fakeTime = ["x86_64", "aarch64"].map {
    "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1"
  }.first(where: Files.exists)

  @Test("whose clock is set back two hours measures as ever, and its records stay in order")
  func clockSetBack() throws {
    let library = try #require(Self.fakeTime, "apt-get install faketime")
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder)
      let file = Files.join(folder, "time")
      func drill() throws -> PhasedDrill {
        try PhasedDrill(
          path, in: folder,
          adding: [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
          ])
      }
      try Files.writeAtomically("+0".utf8, to: file)
      let first = try drill()
      #expect(first.reach("restore"))
      try Files.writeAtomically("-2h".utf8, to: file)
      #expect(first.child.wait(timeout: 240) == .exited(0), "\(first.errorOutput)")
      let record = try #require(try first.record())
      let started = try #require(record["started_at"]?.text.flatMap { WallTime(rfc3339: $0) })
      let ended = try #require(record["ended_at"]?.text.flatMap { WallTime(rfc3339: $0) })
      #expect(ended.timeInterval(since: started) < -3600)
      var seconds = record["phases"]?.list?.compactMap { $0["seconds"]?.number } ?? []
      seconds += record["steps"]?.list?.compactMap { $0["seconds"]?.number } ?? []
      seconds += [try #require(record["duration_seconds"]?.number)]
      #expect(seconds.count > 8 && seconds.allSatisfy { $0 >= 0 && $0 < 3600 }, "\(seconds)")
      // The next one begins, by its clock, before the first did.
      let second = try drill()
      #expect(second.child.wait(timeout: 240) == .exited(0), "\(second.errorOutput)")
      let verified = try Mongodrill.run("history", "--verify", in: folder)
      #expect(verified.status == 0, "\(verified.output)\(verified.errorOutput)")
      #expect(first.leftovers == [])
    }
  }

  @Test(
    "others at the same time don't disturb it, nor it them", .needsFixtures,
    arguments: isFullRun ? [2, 10] : [2])
  func together(count: Int) throws {
    try withFolder { folder in
      let quickstart = Files.join(bundledScenarios, "quickstart")
      let drills = try (0..<count).map { number in
        let own = Files.join(folder, "\(number)")
        try Files.createFolder(own)
        return try PhasedDrill(
          quickstart, in: own, options: ["--report-dir", "../reports"],
          adding: ["MONGODRILL_SANDBOX_DIR": folder])
      }
      for drill in drills {
        #expect(drill.child.wait(timeout: 240) == .exited(0), "\(drill.errorOutput)")
        let last = try JSON.parse(String(try #require(drill.output.split(separator: "\n").last)))
        #expect(last["result"]?["verdict"] == "pass")
        #expect(drill.leftovers == [])
      }
      #expect(try runs(in: folder).count == count)
      let verified = try Mongodrill.run("history", "--verify", in: folder)
      #expect(verified.status == 0, "\(verified.output)\(verified.errorOutput)")
      #expect(try Files.names(in: folder).filter { $0.hasPrefix("mongodrill-") } == [])
    }
  }
}
