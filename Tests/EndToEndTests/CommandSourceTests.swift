import Platform
import TestSupport
import Testing

@Suite("A backup that a command writes", .needsFixtures, .tags(.mongod))
struct CommandSourceTests {
  private static let passphrase = "battery-staple"
  private static let archive = Fixture.base + "/full.archive.gz"

  /// Runs a scenario whose backup comes from `command`; `rest` follows the backup.
  private func drill(
    _ command: [String], in folder: String, _ rest: String = "", secrets: [String: String] = [:]
  ) throws -> Mongodrill.Run {
    let words = command.map { JSON.string($0).text() }.joined(separator: ", ")
    try Files.writeAtomically(
      "version: 1\nbackup: {command: [\(words)]}\n\(rest)".utf8, to: Files.join(folder, "piped.yaml"))
    return try Mongodrill.run(
      "run", "piped.yaml", "-q", "--sandbox-dir", ".",
      environment: Mongodrill.environment.merging(secrets) { $1 }, in: folder)
  }

  private func record(in folder: String) throws -> JSON {
    let id = try #require(runs(in: folder).last)
    return try JSON.parse(Files.read(Files.join(folder, "reports/\(id)/report.json")))
  }

  /// gpg with a home of its own, whose agent goes with `body`.
  private func withGPG(in folder: String, _ body: ([String]) throws -> Void) throws {
    let home = Files.join(folder, "gnupg")
    try Files.createFolder(home)
    try Files.writeAtomically(Self.passphrase.utf8, to: Files.join(folder, "passphrase"))
    defer { _ = try? Supervisor.shared.capture(ChildSpec(["gpgconf", "--homedir", home, "--kill", "all"])) }
    try body([
      "gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback", "--passphrase-file",
      Files.join(folder, "passphrase"),
    ])
  }

  @Test("is restored and replayed as it is decrypted, and nothing of it is written to disk")
  func gpg() throws {
    try withFolder { folder in
      try withGPG(in: folder) { gpg in
        let encrypted = Files.join(folder, "shop.gpg")
        let made = try Supervisor.shared.capture(
          ChildSpec(gpg + ["--symmetric", "--output", encrypted, Self.archive]))
        try #require(made.status == .exited(0), "\(made.errorOutput.text)")
        let run = try drill(gpg + ["--decrypt", "shop.gpg"], in: folder)
        #expect(
          run.output.hasPrefix(
            "PASS  The backup can be recovered to 1795259684:122 (2026-11-21T11:14:44Z): 9,636 documents in 19 "
          ),
          "\(run.output)\(run.errorOutput)")
        #expect(run.status == 0)
        let record = try record(in: folder)
        #expect(record["backup"]?["form"] == "archive")
        #expect(
          record["backup"]?["path"]
            == .string((gpg + ["--decrypt", "shop.gpg"]).joined(separator: " ")))
        guard case .array(let phases)? = record["phases"] else {
          Issue.record("no phases")
          return
        }
        let fetched = phases.filter { $0["name"] == "fetch" }
        let size = try Files.size(of: Self.archive)
        // Once for its oplog, which has to be known first, and once for its documents.
        #expect(fetched.map { $0["bytes"] } == [.integer(Int64(size)), .integer(Int64(size))])
        #expect(
          try Files.names(in: folder) == ["gnupg", "passphrase", "piped.yaml", "reports", "shop.gpg"])

        try Files.writeAtomically("another".utf8, to: Files.join(folder, "passphrase"))
        let wrong = try drill(gpg + ["--decrypt", "shop.gpg"], in: folder)
        #expect(wrong.output.contains("the command that gives the backup ended with exit status 2: gpg: "))
        #expect(wrong.status == 65)
      }
    }
  }

  @Test("is not recovered when the command fails, and says what it said, with secrets masked")
  func fails() throws {
    try withFolder { folder in
      let command = ["sh", "-c", "echo no such bucket for $STORE_SECRET >&2; exit 3"]
      let run = try drill(command, in: folder, secrets: ["STORE_SECRET": "hunter-22"])
      #expect(
        run.output.hasPrefix(
          """
          FAIL  The backup cannot be recovered: sh -c echo no such bucket for $STORE_SECRET >&2; exit 3: the command \
          that gives the backup ended with exit status 3: no such bucket for ***
          """), "\(run.output)")
      #expect(run.status == 65)
      #expect(!(try record(in: folder)).text().contains("hunter-22"))
    }
  }

  @Test("is not recovered when the command fails at its very end, after the whole archive")
  func failsAtEnd() throws {
    try withFolder { folder in
      let run = try drill(
        ["sh", "-c", "cat \(Self.archive); echo bad checksum >&2; exit 1"], in: folder,
        "steps: [{restore: {no_replay: true}}, {check: []}]\n")
      #expect(run.output.contains("ended with exit status 1: bad checksum"), "\(run.output)")
      #expect(run.status == 65)
    }
  }

  @Test("is damaged when it ends early, though the command says that all is well")
  func cut() throws {
    try withFolder { folder in
      let run = try drill(["head", "-c", "600000", Self.archive], in: folder)
      #expect(run.output.contains("gzip data ends too early"), "\(run.output)")
      #expect(run.status == 65)
    }
  }

  @Test("cannot be judged when there is no such command")
  func missing() throws {
    try withFolder { folder in
      let run = try drill(["no-such-program"], in: folder)
      #expect(run.output.contains("program no-such-program is not found"), "\(run.output)")
      #expect(run.status == 4)
    }
  }

  @Test("that stands still is ended by a stop condition")
  func standsStill() throws {
    try withFolder { folder in
      let run = try drill(
        ["sh", "-c", "head -c 300000 \(Self.archive); exec sleep 1000"], in: folder,
        "stop_conditions: [{elapsed: \"> 2s\"}]\n")
      #expect(run.output.contains("stop condition elapsed"), "\(run.output)")
      #expect(run.status == 4)
    }
  }
}
