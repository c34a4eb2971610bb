import BSON
import Glibc
import Platform
import TestSupport
import Testing

extension Tag {
  /// Needs a real `mongod`: found as the product finds it; without one the test fails.
  @Tag static var mongod: Self
}

@Suite("mongodrill restore", .tags(.mongod))
struct RestoreTests {
  @Test("runs a command on the restored data, and ends with its status")
  func command() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run(
        "restore", "dump", "-q", "--sandbox-dir", ".", "--", "sh", "-c",
        #"echo "$MONGODRILL_URI"; ls -d mongodrill-*/db; exit 7"#, in: folder)
      #expect(
        run.output.wholeMatch(
          of: #/mongodb://%2F[^\/]+%2Fmongod\.sock\/\nmongodrill-[^\/]+\/db\n/#) != nil, "\(run.output)")
      #expect(run.errorOutput == "")
      #expect(run.status == 7)
      #expect(try Files.names(in: folder) == ["dump"])
    }
  }

  @Test("says 128 and the signal's number of a command that a signal ended")
  func signalled() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run(
        "restore", "dump", "-q", "--sandbox-dir", ".", "--", "sh", "-c", "kill -KILL $$", in: folder)
      #expect(run.status == 137)
    }
  }

  @Test("tells of each phase in one line")
  func phases() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("restore", "dump", "--sandbox-dir", ".", "--", "true", in: folder)
      #expect(
        withoutTimes(run.errorOutput).replacing(#/sandbox: .*/#, with: "sandbox: …") == """
          sandbox: …
          restore: 5 documents, 165 B in …
          indexes: 2 indexes in …

          """)
      #expect(run.status == 0)
    }
  }

  @Test("warns of a seam of the oplog that nothing proves, with both its edges", .needsFixtures)
  func unprovenSeam() throws {
    let shop = Files.folder(of: Fixture.base)
    let run = try Mongodrill.run(
      "restore", "base/dump", "--oplog", "oplog/005", "--include", "shop.orders", "--", "true", in: shop)
    #expect(
      run.errorOutput.contains(
        """
        warning: unproven seam: base/dump/oplog.bson ends at 1795259684:19, oplog/005/local/oplog.rs.bson begins \
        at 1795259694:300: nothing proves that no entry lies between them

        """), "\(run.errorOutput)")
  }

  @Test("reads an archive from standard input, which the command then doesn't get", .needsFixtures)
  func standardInput() throws {
    try withFolder { folder in
      let run = try Mongodrill.run(
        "restore", "-", "-q", "--no-replay", "--include", "shop.orders", "--sandbox-dir", folder, "--", "cat",
        input: .file(Fixture.base + "/full.archive.gz"))
      #expect(run.output == "")
      #expect(run.status == 0)
    }
  }

  @Test(
    "replays the oplog that the dump took along without being asked, and says where it arrived",
    .needsFixtures)
  func oplog() throws {
    try withFolder { folder in
      let run = try Mongodrill.run("restore", Fixture.base + "/dump", "--sandbox-dir", folder, "--", "true")
      #expect(
        run.errorOutput.contains(
          "arrived at the target (through 1795259684:19): the last entry applied is 1795259684:19, the oplog ends "
            + "there"), "\(run.errorOutput)")
      #expect(run.status == 0)
    }
  }

  @Test("goes to a target of the slices, and says what comes after it", .needsFixtures)
  func target() throws {
    try withFolder { folder in
      let run = try Mongodrill.run(
        "restore", Fixture.base + "/full.archive.gz", "--oplog", Fixture.oplog, "--to",
        "before:1795259694:301",
        "--include", "crm.*", "--sandbox-dir", folder, "--", "true")
      #expect(
        run.errorOutput.contains(
          "arrived at the target (up to 1795259694:301, without it): the last entry applied is 1795259694:300, the "
            + "first one after it is 17952596"), "\(run.errorOutput)")
      #expect(run.status == 0)
    }
  }

  @Test(
    "refuses a target that the oplog doesn't reach with 65, and says what is possible", .needsFixtures,
    arguments: [
      (
        "1795259684:1",
        "the target 1795259684:1 lies before 1795259684:19, the end of the dump, and the dump is not consistent earlier"
      ), ("1795259700:3", "the target 1795259700:3 lies past the oplog's end at 1795259700:2"),
    ])
  func outOfCoverage(target: String, message: String) throws {
    let run = try Mongodrill.run(
      "restore", Fixture.base + "/dump", "--oplog", Fixture.oplog, "--to", target, "--", "true")
    #expect(run.errorOutput.hasPrefix("mongodrill: \(message)\nHINT: "), "\(run.errorOutput)")
    #expect(
      run.errorOutput.contains(
        "Targets from 1795259684:19 (2026-11-21T11:14:44Z) through 1795259700:2 (2026-11-21T11:15:00Z) are proven."
      ))
    #expect(run.status == 65)
  }

  @Test("runs no command on a backup that is damaged, and ends in 65")
  func damaged() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      try dump.cut("orders.bson", to: 40)
      let run = try Mongodrill.run(
        "restore", "dump", "-q", "--sandbox-dir", ".", "--", "echo", "ran", in: folder)
      #expect(run.output == "")
      #expect(
        run.errorOutput == """
          mongodrill: dump/shop/orders.bson at byte 30: the data ends inside a document, after 10 of 30 bytes of it
          HINT: The copy or the dump was interrupted; compare the file's size with the original's.

          """)
      #expect(run.status == 65)
      #expect(try Files.names(in: folder) == ["dump"])
    }
  }

  @Test("runs no command when the server refused something, names it, and ends in 1")
  func refused() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      try dump.write(
        "orders", [["_id": 1, "a": 1], ["_id": 2, "a": 1]],
        index: #"{"v":{"$numberInt":"2"},"key":{"a":{"$numberInt":"1"}},"name":"a_1","unique":true}"#)
      let run = try Mongodrill.run(
        "restore", "dump", "-q", "--sandbox-dir", ".", "--", "echo", "ran", in: folder)
      #expect(run.output == "")
      #expect(run.errorOutput.hasPrefix("refused: shop.orders: index a_1: "))
      #expect(run.errorOutput.hasSuffix("\nmongodrill: dump: the server refused 1 part of the backup\n"))
      #expect(run.status == 1)
    }
  }

  @Test("knows before it begins that the command isn't there")
  func noCommand() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("restore", "dump", "--", "no-such-command", in: folder)
      #expect(
        run.errorOutput == """
          mongodrill: command no-such-command is not found
          HINT: It is looked for in the folders of PATH.

          """)
      #expect(run.status == 64)
      try Files.writeAtomically("#!/bin/sh\n".utf8, to: Files.join(folder, "smoke.sh"), mode: 0o644)
      let locked = try Mongodrill.run("restore", "dump", "--", "./smoke.sh", in: folder)
      #expect(
        locked.errorOutput == """
          mongodrill: ./smoke.sh is there, and may not be executed
          HINT: Allow it: chmod +x ./smoke.sh

          """)
      #expect(locked.status == 64)
    }
  }

  @Test("ends in 69 where there is no mongod")
  func noServer() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let environment = ["PATH": "", "XDG_CACHE_HOME": folder]
      let run = try Mongodrill.run("restore", "dump", environment: environment, in: folder)
      #expect(run.output == "")
      #expect(run.errorOutput.contains("mongodrill: no mongod is found\nHINT: "))
      #expect(run.status == 69)
      let doctor = try Mongodrill.run("doctor", environment: environment, in: folder)
      #expect(doctor.output.contains("none in MONGODRILL_MONGOD, PATH or \(folder)/mongodrill/mongod"))
      #expect(doctor.output.contains("missing: no mongod is found"))
      #expect(doctor.output.contains("or run scripts/setup.\n"))
      #expect(doctor.status == 69)
    }
  }

  /// What says that it is a mongod of that version, and is none.
  private func mongod(_ version: String, in folder: String) throws -> String {
    let path = folder + "/mongod"
    try Files.writeAtomically("#!/bin/sh\necho 'db version v\(version)'\n".utf8, to: path, mode: 0o755)
    return path
  }

  @Test("refuses a backup that the server can't hold before that is started, and says which can")
  func unfit() throws {
    try withFolder { folder in
      let old = try mongod("4.4.29", in: folder)
      let repository = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))
      let dump = repository + "/Tests/Fixtures/shop/base/dump"
      let run = try Mongodrill.run("restore", dump, "--mongod", old, "--sandbox-dir", folder, "--", "true")
      #expect(run.status == 69)
      #expect(
        run.errorOutput.hasPrefix(
          "mongodrill: the backup needs what MongoDB 4.4.29 doesn't have: the clustered collection shop.ledger "
        ))
      #expect(
        run.errorOutput.contains("the oplog of MongoDB 6.0.5 (MongoDB 5.0 and later: updates as differences"))
      #expect(run.errorOutput.contains("HINT: Name a mongod of 5.3 or newer by --mongod, or leave "))
      let drill = try Mongodrill.run(
        "run", dump, "--mongod", old, "--sandbox-dir", folder, "--report-dir", folder + "/reports")
      #expect(
        drill.status == 69 && drill.output.contains("the backup needs what MongoDB 4.4.29 doesn't have"))
    }
  }

  @Test("doctor says that a version was never tried, and which ones were")
  func untried() throws {
    try withFolder { folder in
      let new = try mongod("7.0.14", in: folder)
      let run = try Mongodrill.run("doctor", "--mongod", new)
      #expect(run.output.contains("  6.0      tried with 6.0.5, "))
      #expect(run.output.contains("  7.0      never tried: known from its documentation"))
      #expect(
        run.output.contains("untried: mongodrill was never tried with MongoDB 7.0 (tried: 4.4, 5.0, 6.0)"))
      #expect(run.status == 0)
      let json = try Mongodrill.run("doctor", "--mongod", new, "--output", "json").output
      #expect(json.contains("\"tried\": false"))
    }
  }

  @Test("keeps the files when asked to, and clean --kept removes them")
  func keep() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run(
        "restore", "dump", "-q", "--keep", "--sandbox-dir", folder, "--", "true", in: folder)
      #expect(run.status == 0)
      let kept = try Files.names(in: folder).filter { $0 != "dump" }
      #expect(kept.count == 1)
      let path = Files.join(folder, kept.first ?? "")
      #expect(run.errorOutput == "The sandbox's files are kept in \(path); its data in \(path)/db.\n")
      #expect(Files.exists(path + "/db/WiredTiger"))
      let left = try Mongodrill.run("clean", "--sandbox-dir", folder)
      #expect(left.output.contains("left: \(path), "))
      let dry = try Mongodrill.run("clean", "--kept", "--dry-run", "--sandbox-dir", folder)
      #expect(dry.output.contains("would remove: \(path), "))
      let clean = try Mongodrill.run("clean", "--kept", "--sandbox-dir", folder)
      #expect(clean.output.contains("removed: \(path), "))
      #expect(try Files.names(in: folder) == ["dump"])
    }
  }
}
