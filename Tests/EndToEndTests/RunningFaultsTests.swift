import BSON
import Glibc
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

/// What happens to a server from outside.
private enum ServerFault: String, CaseIterable {
  case killed
  case aborted

  var signal: Int32 { self == .killed ? SIGKILL : SIGABRT }
}

/// A fault in a phase of the drill.
private struct InPhase<Fault: Sendable>: Sendable, CustomStringConvertible {
  let fault: Fault
  let phase: String

  var description: String { "\(fault) in \(phase)" }

  /// Each of them in each phase; without `--full` the ones that are named.
  static func all(
    _ faults: [Fault], in phases: [String], briefly: [(Fault, String)]
  ) -> [InPhase] {
    guard isFullRun else { return briefly.map { InPhase(fault: $0.0, phase: $0.1) } }
    return faults.flatMap { fault in phases.map { InPhase(fault: fault, phase: $0) } }
  }
}

@Suite("The server of a drill", .tags(.mongod), .timeLimit(.minutes(10)))
struct ServerFaultsTests {
  private static let served = ["restore", "replay", "indexes", "checks"]

  @Test(
    "that dies ends the drill at once, in 4, with the reason, and nothing is left",
    arguments: InPhase.all(ServerFault.allCases, in: ServerFaultsTests.served, briefly: [(.killed, "replay")])
  )
  fileprivate func dies(_ it: InPhase<ServerFault>) throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach(it.phase))
      for server in drill.servers { kill(server, it.fault.signal) }
      #expect(drill.child.wait(timeout: 30) == .exited(4), "\(drill.errorOutput)")
      let record = try drill.record()
      #expect(PhasedDrill.codes(record).first == "mongod-died" && record?["verdict"] == "inconclusive")
      #expect(drill.leftovers == [])
    }
  }

  @Test("that dies while it starts ends the drill, and nothing is left")
  func diesAtStart() throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach("sandbox"))
      #expect(eventually { !drill.servers.isEmpty })
      for server in drill.servers { kill(server, SIGKILL) }
      let status = drill.child.wait(timeout: 30)
      #expect(status == .exited(69) || status == .exited(4), "\(drill.errorOutput)")
      let record = try drill.record()
      #expect(record?["verdict"] == "inconclusive" && PhasedDrill.codes(record) != [])
      #expect(drill.leftovers == [])
    }
  }

  @Test("that dies in the clean-up, when all was asked, changes nothing", .enabled(if: isFullRun))
  func diesAtEnd() throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach("cleanup"))
      for server in drill.servers { kill(server, SIGKILL) }
      #expect(drill.child.wait(timeout: 30) == .exited(0), "\(drill.errorOutput)")
      #expect(try drill.record()?["verdict"] == "pass")
      #expect(drill.leftovers == [])
    }
  }

  @Test("that is held up while it starts is not waited for without end", .enabled(if: isFullRun))
  func heldUpAtStart() throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach("sandbox"))
      #expect(eventually { !drill.servers.isEmpty })
      for server in drill.servers { kill(server, SIGSTOP) }
      #expect(drill.child.wait(timeout: 90)?.shellCode ?? 0 != 0)
      #expect(drill.leftovers == [])
    }
  }

  @Test("that is held up (SIGSTOP) ends the step when its time is over")
  func heldUpInStep() throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder, checkTimeout: "2s")
      let drill = try PhasedDrill(path, in: folder)
      #expect(drill.reach("checks"))
      for server in drill.servers { kill(server, SIGSTOP) }
      #expect(drill.child.wait(timeout: 20) == .exited(4))
      #expect(PhasedDrill.codes(try drill.record()).first == "step-timed-out")
      #expect(drill.leftovers == [])
    }
  }

  @Test(
    "that is held up for half a minute is given up, whatever waits for it", .enabled(if: isFullRun),
    arguments: ServerFaultsTests.served)
  func heldUp(phase: String) throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder, checkTimeout: "10m"), in: folder)
      #expect(drill.reach(phase))
      for server in drill.servers { kill(server, SIGSTOP) }
      #expect(drill.child.wait(timeout: 90) == .exited(4))
      #expect(PhasedDrill.codes(try drill.record()).first == "mongod-stopped")
      #expect(drill.leftovers == [])
    }
  }

  @Test("that somebody holds up is given up, and one that is paused on purpose isn't")
  func givenUp() throws {
    try withFolder { folder in
      var options = SandboxOptions(directory: folder, cacheBytes: 256 << 20)
      options.stopPatience = 1
      let sandbox = try Sandbox.start(options)
      defer { try? sandbox.stop() }
      sandbox.servers[0].pause()
      usleep(2_500_000)
      sandbox.servers[0].resume()
      #expect(try sandbox.pool.run(["ping": 1])["ok"]?.isTrue == true)
      kill(sandbox.pid, SIGSTOP)
      let (error, seconds) = Clock.measure { () -> MongoError? in
        do throws(MongoError) { try sandbox.pool.run(["ping": 1]) } catch { return error }
        return nil
      }
      #expect(error.map { sandbox.explain($0).code } == "mongod-stopped" && seconds < 20)
    }
  }

  @Test("that is a member which a set ends without is named as not verified", .enabled(if: isFullRun))
  func degraded() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let text = """
        version: 1
        backup: {path: dump}
        sandbox: {cache: 768MiB, topology: {replica_set: 3, election_timeout: 1s}}
        steps: [{restore: {}}, {id: lost, fault: {kill: secondary}}, {check: []}]
        checks: {core: {shop.orders: [count: {equals: 2}]}}
        """
      try Files.writeAtomically(text.utf8, to: Files.join(folder, "scenario.yaml"))
      let drill = try PhasedDrill(Files.join(folder, "scenario.yaml"), in: folder)
      #expect(drill.child.wait(timeout: 120) == .exited(0), "\(drill.errorOutput)")
      let left = try drill.record()?["not_verified"]?.list?.compactMap { $0["message"]?.text } ?? []
      #expect(left.contains { $0.hasPrefix("the replica set ended degraded: member ") }, "\(left)")
    }
  }

  @Test("that is slow, held up half of the time, gives the same answers")
  func slow() throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach("restore"))
      let servers = drill.servers
      while drill.child.isAlive {
        for server in servers { kill(server, SIGSTOP) }
        usleep(50_000)
        for server in servers { kill(server, SIGCONT) }
        usleep(50_000)
      }
      #expect(drill.child.exitStatus == .exited(0), "\(drill.errorOutput)")
      #expect(try drill.record()?["verdict"] == "pass")
      #expect(drill.leftovers == [])
    }
  }

  @Test(
    "whose disk is full says so, in 4", .enabled(if: isFullRun && geteuid() == 0),
    arguments: ["restore", "replay", "indexes"])
  func fullDisk(phase: String) throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder)
      let environment = try PhasedDrill.environment(in: folder)
      let sandboxes = try #require(environment["MONGODRILL_SANDBOX_DIR"])
      // Mounted for this drill alone, and gone with it.
      let mount = "mount -t tmpfs -o size=900m small \"$MONGODRILL_SANDBOX_DIR\" && exec \"$@\""
      let drill = try PhasedDrill(
        path, in: folder, wrapped: ["unshare", "--mount", "sh", "-c", mount, "sh"])
      #expect(drill.reach(phase))
      // It goes on when nothing is free any more.
      kill(drill.child.pid, SIGSTOP)
      let filler = "/proc/\(drill.child.pid)/root\(sandboxes)/filler"
      let descriptor = open(filler, O_WRONLY | O_CREAT, 0o600)
      #expect(descriptor >= 0)
      while Files.write([UInt8](repeating: 1, count: 1 << 16), to: descriptor) {}
      #expect(errno == ENOSPC)
      var disk = statvfs()
      #expect(fstatvfs(descriptor, &disk) == 0 && disk.f_bavail == 0)
      #expect(try Files.size(of: filler) > 100 << 20)
      kill(drill.child.pid, SIGCONT)
      // The server removes log files that it has no more use for: it stays full.
      _ = eventually(for: 120) {
        while Files.write([UInt8](repeating: 1, count: 1 << 12), to: descriptor) {}
        return !drill.child.isAlive
      }
      close(descriptor)
      let status = drill.child.wait(timeout: 1)
      let codes = PhasedDrill.codes(try drill.record())
      // Indexes are files of their own. When all of these are there already, the server's log files, which it made when it
      // started, may have room for what is left to do.
      #expect(status == .exited(4) || status == .exited(0) && phase == "indexes", "\(codes)")
      if status == .exited(4) { #expect(codes.contains("disk-full"), "\(codes)") }
      #expect(drill.leftovers == [])
    }
  }

  @Test(
    "and the drill itself, with few open files or a bound on their size, end soon and say why",
    arguments: isFullRun
      ? [
        "ulimit -n 8", "ulimit -n 12", "ulimit -n 16", "ulimit -n 24", "ulimit -n 32", "ulimit -n 48",
        "ulimit -n 64", "export MONGOC_DISABLE_SHM=1; ulimit -f 4", "ulimit -f 10", "ulimit -f 2000",
        "ulimit -f 40000",
      ] : ["ulimit -n 16", "ulimit -f 10"])
  func limits(limit: String) throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder)
      let drill = try PhasedDrill(path, in: folder, wrapped: ["sh", "-c", "\(limit); exec \"$@\"", "sh"])
      let status = drill.child.wait(timeout: 120)
      #expect(
        status == .exited(4) || status == .exited(69), "\(String(describing: status)) \(drill.errorOutput)")
      let record = try drill.record()
      #expect(
        record?["verdict"] == "inconclusive" || drill.errorOutput.contains("report"), "\(drill.errorOutput)")
      #expect(drill.leftovers == [])
    }
  }

  @Test(
    "that takes few connections gives right answers or none", .enabled(if: isFullRun),
    arguments: [5, 6, 8, 12])
  func fewConnections(most: Int) throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder)
      let mongod = Files.join(folder, "mongod")
      let real = try MongodProgramPath.value
      try Files.writeAtomically(
        "#!/bin/sh\n[ \"$1\" = --version ] && exec \(real) --version\nexec \(real) \"$@\" --maxConns \(most)\n"
          .utf8,
        to: mongod, mode: 0o755)
      let drill = try PhasedDrill(path, in: folder, options: ["--mongod", mongod])
      let status = drill.child.wait(timeout: 120)
      let verdict = try drill.record()?["verdict"]
      #expect(
        status == .exited(0) && verdict == "pass" || status == .exited(4) && verdict == "inconclusive",
        "\(String(describing: status)) \(drill.errorOutput)")
      #expect(drill.leftovers == [])
    }
  }
}

