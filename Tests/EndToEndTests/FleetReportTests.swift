import Platform
import TestSupport
import Testing

@Suite("mongodrill fleet report and simulate", .tags(.mongod))
struct FleetReportTests {
  /// What the validator says of a report; nothing when it is as its schema says.
  private func objections(_ file: String) throws -> String {
    let cached = Files.join(Environment["HOME"] ?? "/", ".cache/mongodrill/tools/bin/check-jsonschema")
    let validator = Programs.find("check-jsonschema", path: Environment["PATH"]) ?? cached
    let top = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))
    let run = try Supervisor.shared.capture(
      ChildSpec([validator, "--schemafile", Files.join(top, "docs/fleet-report.schema.json"), file]),
      timeout: 60)
    return run.status == .exited(0) ? "" : run.output.text + run.errorOutput.text
  }

  @Test("answer for all systems of a round that was run here, in every format, as a gate")
  func round() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      try Files.writeAtomically(
        """
        version: 1
        records: records
        machines: {count: 1, memory: 8GB, cores: 1}
        defaults: {every: 7d, owner: team-a}
        systems:
          shop: {backup: dump}
          again: {backup: dump}
          gone: {backup: nowhere}
        """.utf8, to: Files.join(folder, "fleet.yaml"))
      let run = try Mongodrill.run(
        "fleet", "run", "fleet.yaml", "--round", "r1", "-q", "--sandbox-dir", ".", in: folder)
      #expect(run.status == 66, "\(run)")

      let text = try Mongodrill.run("fleet", "report", "fleet.yaml", in: folder)
      #expect(text.status == 66 && text.errorOutput == "", "\(text)")
      #expect(text.output.contains("2 of 3 systems can be recovered"), "\(text.output)")
      let drawn = try Mongodrill.run(
        "fleet", "report", "records", "--round", "r1", "--format", "json", "-o", "fleet.json", in: folder)
      #expect(drawn.status == 66 && drawn.output == "")
      let file = Files.join(folder, "fleet.json")
      #expect(try objections(file) == "")
      let json = try JSON.parse(Files.read(file))
      #expect(json["systems"]?.list?.first?["name"] == "gone" && json["counts"]?["pass"] == 2)
      #expect(json["never_drilled"] == ["gone"])
      let html = try Mongodrill.run("fleet", "report", "records", "--format", "html", in: folder)
      #expect(html.status == 66 && html.output.hasPrefix("<!DOCTYPE html>"))
      let markdown = try Mongodrill.run("fleet", "report", "records", "--format", "markdown", in: folder)
      #expect(markdown.output.hasPrefix("# INCONCLUSIVE: "), "\(markdown.output)")
      let metrics = try Mongodrill.run("fleet", "report", "records", "--format", "prometheus", in: folder)
      #expect(metrics.output.contains(#"mongodrill_fleet_system_success{system="shop",owner="team-a"} 1"#))

      // One core, one drill after the other: the model with the times that they took takes as long as the round did.
      let simulated = try Mongodrill.run(
        "fleet", "simulate", "--fleet", "records", "--machines", "1", "--cores", "1", "--failures", "0",
        "--slow", "0",
        "--output", "json", in: folder)
      #expect(simulated.status == 0, "\(simulated)")
      let moments = (json["systems"]?.list ?? []).flatMap { system in
        [system["started_at"], system["ended_at"]].compactMap { $0?.text }.compactMap {
          WallTime(rfc3339: $0)
        }
      }
      let real = try #require(moments.max()).timeInterval(since: try #require(moments.min()))
      let makespan = try JSON.parse(simulated.output)["round"]?["makespan_seconds"]?.number
      let played = try #require(makespan, "\(simulated.output)")
      // Between two tasks a process is started.
      #expect(played <= real + 0.1 && played >= real * 0.6 - 2, "\(played) s, \(real) s")
    }
  }

  @Test("refuse what is no folder of records, and a round that isn't there")
  func usage() throws {
    try withFolder { folder in
      let none = try Mongodrill.run("fleet", "report", ".", in: folder)
      #expect(none.status == 64 && none.errorOutput.contains("there are no rounds"), "\(none)")
      try Files.createFolder(Files.join(folder, "rounds/r1"), parents: true)
      let unknown = try Mongodrill.run("fleet", "report", ".", "--round", "r2", in: folder)
      #expect(unknown.status == 64, "\(unknown)")
    }
  }

  @Test("say on paper the same for the same seed")
  func paper() throws {
    let line = ["fleet", "simulate", "--systems", "200", "--data", "50TB", "--machines", "5"]
    let one = try Mongodrill.run(line + ["--seed", "7"])
    #expect(one.status == 0 && one.output.hasPrefix("200 systems, 50 TB\n"), "\(one)")
    #expect(try Mongodrill.run(line + ["--seed", "7"]).output == one.output)
    #expect(try Mongodrill.run(line + ["--seed", "8"]).output != one.output)
  }
}
