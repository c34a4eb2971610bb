import Platform
import TestSupport
import Testing

@Suite("mongodrill history and diff", .tags(.mongod))
struct HistoryTests {
  /// Drills of a small dump, signed; the ids of the runs.
  private func drills(_ count: Int, in folder: String, _ scenario: String = "dump", _ options: String...)
    throws
    -> [String]
  {
    for _ in 0..<count {
      let run = try Mongodrill.run(
        ["run", scenario, "-q", "--sandbox-dir", "."] + options, in: folder)
      try #require(run.status == 0, "\(run.output)\(run.errorOutput)")
    }
    return try runs(in: folder)
  }

  private func key(in folder: String) throws {
    let made = try Supervisor.shared.capture(
      ChildSpec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Files.join(folder, "key")]), timeout: 30
    )
    try #require(made.status == .exited(0))
    let text = try Files.text(of: Files.join(folder, "key.pub"))
    try Files.writeAtomically("drills@example.com \(text)".utf8, to: Files.join(folder, "signers"))
  }

  @Test("verify signed records, find one byte that was changed, and compare two runs")
  func evidence() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try key(in: folder)
      let ids = try drills(2, in: folder, "dump", "--sign", "key")
      #expect(
        try Files.names(in: Files.join(folder, "reports/\(ids[0])")) == [
          "report.json", "report.json.sig", "report.md",
        ])
      let sound = try Mongodrill.run(
        "history", "--verify", "--allowed-signers", "signers", "--output", "json", in: folder)
      let json = try JSON.parse(sound.output)
      #expect(sound.status == 0 && json["sound"] == true && json["intact"] == 2, "\(sound)")
      #expect(json["signers"]?[ids[0]] == "drills@example.com")

      let list = try Mongodrill.run("history", "--ascii", in: folder)
      #expect(list.status == 0 && list.errorOutput == "")
      #expect(list.output.contains("\(ids[1])  pass"), "\(list.output)")
      #expect(list.output.contains("2 runs") && list.output.contains("Trend of dump"))
      #expect(list.output.utf8.allSatisfy { $0 < 0x80 })

      let diff = try Mongodrill.run(
        "diff", ids[0], "reports/\(ids[1])", "--output=json", "--fail-on=worse", in: folder)
      #expect(diff.status == 0, "\(diff)")
      #expect(try JSON.parse(diff.output)["worse"] == false)

      let file = Files.join(folder, "reports/\(ids[0])/report.json")
      var bytes = try Files.read(file)
      bytes[bytes.count - 30] ^= 1
      try Files.writeAtomically(bytes, to: file)
      let broken = try Mongodrill.run("history", "--verify", in: folder)
      #expect(broken.status == 1)
      #expect(broken.output.contains("record-changed  \(ids[0]) is not the record that was written"))
    }
  }

  @Test("a key with a passphrase signs through the agent that holds it, and not without one")
  func agent() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try Files.writeAtomically(
        "#!/bin/sh\necho secret words\n".utf8, to: Files.join(folder, "ask"), mode: 0o700)
      let line = """
        ssh-keygen -q -t ed25519 -N 'secret words' -f key &&
        SSH_ASKPASS=$PWD/ask SSH_ASKPASS_REQUIRE=force ssh-add -q key &&
        \(Mongodrill.path) run dump -q --sandbox-dir . --sign key
        """
      let signed = try Supervisor.shared.capture(
        ChildSpec(
          ["ssh-agent", "sh", "-c", line], environment: Mongodrill.environment, workingDirectory: folder),
        timeout: 120)
      #expect(signed.status == .exited(0), "\(signed.errorOutput.text)")
      let text = try Files.text(of: Files.join(folder, "key.pub"))
      try Files.writeAtomically("drills@example.com \(text)".utf8, to: Files.join(folder, "signers"))
      let verified = try Mongodrill.run("history", "--verify", "--allowed-signers", "signers", in: folder)
      #expect(verified.status == 0 && verified.output.contains("signed  1 record, by drills@example.com"))
      var environment = Mongodrill.environment
      environment["SSH_AUTH_SOCK"] = nil
      let refused = try Mongodrill.run(
        "run", "dump", "-q", "--sign", "key", environment: environment, in: folder)
      #expect(refused.status == 64 && refused.errorOutput.contains("nothing can be signed with key"))
    }
  }

  @Test("put the digests of the backup's files into the record, as sha256sum gives them")
  func files() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let ids = try drills(1, in: folder)
      let record = try JSON.parse(Files.read(Files.join(folder, "reports/\(ids[0])/report.json")))
      let listed = try Supervisor.shared.capture(
        ChildSpec(
          ["sh", "-c", "find dump -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"],
          workingDirectory: folder),
        timeout: 30)
      #expect(record["backup"]?["file_count"] == 4)
      #expect(listed.output.text == "\(record["backup"]?["files_sha256"]?.text ?? "")  -\n")
      #expect(record["rating"]?["level"] == "EXCELLENT")
      let second = try drills(1, in: folder, "dump", "--hash-files=never").last ?? ""
      let bare = try JSON.parse(Files.read(Files.join(folder, "reports/\(second)/report.json")))
      #expect(bare["backup"]?["file_count"] == .null && bare["backup"]?["files"] == [])
    }
  }

  @Test("a drill much slower than the ten before it misses its regression limit, and ends in 2")
  func regression() throws {
    try withFolder { folder in
      let dump = try Dump(in: folder)
      try Files.createFolder(Files.join(folder, "shop"))
      try Files.writeAtomically(
        "version: 1\nbackup: {path: \(dump.path)}\nobjectives: {rto: {regression: 25%}}\n".utf8,
        to: Files.join(folder, "shop/scenario.yaml"))
      let ids = try drills(1, in: folder, "shop")
      let text = try Files.text(of: Files.join(folder, "reports/\(ids[0])/report.json"))
      let first = try JSON.parse(text)
      #expect(first["objectives"]?["rto"]?["regression"]?["median_seconds"] == .null)
      #expect(
        first["not_verified"]?.list?.contains {
          $0["message"]?.text?.hasPrefix("the RTO was not compared with earlier runs: there are 0") == true
        } == true)
      // Three like it, that took a millisecond each.
      let rto = try #require(first["objectives"]?["rto"]?["measured_seconds"], "\(text)")
      #expect(rto.number ?? 0 > 0)
      for day in 1...3 {
        let id = "2026010\(day)T000000Z-shop"
        try Files.createFolder(Files.join(folder, "reports/\(id)"))
        let changed = text.replacing(ids[0], with: id)
          .replacing("\"measured_seconds\": \(rto.text())", with: "\"measured_seconds\": 0.001")
        try Files.writeAtomically(changed.utf8, to: Files.join(folder, "reports/\(id)/report.json"))
      }
      let run = try Mongodrill.run("run", "shop", "-q", "--sandbox-dir", ".", in: folder)
      #expect(run.status == 2)
      #expect(run.output.contains("The data is good, but an objective was missed: RTO was"), "\(run.output)")
    }
  }

  @Test(
    "refuse what makes no sense",
    arguments: [
      (["history", "--report-dir", "nowhere"], "no folder of reports"),
      (["history", "--head", "00"], "--verify"),
      (["history", "--scenario", "x"], "no run of scenario"),
      (["diff", "a", "b"], "no report of a run at a"),
      (["run", "dump", "--sign", "nowhere"], "no key to sign with"),
    ])
  func refused(arguments: [String], words: String) throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try Files.createFolder(Files.join(folder, "reports"))
      let run = try Mongodrill.run(arguments, in: folder)
      #expect(run.status == 64 && run.errorOutput.contains(words), "\(run)")
    }
  }
}
