import Drills
import Platform
import Record
import Reports
import TestSupport
import Testing

/// Plants faults in a scenario.
private func damage(_ scenario: Scenario, each: Int? = 1) -> DrillRecord {
  let options = DrillOptions(runID: "20261121T130449Z-test", version: "0.0.0")
  return DamageDrill(scenario, options: options, each: each, events: { _ in }).run()
}

@Suite("Damage that is planted on purpose", .needsFixtures, .tags(.mongod), .timeLimit(.minutes(10)))
struct DamageTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func fault(_ kind: String, _ record: DrillRecord) throws -> DrillRecord.Fault {
    try #require(record.damage?.faults.first { $0.kind == kind }, "\(kind)")
  }

  @Test("is noticed by checks of everything, undone each time, and leaves the backup as it was")
  func noticed() throws {
    let before = try Files.tree(Files.join(shop, "dump-gzip")).map { "\($0.path) \($0.size)" }
    let scenario = try shopScenario(
      """
      - {id: verify, check: [all]}
      checks:
        all:
          "*":
          - collections
          - digest
          - options
          - indexes
          shop.orders:
          - references: {field: customerId, to: shop.customers}
          - freshness: {field: placedAt, max: 24h, at: "2026-01-03T06:00:00Z"}
      """, backup: "\(shop)/dump-gzip", in: folder)
    let record = damage(scenario)
    #expect(record.verdict == .pass && record.exitCode == .pass, "\(record.reasons)")
    let faults = try #require(record.damage?.faults)
    #expect(
      faults.map(\.kind) == [
        "collection-removed", "documents-lost", "document-duplicated", "parent-deleted", "field-emptied",
        "type-changed", "index-left-out", "index-changed", "option-lost", "yesterdays-backup", "byte-flipped",
        "slice-missing", "replay-stopped-early",
      ])
    for fault in faults where fault.noticed == nil {
      #expect(["slice-missing", "replay-stopped-early"].contains(fault.kind), "\(fault)")
    }
    #expect(faults.allSatisfy { $0.noticed != false && $0.remedy == nil })
    #expect(try fault("parent-deleted", record).by.contains("references of shop.orders"))
    #expect(try fault("yesterdays-backup", record).by == ["freshness of shop.orders"])
    #expect(try fault("byte-flipped", record).by.contains("gzip-corrupt"))
    #expect(
      record.summary.sentence == "The checks notice what goes wrong: 11 of 11 planted faults were noticed.")
    #expect(try Files.tree(Files.join(shop, "dump-gzip")).map { "\($0.path) \($0.size)" } == before)
    let report = Renderer.markdown.draw(record)
    #expect(report.contains("## Planted faults"))
  }

  @Test("that no check notices is told, with a check that would have")
  func unnoticed() throws {
    let scenario = try shopScenario(
      """
      - {id: verify, check: [few]}
      checks:
        few:
          shop.orders: [count: {min: 5000}, indexes]
      """, restore: "{no_replay: true, include: [shop.orders]}", in: folder)
    let record = damage(scenario)
    #expect(record.verdict == .fail && record.exitCode == .checkFailed)
    #expect(try fault("collection-removed", record).noticed == true)
    #expect(try fault("index-left-out", record).by == ["indexes of shop.orders"])
    let emptied = try fault("field-emptied", record)
    #expect(emptied.noticed == false && emptied.by.isEmpty)
    #expect(emptied.remedy == "digest, or missing: {field: customerId}", "\(emptied)")
    #expect(
      record.reasons.contains {
        $0.code == "damage-unnoticed" && $0.message.contains("field-emptied in shop.orders")
      })
    #expect(record.reasons[0].hint?.hasPrefix("A check that sees it: ") == true)
  }

  @Test("is not planted in a drill that fails without it")
  func failing() throws {
    let scenario = try shopScenario(
      """
      - {id: verify, check: [few]}
      checks: {few: {shop.orders: [count: {equals: 1}]}}
      """, restore: "{no_replay: true, include: [shop.orders]}", in: folder)
    let record = damage(scenario)
    #expect(record.damage?.faults.isEmpty == true)
    #expect(record.exitCode == .incomplete)
    #expect(record.reasons.contains { $0.code == "not-whole-before" })
  }

  @Test("of the oplog: a slice left out and a replay that stops half way")
  func oplog() throws {
    let path = Files.join(folder.path, "scenario.yaml")
    try Files.writeAtomically(
      """
      version: 1
      backup: {path: \(shop)/dump}
      oplog: [{path: \(Files.folder(of: shop))/oplog}]
      steps:
      - {id: restore, restore: {include: [shop.orders, shop.customers]}}
      - {id: replay, replay: {to: "1795259694:300"}}
      - {id: verify, check: [core]}
      checks:
        core:
          shop.orders: [count: {equals: 5837}]
      """.utf8, to: path)
    let record = damage(try Scenario(file: path))
    let slice = try fault("slice-missing", record)
    #expect(slice.noticed == true && slice.by.contains("target-past-gap"), "\(slice)")
    let early = try fault("replay-stopped-early", record)
    #expect(early.noticed == true && early.by == ["count of shop.orders"], "\(early)")
  }
}
