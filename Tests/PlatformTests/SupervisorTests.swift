import Glibc
import Platform
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct SupervisorTests {
  @Test(
    "tells how a child ended",
    arguments: [
      ("exit 0", Platform.ExitStatus.exited(0)), ("exit 3", .exited(3)),
      ("kill -TERM $$", .signaled(SIGTERM)),
    ])
  func endings(script: String, status: Platform.ExitStatus) throws {
    let child = try Supervisor.shared.spawn(ChildSpec(["sh", "-c", script]))
    #expect(child.wait(timeout: 60) == status)
    #expect(child.exitStatus == status)
    #expect(!child.isAlive)
  }

  @Test("a shell's code is 128 and the signal") func shellCode() {
    #expect(Platform.ExitStatus.exited(7).shellCode == 7)
    #expect(Platform.ExitStatus.signaled(SIGKILL).shellCode == 137)
    #expect(Platform.ExitStatus.signaled(SIGKILL).description == "signal 9 (killed)")
  }

  @Test("hands arguments, environment and folder over as they are") func handsOver() throws {
    try withFolder { folder in
      let captured = try Supervisor.shared.capture(
        ChildSpec(
          ["sh", "-c", "printf '%s|' \"$@\" \"$WORD\" \"$EMPTY\"; pwd; env | wc -l", "sh", "", "a b", "ü\n"],
          environment: ["WORD": "x=y", "EMPTY": "", "PATH": "/usr/bin:/bin"], workingDirectory: folder))
      // The shell adds PWD (and bash more); the harness's own variables don't come through.
      #expect(captured.output.text.hasPrefix("|a b|ü\n|x=y||\(folder)\n"))
      #expect(!captured.output.text.contains("HOME"))
    }
  }

  @Test("takes an argument and an environment near the system's limits") func large() throws {
    let argument = String(repeating: "a", count: 120_000)
    let environment = Dictionary(uniqueKeysWithValues: (0..<7).map { ("V\($0)", argument) })
    let captured = try Supervisor.shared.capture(
      ChildSpec(["/bin/sh", "-c", "echo ${#V6} ${#1}", "sh", argument], environment: environment))
    #expect(captured.output.text == "120000 120000\n")
  }

  @Test("says why a program can't be started") func notStarted() throws {
    func code(_ spec: ChildSpec) -> String? {
      do { _ = try Supervisor.shared.spawn(spec) } catch { return error.code }
      return nil
    }
    try withFolder { folder in
      let text = folder + "/text"
      try Files.writeAtomically("hello".utf8, to: text)
      #expect(code(ChildSpec(["no-such-program-here"])) == "program-not-found")
      #expect(code(ChildSpec(["/no/such/program"])) == "program-not-found")
      #expect(code(ChildSpec([text])) == "not-executable")
      try Files.writeAtomically("hello".utf8, to: text, mode: 0o755)
      #expect(code(ChildSpec([text])) == "program-not-started")
      #expect(code(ChildSpec(["true"], workingDirectory: folder + "/none")) == "folder-not-entered")
      #expect(code(ChildSpec(["true", "a\0b"])) == "program-not-started")
    }
  }

  @Test("a child starts with default signals, its own group, no descriptors of ours and no core dumps")
  func cleanChild() throws {
    let captured = try Supervisor.shared.capture(
      ChildSpec(["sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd; ulimit -c"]))
    let lines = captured.output.text.split(separator: "\n")
    // The low 31 bits: the C library keeps those above to itself.
    let masks = lines.prefix(2).map { UInt64($0.suffix(16), radix: 16).map { $0 & 0x7FFF_FFFF } }
    #expect(masks == [0, 0])
    // 0, 1, 2, and the one that ls reads the folder with.
    #expect(lines.dropFirst(2) == ["0", "1", "2", "3", "0"])
    let child = try Supervisor.shared.spawn(ChildSpec(["sleep", "60"]))
    #expect(getpgid(child.pid) == child.pid)
    child.kill()
    #expect(child.exitStatus == .signaled(SIGKILL))
  }

  @Test("a signal reaches the whole group, also when its leader is gone") func groups() throws {
    try withFolder { folder in
      let child = try Supervisor.shared.spawn(
        ChildSpec(["sh", "-c", "sleep 600 & echo $! > pid"], workingDirectory: folder))
      #expect(child.wait(timeout: 60) == .exited(0))
      let left = try #require(Int32(Files.text(of: folder + "/pid").dropLast()))
      #expect(isAlive(left))
      child.signal(SIGTERM)
      #expect(eventually { !isAlive(left) })
    }
  }

  @Test("waiting ends when its time is over") func waitingEnds() throws {
    let child = try Supervisor.shared.spawn(ChildSpec(["sleep", "600"]))
    let (status, seconds) = Clock.measure { child.wait(timeout: 0.05) }
    #expect(status == nil && seconds >= 0.05 && seconds < 30)
    child.kill()
  }

  @Test("keeps the beginning and the end of long output") func cut() throws {
    let captured = try Supervisor.shared.capture(
      ChildSpec(["sh", "-c", "yes first | head -c 300000; echo last; echo problem >&2"]), limit: 100)
    #expect(captured.output.omittedBytes == 300_005 - 100)
    #expect(captured.output.text.hasPrefix("first\nfirst\n"))
    #expect(captured.output.text.hasSuffix("last\n"))
    #expect(captured.errorOutput.text == "problem\n")
  }

  @Test("a program that takes too long is ended, with all of its group") func timeout() throws {
    let captured = try Supervisor.shared.capture(
      ChildSpec(["sh", "-c", "sleep 600 & sleep 601"]), timeout: 0.1)
    #expect(captured.isTimedOut)
    // SIGKILL comes after two more seconds, in which a busy machine may not have ended it.
    #expect([.signaled(SIGTERM), .signaled(SIGKILL)].contains(captured.status))
    #expect(captured.seconds < 60)
  }

  @Test("doesn't wait for the output of what was left in the background") func background() throws {
    let captured = try Supervisor.shared.capture(ChildSpec(["sh", "-c", "echo done; setsid sleep 600 &"]))
    #expect(captured.output.text == "done\n")
    #expect(captured.status == .exited(0))
    #expect(captured.seconds < 60)
  }
}

