import Glibc
import Platform
import TestSupport
import Testing

@Suite("A scenario that picks several backups", .tags(.mongod))
struct PickedDrillsTests {
  /// A folder `backups` with two good ones, one that failed, a damaged one and what was an archive once.
  private func withBackups(_ body: (String) throws -> Void) throws {
    try withFolder { folder in
      for day in ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"] {
        try Files.createFolder(Files.join(folder, "backups/\(day)"), parents: true)
        let dump = try Dump(in: Files.join(folder, "backups/\(day)"))
        if day == "2026-11-18" { try dump.cut("orders.bson", to: 40) }
      }
      try Files.writeAtomically(
        #"{"status": "failed"}"#.utf8, to: Files.join(folder, "backups/2026-11-20/backup_metadata.json"))
      try Files.writeAtomically([UInt8](), to: Files.join(folder, "backups/old.archive.gz"))
      try body(folder)
    }
  }

  private func write(_ pick: String, in folder: String) throws {
    try Files.writeAtomically(
      "version: 1\nbackup: {from: backups, pick: \(pick)}\n".utf8, to: Files.join(folder, "rotation.yaml"))
  }

  @Test(
    "drills all of them, the failed and damaged ones too, each with a report, and ends in a table and in 65")
  func all() throws {
    try withBackups { folder in
      try write("all", in: folder)
      let run = try Mongodrill.run("run", "rotation.yaml", "-q", "--sandbox-dir", ".", in: folder)
      let table = run.output.split(separator: "\n")
        .filter { !$0.hasPrefix("Report:") && !$0.hasPrefix("HINT:") }.dropFirst(5)
        .map { $0.replacing(#/ +\d+\.\d( |$)/#, with: { "      s.s\($0.1)" }) }
      #expect(
        table.joined(separator: "\n") == """
          Backup           Taken                 Verdict  Exit  Documents  Seconds  Why
          2026-11-19/dump  2026-11-19T00:00:00Z  PASS        0          5      s.s
          2026-11-18/dump  2026-11-18T00:00:00Z  FAIL       65          0      s.s  backups/2026-11-18/dump/shop/orders.bson at byte 30: the data ends inside a document, after 10 of 30 bytes of it
          2026-11-17/dump  2026-11-17T00:00:00Z  PASS        0          5      s.s
          2026-11-20/dump  unknown               FAIL       65          0      s.s  backups/2026-11-20/backup_metadata.json: says that the backup failed: status is failed
          old.archive.gz   unknown               FAIL       65          0      s.s  backups/old.archive.gz: is empty, which no backup is
          2 of 5 backups in backups passed.
          """, "\(run.output)\(run.errorOutput)")
      #expect(run.status == 65)
      #expect(try runs(in: folder).count == 5)
      #expect(try Files.names(in: folder) == ["backups", "reports", "rotation.yaml"])
    }
  }

  @Test("gives an array of records for a program, with the time of each")
  func json() throws {
    try withBackups { folder in
      try write("[latest, oldest]", in: folder)
      let run = try Mongodrill.run("run", "rotation.yaml", "--output=json", "--sandbox-dir", ".", in: folder)
      guard case .array(let records) = try JSON.parse(run.output) else {
        Issue.record("no array: \(run.output)")
        return
      }
      #expect(
        records.map { $0["backup"]?["path"] } == ["backups/2026-11-19/dump", "backups/2026-11-17/dump"])
      #expect(
        records.map { $0["backup"]?["taken_at"] } == ["2026-11-19T00:00:00.000Z", "2026-11-17T00:00:00.000Z"])
      #expect(records.map { $0["backup"]?["taken_by"] } == ["the date in its name", "the date in its name"])
      #expect(records.map { $0["summary"]?["documents"] } == [5, 5])
      #expect(run.status == 0)
    }
  }

  @Test("takes another backup with each pick of a list, and leaves out what finds none")
  func list() throws {
    try withBackups { folder in
      // The cut dump looks whole until it is read.
      try Files.removeTree(Files.join(folder, "backups/2026-11-18"))
      try write("[latest, {holds: shop.orders}, random, oldest], seed: 7", in: folder)
      let plan = try Mongodrill.run("plan", "rotation.yaml", in: folder)
      let picked = plan.output.split(separator: "\n").filter { $0.hasPrefix("Backup ") }.map { $0.prefix(34) }
      #expect(picked == ["Backup     backups/2026-11-19/dump", "Backup     backups/2026-11-17/dump"])
      #expect(plan.output.contains("backups/2026-11-19/dump: passed over, picked already"))
      #expect(
        plan.output.contains(
          "backups/2026-11-20/dump: passed over, backups/2026-11-20/backup_metadata.json: says"))
      #expect(plan.status == 0)
    }
  }

  @Test(
    "says so in a report when the folder holds nothing, or isn't there",
    arguments: ["all", "[latest, oldest]"])
  func nothing(pick: String) throws {
    try withFolder { folder in
      try write(pick, in: folder)
      let missing = try Mongodrill.run("run", "rotation.yaml", "-q", "--sandbox-dir", ".", in: folder)
      #expect(missing.status == 66, "\(missing.output)")
      try Files.createFolder(Files.join(folder, "backups"))
      let empty = try Mongodrill.run("run", "rotation.yaml", "-q", "--sandbox-dir", ".", in: folder)
      #expect(empty.output.contains("no backup in this folder can be picked"), "\(empty.output)")
      #expect(empty.status == 65)
    }
  }

  @Test("is for run and plan; damage takes one backup")
  func damage() throws {
    try withBackups { folder in
      try write("all", in: folder)
      let run = try Mongodrill.run("damage", "rotation.yaml", "-q", "--sandbox-dir", ".", in: folder)
      #expect(run.output.contains("`pick` takes several backups, and this takes one"), "\(run.output)")
      #expect(run.status == 78)
    }
  }

  @Test(
    "is refused where picks can't be together",
    arguments: [
      ("[latest, all]", "`all` can't stand in a list of picks"),
      ("[for_target]", "`for_target` can't stand in a list of picks"), ("[]", "`pick` without a condition"),
      ("all, seed: 7", "only `pick: random` takes one"),
    ])
  func refused(pick: String, message: String) throws {
    try withFolder { folder in
      try write(pick, in: folder)
      let lint = try Mongodrill.run("lint", "rotation.yaml", in: folder)
      #expect((lint.output + lint.errorOutput).contains(message), "\(lint.output)\(lint.errorOutput)")
      #expect(lint.status == 78)
    }
  }

  @Test("goes no further after a signal, and the table says what was not run")
  func interrupted() throws {
    try withBackups { folder in
      try Files.writeAtomically(
        """
        version: 1
        backup: {from: backups, pick: [latest, oldest]}
        steps: [{restore: {}}, {wait: 10m}, {check: []}]
        """.utf8, to: Files.join(folder, "rotation.yaml"))
      let output = Files.join(folder, "output")
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          [Mongodrill.path, "run", "rotation.yaml", "--progress=plain", "--sandbox-dir", "."],
          environment: Mongodrill.environment, workingDirectory: folder, output: .file(output),
          errorOutput: .file(output)))
      #expect(eventually { ((try? Files.text(of: output)) ?? "").contains("restore: 5 documents") })
      kill(child.pid, SIGINT)
      #expect(child.wait(timeout: 60) == .exited(130))
      let text = try Files.text(of: output)
      #expect(text.contains("2026-11-17/dump                        NOT RUN"), "\(text)")
      #expect(text.contains("0 of 2 backups in backups passed."))
    }
  }
}
