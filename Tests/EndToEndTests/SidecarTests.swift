import BSON
import Glibc
import Platform
import TestSupport
import Testing

@Suite("A backup with a sidecar")
struct SidecarTests {
  private func describe(_ json: String, in folder: String) throws {
    try Files.writeAtomically(json.utf8, to: Files.join(folder, "dump/backup_metadata.json"))
  }

  @Test("is compared with it by verify, which names each file with both values")
  func verify() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      let sum = try SHA256.hex(of: Files.read(dump.file("orders.bson")))
      let good = """
        {"id": "nightly-7", "type": "full", "completed_at": "2026-11-21T14:30:00Z", "success": true,
         "checksums": {"shop/orders.bson": "sha256:\(sum)"}, "collections": {"shop.orders": 2, "shop.customers": 3}}
        """
      try describe(good, in: folder)
      let run = try Mongodrill.run("verify", "dump", in: folder)
      #expect(run.output.hasSuffix("\nThe backup is whole.\n"), "\(run.output)")
      #expect(
        run.errorOutput.contains(
          "dump/backup_metadata.json: says id nightly-7, full, of 2026-11-21T14:30:00Z, succeeded"),
        "\(run.errorOutput)")
      #expect(run.status == 0)

      let other = String(repeating: "0", count: 64)
      try describe(
        """
        {"files": [{"path": "shop/orders.bson", "sha256": "\(other)"},
                   {"path": "shop/customers.bson", "size": 7}],
         "collections": {"shop.orders": 3}}
        """, in: folder)
      let bad = try Mongodrill.run("verify", "dump", in: folder)
      let customers = try Files.size(of: dump.file("customers.bson"))
      #expect(
        bad.output.hasSuffix(
          """
          The backup is damaged: 3 faults.
            dump/shop/orders.bson: its sha256 is \(sum), and dump/backup_metadata.json says \(other)
              HINT: The file was changed or damaged after the backup was made.
            dump/shop/customers.bson: has \(customers) bytes, and dump/backup_metadata.json says 7
              HINT: The copy was interrupted, or files are missing or were added.
            dump/backup_metadata.json: says 3 documents of shop.orders, and the backup holds 2
              HINT: Something was lost, or it was counted at another time than it was backed up.

          """), "\(bad.output)")
      #expect(bad.status == 65)
    }
  }

  @Test("is compared with it by a drill: files first, counts when they were read", .tags(.mongod))
  func drill() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try describe(#"{"status": "completed", "collections": {"shop.orders": 2}}"#, in: folder)
      let good = try Mongodrill.run("run", "dump", "--output=json", "--sandbox-dir", ".", in: folder)
      #expect(good.status == 0, "\(good.errorOutput)")
      let notes = try JSON.parse(good.output)["backup"]?["notes"]?.text() ?? ""
      #expect(notes.contains("says not") == false && notes.contains("compared 1 document count"), "\(notes)")

      try describe(#"{"status": "completed", "collections": {"shop.orders": 9}}"#, in: folder)
      let lost = try Mongodrill.run("run", "dump", "-q", "--sandbox-dir", ".", in: folder)
      #expect(
        lost.output.hasPrefix(
          "FAIL  The backup cannot be recovered: dump/backup_metadata.json: says 9 documents of shop.orders, and the "
            + "backup holds 2"), "\(lost.output)")
      #expect(lost.status == 65)

      try describe(#"{"size_bytes": 12}"#, in: folder)
      let small = try Mongodrill.run("run", "dump", "-q", "--sandbox-dir", ".", in: folder)
      #expect(small.status == 65 && small.output.contains("says 12"), "\(small.output)")
      #expect(
        try Mongodrill.run("restore", "dump", "--sandbox-dir", ".", "--", "true", in: folder).status == 65)

      try describe(#"{"status": "failed", "error": "disk full"}"#, in: folder)
      let failed = try Mongodrill.run("run", "dump", "-q", "--sandbox-dir", ".", in: folder)
      #expect(
        failed.output.hasPrefix(
          "FAIL  The backup cannot be recovered: dump/backup_metadata.json: says that the backup failed: status is "
            + "failed (disk full)"), "\(failed.output)")
      #expect(failed.status == 65)
    }
  }

  @Test("keeps a command from running on a restore of fewer documents than it says", .tags(.mongod))
  func restore() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      try describe(#"{"collections": {"shop.orders": 2}, "total_documents": 5}"#, in: folder)
      func restored(_ options: String...) throws -> Mongodrill.Run {
        try Mongodrill.run(
          ["restore", "dump", "--sandbox-dir", "."] + options + ["--", "echo", "it ran"], in: folder)
      }
      #expect(try restored().status == 0)
      #expect(try restored("--include", "shop.customers").status == 0)
      // Cut at a document's end: nothing else tells.
      let first: Document = ["_id": .int32(1), "customerId": .int32(1)]
      try dump.cut("orders.bson", to: first.withBytes { $0.count })
      let cut = try restored()
      #expect(
        cut.errorOutput.contains(
          "dump/backup_metadata.json: says 2 documents of shop.orders, and the backup holds 1"),
        "\(cut.errorOutput)")
      #expect(cut.output == "" && cut.status == 65)
      #expect(try Files.names(in: folder) == ["dump"])
    }
  }

  @Test("is compared with the documents that an oplog is replayed onto, too", .tags(.mongod), .needsFixtures)
  func restoreWithOplog() throws {
    try withFolder { folder in
      try Files.linkTree(Files.join(Fixture.base, "dump"), to: Files.join(folder, "dump")) { _ in false }
      try describe(#"{"collections": {"shop.orders": 7}}"#, in: folder)
      let run = try Mongodrill.run(
        "restore", "dump", "--include", "shop.orders", "--sandbox-dir", ".", "--", "echo", "it ran",
        in: folder)
      #expect(run.errorOutput.contains("says 7 documents of shop.orders"), "\(run.errorOutput)")
      #expect(run.output == "" && run.status == 65)
    }
  }

  @Test("ends with the drill when its checksums take longer than that may", .timeLimit(.minutes(10)))
  func stopped() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      // Nothing but a hole: many minutes of reading, and no room on the disk.
      let large = Files.join(folder, "large")
      try Files.writeAtomically([], to: large)
      try #require(truncate(large, 1 << 40) == 0)
      let zeros = String(repeating: "0", count: 64)
      try Files.writeAtomically(
        #"{"checksums": {"large": "sha256:\#(zeros)"}}"#.utf8,
        to: Files.join(folder, "dump.backup_metadata.json"))
      try Files.writeAtomically(
        "version: 1\nbackup: {path: dump}\nstop_conditions: [{elapsed: \"> 1s\"}]\n".utf8,
        to: Files.join(folder, "scenario.yaml"))
      let start = Clock.monotonic
      let run = try Mongodrill.run(
        "run", "scenario.yaml", "--output=json", "--sandbox-dir", ".", in: folder)
      #expect(Clock.monotonic - start < 100)
      #expect(run.status == 4, "\(run.errorOutput)")
      #expect(run.output.contains(#""stop-condition""#), "\(run.output)")
    }
  }

  @Test("is passed over when another is picked, which the record says", .tags(.mongod))
  func pick() throws {
    try withFolder { folder in
      for day in ["2026-11-19", "2026-11-20"] {
        try Files.createFolder(Files.join(folder, "backups/\(day)"), parents: true)
        _ = try Dump(in: Files.join(folder, "backups/\(day)"))
      }
      try Files.writeAtomically(
        #"{"status": "running"}"#.utf8, to: Files.join(folder, "backups/2026-11-20/backup_metadata.json"))
      for (pick, reason, verdict) in [
        ("latest", "the only backup that can be used", "warn"),
        ("random, seed: 7", "picked at random the only backup that can be used, seed 7", "pass"),
      ] {
        try Files.writeAtomically(
          "version: 1\nbackup: {from: backups, pick: \(pick)}\n".utf8, to: Files.join(folder, "picked.yaml"))
        let run = try Mongodrill.run("run", "picked.yaml", "--output=json", "--sandbox-dir", ".", in: folder)
        let record = try JSON.parse(run.output)
        #expect(record["backup"]?["path"] == "backups/2026-11-19/dump")
        #expect(record["verdict"] == .string(verdict))
        #expect(
          run.output.contains("a newer backup, backups/2026-11-20/dump, can't be used: ")
            == (verdict == "warn"))
        #expect(
          record["backup"]?["notes"] == [
            .string(
              "backups/2026-11-19/dump: \(reason), of 2026-11-19T00:00:00Z by the date in its name"),
            """
            backups/2026-11-20/dump: passed over, backups/2026-11-20/backup_metadata.json: says that the backup was \
            not finished: status is running
            """,
          ], "\(record["backup"]?["notes"]?.text() ?? run.errorOutput)")
        #expect(run.status == 0)
      }
    }
  }
}
