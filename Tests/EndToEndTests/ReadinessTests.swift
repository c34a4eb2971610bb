import Platform
import TestSupport
import Testing

@Suite("mongodrill readiness", .tags(.mongod))
struct ReadinessTests {
  /// A dump that was drilled; the id of the run.
  private func drill(in folder: String) throws -> String {
    _ = try Dump(in: folder)
    let run = try Mongodrill.run("run", "dump", "-q", "--sandbox-dir", ".", in: folder)
    try #require(run.status == 0, "\(run.output)\(run.errorOutput)")
    return try #require(try Files.names(in: Files.join(folder, "reports")).first { $0.hasPrefix("2") })
  }

  private func write(_ policy: String, in folder: String) throws {
    try Files.writeAtomically(policy.utf8, to: Files.join(folder, "policy.yaml"))
  }

  @Test(
    "is a gate: 0 when all is compliant, 3 for a warning, 1 for what is not; with the evidence as text, JSON, HTML"
  )
  func gate() throws {
    try withFolder { folder in
      let id = try drill(in: folder)
      let due = """
        version: 1
        title: Shop
        systems:
          shop:
            scenarios: dump
            backups: dump
            full_backup: {within: 10d}
            slices: false
            drills: {at_least: 1, in: 1d}
            rto: {within: 10m}
        controls: {C 1: {requirements: [full_backup, drills]}}

        """
      try write(due, in: folder)
      let kept = try Mongodrill.run(
        "readiness", "policy.yaml", "--output=json", "--html", "page.html", in: folder)
      let json = try JSON.parse(kept.output)
      #expect(kept.status == 0 && kept.errorOutput == "", "\(kept)")
      #expect(json["status"] == "COMPLIANT" && json["level"] == "EXCELLENT" && json["alerts"] == [])
      #expect(
        json["requirements"]?.list?.map { $0["requirement"] } == [
          "full_backup", "drills", "each_scenario", "rto",
        ])
      #expect(json["requirements"]?.list?[0]["evidence"]?.list?[0]["path"] == "dump")
      #expect(
        json["requirements"]?.list?[1]["evidence"]?.list?[0]["path"] == .string("reports/\(id)/report.json"))
      #expect(json["controls"]?.list?[0]["status"] == "COMPLIANT")
      let page = try Files.text(of: Files.join(folder, "page.html"))
      #expect(page.contains("/reports/\(id)/report.json\">\(id)</a>"))

      try write(due.replacing("at_least: 1", with: "at_least: [2, 1]"), in: folder)
      let warned = try Mongodrill.run("readiness", "policy.yaml", in: folder)
      #expect(warned.status == 3)
      let lines = warned.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines[0].hasPrefix("Shop: WARNING, level FAIR, at 2"), "\(warned.output)")
      #expect(
        lines.contains {
          $0.split(separator: " ").joined(separator: " ")
            == "shop: successful drills WARNING FAIR 1 2 in 24h 00m, at least 1 \(id)"
        }, "\(warned.output)")
      #expect(
        lines.contains { $0.hasPrefix("C 1      WARNING       full_backup, drills") }, "\(warned.output)")

      try write(
        due + "attested: {runbook read: {by: Ada, on: 2020-01-01, expires: 2021-01-01}}\n", in: folder)
      let missed = try Mongodrill.run("readiness", "policy.yaml", in: folder)
      #expect(
        missed.status == 1 && missed.output.contains("attested: runbook read    NON_COMPLIANT"),
        "\(missed.output)")
      // Before there was anything, nothing was compliant.
      try write(due, in: folder)
      let before = try Mongodrill.run("readiness", "policy.yaml", "--at", "2020-01-01T00:00:00Z", in: folder)
      #expect(before.status == 1 && before.output.contains("CRITICAL  shop: there is no full backup"))
    }
  }

  @Test("says what is wrong with a policy by file, line and column")
  func invalid() throws {
    try withFolder { folder in
      try write("version: 1\nsystems:\n  shop: {full_backup: {within: [2d, 1d]}, drils: false}\n", in: folder)
      let run = try Mongodrill.run("readiness", "policy.yaml", in: folder)
      #expect(run.status == 78 && run.output == "")
      #expect(
        run.errorOutput == """
          mongodrill: policy.yaml:3:32: bounds that don't go from the target to the limit
          HINT: Write the shortest first.
          mongodrill: policy.yaml:3:43: unknown key `drils`
          HINT: Did you mean "drills"?

          """)
      let missing = try Mongodrill.run("readiness", "no.yaml", in: folder)
      #expect(missing.status == 78 && missing.errorOutput.contains("no.yaml: cannot read the file"))
      try write("version: 1\nsystems: {shop: {}}\n", in: folder)
      let none = try Mongodrill.run("readiness", "policy.yaml", in: folder)
      #expect(none.status == 64 && none.errorOutput.contains("no folder of reports at reports"))
      let schema = try Mongodrill.run("schema", "--of", "readiness", in: folder)
      #expect(try JSON.parse(schema.output)["title"] == "mongodrill readiness policy")
    }
  }

  @Test("projects the recovery time to another size, and only from what was measured")
  func projection() throws {
    try withFolder { folder in
      let id = try drill(in: folder)
      let run = try Mongodrill.run("history", "--project", "1GB", in: folder)
      #expect(
        run.status == 0 && run.output.hasPrefix("dump with a backup of 1 GB: recovered in about "), "\(run)")
      #expect(run.output.contains("from 1 drill with backups of ") && run.output.contains("\nAssumed:\n- "))
      let json = try Mongodrill.run("history", "--project=1GB", "--speed=2", "--output=json", in: folder)
      let one = try #require(try JSON.parse(json.output).list?.first)
      #expect(one["runs"] == [.string(id)] && one["bytes"] == 1_000_000_000 && one["speed"] == 2)
      let speed = try Mongodrill.run("history", "--speed", "2", in: folder)
      #expect(speed.status == 64 && speed.errorOutput.contains("--speed says nothing without --project"))
      try Files.removeTree(Files.join(folder, "reports/\(id)"))
      let none = try Mongodrill.run("history", "--project", "1GB", in: folder)
      #expect(none.status == 4 && none.errorOutput.contains("no drill in reports succeeded"), "\(none)")
    }
  }
}
