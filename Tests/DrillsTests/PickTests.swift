import Drills
import Platform
import Record
import Reports
import TestSupport
import Testing

@Suite("A drill of a folder of backups", .needsFixtures, .tags(.mongod))
struct PickTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A scenario that chooses among all forms of the shop's base.
  private func scenario(to target: String) throws -> Scenario {
    let path = Files.join(folder.path, "scenario.yaml")
    let text = """
      version: 1
      backup: {from: \(shop), pick: for_target}
      oplog: [\(shopOplog)]
      steps: [{restore: {include: [crm.*]}}, {replay: {to: "\(target)"}}, {check: []}]
      """
    try Files.writeAtomically(text.utf8, to: path)
    return try Scenario(file: path)
  }

  @Test("restores the newest that ends before the target, and says why and which it passed over")
  func pick() throws {
    let record = drill(try scenario(to: ShopMoment.beforeAccident))
    #expect(record.exitCode == .pass, "\(record.reasons)")
    #expect(record.backup.path.hasPrefix(shop + "/"))
    let reason = record.backup.notes.first {
      $0.hasPrefix("\(record.backup.path): the newest backup that ends")
    }
    #expect(reason != nil, "\(record.backup.notes)")
    #expect(record.replay?.lastApplied == ShopMoment.beforeAccident)
    try expectValid(record)
  }

  @Test("takes an older one for a target that lies before the end of the newest")
  func older() throws {
    let plan = try DrillPlan(
      try scenario(to: ShopMoment.dumpEnd), options: DrillOptions(runID: "x", version: "0"))
    #expect(plan.json["backup"]?["path"] == .string("\(shop)/dump"), "\(plan.text)")
    #expect(plan.text.contains("passed over, ends at "))
  }

  @Test("ends with 65 when none reaches the target")
  func none() throws {
    let record = drill(try scenario(to: "1795259600:1"))
    #expect(record.exitCode == .damagedBackup && record.reasons.first?.code == "no-base", "\(record.reasons)")
    try expectValid(record)
  }
}
