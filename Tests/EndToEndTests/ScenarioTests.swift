import Platform
import TestSupport
import Testing

@Suite("Commands on scenarios")
struct ScenarioTests {
  @Test("lint says all that is wrong, by line and column, and ends in 78")
  func lint() throws {
    try withFolder { folder in
      try Files.writeAtomically(
        "version: 1\nbakcup: {path: dump}\n".utf8, to: Files.join(folder, "bad.yaml"))
      try Files.writeAtomically(
        "version: 1\nbackup: {path: dump}\n".utf8, to: Files.join(folder, "good.yaml"))
      let run = try Mongodrill.run("lint", "bad.yaml", "good.yaml", in: folder)
      #expect(
        run.output == """
          bad.yaml:1:1: `backup` is missing: a mapping
          bad.yaml:2:1: unknown key `bakcup`
            HINT: Did you mean "backup"?
          good.yaml: valid

          """)
      #expect(run.errorOutput == "")
      #expect(run.status == 78)
      #expect(try Mongodrill.run("lint", "good.yaml", in: folder).status == 0)
    }
  }

  @Test("lint tells how what beginners write is written")
  func shorthands() throws {
    try withFolder { folder in
      try Files.writeAtomically(
        "backup: dump\nobjectives: {rto: 30m}\n".utf8, to: Files.join(folder, "short.yaml"))
      let run = try Mongodrill.run("lint", "short.yaml", in: folder)
      #expect(
        run.output == """
          short.yaml:1:1: `version` is missing: 1
            HINT: Write `version: 1`.
          short.yaml:1:9: `backup`: expected a mapping, found the string "dump"
            HINT: Write `{path: dump}`.
          short.yaml:2:19: `rto`: expected a mapping, found the string "30m"
            HINT: Write `{max: 30m}`.

          """)
    }
  }

  @Test(
    "what takes a backup knows a scenario", arguments: [["restore"], ["find"], ["init"]])
  func scenarioAsBackup(command: [String]) throws {
    try withFolder { folder in
      try Files.createFolder(Files.join(folder, "shop"))
      try Files.writeAtomically("version: 1\n".utf8, to: Files.join(folder, "shop/scenario.yaml"))
      try Files.createFolder(Files.join(folder, "shop/dump"))
      for path in ["shop/scenario.yaml", "shop"] {
        let run = try Mongodrill.run(command + [path], in: folder)
        #expect(
          run.errorOutput.contains("HINT: `mongodrill run \(path)` drills the backup that it names."),
          "\(run.errorOutput)")
        #expect(run.status == 65)
      }
    }
  }

  @Test("lint knows that a backup is no scenario")
  func noScenario() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("lint", "dump", in: folder)
      #expect(
        run.output == "dump: no scenario here\n  HINT: Give a scenario.yaml or the folder that it lies in.\n")
      #expect(run.status == 78)
    }
  }

  @Test("schema prints a JSON Schema that names the scenario's keys")
  func schema() throws {
    let run = try Mongodrill.run("schema")
    let schema = try JSON.parse(run.output)
    #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
    #expect(schema["properties"]?["backup"] != nil)
    #expect(run.status == 0)
  }

  @Test("plan says what would be done, and does nothing", .tags(.mongod))
  func plan() throws {
    try withFolder { folder in
      _ = try Dump(in: folder)
      let run = try Mongodrill.run("plan", "dump", "--sandbox-dir", ".", in: folder)
      #expect(run.output.contains("\nCollections\n  shop.customers  105 B, 1 index\n"))
      #expect(run.status == 0)
      #expect(try Files.names(in: folder) == ["dump"])
    }
  }
}
