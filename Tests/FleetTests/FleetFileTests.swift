import Configuration
import Drills
import Fleet
import Platform
import Testing

/// A folder that goes with the test.
func withFleetFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = try Files.createTemporaryFolder(in: Files.realPath("/tmp"), prefix: "mongodrill-fleet-test")
  defer { try? Files.removeTree(folder) }
  return try body(folder)
}

@Suite("A fleet's file")
struct FleetFileTests {
  private func fleet(_ text: String, in folder: String) throws -> Fleet {
    let file = Files.join(folder, "fleet.yaml")
    try Files.writeAtomically(text.utf8, to: file)
    return try Fleet(file: file)
  }

  /// `CODE line:column` of everything that is wrong with a file.
  private func wrongs(_ text: String) throws -> [String] {
    try withFleetFolder { folder in
      do { _ = try fleet(text, in: folder) } catch let error as InvalidFleet {
        return error.failures.map { "\($0.code) \($0.place?.line ?? 0):\($0.place?.column ?? 0)" }
      }
      return []
    }
  }

  @Test("gives each system what the defaults say, and its own over it")
  func defaults() throws {
    try withFleetFolder { folder in
      let fleet = try fleet(
        """
        version: 1
        records: {rclone: "s3:drills"}
        machines: {count: 3, cores: 8}
        budget: 8h
        requires: {every_system_within: 31d}
        defaults:
          scenario: common
          timeout: 2h
          resources: {memory: 2GB, cores: 2}
          params: {a: 1, b: 2}
          labels: {tier: gold}
        systems:
          shop: {backup: /backups/shop, params: {b: 3}, resources: {disk: 5GB, cores: 1}}
          crm: {scenario: own.yaml, timeout: 1h, attempts: 5, labels: {tier: iron}, owner: us, every: 7d}
          plain:
        """, in: folder)
      #expect(fleet.records == .remote("s3:drills"))
      #expect(fleet.machines.count == 3)
      #expect(fleet.budget == 28_800)
      #expect(fleet.everySystemWithin == 2_678_400)
      #expect(fleet.systems.map(\.name) == ["shop", "crm", "plain"])
      #expect(fleet.systems.map(\.taskName) == ["0000-shop", "0001-crm", "0002-plain"])
      let shop = fleet.systems[0]
      #expect(shop.backup == "/backups/shop")
      #expect(shop.scenario == "\(folder)/common")
      #expect(shop.timeout == 7200)
      #expect(shop.resources == FleetSystem.Resources(memory: 2_000_000_000, disk: 5_000_000_000, cores: 1))
      #expect(
        Dictionary(uniqueKeysWithValues: shop.parameters.map { ($0.name, $0.value) }) == ["a": "1", "b": "3"])
      let crm = fleet.systems[1]
      #expect(crm.scenario == "\(folder)/own.yaml")
      #expect(crm.attempts == 5 && crm.owner == "us" && crm.every == 7 * 86_400)
      #expect(crm.labels.map(\.value) == ["iron"])
      #expect(throws: Failure.self) { try fleet.system(at: 3) }
      #expect(try fleet.system(at: 2).name == "plain")
    }
  }

  @Test(
    "says all that is wrong, each in its place and once",
    arguments: [
      ("version: 1\nsystems: {}\n", ["no-systems 2:10"]),
      ("version: 1\nsystems: [a]\n", ["wrong-type 2:10"]),
      ("version: 1\nsystems:\n  a: {bakup: x}\n", ["unknown-key 3:7"]),
      ("version: 1\nsystems:\n  a: {owner: x}\n", ["nothing-to-drill 3:3"]),
      (
        "version: 1\nrecord: x\ndefaults: {timeout: soon}\nsystems:\n  a: {backup: x, attempts: 0}\n  b: {backup: y}\n",
        ["unknown-key 2:1", "wrong-type 3:21", "wrong-type 5:28"]
      ),
      ("version: 1\nsystems:\n  a: {backup: x, params: {p: 1}}\n", ["invalid-value 3:26"]),
      ("version: 1\nrecords: {rclone: x}\nsystems: {a: {backup: x}}\n", ["invalid-value 2:19"]),
      (
        "version: 1\nrecords: {rclone: \":s3,secret_access_key=x:y\"}\nsystems: {a: {backup: x}}\n",
        ["invalid-value 2:19"]
      ),
      ("version: 1\nsystems:\n  a: {backup: x}\n  a: {backup: y}\n", ["duplicate-key 4:3"]),
      (
        "version: 1\nrecords: \"/x\\nExecStartPre=y\"\nsystems:\n  a: {backup: \"x\\ry\"}\n  b: {scenario: \"a\\nb\"}\n",
        ["control-character 2:10", "control-character 4:15", "control-character 5:17"]
      ),
    ])
  func wrong(text: String, expected: [String]) throws {
    #expect(try wrongs(text).sorted() == expected.sorted())
  }

  @Test("means the same to a JSON Schema as to the program: the same keys, and no others")
  func schema() throws {
    guard case .object(let members) = Fleet.schema,
      case .object(let properties)? = members.first(where: { $0.key == "properties" })?.value
    else { throw Failure(.internal, "no-schema", "no properties") }
    #expect(
      Set(properties.map(\.key)) == [
        "version", "title", "records", "policy", "budget", "machines", "requires", "defaults", "systems",
      ])
    #expect(Fleet.schema["additionalProperties"] == false)
  }

  @Test("sets backup, objectives and time over those of a scenario, for the record to show")
  func changes() throws {
    try withFleetFolder { folder in
      try Files.writeAtomically(
        """
        version: 1
        parameters: {n: {type: integer}}
        backup: {path: own}
        objectives: {rto: {max: 9h}}
        checks: {core: {shop.a: [count: {equals: "${n}"}]}}
        """.utf8, to: Files.join(folder, "shop.yaml"))
      let fleet = try fleet(
        """
        version: 1
        systems:
          shop: {scenario: shop.yaml, backup: sub/dump, params: {n: 7}, timeout: 90m, rto: {max: 5m, warn: 1m}}
          alone: {backup: sub/dump, rto: {max: 5m}}
          less: {scenario: shop.yaml}
        """, in: folder)
      let shop = try fleet.systems[0].drill(of: fleet)
      #expect(shop.backup == "\(folder)/sub/dump")
      #expect(shop.name == "shop")
      #expect(shop.objectives.rtoLimit == 300 && shop.objectives.rtoWarning == 60)
      #expect(shop.stopConditions == [.elapsed(above: 5400)])
      #expect(shop.resolved["objectives"]?["rto"]?["max"] == "5m")
      #expect(shop.resolved["backup"]?["path"] == .string("\(folder)/sub/dump"))
      let alone = try fleet.systems[1].drill(of: fleet)
      #expect(alone.name == "alone" && alone.backup == "\(folder)/sub/dump" && alone.path == nil)
      #expect(alone.objectives.rtoLimit == 300)
      #expect(throws: InvalidScenario.self) { try fleet.systems[2].drill(of: fleet) }
      #expect(
        fleet.problems.map(\.code) == ["no-backup-of-system", "no-backup-of-system", "missing-parameter"])
    }
  }

  @Test("refuses a scenario that is several drills")
  func several() throws {
    try withFleetFolder { folder in
      try Files.writeAtomically(
        "version: 1\nbackup: {from: all, pick: all}\n".utf8, to: Files.join(folder, "many.yaml"))
      let fleet = try fleet("version: 1\nsystems: {many: {scenario: many.yaml}}\n", in: folder)
      #expect(fleet.problems.map(\.code) == ["several-drills"])
    }
  }
}

