import Platform
import Sandbox
import TestSupport
import Testing

@Suite("A fault that the machine can't do", .tags(.mongod))
struct ImpossibleFaultTests {
  @Test("is skipped with the reason, and the drill doesn't pass")
  func skipped() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let text = """
        version: 1
        backup: {path: dump}
        steps:
          - restore: {}
          - {id: full, fault: {fill_disk: server, for: 2s, expect: fails, within: 1s}}
          - check: []
        """
      try Files.writeAtomically(text.utf8, to: Files.join(folder, "scenario.yaml"))
      // The program that mounts the small file system isn't there.
      var environment = Mongodrill.environment
      environment["MONGODRILL_MONGOD"] = try MongodFinder().find().path
      environment["PATH"] = folder
      let run = try Mongodrill.run(
        "run", "scenario.yaml", "--report-dir", "reports", "--sandbox-dir", folder, "--progress", "none",
        environment: environment, in: folder)
      #expect(run.status == 5, "\(run.output)\(run.errorOutput)")
      let words = "step full was skipped: fill_disk: the program unshare is not there"
      #expect(run.output.contains(words) && !run.output.contains("PASS"), "\(run.output)")
      let name = try #require(try runs(in: folder).first)
      #expect(try Files.text(of: Files.join(folder, "reports/\(name)/report.md")).contains(words))
    }
  }
}
