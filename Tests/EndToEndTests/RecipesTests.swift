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
    "open the gate for a drill that passed lately, and for nothing else",
    arguments: [
      (["20261120T000000Z-shop": ("completed", "pass", 1)], nil),
      (["20261120T000000Z-shop": ("completed", "pass", 8)], "is 8 days old"),
      (["20261120T000000Z-shop": ("completed", "fail", 1)], "is 'completed fail'"),
      (["20261120T000000Z-shop": ("completed", "warn", 1)], "is 'completed warn'"),
      (["20261120T000000Z-shop": ("aborted", "inconclusive", 1)], "is 'aborted inconclusive'"),
      (
        [
          "20261119T000000Z-shop": ("completed", "pass", 2),
          "20261120T000000Z-shop": ("completed", "fail", 1),
        ], "is 'completed fail'"
      ),
      (
        [
          "20261119T000000Z-shop": ("completed", "fail", 2),
          "20261120T000000Z-shop": ("completed", "pass", 1),
        ], nil
      ),
      (["20261120T000000Z-web-shop": ("completed", "pass", 1)], "there is no drill of shop"),
      (["20261120T000000Z-shop": ("", "", 1)], "is no record"),
    ] as [([String: (status: String, verdict: String, days: Int)], String?)])
  func gate(runs: [String: (status: String, verdict: String, days: Int)], complaint: String?) throws {
    try withFolder { folder in
      for (id, run) in runs {
        let ended = WallTime(seconds: WallTime.now.seconds - run.days * 86_400 - 60).textWithMilliseconds
        let record: JSON = [
          "status": .string(run.status), "verdict": .string(run.verdict), "ended_at": .string(ended),
        ]
        try Files.createFolder(Files.join(folder, id))
        let text = run.status.isEmpty ? "cut sho" : record.text()
        try Files.writeAtomically(text.utf8, to: Files.join(folder, "\(id)/report.json"))
      }
      let run = try Supervisor.shared.capture(
        ChildSpec([Files.join(Self.folder, "gate.sh"), "shop", "7", folder]), timeout: 60)
      #expect(run.status == .exited(complaint == nil ? 0 : 1), "\(run.errorOutput.text)")
      if let complaint { #expect(run.errorOutput.text.contains(complaint)) }
    }
  }
}
