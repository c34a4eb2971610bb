import Configuration
import Platform
import Readiness
import Record
import Testing

/// A policy in a file that goes with the folder.
func policy(_ text: String, in folder: ReportFolder) throws -> Policy {
  let file = Files.join(folder.path, "policy.yaml")
  try Files.writeAtomically(text.utf8, to: file)
  return try Policy(file: file)
}

@Suite("A policy")
struct PolicyTests {
  /// What is wrong with a text, by line and column.
  private func problems(_ text: String) throws -> [String] {
    let folder = try ReportFolder()
    do {
      _ = try policy(text, in: folder)
      return []
    } catch let invalid as InvalidPolicy {
      return invalid.failures.map { "\($0.place?.line ?? 0):\($0.place?.column ?? 0) \($0.code)" }
    }
  }

  @Test("that says nothing asks what is due by default")
  func defaults() throws {
    let policy = try policy("version: 1\nsystems: {shop: {}}\n", in: ReportFolder())
    let shop = try #require(policy.systems.first)
    #expect(shop.fullBackup == Bounds([86_400, 172_800, 604_800], isUpper: true))
    #expect(shop.slices?.bounds == Bounds([6, 3, 1], isUpper: false) && shop.slices?.interval == 86_400)
    #expect(shop.drills?.bounds == Bounds([2, 1, 1], isUpper: false) && shop.drills?.interval == 30 * 86_400)
    #expect(shop.eachScenario == Bounds([90 * 86_400.0], isUpper: true))
    #expect(shop.rto == nil && shop.copies == nil && shop.proven == nil && policy.controls.count == 8)
    #expect(
      policy.alerts.noBackup == 86_400 && policy.alerts.successUnder == 0.9 && policy.alerts.growthOver == 0.2
    )
  }

  @Test("can leave requirements out, and name controls of its own")
  func changed() throws {
    let policy = try policy(
      """
      version: 1
      systems: {shop: {slices: false, full_backup: {within: 2h}}}
      controls: {Ours 1: {about: backups, requirements: [full_backup, drills]}}
      """, in: ReportFolder())
    #expect(policy.systems[0].slices == nil && policy.systems[0].fullBackup == Bounds([7200], isUpper: true))
    #expect(policy.controls == [Policy.Control("Ours 1", "backups", [.fullBackup, .drills])])
  }

  @Test(
    "names what is wrong with it by line and column",
    arguments: [
      ("version: 1\n", "1:1 missing-key"),
      ("version: 1\nsystems: {}\n", "2:10 invalid-value"),
      ("version: 1\nsystems: {shop: {full_backups: {within: 1d}}}\n", "2:18 unknown-key"),
      ("version: 1\nsystems: {shop: {rto: {within: [2h, 1h]}}}\n", "2:32 bounds-order"),
      ("version: 1\nsystems: {shop: {drills: {at_least: [1, 2], in: 1d}}}\n", "2:37 bounds-order"),
      ("version: 1\nsystems: {shop: {rto: {within: [1s, 2s, 3s, 4s]}}}\n", "2:32 bounds-count"),
      ("version: 1\nsystems: {shop: {backups: {offsite: true}}}\n", "2:27 location-kind"),
      ("version: 1\nsystems: {a: {}, b: {scenarios: b}}\n", "2:11 system-without-scenarios"),
      ("version: 1\nsystems: {a: {backups: x, copies: {}}}\n", "2:35 invalid-value"),
      ("version: 1\nsystems: {a: {}}\nattested: {x: {on: yesterday}}\n", "3:20 wrong-type"),
      (
        "version: 1\nsystems: {a: {}}\nattested: {x: {by: A, on: 2026-02-01, expires: 2026-01-01}}\n",
        "3:48 invalid-value"
      ),
      ("version: 1\nsystems: {a: {}}\ncontrols: {X: {requirements: backups}}\n", "3:30 wrong-type"),
    ])
  func invalid(text: String, problem: String) throws {
    #expect(try problems(text) == [problem])
  }

  @Test("of the recipes is valid, and its schema has every key that it uses")
  func example() throws {
    let source = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))
    let policy = try Policy(file: Files.join(source, "docs/recipes/policy.yaml"))
    #expect(policy.systems.map(\.name) == ["shop", "billing"] && policy.attested.count == 4)
    let keys = Policy.schema["properties"]?["systems"]?["additionalProperties"]?["properties"]
    for key in ["full_backup", "slices", "slice_gap", "copies", "proven", "rto", "attested"] {
      #expect(keys?[key]?["description"] != nil, "\(key)")
    }
    #expect(Policy.schema["additionalProperties"] == false)
    #expect(keys?["drills"]?["default"]?["in"] == "30d")
  }
}

@Suite("Bounds")
struct BoundsTests {
  @Test(
    "put what lies on them within",
    arguments: [
      (23.9, ReadinessLevel.excellent), (24, .excellent), (24.001, .good), (48, .good), (48.1, .fair),
      (168, .fair), (168.1, .critical),
    ])
  func levels(hours: Double, level: ReadinessLevel) {
    #expect(Bounds([24, 48, 168], isUpper: true).level(hours) == level)
  }

  @Test("of one or two know no level between")
  func fewer() {
    #expect(Bounds([10], isUpper: true).level(10) == .excellent)
    #expect(Bounds([10], isUpper: true).level(11) == .critical)
    #expect(Bounds([10, 20], isUpper: true).level(11) == .fair)
    #expect(Bounds([2, 1, 1], isUpper: false).level(1) == .good)
    #expect(Bounds([2, 1, 1], isUpper: false).level(0) == .critical)
  }

  @Test("find nothing good in nothing")
  func nothing() {
    #expect(Bounds<Int>([0], isUpper: false).level(nil) == .critical)
    #expect(Bounds<Double>([0], isUpper: true).level(nil) == .critical)
    #expect(
      ReadinessLevel.allCases.map(\.compliance) == [.compliant, .warning, .warning, .nonCompliant])
  }
}
