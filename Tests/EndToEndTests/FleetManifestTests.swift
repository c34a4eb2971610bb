import Glibc
import Platform
import TestSupport
import Testing

@Suite("The files for engines")
struct ManifestTests {
  /// Names and paths that want to be something else.
  private static let hostile = """
    version: 1
    title: "It's $HOME \\"quoted\\" `id` %n ${{ x }} # y: z"
    records: "/var/lib/fl eet's $(id)"
    machines: {count: 2, memory: 16GB, cores: 8}
    systems:
      a: {backup: "/backups/it's $(touch pwned)/dump", resources: {memory: 2GB, disk: 20GB, cores: 2}}
      b: {backup: /backups/b}
    """

  private static func tool(_ name: String) -> String {
    let cache = Environment["XDG_CACHE_HOME"] ?? Files.join(Environment["HOME"] ?? "/", ".cache")
    return Files.join(cache, "mongodrill/tools/bin/\(name)")
  }

  @Test(
    "are what the engines' schemas and checkers allow, whatever names hold",
    arguments: [
      ("kubernetes", ["kubernetes-validate", "--strict", "fleet.yaml"]),
      ("github", ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", "fleet.yml"]),
      ("gitlab", ["check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "fleet.gitlab-ci.yml"]),
      ("slurm", ["bash", "-n", "fleet.sbatch"]),
    ], [[], ["--tmpfs"], ["--records", "rclone:s3:drills/fleet"]])
  func valid(engine: (name: String, check: [String]), options: [String]) throws {
    try withFolder { folder in
      try Files.writeAtomically(Self.hostile.utf8, to: Files.join(folder, "fleet-in.yaml"))
      let made = try Mongodrill.run(
        ["fleet", "manifest", "fleet-in.yaml", "--engine", engine.name, "-o", "."] + options, in: folder)
      #expect(made.status == 0, "\(made.errorOutput)")
      var check = engine.check
      if check[0] != "bash" { check[0] = Self.tool(check[0]) }
      let run = try Supervisor.shared.capture(ChildSpec(check, workingDirectory: folder), timeout: 60)
      #expect(run.status == .exited(0), "\(run.output.text)\(run.errorOutput.text)")
      let again = try Mongodrill.run(
        ["fleet", "manifest", "fleet-in.yaml", "--engine", engine.name, "-o", "."], in: folder)
      #expect(again.status == 4, "a file that is there was replaced")
    }
  }

  @Test("for systemd pass its own verification")
  func systemd() throws {
    guard Programs.find("systemd-analyze", path: Environment["PATH"]) != nil else {
      throw Failure(.internal, "no-systemd-analyze", "systemd is not installed")
    }
    try withFolder { folder in
      try Files.writeAtomically(Self.hostile.utf8, to: Files.join(folder, "fleet-in.yaml"))
      _ = try Mongodrill.run(
        "fleet", "manifest", "fleet-in.yaml", "--engine", "systemd", "-o", "units", in: folder)
      let units = Files.join(folder, "units")
      for name in try Files.names(in: units) {
        let path = Files.join(units, name)
        let text = try Files.text(of: path).replacing("/usr/bin/mongodrill", with: "/bin/true")
        try Files.writeAtomically(text.utf8, to: path)
      }
      let names = try Files.names(in: units)
      #expect(names.count == 3)
      let run = try Supervisor.shared.capture(
        ChildSpec(["systemd-analyze", "verify", "--man=no"] + names, workingDirectory: units), timeout: 60)
      #expect(run.status == .exited(0), "\(run.errorOutput.text)")
      #expect(!run.errorOutput.text.contains("mongodrill-"), "\(run.errorOutput.text)")
    }
  }

  @Test("begin again what had a passing reason, and nothing that has an answer")
  func again() throws {
    try withFolder { folder in
      try Files.writeAtomically(Self.hostile.utf8, to: Files.join(folder, "fleet-in.yaml"))
      func text(_ engine: String, _ options: String...) throws -> String {
        try Mongodrill.run(["fleet", "manifest", "fleet-in.yaml", "--engine", engine] + options, in: folder)
          .output
      }
      // A failure of the script is the system's answer: a second try that passes would hide it.
      let gitlab = try text("gitlab")
      #expect(gitlab.contains("exit_codes: [75, 137]\n"))
      #expect(gitlab.contains("when: [runner_system_failure, stuck_or_timeout_failure]\n"))
      #expect(try text("github").contains(#"if [ "$code" != 75 ] && [ "$code" != 137 ]; then break; fi"#))
      #expect(try text("slurm").contains(#"if [ "$code" = 137 ]; then code=75; fi"#))
      // What lies in memory counts as memory.
      #expect(
        try text("slurm").contains("--mem=2048M\n") && text("slurm", "--tmpfs").contains("--mem=21122M\n"))
      #expect(try text("kubernetes", "--tmpfs").contains("memory: 21122Mi"))
    }
  }

  @Test("let a round of systemd's write where it has to, and read what isn't there yet")
  func writable() throws {
    try withFolder { folder in
      func units(_ backup: String, _ options: String...) throws -> String {
        let fleet = "version: 1\ntitle: t\nrecords: /var/lib/fleet\nsystems:\n  a: {backup: \(backup)}\n"
        try Files.writeAtomically(fleet.utf8, to: Files.join(folder, "fleet.yaml"))
        return try Mongodrill.run(
          ["fleet", "manifest", "fleet.yaml", "--engine", "systemd"] + options, in: folder
        ).output
      }
      let local = try units("/backups/x")
      #expect(local.contains("PrivateTmp=yes\n") && local.contains("PrivateNetwork=yes\n"))
      #expect(local.contains("ReadOnlyPaths=\"-/backups\"\n"))
      let inMemory = try units("/backups/x", "--tmpfs")
      #expect(inMemory.contains("MONGODRILL_SANDBOX_DIR=/var/tmp TMPDIR=/var/tmp\n"))
      #expect(!inMemory.contains("PrivateTmp"))
      let fetched = try units("{fetch: {rclone: \"s3:drills/a\"}}")
      #expect(fetched.contains("PrivateNetwork=no\n"), "\(fetched)")
    }
  }

  @Test("give a container no token, no root and no more than it needs")
  func least() throws {
    try withFolder { folder in
      try Files.writeAtomically(Self.hostile.utf8, to: Files.join(folder, "fleet-in.yaml"))
      let text = try Mongodrill.run(
        "fleet", "manifest", "fleet-in.yaml", "--engine", "kubernetes", in: folder
      ).output
      for line in [
        "automountServiceAccountToken: false", "runAsNonRoot: true", "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false", "drop: [ALL]", "completionMode: Indexed", "completions: 2",
        "backoffLimitPerIndex: 1", "values: [75, 137, 143]", "memory: 2048Mi", "sizeLimit: 19074Mi",
        "ephemeral-storage: 20098Mi", "activeDeadlineSeconds: ", "readOnly: true",
      ] { #expect(text.contains(line), "\(line)") }
      // A variable's mark in a path stays a mark.
      #expect(text.contains("$$(id)"))
    }
  }
}
