import Drills
import Platform
import Record
import Reports
import TestSupport
import Testing

@Suite("A search for the entry that breaks checks", .needsFixtures, .tags(.mongod))
struct BisectTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Searches in the shop's first slices, up to that one.
  private func search(
    _ script: String, through last: Int = 5, restore: String = "{include: [shop.customers, shop.orders]}"
  ) throws -> DrillRecord {
    let slices = (0...last).map { "\(Files.folder(of: shop))/oplog/00\($0)" }.joined(separator: ", ")
    return drill(try shopScenario("\(script)\noplog: [\(slices)]", restore: restore, in: folder))
  }

  @Test("names it, and leaves the sandbox at the moment before it")
  func found() throws {
    let record = try search(
      """
      - {id: search, replay: {until_failing: customers}}
      - {check: [after]}
      checks:
        customers: {shop.customers: [{count: {min: 900}}]}
        after: {shop.customers: [{count: {equals: 900}}], shop.orders: [{count: {equals: 5837}}]}
      """)
    #expect(record.exitCode == .pass && record.verdict == .pass, "\(record.reasons)")
    let found = try #require(record.replay?.bisect)
    #expect(found.lastGood == "1795259696:101" && found.monotone)
    #expect(found.firstBad?.timestamp == "1795259696:102" && found.firstBad?.operation == "delete")
    #expect(found.firstBad?.namespace == "shop.customers" && found.firstBad?.id?.contains("$oid") == true)
    #expect(found.from == "1795259684:19" && found.to == "1795259696:310")
    #expect(found.candidates > 2000 && (3...6).contains(found.rounds))
    #expect(found.probes.first?.through == found.from && found.probes.first?.passed == true)
    // The proof of arrival is that of a replay straight there.
    #expect(record.replay?.lastApplied == "1795259696:101" && record.replay?.nextEntry == "1795259696:102")
    #expect(record.replay?.entries ?? 0 > 1900)
    #expect(record.checks.map(\.suite) == ["customers", "after", "after"])
    #expect(record.steps.map(\.status) == [.completed, .completed, .completed])
    #expect(
      record.summary.sentence.contains(
        "customers: passes through 1795259696:101, and the entry at 1795259696:102 breaks it: delete in "
          + "shop.customers, _id "))
    let text = Renderer.markdown.draw(record)
    #expect(text.contains("**customers: passes through 1795259696:101"), "\(text)")
    #expect(record.environment.sandbox.map { Files.exists($0.directory) } == false)
    try expectValid(record)
  }

  @Test("finds a command, of a collection that the selection matches at one end only")
  func command() throws {
    let record = try search(
      """
      - {id: search, replay: {from: "1795259689:123", to: latest, until_failing: [contacts]}}
      checks: {contacts: {crm.contacts: [{count: {equals: 299}}]}}
      """, through: 3, restore: "{include: [crm.contacts]}")
    #expect(record.exitCode == .pass, "\(record.reasons)")
    let found = try #require(record.replay?.bisect)
    #expect(found.firstBad?.title == "renameCollection of crm.contacts")
    try expectValid(record)
  }

  @Test("says when nothing breaks the checks, and stands at the interval's end")
  func nothing() throws {
    let record = try search(
      """
      - {replay: {from: "1795259688:400", until_failing: orders}}
      checks: {orders: {shop.orders: [{count: {min: 5000}}]}}
      """, through: 1)
    #expect(record.exitCode == .pass, "\(record.reasons)")
    let found = try #require(record.replay?.bisect)
    #expect(found.lastGood == "1795259688:554" && found.firstBad == nil && found.rounds == 1)
    #expect(record.replay?.lastApplied == "1795259688:554")
    #expect(record.summary.sentence.hasSuffix("orders: nothing breaks it through 1795259688:554."))
  }

  @Test("fails when the checks pass nowhere: 1")
  func nowhere() throws {
    let record = try search(
      """
      - {replay: {from: "1795259688:550", until_failing: orders}}
      checks: {orders: {shop.orders: [{count: {min: 9000}}]}}
      """, through: 1)
    #expect(record.exitCode == .checkFailed && record.verdict == .fail)
    #expect(record.replay?.bisect?.lastGood == nil && record.replay?.bisect?.firstBad == nil)
    try expectValid(record)
  }

  @Test("warns when the checks pass again after they failed")
  func notMonotone() throws {
    // There is one customer too many until the deletes begin, and there are too few at the end.
    let record = try search(
      """
      - {replay: {from: "1795259694:290", to: "1795259696:310", until_failing: customers}}
      checks: {customers: {shop.customers: [{count: {min: 700, max: 1000}}]}}
      """, restore: "{include: [shop.customers]}")
    #expect(record.verdict == .warn && record.exitCode == .pass, "\(record.reasons)")
    let found = try #require(record.replay?.bisect)
    #expect(!found.monotone && found.firstBad?.timestamp == "1795259696:302")
    #expect(record.reasons.first?.message.contains("pass again after they failed") == true)
    try expectValid(record)
  }
}
