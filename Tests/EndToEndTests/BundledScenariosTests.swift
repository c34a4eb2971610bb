import Platform
import TestSupport
import Testing

/// The scenarios that come with the program.
let bundledScenarios = Files.join(
  Files.folder(of: Files.folder(of: Files.folder(of: #filePath))), "scenarios")

@Suite("The bundled scenarios", .needsFixtures, .tags(.mongod))
struct BundledScenariosTests {
  @Test("pass as they are", arguments: try Files.names(in: bundledScenarios))
  func pass(name: String) throws {
    try withFolder { folder in
      let run = try Mongodrill.run(
        "run", Files.join(bundledScenarios, name), "-q", "--report-dir", Files.join(folder, "reports"),
        "--sandbox-dir", folder, "--fail-on", "warn", environment: environment, in: folder)
      // The newest of its backups failed, by its sidecar.
      let isWarned = name == "backup-rotation"
      #expect(run.status == (isWarned ? 3 : 0), "\(run.output)\(run.errorOutput)")
      #expect(run.output.hasPrefix(isWarned ? "WARN  " : "PASS  "), "\(run.output)")
      #expect(try Files.names(in: folder) == ["reports"])
    }
  }

  /// Without a home: nothing of the user's is needed.
  private var environment: [String: String] {
    Mongodrill.environment.filter { $0.key != "GNUPGHOME" && !$0.key.hasPrefix("RCLONE_") }
      .merging(["RCLONE_CONFIG": ""]) { $1 }
  }

  @Test("fetch from a real object store as they do from a folder")
  func offsite() throws {
    let store = try ObjectStore.shared.get()
    let scenario = Files.join(bundledScenarios, "encrypted-offsite")
    let name = try #require(Files.names(in: Files.join(scenario, "store")).first)
    let address = try store.put(Files.join(scenario, "store/\(name)"))
    try withFolder { folder in
      let run = try Mongodrill.run(
        "run", scenario, "-q", "--report-dir", Files.join(folder, "reports"), "--sandbox-dir", folder,
        "--param", "remote=\(Files.folder(of: address))", "--fail-on", "warn",
        environment: store.environment(),
        in: folder)
      #expect(run.output.hasPrefix("PASS  "), "\(run.output)\(run.errorOutput)")
      let id = try #require(runs(in: folder).first)
      let record = try JSON.parse(Files.read(Files.join(folder, "reports/\(id)/report.json")))
      guard case .string(let path)? = record["backup"]?["path"] else {
        Issue.record("no path")
        return
      }
      #expect(path.hasPrefix("gpg --batch ") && path.hasSuffix(" --decrypt < \(address)"))
      #expect(!record.text().contains(ObjectStore.secret))
    }
  }

  @Test("say what to install where rclone or gpg is missing, and don't pass", arguments: ["rclone", "gpg"])
  func missing(program: String) throws {
    try withFolder { folder in
      let bin = Files.join(folder, "bin")
      try Files.createFolder(bin)
      for other in ["rclone", "gpg"] where other != program {
        let real = try #require(Programs.find(other, path: Environment["PATH"]))
        try Files.writeAtomically(
          "#!/bin/sh\nexec \(real) \"$@\"\n".utf8, to: Files.join(bin, other), mode: 0o755)
      }
      let run = try Mongodrill.run(
        "run", Files.join(bundledScenarios, "encrypted-offsite"), "-q", "--report-dir",
        Files.join(folder, "reports"),
        "--sandbox-dir", folder, environment: environment.merging(["PATH": bin]) { $1 }, in: folder)
      #expect(run.output.contains("\(program) is not found"), "\(run.output)")
      #expect(run.status == 4)
      let id = try #require(runs(in: folder).first)
      #expect(
        try Files.text(of: Files.join(folder, "reports/\(id)/report.md")).contains(
          "apt-get install \(program)"))
    }
  }

  @Test("pick the newest backup, the oldest and one between them, and pass over the failed one by its name")
  func rotation() throws {
    try withFolder { folder in
      let run = try Mongodrill.run(
        "run", Files.join(bundledScenarios, "backup-rotation"), "--report-dir", Files.join(folder, "reports"),
        "--sandbox-dir", folder, "--progress", "none", in: folder)
      let table = run.output.split(separator: "\n").filter { $0.hasPrefix("2026-") }.map { $0.prefix(10) }
      #expect(table == ["2026-11-20", "2026-11-18", "2026-11-19"], "\(run.output)")
      let failed = "backups/2026-11-21: passed over, "
      #expect(
        run.errorOutput.contains(failed)
          && run.errorOutput.contains("says that the backup failed: status is failed"))
      #expect(run.status == 0)

      let all = Files.join(folder, "all.yaml")
      try Files.writeAtomically(
        "version: 1\nbackup: {from: \(bundledScenarios)/backup-rotation/backups, pick: all}\n".utf8, to: all)
      let every = try Mongodrill.run("run", all, "-q", "--sandbox-dir", folder, in: folder)
      #expect(every.output.contains("3 of 4 backups in"), "\(every.output)")
      #expect(every.status == 65)
    }
  }

  @Test("say in a README what they rehearse", arguments: try Files.names(in: bundledScenarios))
  func described(name: String) throws {
    let folder = Files.join(bundledScenarios, name)
    let lint = try Mongodrill.run("lint", folder)
    #expect(lint.status == 0, "\(lint.output)")
    #expect(try Files.text(of: Files.join(folder, "README.md")).hasPrefix("# "))
  }
}
