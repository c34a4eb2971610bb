// A harness for tests to kill: it starts what its arguments say, prints what a test has to know, one `key value` a
// line and `ready` last, and waits to be told to end (a line, or the end, of its standard input; or a signal).

import Glibc
import Platform
import Sandbox

func say(_ text: String) { Terminal.write(text + "\n", to: Terminal.output) }

do {
  try Supervisor.start()
  Interruption.install()
  say("supervisor \(Supervisor.shared.pid ?? 0)")
  let arguments = CommandLine.arguments
  switch arguments.dropFirst().first {
  case "shell":
    // shell FOLDER SCRIPT: runs the script in a new folder that is to be removed at the end.
    try Supervisor.shared.removeAtEnd(arguments[2])
    try Files.createFolder(arguments[2])
    let child = try Supervisor.shared.spawn(
      ChildSpec(["sh", "-c", arguments[3]], workingDirectory: arguments[2]))
    say("child \(child.pid)")
  case "set":
    // set FOLDER MEMBERS: starts a sandbox in the folder and makes a replica set of it.
    let sandbox = try Sandbox.start(SandboxOptions(directory: arguments[2], cacheBytes: 256 << 20))
    _ = try sandbox.becomeReplicaSet(ReplicaSetPlan(members: Int(arguments[3]) ?? 1, electionTimeout: 1))
    for (index, server) in sandbox.servers.enumerated() { say("member-\(index) \(server.pid)") }
    say("directory \(sandbox.directory)")
  case "sandbox":
    // sandbox FOLDER: starts a sandbox in the folder.
    let sandbox = try Sandbox.start(SandboxOptions(directory: arguments[2]))
    say("mongod \(sandbox.pid)")
    say("directory \(sandbox.directory)")
    say("uri \(sandbox.uri)")
    say("ready")
    Interruption.sleep(600)
    do { try Interruption.check() } catch {
      try sandbox.stop()
      Supervisor.shared.finish()
      exit(error.code == "SIGINT" ? 130 : 143)
    }
  case "capture":
    // Runs a program that ignores a first wish to end.
    say("ready")
    do {
      _ = try Supervisor.shared.capture(ChildSpec(["sh", "-c", "trap '' TERM; sleep 600; sleep 600"]))
    } catch { say("code \(error.code)") }
    exit(0)
  case "sleep":
    // sleep [SECONDS]: sleeps until a signal comes, and takes so long to clean up.
    say("ready")
    let started = Clock.monotonic
    Interruption.sleep(60)
    say("slept \(Clock.monotonic - started)")
    do { try Interruption.check() } catch {
      say("code \(error.code)")
      // Cleaning up takes a while, in which further signals may come.
      let end = Clock.monotonic + (arguments.dropFirst(2).first.flatMap { Double($0) } ?? 0.5)
      while Clock.monotonic < end { usleep(25_000) }
      say("cleaned up")
    }
    exit(0)
  default:
    fatalError(
      "usage: Holder shell FOLDER SCRIPT | sandbox FOLDER | set FOLDER MEMBERS | capture | sleep [SECONDS]")
  }
  say("ready")
  _ = readLine()
  Supervisor.shared.finish()
} catch {
  say("failed \(error)")
  exit(1)
}
