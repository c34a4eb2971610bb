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

  @Test("tells what to do with the verdict, and counts no consequences among what is wrong")
  func hint() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let typo = try Mongodrill.run("run", "dmup", "-q", in: folder)
      let id = try #require(runs(in: folder).first)
      #expect(
        typo.output == """
          INCONCLUSIVE  There is no backup to drill: dmup: there is nothing at this path.
          HINT: Did you mean "dump"? In this folder there are: dump, reports.
          Report: reports/\(id)/report.md

          """)
      let nowhere = try Mongodrill.run("run", "no/where", "-q", "--report-dir", "r", in: folder)
      #expect(nowhere.output.contains("\nHINT: There is no folder no either.\n"), "\(nowhere.output)")
      let server = try Mongodrill.run("run", "dump", "-q", "--mongod", "/nonexist", in: folder)
      #expect(server.output.contains("\nHINT: ") && !server.output.contains(" more)"), "\(server.output)")
      #expect(server.status == 69)
    }
  }

  @Test("of a dump compares with the witness that read it at its moment", .needsFixtures)
  func witness() throws {
    try withFolder { folder in
      let witness = "\(Fixture.small)/dumped.json"
      func run(_ dump: String) throws -> (status: Int32, record: JSON) {
        let run = try Mongodrill.run(
          "run", dump, "--witness", witness, "-q", "--output=json", "--sandbox-dir", ".", in: folder)
        return (run.status, try JSON.parse(run.output))
      }
      let whole = try run("\(Fixture.small)/dump")
      #expect(whole.status == 0 && whole.record["verdict"] == "pass", "\(whole.record["reasons"] ?? .null)")
      #expect(whole.record["checks"]?.list?.count { $0["kind"] == "digest" } == 2)
      let lacking = Files.join(folder, "lacking")
      try Files.createFolder(Files.join(lacking, "shop"), parents: true)
      for name in [
        "oplog.bson", "shop/customers.bson", "shop/customers.metadata.json", "shop/orders.metadata.json",
      ] {
        try Files.writeAtomically(Files.read("\(Fixture.small)/dump/\(name)"), to: Files.join(lacking, name))
      }
      let orders = try Loss.documents(Files.read("\(Fixture.small)/dump/shop/orders.bson")) { $0 == 0 }
      try Files.writeAtomically(orders, to: Files.join(lacking, "shop/orders.bson"))
      let lost = try run("lacking")
      #expect(lost.status == 1 && lost.record["verdict"] == "fail", "\(lost.record["reasons"] ?? .null)")
    }
  }

  @Test("warns of a witness and a baseline that nothing compares with, as do lint and plan")
  func uncompared() throws {
    try withFolder { folder in
      let witness = "\(Fixture.small)/dumped.json"
      _ = try Dump(in: folder)
      let bare = try Mongodrill.run(
        "run", "dump", "--witness", witness, "-q", "--sandbox-dir", ".", in: folder)
      #expect(bare.output.hasPrefix("WARN  ") && bare.output.contains("nothing is compared with the witness"))
      #expect(bare.status == 0)
      let plan = try Mongodrill.run("plan", "dump", "--witness", witness, "--sandbox-dir", ".", in: folder)
      #expect(plan.output.contains("nothing is compared with the witness \(witness)"), "\(plan.output)")
      let scenario = "version: 1\nbackup: {path: dump}\nchecks: {core: {shop.orders: [count: {min: 1}]}}\n"
      try Files.writeAtomically("\(scenario)witness: \(witness)\n".utf8, to: Files.join(folder, "w.yaml"))
      let lint = try Mongodrill.run("lint", "w.yaml", in: folder)
      #expect(lint.output.hasPrefix("w.yaml: valid\n  note: no check compares with the witness \(witness); "))
      #expect(lint.status == 0)
      let run = try Mongodrill.run(
        "run", "w.yaml", "--baseline", "latest", "-q", "--output=json", "--sandbox-dir", ".", in: folder)
      let record = try JSON.parse(run.output)
      #expect(record["verdict"] == "warn")
      #expect(record["reasons"]?.list?.map { $0["code"] } == ["drill-warned", "drill-warned"])
      #expect(record["not_verified"]?.list?.compactMap { $0["code"]?.text } == ["witness", "baseline"])
    }
  }

  @Test("of one database of a dump says that the dump's oplog was not replayed")
  func besideOplog() throws {
    try withFolder { folder in
      let run = try Mongodrill.run(
        "run", "\(Fixture.small)/dump/shop", "-q", "--output=json", "--sandbox-dir", ".", in: folder)
      let left = try JSON.parse(run.output)["not_verified"]?.list?.compactMap { $0["message"]?.text } ?? []
      #expect(left.contains { $0.contains("dump's oplog beside this folder") }, "\(left)")
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
          - {id: wait, run: {argv: [sh, -c, "echo > waiting; sleep 600"]}}
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
      #expect(child.wait(timeout: 60) == .exited(130))
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
      #expect(
        eventually(for: 120) {
          // All lines anew each time: JSON is read when it counts.
          let text = (try? Files.text(of: output)) ?? ""
          return !child.isAlive
            || text.split(separator: "\n").contains {
              $0.contains(#""phase-started""#) && $0.contains(#""phase":"replay""#)
            }
        })
      child.signal(2)
      #expect(child.wait(timeout: 60) == .exited(130))
      let last = try #require(Files.text(of: output).split(separator: "\n").last)
      let record = try #require(JSON.parse(String(last))["result"])
      #expect(record["status"] == "aborted" && record["verdict"] == "inconclusive" && record["checks"] == [])
      guard case .array(let steps)? = record["steps"] else {
        throw Failure(.internal, "no-steps", "\(record)")
      }
      #expect(steps.map { $0["status"] } == ["completed", "aborted", "skipped"])
      #expect(try Files.names(in: folder) == ["err", "out", "replay.yaml", "reports"])
    }
  }
}