@Suite("When a harness ends", .timeLimit(.minutes(10))) struct HarnessEndTests {
  /// A child, one that left its group and its parent, and one that ignores every signal.
  let script = """
    sleep 600 & echo $! > a
    (setsid sh -c 'echo $$ > b.new; mv b.new b; trap "" TERM INT HUP; while :; do sleep 600; done' &)
    mkdir -p deep/er && echo x > deep/er/file && ln -s /etc link && mkdir -m 000 locked
    touch started; sleep 601
    """

  private func withHolder(_ body: (HolderProcess, _ folder: String, _ pids: [Int32]) throws -> Void) throws {
    try withFolder { outer in
      let folder = outer + "/removed"
      let holder = try HolderProcess(["shell", folder, script], in: outer)
      #expect(eventually { Files.exists(folder + "/started") && Files.exists(folder + "/b") })
      var pids = [try holder.pid("child")]
      for name in ["a", "b"] {
        pids.append(try #require(Int32(Files.text(of: "\(folder)/\(name)").dropLast())))
      }
      #expect(pids.allSatisfy(isAlive))
      try body(holder, folder, pids)
    }
  }

  @Test("killed: nothing that it started lives on, and its folders are gone") func killed() throws {
    try withHolder { holder, folder, pids in
      kill(holder.child.pid, SIGKILL)
      #expect(eventually { !pids.contains(where: isAlive) })
      #expect(eventually { !Files.exists(folder) })
      let supervisor = try holder.pid("supervisor")
      #expect(eventually { !isAlive(supervisor) })
      #expect(Files.exists("/etc/passwd"))
    }
  }

  @Test("its supervisor's signals don't matter") func supervisorIgnores() throws {
    try withHolder { holder, folder, pids in
      let supervisor = try holder.pid("supervisor")
      for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1] { kill(supervisor, signal) }
      usleep(50_000)
      #expect(isAlive(supervisor) && pids.allSatisfy(isAlive))
      kill(holder.child.pid, SIGKILL)
      #expect(eventually { !Files.exists(folder) && !pids.contains(where: isAlive) })
    }
  }

  @Test("supervisor killed: its children die") func supervisorKilled() throws {
    try withHolder { holder, _, pids in
      kill(try holder.pid("supervisor"), SIGKILL)
      #expect(eventually { !isAlive(pids[0]) })
      holder.child.kill()
      for pid in pids { kill(pid, SIGKILL) }
    }
  }
}

@Suite("Interruption", .timeLimit(.minutes(10))) struct InterruptionTests {
  @Test(
    "a signal wakes and is named; a second doesn't break cleaning up",
    arguments: [
      (SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGTERM"),
    ])
  func wakes(signal: Int32, code: String) throws {
    try withFolder { folder in
      let holder = try HolderProcess(["sleep"], in: folder)
      kill(holder.child.pid, signal)
      #expect(eventually { holder.lines.contains("code \(code)") })
      kill(holder.child.pid, SIGINT)
      #expect(holder.child.wait(timeout: 60) == .exited(0))
      #expect(holder.lines.last == "cleaned up")
    }
  }

  @Test("a program that is being run is ended, and the signal is named") func captured() throws {
    try withFolder { folder in
      let holder = try HolderProcess(["capture"], in: folder)
      usleep(100_000)
      kill(holder.child.pid, SIGTERM)
      #expect(holder.child.wait(timeout: 60) == .exited(0))
      #expect(holder.lines.last == "code SIGTERM")
    }
  }

  @Test("a third ends at once") func third() throws {
    try withFolder { folder in
      let holder = try HolderProcess(["sleep", "30"], in: folder)
      kill(holder.child.pid, SIGINT)
      #expect(eventually { holder.lines.contains("code SIGINT") })
      kill(holder.child.pid, SIGINT)
      // Of two that wait to be taken one is lost.
      #expect(eventually { !isPending(SIGINT, holder.child.pid) })
      kill(holder.child.pid, SIGINT)
      #expect(holder.child.wait(timeout: 60) == .exited(130))
      #expect(!holder.lines.contains("cleaned up"))
    }
  }
}
