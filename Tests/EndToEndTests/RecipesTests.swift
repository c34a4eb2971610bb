import Glibc
import Platform
import TestSupport
import Testing

@Suite("The recipes")
struct RecipesTests {
  private static let folder =
    Files.folder(of: Files.folder(of: Files.folder(of: #filePath))) + "/docs/recipes"

  @Test(
    "for continuous integration are what their schemas allow",
    arguments: [
      ("github-actions.yml", "vendor.github-workflows"), ("github-release.yml", "vendor.github-workflows"),
      ("gitlab-ci.yml", "vendor.gitlab-ci"),
    ])
  func integration(file: String, schema: String) throws {
    let cached = Files.join(Environment["HOME"] ?? "/", ".cache/mongodrill/tools/bin/check-jsonschema")
    let validator = Programs.find("check-jsonschema", path: Environment["PATH"]) ?? cached
    let run = try Supervisor.shared.capture(
      ChildSpec([validator, "--builtin-schema", schema, Files.join(Self.folder, file)]), timeout: 60)
    #expect(run.status == .exited(0), "\(run.output.text)\(run.errorOutput.text)")
  }

  @Test(
    "for Kubernetes are what its schemas allow, with no key that they don't know",
    arguments: [nil, ("schedule:", "shedule:"), ("concurrencyPolicy: Forbid", "concurrencyPolicy: [Forbid]")]
      as [(String, String)?])
  func manifests(mistake: (String, String)?) throws {
    let cache = Environment["XDG_CACHE_HOME"] ?? Files.join(Environment["HOME"] ?? "/", ".cache")
    let validator = Files.join(cache, "mongodrill/tools/bin/kubernetes-validate")
    try withFolder { folder in
      var text = try Files.text(of: Files.join(Self.folder, "kubernetes-cronjob.yaml"))
      if let (right, wrong) = mistake {
        #expect(text.contains(right))
        text = text.replacing(right, with: wrong)
      }
      let file = Files.join(folder, "manifests.yaml")
      try Files.writeAtomically(text.utf8, to: file)
      let run = try Supervisor.shared.capture(ChildSpec([validator, "--strict", file]), timeout: 60)
      #expect(
        run.status == .exited(mistake == nil ? 0 : 1), "\(run.output.text)\(run.errorOutput.text)")
    }
  }

  @Test("give mongodrill command lines that it takes")
  func lines() throws {
    var count = 0
    for name in try Files.names(in: Self.folder) {
      for line in try Files.text(of: Files.join(Self.folder, name)).split(separator: "\n")
      where !line.hasPrefix("#") {
        guard let start = line.firstRange(of: "mongodrill run ") else { continue }
        count += 1
        let words = line[start.upperBound...].replacing("\"", with: "").split(separator: " ").map(String.init)
        // A backup that isn't there is the only thing that is wrong.
        let run = try withFolder { try Mongodrill.run(["run"] + words, in: $0) }
        #expect(run.status == 66, "\(name): \(line): \(run.errorOutput)")
      }
    }
    #expect(count == 4)
  }

  @Test("for Kubernetes hold a scenario without a mistake")
  func scenario() throws {
    let text = try Files.text(of: Files.join(Self.folder, "kubernetes-cronjob.yaml"))
    let lines = text.split(separator: "\n").drop { !$0.hasSuffix("scenario.yaml: |") }.dropFirst()
    let scenario = lines.prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }.joined(separator: "\n")
    #expect(scenario.contains("checks:"))
    try withFolder { folder in
      let file = Files.join(folder, "scenario.yaml")
      try Files.writeAtomically(scenario.utf8, to: file)
      let run = try Mongodrill.run("lint", file)
      #expect(run.status == 0, "\(run.errorOutput)")
    }
  }

  @Test(
    "mail of a failed drill what the unit said, and no report from before its start",
    arguments: [
      ([], []), (["20261120T030000Z-shop"], ["20261120T030000Z-shop"]),
      (
        ["20261120T030000Z-shop", "20261120T030000Z-shop-2", "20261120T030000Z-web-shop"],
        ["20261120T030000Z-shop", "20261120T030000Z-shop-2"]
      ),
    ])
  func mail(made: [String], mailed: [String]) throws {
    try withFolder { folder in
      let began = WallTime.now.seconds - 60
      func report(_ id: String) throws -> String {
        let path = Files.join(folder, "reports/\(id)")
        try Files.createFolder(path, parents: true)
        try Files.writeAtomically("# PASS: \(id)\n".utf8, to: Files.join(path, "report.md"))
        return Files.join(path, "report.md")
      }
      for old in ["20261113T030000Z-shop", "20261113T030000Z-shop-2"] {
        let time = timespec(tv_sec: Int(began) - 10, tv_nsec: 0)
        #expect(utimensat(AT_FDCWD, try report(old), [time, time], 0) == 0)
      }
      for id in made { _ = try report(id) }
      // In place of systemd's own: what they are asked, and what they answer.
      let stubs = [
        "systemctl": "case $* in *InactiveExitTimestamp*) echo @\(began);; *) echo \"ended: $*\";; esac",
        "journalctl": "echo \"said: $*\"",
      ]
      for (name, text) in stubs {
        try Files.writeAtomically(
          "#!/bin/sh\n\(text)\n".utf8, to: Files.join(folder, name), mode: 0o755)
      }
      let run = try Supervisor.shared.capture(
        ChildSpec(
          [Files.join(Self.folder, "mongodrill-failed.sh"), "shop", Files.join(folder, "reports")],
          environment: ["PATH": "\(folder):/usr/bin:/bin"]), timeout: 60)
      let text = run.output.text
      #expect(run.status == .exited(0), "\(run.errorOutput.text)")
      #expect(text.hasPrefix("Subject: drill of shop failed\n\nended: status"))
      #expect(text.contains("said: ") && text.contains("--unit=mongodrill@shop.service --since=@\(began)"))
      let found = text.split(separator: "\n").filter { $0.hasPrefix("# PASS: ") }.map { $0.dropFirst(8) }
      #expect(found.sorted() == mailed.map { $0[...] })
    }
  }
}
