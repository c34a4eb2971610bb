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
      let seconds = try #require(plan["steps"]?.list?[1]["estimated_seconds"]?.number, "\(plan)")
      #expect(seconds >= 0.3 && seconds < 60)
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

  @Test("a program that may not be executed is found before the restore", .tags(.mongod))
  func notExecutable() throws {
    try withFolder { folder in
      try scenario(
        """
        version: 1
        backup: {path: ../dump}
        steps: [restore: {}, run: {argv: [./smoke.sh]}, check: ]
        checks: {core: {"*": [collections]}}
        """, in: folder)
      try Files.writeAtomically("#!/bin/sh\n".utf8, to: Files.join(folder, "shop/smoke.sh"), mode: 0o644)
      let run = try Mongodrill.run("run", "shop", "--output=json", "-q", "--sandbox-dir", ".", in: folder)
      let reason = try JSON.parse(run.output)["reasons"]?.list?.first
      #expect(reason?["code"] == "not-executable")
      #expect(reason?["hint"]?.text?.hasPrefix("Allow it: chmod +x ") == true)
      #expect(run.status == 4)
    }
  }

  @Test("names the mongorestore call that brings the same back, or none where there is none", .tags(.mongod))
  func nearest() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      // A frame of one stored block: what zstd writes of what it can't compress.
      let archive = try Files.read("\(Fixture.small)/x.archive")
      func bytes(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(number >> (8 * $0) & 255) }
      }
      func frame(_ data: [UInt8]) -> [UInt8] {
        [0x28, 0xB5, 0x2F, 0xFD, 0xA0] + bytes(data.count, 4) + bytes(data.count << 3 | 1, 3) + data
      }
      try Files.writeAtomically(frame(archive), to: Files.join(folder, "x.archive.zst"))
      try Files.writeAtomically(
        frame(Files.read("\(folder)/dump/shop/orders.bson")), to: Files.join(folder, "orders.bson.zst"))
      try Files.writeAtomically(
        "version: 1\nbackup: {path: dump/shop}\nsteps: [restore: {include: shop.orders}, check: ]\n".utf8,
        to: Files.join(folder, "one.yaml"))
      for (backup, command, differs) in [
        ("dump/shop", "mongorestore --db=shop --dir=dump/shop", false),
        ("dump", "mongorestore --dir=dump", false),
        (
          "\(Fixture.small)/x.archive.gz", "mongorestore --archive=\(Fixture.small)/x.archive.gz --gzip",
          false
        ),
        ("x.archive.zst", "zstd -dc x.archive.zst | mongorestore --archive", false),
        ("orders.bson.zst", nil, false),
        ("one.yaml", "mongorestore --db=shop --dir=dump/shop --nsInclude=shop.orders", true),
      ] {
        let plan = try Mongodrill.run("plan", backup, "--no-replay", "--sandbox-dir", ".", in: folder)
        #expect(plan.status == 0, "\(plan.errorOutput)")
        #expect(plan.output.contains("mongorestore") == (command != nil), "\(plan.output)")
        if let command { #expect(plan.output.contains("\n  \(command)\n"), "\(plan.output)") }
        #expect(plan.output.contains("it follows no --nsInclude") == differs)
      }
    }
  }

  @Test("refuses checks that compare with documents which an oplog is replayed to", .tags(.mongod))
  func comparedAfterReplay() throws {
    try withFolder { folder in
      for check in ["count", "{count: {compare: backup}}", "digest"] {
        let checks = "checks: {core: {\"*\": [collections, \(check)]}}\n"
        let backup = "version: 1\nbackup: {path: \(Fixture.small)/dump}\n"
        try Files.writeAtomically("\(backup)\(checks)".utf8, to: Files.join(folder, "own.yaml"))
        let plan = try Mongodrill.run("plan", "own.yaml", "--sandbox-dir", ".", in: folder)
        #expect(plan.status == 78)
        #expect(
          plan.errorOutput.contains("compares with the backup's documents, and an oplog is replayed to them"))
        let alone = try Mongodrill.run("plan", "own.yaml", "--no-replay", "--sandbox-dir", ".", in: folder)
        #expect(alone.status == 0, "\(alone.errorOutput)")
        #expect(try Mongodrill.run("lint", "own.yaml", in: folder).status == 0)
        for more in ["oplog: [slices]\n", "steps: [restore: {}, replay: {to: dump-end}, check: ]\n"] {
          try Files.writeAtomically("\(backup)\(checks)\(more)".utf8, to: Files.join(folder, "more.yaml"))
          let lint = try Mongodrill.run("lint", "more.yaml", in: folder)
          #expect(lint.status == 78, "\(lint.output)")
          #expect(lint.output.hasPrefix("more.yaml:3:"), "\(lint.output)")
        }
        // What is checked before anything is replayed can be compared.
        let both = "steps: [restore: {no_replay: true}, check: , restore: {}, replay: {to: dump-end}]\n"
        try Files.writeAtomically("\(backup)\(checks)\(both)".utf8, to: Files.join(folder, "both.yaml"))
        #expect(try Mongodrill.run("lint", "both.yaml", in: folder).status == 0)
      }
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