@Suite("Engines")
struct EngineTests {
  @Test(
    "the round's id is what is given, what a variable says, the engine's, or the day",
    arguments: [
      ("mine", ["MONGODRILL_ROUND": "other"], "mine"), (nil, ["MONGODRILL_ROUND": "other"], "other"),
      (nil, ["SLURM_ARRAY_JOB_ID": "17"], "slurm-17"), (nil, ["GITHUB_RUN_ID": "9"], "github-9"),
      (nil, ["CI_PIPELINE_ID": "8"], "gitlab-8"), (nil, [:], "2026-11-21"),
    ] as [(String?, [String: String], String)])
  func round(given: String?, environment: [String: String], expected: String) throws {
    let time = try #require(WallTime(rfc3339: "2026-11-21T23:59:59Z"))
    #expect(try RoundID.resolved(given, in: environment, at: time) == expected)
  }

  @Test("refuses what can't be a folder's name", arguments: ["", "..", ".a", "a/b", "a b", "é"])
  func refuses(id: String) {
    #expect(throws: Failure.self) { try RoundID.resolved(id, in: [:]) }
  }

  @Test("the index is the engine's, and nothing that is no index")
  func index() throws {
    #expect(try Engine.taskIndex(in: ["JOB_COMPLETION_INDEX": "3"]) == 3)
    #expect(try Engine.taskIndex(in: ["SLURM_ARRAY_TASK_ID": "0"]) == 0)
    #expect(try Engine.taskIndex(in: [:]) == nil)
    for text in ["-1", "x", "1.0", "4294967294x"] {
      #expect(throws: Failure.self) { try Engine.taskIndex(in: ["SLURM_ARRAY_TASK_ID": text]) }
    }
  }
}
