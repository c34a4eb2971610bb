import BSON
import Glibc
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

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
      let disk: SmallDisk
      do throws(Failure) { disk = try SmallDisk(bytes: 256 << 10, at: place) } catch {
        // Neither root nor user namespaces: it says so.
        #expect(error.code == "no-small-disk")
        return
      }
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
      #expect(failure?.code == "file-held" && seconds < 30)
      withExtendedLifetime(holder) {}
    }
  }
}
