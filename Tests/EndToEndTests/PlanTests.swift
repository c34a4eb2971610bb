import Platform
import TestSupport
import Testing

@Suite("mongodrill plan")
struct PlanTests {
  private func scenario(_ text: String, in folder: String) throws {
    _ = try Dump(in: folder)
    try Files.createFolder(Files.join(folder, "shop"))
    try Files.writeAtomically(text.utf8, to: Files.join(folder, "shop/scenario.yaml"))
  }

  @Test("names what a person does, what is protected, and what mongorestore would be told", .tags(.mongod))
  func people() throws {
    try withFolder { folder in
      try scenario(
        """
        version: 1
        backup: {path: ../dump}
        preflight: [Tell the shop.]
        follow_up: [Tell the auditor.]
        steps:
          - {id: back, planned: 2m, restore: {include: ["shop.o*"], rename: {shop.orders: "shop.new orders"}}}
          - check:
        checks: {core: {"*": [collections]}}
        """, in: folder)
      let run = try Mongodrill.run("plan", "shop", "--sandbox-dir", ".", in: folder)
      for lines in [
        "\nProtected  the backup and the oplog are only read; only the sandbox is written to\n",
        "\n  back (restore), planned 2m 00s\n", "\nBy hand, before\n  Tell the shop.\n",
        "\nBy hand, after\n  Tell the auditor.\n",
        "\n  mongorestore --dir=shop/../dump '--nsInclude=shop.o*' --nsFrom=shop.orders '--nsTo=shop.new orders'\n",
      ] {
        #expect(run.output.contains(lines), "\(lines) in \(run.output)")
      }
      #expect(run.status == 0)
      // But for what is free on the disk, which others change meanwhile.
      func lasting(_ run: Mongodrill.Run) -> [Substring] {
        run.output.split(separator: "\n").filter { !$0.hasPrefix("Disk ") }
      }
      let dry = try Mongodrill.run("run", "shop", "--dry-run", "--sandbox-dir", ".", in: folder)
      #expect(lasting(dry) == lasting(run))
      #expect(try Files.names(in: folder) == ["dump", "shop"])
    }
  }

  @Test("estimates from the median of earlier runs", .tags(.mongod))
  func estimates() throws {
    try withFolder { folder in
      try scenario(
        """
        version: 1
        backup: {path: ../dump}
        steps: [restore: {}, wait: 300ms, check: ]
        checks: {core: {"*": [collections]}}
        """, in: folder)
      #expect(try Mongodrill.run("run", "shop", "-q", "--sandbox-dir", ".", in: folder).status == 0)
      let plan = try JSON.parse(
        Mongodrill.run("plan", "shop", "--sandbox-dir", ".", "--output=json", in: folder).output)
      #expect(plan["estimate"]?["runs"] == 1)
      guard case .double(let seconds)? = plan["steps"]?.list?[1]["estimated_seconds"] else {
        Issue.record("\(plan)")
        return
      }
      #expect(seconds >= 0.3 && seconds < 5)
    }
  }

  @Test("a missing program is a problem of the plan, and a run of it starts no server", .tags(.mongod))
  func missingProgram() throws {
    try withFolder { folder in
      try scenario(
        """
        version: 1
        backup: {path: ../dump}
        steps:
          - restore: {}
          - run: {argv: [./smoke.sh]}
          - run: {shell: "exit 3"}
          - check:
        checks: {core: {"*": [collections]}}
        rollbacks: [run: {argv: [no-such-notifier]}]
        """, in: folder)
      let plan = try Mongodrill.run("plan", "shop", "--sandbox-dir", ".", in: folder)
      #expect(plan.status == 4)
      #expect(plan.output.contains("there is no program ") && plan.output.contains("shop/./smoke.sh"))
      #expect(plan.output.contains("there is no program no-such-notifier"))
      let run = try Mongodrill.run("run", "shop", "--output=json", "-q", "--sandbox-dir", ".", in: folder)
      let record = try JSON.parse(run.output)
      #expect(run.status == 4)
      #expect(
        record["reasons"]?.list?.prefix(2).map { $0["code"] } == ["program-missing", "program-missing"])
      #expect(record["environment"]?["sandbox"] == .null)
      #expect(record["steps"]?.list?.allSatisfy { $0["status"] == "skipped" } == true)
    }
  }

  @Test("a shell reads what `shell` says, and only that", .tags(.mongod))
  func shell() throws {
    try withFolder { folder in
      try scenario(
        """
        version: 1
        backup: {path: ../dump}
        steps:
          - restore: {}
          - {id: pipe, run: {shell: "echo one two | wc -w"}}
          - {id: plain, run: {argv: [echo, "one | wc -w"]}}
          - check:
        checks: {core: {"*": [collections]}}
        """, in: folder)
      let run = try Mongodrill.run("run", "shop", "--output=json", "-q", "--sandbox-dir", ".", in: folder)
      let record = try JSON.parse(run.output)
      #expect(record["steps"]?.list?.compactMap { $0["output"]?.text } == ["2\n", "one | wc -w\n"])
      #expect(run.status == 0)
      let both = Files.join(folder, "both.yaml")
      try Files.writeAtomically(
        "version: 1\nbackup: {path: dump}\nsteps: [restore: {}, run: {shell: a, argv: [b]}]\n".utf8, to: both)
      let lint = try Mongodrill.run("lint", "both.yaml", in: folder)
      #expect(lint.output.contains("there is `argv` as well; write one of them"))
    }
  }
}
