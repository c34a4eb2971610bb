import Platform
import TestSupport
import Testing

@Suite("mongodrill run", .tags(.mongod))
struct RunTests {
  @Test("drills a backup against itself, says the verdict and writes the report")
  func backup() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("run", "dump", "-q", "--sandbox-dir", ".", in: folder)
      let id = try #require(runs(in: folder).first)
      #expect(
        run.output.replacing(#/all \d+ checks/#, with: "all … checks") == """
          PASS  The backup can be recovered: 5 documents in 2 collections came back and all … checks passed.
          Report: reports/\(id)/report.md

          """)
      #expect(run.errorOutput == "")
      #expect(run.status == 0)
      #expect(try Files.names(in: folder) == ["dump", "reports"])
      #expect(try Files.names(in: Files.join(folder, "reports/\(id)")) == ["report.json", "report.md"])
    }
  }

  @Test("prints the record itself as JSON, and of several drills an array; the worse exit status counts")
  func records() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      let one = try Mongodrill.run("run", "dump", "--output=json", "--sandbox-dir", ".", in: folder)
      let record = try JSON.parse(one.output)
      #expect(record["verdict"] == "pass")
      #expect(record["exit_code"] == 0)
      #expect(record["tool"]?["version"] == "0.1.0")

      try Files.createFolder(Files.join(folder, "strict"))
      try Files.writeAtomically(
        """
        version: 1
        backup: {path: \(dump.path)}
        checks:
          core:
            shop.orders:
              - count: {min: 3}
        """.utf8, to: Files.join(folder, "strict/scenario.yaml"))
      let two = try Mongodrill.run("run", "dump", "strict", "--output=json", "--sandbox-dir", ".", in: folder)
      guard case .array(let records) = try JSON.parse(two.output) else {
        Issue.record("no array: \(two.output)")
        return
      }
      #expect(records.map { $0["verdict"] } == ["pass", "fail"])
      #expect(two.status == 1)
    }
  }

  @Test("writes each event as a line of JSON, the result last")
  func lines() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("run", "dump", "--output=jsonl", "-q", "--sandbox-dir", ".", in: folder)
      let events = try run.output.split(separator: "\n").map { try JSON.parse(String($0)) }
      #expect(events.allSatisfy { $0["event"] != nil })
      #expect(events.first?["event"] == "phase-started")
      #expect(events.last?["event"] == "result")
      #expect(events.last?["result"]?["verdict"] == "pass")
      #expect(events.count { $0["event"] == "checked" && $0["check"]?["kind"] == "count" } == 2)
    }
  }

  @Test("runs nothing when one of the scenarios is invalid")
  func invalid() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try Files.writeAtomically("version: 1\nbakcup: {path: dump}\n".utf8, to: Files.join(folder, "a.yaml"))
      let run = try Mongodrill.run("run", "dump", "a.yaml", "-q", in: folder)
      #expect(run.output == "")
      #expect(run.errorOutput.hasPrefix("mongodrill: a.yaml:"))
      #expect(run.status == 78)
      #expect(try Files.names(in: folder) == ["a.yaml", "dump"])
    }
  }

  @Test("leaves a report of a backup that isn't there, and ends in 66")
  func missing() throws {
    try withFolder { folder in
      let run = try Mongodrill.run("run", "missing", "-q", in: folder)
      #expect(run.output.hasPrefix("INCONCLUSIVE  "))
      #expect(run.status == 66)
      #expect(try runs(in: folder).count == 1)
    }
  }

  @Test("ends in 130 on Ctrl-C in the middle, with a report and without a sandbox")
  func interrupted() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      try Files.writeAtomically(
        """
        version: 1
        backup: {path: \(dump.path)}
        steps:
          - {id: restore, restore: {}}
          - {id: wait, run: {argv: [sh, -c, "echo > waiting; sleep 100"]}}
          - {id: verify, check: []}
        """.utf8, to: Files.join(folder, "slow.yaml"))
      let output = Files.join(folder, "out")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "run", "slow.yaml", "-q", "--sandbox-dir", "."],
          environment: Mongodrill.environment,
          workingDirectory: folder, output: .file(output), errorOutput: .file(output)))
      #expect(eventually { Files.exists(Files.join(folder, "waiting")) || !child.isAlive })
      child.signal(2)
      #expect(child.wait(timeout: 20) == .exited(130))
      #expect(try Files.text(of: output).hasPrefix("INCONCLUSIVE  "))
      #expect(try Files.names(in: folder) == ["dump", "out", "reports", "slow.yaml", "waiting"])
    }
  }

  @Test(
    "ends in 130 on Ctrl-C in the middle of a replay, with a report and without a sandbox", .needsFixtures)
  func interruptedReplay() throws {
    try withFolder { folder in
      try Files.writeAtomically(
        """
        version: 1
        backup: {path: \(Fixture.base)/dump}
        oplog: [\(Fixture.oplog)]
        steps: [{restore: {}}, {replay: {}}, {check: []}]
        """.utf8, to: Files.join(folder, "replay.yaml"))
      let output = Files.join(folder, "out")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "run", "replay.yaml", "--output=jsonl", "--sandbox-dir", "."],
          environment: Mongodrill.environment,
          workingDirectory: folder, output: .file(output), errorOutput: .file(Files.join(folder, "err"))))
      func events() -> [JSON] {
        ((try? Files.text(of: output)) ?? "").split(separator: "\n").compactMap {
          try? JSON.parse(String($0))
        }
      }
      #expect(
        eventually {
          !child.isAlive || events().contains { $0["event"] == "phase-started" && $0["phase"] == "replay" }
        })
      child.signal(2)
      #expect(child.wait(timeout: 30) == .exited(130))
      let record = try #require(events().last?["result"])
      #expect(record["status"] == "aborted" && record["verdict"] == "inconclusive" && record["checks"] == [])
      guard case .array(let steps)? = record["steps"] else {
        throw Failure(.internal, "no-steps", "\(record)")
      }
      #expect(steps.map { $0["status"] } == ["completed", "aborted", "skipped"])
      #expect(try Files.names(in: folder) == ["err", "out", "replay.yaml", "reports"])
    }
  }
}
