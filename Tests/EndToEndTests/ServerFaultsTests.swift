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

@Suite("The server of a drill", .tags(.mongod), .timeLimit(.minutes(10)))
struct ServerFaultsTests {
  private static let served = ["restore", "replay", "indexes", "checks"]

  @Test(
    "that dies ends the drill at once, in 4, with the reason, and nothing is left",
    arguments: InPhase.all(ServerFault.allCases, in: ServerFaultsTests.served, briefly: [(.killed, "replay")])
  )
  fileprivate func dies(_ it: InPhase<ServerFault>) throws {
    try withFolder { folder in
      let path = try PhasedScenario.write(in: folder, hasGate: it.phase != "checks")
      let drill = try PhasedDrill(path, in: folder)
      #expect(drill.reach(it.phase))
      for server in drill.servers { kill(server, it.fault.signal) }
      try drill.openGate()
      #expect(drill.child.wait(timeout: 60) == .exited(4), "\(drill.errorOutput)")
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
      let status = drill.child.wait(timeout: 60)
      #expect(status == .exited(69) || status == .exited(4), "\(drill.errorOutput)")
      let record = try drill.record()
      #expect(record?["verdict"] == "inconclusive" && PhasedDrill.codes(record) != [])
      #expect(drill.leftovers == [])
    }
  }

  @Test("that dies in the clean-up, when all was asked, changes nothing", .fullRun)
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

  @Test("that is held up while it starts is not waited for without end", .fullRun)
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
      let path = try PhasedScenario.write(in: folder, checkTimeout: "2s", hasGate: true)
      let drill = try PhasedDrill(path, in: folder)
      #expect(drill.reachGate())
      for server in drill.servers { kill(server, SIGSTOP) }
      try drill.openGate()
      // Before it is given up for standing still, which it is after half a minute.
      #expect(drill.child.wait(timeout: 60) == .exited(4))
      #expect(PhasedDrill.codes(try drill.record()).first == "step-timed-out")
      #expect(drill.leftovers == [])
    }
  }

  @Test(
    "that is held up for half a minute is given up, whatever waits for it", .fullRun,
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
      // It is looked at each half second.
      usleep(1_700_000)
      sandbox.servers[0].resume()
      #expect(try sandbox.pool.run(["ping": 1])["ok"]?.isTrue == true)
      kill(sandbox.pid, SIGSTOP)
      let (error, seconds) = Clock.measure { () -> MongoError? in
        do throws(MongoError) { try sandbox.pool.run(["ping": 1]) } catch { return error }
        return nil
      }
      #expect(error.map { sandbox.explain($0).code } == "mongod-stopped" && seconds < 60)
    }
  }

  @Test("that is a member which a set ends without is named as not verified", .fullRun)
  func degraded() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let text = """
        version: 1
        backup: {path: dump}
        sandbox: {cache: 768MiB, topology: {replica_set: 3, election_timeout: 3s}}
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
    "whose disk is full says so, in 4", .fullRun,
    .enabled(if: geteuid() == 0, "root, who may mount"),
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
    "that takes few connections gives right answers or none", .fullRun,
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