@Suite("A drill under way", .tags(.mongod), .timeLimit(.minutes(10)))
struct RunningFaultsTests {
  @Test(
    "that is asked to stop does so at once, in any phase, with a record, and leaves nothing",
    arguments: InPhase.all(
      [SIGINT, SIGTERM, SIGHUP], in: PhasedScenario.phases,
      briefly: [(SIGHUP, "indexes"), (SIGTERM, "sandbox")]))
  fileprivate func asked(_ it: InPhase<Int32>) throws {
    try withFolder { folder in
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach(it.phase))
      kill(drill.child.pid, it.fault)
      #expect(drill.child.wait(timeout: 20) == .exited(it.fault == SIGINT ? 130 : 143))
      let record = try drill.record()
      #expect(record?["status"] == "aborted" && record?["verdict"] == "inconclusive")
      #expect(drill.leftovers == [])
    }
  }

  @Test(
    "that is killed leaves no process, no file and no part of a record", .enabled(if: isFullRun),
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
      let drill = try PhasedDrill(try PhasedScenario.write(in: folder), in: folder)
      #expect(drill.reach("replay"))
      let status = try Files.text(of: "/proc/\(try #require(drill.servers.first))/status")
      let parent = try #require(status.split(separator: "\n").first { $0.hasPrefix("PPid:") })
      kill(try #require(Int32(parent.split(separator: "\t")[1])), SIGKILL)
      #expect(drill.child.wait(timeout: 30) == .exited(4))
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
      #expect(eventually(for: 60) { !drill.servers.isEmpty })
      kill(terminal.pid, SIGKILL)
      #expect(eventually(for: 30) { drill.processes.isEmpty })
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
      #expect(drill.child.wait(timeout: 20) == .exited(143))
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
      #expect(drill.child.wait(timeout: 60) == .exited(0), "\(drill.errorOutput)")
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
      #expect(drill.child.wait(timeout: 60) == .exited(0))
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
      #expect(first.child.wait(timeout: 60) == .exited(0), "\(first.errorOutput)")
      let record = try #require(try first.record())
      let started = try #require(record["started_at"]?.text.flatMap { WallTime(rfc3339: $0) })
      let ended = try #require(record["ended_at"]?.text.flatMap { WallTime(rfc3339: $0) })
      #expect(ended.timeInterval(since: started) < -3600)
      var seconds = record["phases"]?.list?.compactMap { $0["seconds"]?.number } ?? []
      seconds += record["steps"]?.list?.compactMap { $0["seconds"]?.number } ?? []
      seconds += [try #require(record["duration_seconds"]?.number)]
      #expect(seconds.count > 8 && seconds.allSatisfy { $0 >= 0 && $0 < 60 }, "\(seconds)")
      // The next one begins, by its clock, before the first did.
      let second = try drill()
      #expect(second.child.wait(timeout: 60) == .exited(0), "\(second.errorOutput)")
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

@Suite("A record that can't be written", .tags(.mongod), .timeLimit(.minutes(10)))
struct UnwrittenRecordTests {
  @Test(
    "is there whole or not at all, the verdict is told, and the next one is written when there is room",
    arguments: isFullRun ? [1, 8, 16, 24, 32, 48, 64] : [8])
  func fullDisk(kilobytes: Int) throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let place = Files.join(folder, "disk")
      try Files.createFolder(place)
      let disk = try SmallDisk(bytes: 256 << 10, at: place)
      let filler = Files.join(disk.path, "filler")
      try disk.fill()
      // So much is left.
      truncate(filler, (try Files.size(of: filler)) - (kilobytes << 10))
      let reports = Files.join(disk.path, "reports")
      func run() throws -> Mongodrill.Run {
        try Mongodrill.run(
          "run", "dump", "--progress", "none", "--report-dir", reports, "--sandbox-dir", folder, in: folder)
      }
      let first = try run()
      let isWhole = first.status == 0
      #expect(isWhole || first.status == 4, "\(first.errorOutput)")
      if !isWhole {
        #expect(first.output.hasPrefix("PASS") || first.errorOutput.contains("cannot make a report's folder"))
        #expect(first.errorOutput.contains("no space left on device"), "\(first.errorOutput)")
      }
      for name in ((try? Files.names(in: reports)) ?? []) where name != "chain.jsonl" {
        let own = Files.join(reports, name)
        #expect(try Files.names(in: own).allSatisfy { ["report.json", "report.md"].contains($0) })
        let record = Files.join(own, "report.json")
        if Files.exists(record) { #expect(try JSON.parse(Files.text(of: record))["verdict"] == "pass") }
      }
      try disk.drain()
      #expect(try run().status == 0)
      let verified = try Mongodrill.run("history", "--verify", "--report-dir", reports, in: folder)
      #expect(verified.status == 0, "\(verified.output)\(verified.errorOutput)")
      disk.remove()
    }
  }

  @Test("nor a result that goes to a full device: 4, and the reason")
  func fullOutput() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      for command in [["verify", "dump"], ["schema"], ["plan", "dump"]] {
        let captured = try Supervisor.shared.capture(
          ChildSpec(
            ["sh", "-c", "exec \"$@\" > /dev/full", "sh", Mongodrill.path] + command,
            environment: Mongodrill.environment, workingDirectory: folder), timeout: 60)
        #expect(captured.status == .exited(4))
        #expect(captured.errorOutput.text.contains("cannot write the output: no space left on device"))
      }
    }
  }

  @Test("because another process holds the chain is given up in time")
  func held() throws {
    try withFolder { folder in
      let path = Files.join(folder, "chain.jsonl")
      let holder = try LockedFile(path)
      let (failure, seconds) = Clock.measure { () -> Failure? in
        do throws(Failure) { _ = try LockedFile(path, patience: 0.3) } catch { return error }
        return nil
      }
      #expect(failure?.code == "file-held" && seconds < 5)
      withExtendedLifetime(holder) {}
    }
  }
}
