import Drills
import Glibc
import Platform
import Record
import Reports
import TestSupport
import Testing

@Suite("A drill that replays", .needsFixtures, .tags(.mongod))
struct ReplayDrillTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("goes to its target, proves the arrival, and asks there")
  func target() throws {
    let script = """
      - {id: replay, replay: {to: "before:1795259696:1"}}
      - {id: verify, check: [core]}
      checks:
        core:
          shop.orders:
            - count: {equals: 5837}
            - references: {field: customerId, to: shop.customers}
          crm.people: [{count: {equals: 299}}, indexes]
          shop: [validate]
      objectives: {rpo: {max: 5m, reference: "1795259696:1"}}
      """
    let record = drill(try replayScenario(script, in: folder))
    #expect(record.exitCode == .pass && record.verdict == .pass, "\(record.reasons)")
    let replay = try #require(record.replay)
    #expect(replay.step == "replay" && replay.requested == "before:1795259696:1" && replay.proven)
    #expect(replay.through == "1795259696:0" && replay.lastApplied == ShopMoment.beforeAccident)
    #expect(replay.nextEntry == "1795259696:1" && replay.earlier == [])
    #expect(replay.coverage.dumpEnd == ShopMoment.dumpEnd && replay.coverage.provenEnd == ShopMoment.end)
    #expect(replay.applied["crm.people"]?["delete"] == 1)
    #expect(replay.skipped["of a collection that is dropped before the target"] != nil)
    #expect(record.objectives.rpo?.measuredSeconds == 2 && record.objectives.rpo?.met == true)
    #expect(record.backup.slices == [shopOplog])
    let orders = record.backup.collections.first { $0.target == "shop.orders" }
    #expect(orders?.atTarget == 5837 && orders?.missing == 0)
    #expect(record.backup.collections.first { $0.source == "scratch.b" }?.atTarget == 1)
    #expect(
      record.summary.sentence.hasPrefix(
        "The backup can be recovered to 1795259694:300 (2026-11-21T11:14:54Z): "))
    let text = Renderer.markdown.draw(record)
    #expect(
      text.contains(
        "`before:1795259696:1`, which is up to 1795259696:1, without it: the last entry applied is `1795259694:300` "
          + "(2026-11-21 11:14:54 UTC), the first one after it is `1795259696:1`."), "\(text)")
    #expect(text.contains("RPO, data lost"))
    try expectValid(record)
  }

  @Test(
    "to the latest entry warns of an empty slice behind all others, and elsewhere names it",
    arguments: ["latest", ShopMoment.beforeAccident])
  func emptySlice(target: String) throws {
    // Behind the fixture's by its path.
    let empty = "/var/tmp/mongodrill-\(getpid())-\(target.utf8.count)/z.bson"
    let slices = Files.join(folder.path, "slices")
    #expect(symlink(Files.folder(of: shopOplog), slices) == 0)
    try Files.createFolder(Files.folder(of: empty))
    defer { try? Files.removeTree(Files.folder(of: empty)) }
    try Files.writeAtomically([], to: empty)
    let script = """
      - {id: replay, replay: {to: "\(target)"}}
      - {id: verify, check: [core]}
      checks: {core: {shop.orders: [{count: {min: 1}}]}}
      oplog: ["\(slices)/oplog", "\(empty)"]
      """
    let record = drill(try shopScenario(script, restore: "{}", in: folder))
    #expect(record.exitCode == .pass, "\(record.reasons)")
    #expect(record.verdict == (target == "latest" ? .warn : .pass), "\(record.reasons)")
    #expect(record.notVerified.contains { $0.message == "\(empty): passed over, is empty" })
    #expect(
      record.reasons.contains { $0.message.hasPrefix("\(empty) is empty and stands behind") }
        == (target == "latest"))
    try expectValid(record)
  }

  @Test("replays the dump's own oplog without being asked, to the one moment at which the dump is consistent")
  func dumpEnd() throws {
    let record = drill(try Scenario(Files.join(shop, "full.archive.gz")))
    #expect(record.verdict == .pass, "\(record.reasons)")
    #expect(record.replay?.step == "restore" && record.replay?.lastApplied == record.replay?.coverage.dumpEnd)
    #expect(record.replay?.nextEntry == nil)
    try expectValid(record)
  }

  @Test("goes from target to target in one sandbox, and asks at each")
  func sweep() throws {
    let script = """
      - {id: t1, replay: {to: "\(ShopMoment.transactions)"}}
      - {check: [blobs]}
      - {id: t2, replay: {to: "\(ShopMoment.ddl)"}}
      - {check: [renamed]}
      - {id: t3, replay: {to: "\(ShopMoment.afterDelete)"}}
      - {check: [deleted]}
      - {id: t4, replay: {to: latest}}
      - {check: [dropped, people]}
      checks:
        blobs: {shop.blobs: [{count: {equals: 24}}], crm.contacts: [{count: {equals: 299}}]}
        renamed: {crm.people: [{count: {equals: 299}}, indexes], shop.imported: [{count: {equals: 100}}, indexes]}
        deleted: {shop.customers: [{count: {equals: 691}}], shop.products: [{count: {equals: 300}}]}
        dropped: {shop.orders: [{count: {equals: 5839}}, indexes]}
        people: {crm: [validate]}
      """
    let record = drill(try replayScenario(script, in: folder))
    #expect(record.exitCode == .pass, "\(record.reasons)")
    #expect(record.checks.count == 11 && record.checks.allSatisfy { $0.result == .pass })
    let replay = try #require(record.replay)
    #expect(replay.all.map(\.step) == ["t1", "t2", "t3", "t4"])
    #expect(
      replay.all.map(\.lastApplied) == [
        ShopMoment.transactions, ShopMoment.ddl, ShopMoment.afterDelete, ShopMoment.end,
      ])
    #expect(replay.earlier.allSatisfy { $0.earlier == [] })
    #expect(!record.backup.collections.contains { $0.target == "shop.products" })
    let text = Renderer.markdown.draw(record)
    #expect(text.contains("| `t2` | through 1795259692:191 | `1795259692:191` (2026-11-21 11:14:52 UTC) |"))
    try expectValid(record)
  }

  @Test("leaves out what it is told to, and says that this state never existed")
  func skip() throws {
    let script = """
      - {id: good, replay: {to: "\(ShopMoment.afterDelete)"}}
      - {id: rest, replay: {to: latest, skip: [{op: u, ns: shop.orders}, {op: drop, ns: shop.products}]}}
      - {check: [core]}
      checks:
        core: {shop.orders: [{count: {equals: 5839}}], shop.products: [{count: {equals: 300}}]}
      """
    let record = drill(try replayScenario(script, in: folder))
    #expect(record.verdict == .warn && record.exitCode == .pass, "\(record.reasons)")
    #expect(record.replay?.skipped["left out as asked (skip:)"] == ["shop.orders": 5779, "shop.$cmd": 1])
    #expect(record.replay?.applied["shop.orders"] == ["insert": 2])
    #expect(
      record.reasons.map(\.message) == [
        "step rest left out 5,780 operations on purpose: the state that was checked never existed on the source"
      ])
    #expect(
      Renderer.markdown.draw(record).contains(
        "- 5,780: left out as asked (skip:) (`shop.orders` 5,779, `shop.$cmd` 1)"))
    try expectValid(record)
  }

  @Test("takes a selection and new names into the replay, transactions and views included")
  func selection() throws {
    let script = """
      - {replay: {to: "\(ShopMoment.ddl)"}}
      - {check: [core]}
      checks:
        core:
          crm.people: [{count: {equals: 299}}]
          test.orders: [{count: {equals: 5537}}, indexes]
          test.blobs: [{count: {equals: 24}}]
          test.openOrders: [{count: {equals: 1442}}]
          test.doneOrders: [{count: {equals: 1307}}]
      """
    let restore =
      "{include: [crm.people, shop.orders, shop.blobs, shop.openOrders, shop.doneOrders], rename: {shop.*: test.*}}"
    let record = drill(try replayScenario(script, restore: restore, in: folder))
    #expect(record.exitCode == .pass, "\(record.reasons)")
    #expect(record.replay?.skipped["not selected"]?["shop.invoices"] == 40)
    #expect(record.replay?.applied["test.blobs"] == ["insert": 24])
    #expect(
      Set(record.backup.collections.compactMap(\.target)) == [
        "crm.people", "test.orders", "test.blobs", "test.openOrders", "test.doneOrders",
      ])
    try expectValid(record)
  }

  @Test("of a base that lacks documents fails and names the first, unless the base is declared to be partial")
  func missingDocuments() throws {
    let copy = Files.join(folder.path, "dump")
    try copyTree(Files.join(shop, "dump"), to: copy)
    let orders = Files.join(copy, "shop/orders.bson")
    let bytes = try Files.read(orders)
    var half = 0
    while half < bytes.count / 2 { half += length(of: bytes, at: half) }
    try Files.writeAtomically(bytes[half...], to: orders)
    func script(_ keys: String) -> String {
      """
      - {replay: {to: "\(ShopMoment.beforeAccident)"\(keys)}}
      - {check: [core]}
      checks: {core: {shop.customers: [{count: {equals: 1001}}]}}
      """
    }
    let failed = drill(try replayScenario(script(""), backup: copy, in: folder))
    #expect(failed.exitCode == .checkFailed && failed.verdict == .fail)
    let problem = try #require(failed.replay?.problems.first)
    #expect(problem.namespace == "shop.orders" && problem.id?.contains("$oid") == true, "\(problem)")
    #expect(failed.reasons.first?.code == "operation-failed")
    let reason = failed.reasons.first?.message ?? ""
    #expect(reason.contains("shop.orders") && reason.contains("(entry \(problem.timestamp))"), "\(reason)")
    #expect(failed.summary.sentence.hasPrefix("The oplog can't be replayed exactly: "))
    try expectValid(failed)

    for name in ["bson", "metadata.json"] {
      try Files.removeTree(Files.join(copy, "shop/products.\(name)"))
    }
    let partial = drill(try replayScenario(script(", partial: true"), backup: copy, in: folder))
    #expect(partial.exitCode == .pass, "\(partial.reasons)")
    #expect(partial.replay?.updatesOutsideBase ?? 0 > 0 && partial.replay?.problemCount == 0)
    #expect(
      partial.notVerified.contains { $0.message.contains("of documents that the base, declared partial") })
    #expect(
      partial.notVerified.contains {
        $0.message.hasSuffix("on 1 collection that the base, declared partial, does not hold: shop.products")
      }, "\(partial.notVerified)")
    let outside = partial.replay?.skipped["of a collection that the base, declared partial, does not hold"]
    #expect(outside?.keys.map(\.self) == ["shop.products"])
    try expectValid(partial)
  }

  @Test("misses its recovery point with good data: 2")
  func missedPoint() throws {
    let script = """
      - {replay: {to: "\(ShopMoment.ddl)"}}
      - {check: [core]}
      checks: {core: {shop.orders: [{count: {equals: 5537}}]}}
      objectives: {rpo: {max: 5s, reference: "2026-11-21T11:15:00Z"}}
      """
    let record = drill(try replayScenario(script, in: folder))
    #expect(record.verdict == .fail && record.exitCode == .objectiveMissed)
    #expect(record.objectives.rpo?.measuredSeconds == 8)
    #expect(record.reasons.first?.message == "RPO was 8.0 s, 3.0 s above the limit of 5.0 s")
    try expectValid(record)
  }

  @Test("past an unproven seam is a warning, and no proof where proof is asked for")
  func unproven() throws {
    // As scripts cut slices that begin behind ($gt) the last entry of the one before.
    let slices = Files.join(folder.path, "slices")
    try Files.createFolder(slices)
    try copyTree(Files.join(shopOplog, "000"), to: Files.join(slices, "000"))
    let next = try Files.read(Files.join(shopOplog, "001/local/oplog.rs.bson"))
    try Files.writeAtomically(next[length(of: next, at: 0)...], to: Files.join(slices, "001.bson"))
    let script = """
      - {replay: {}}
      - {check: [core]}
      checks: {core: {shop.orders: [{count: {equals: 5497}}]}}
      """
    let scenario = try replayScenario(script, oplog: slices, in: folder)
    let record = drill(scenario)
    #expect(record.verdict == .warn && record.exitCode == .pass, "\(record.reasons)")
    #expect(record.replay?.proven == false && record.replay?.coverage.provenEnd == "1795259685:1")
    #expect(record.replay?.coverage.unproven.count == 1 && record.replay?.lastApplied == "1795259688:554")
    #expect(record.notVerified.contains { $0.message.hasPrefix("an unproven seam of the oplog: ") })
    #expect(
      Renderer.markdown.draw(record).contains("Past unproven seams they go on through `1795259688:554`"))
    try expectValid(record)
    #expect(drill(scenario) { $0.failOnWarn = true }.exitCode == .warnings)
    let strict = drill(scenario) { $0.requireProven = true }
    #expect(strict.exitCode == .notVerified && strict.verdict == .inconclusive)
  }

  @Test(
    "that can't reach its target ends with 65, and says what is possible",
    arguments: [
      (
        [0, 1, 2, 4], "latest", "target-past-gap", "through 1795259689:123 (2026-11-21T11:14:49Z) are proven"
      ),
      (
        [0, 1, 2, 4], "1795259690:1", "target-past-gap",
        "through 1795259689:123 (2026-11-21T11:14:49Z) are proven"
      ),
      (
        [0, 1], "1795259690:1", "target-past-end", "through 1795259688:554 (2026-11-21T11:14:48Z) are proven"
      ),
      (
        [0, 1], "1795259684:1", "target-before-dump",
        "Targets from 1795259684:19 (2026-11-21T11:14:44Z) through"
      ),
    ] as [([Int], String, String, String)])
  func unreachable(slices: [Int], target: String, code: String, hint: String) throws {
    let chosen = slices.map { "\(shopOplog)/00\($0)" }.joined(separator: ", ")
    let scenario = try replayScenario(
      "- {replay: {to: \"\(target)\"}}\n- {check: []}", oplog: chosen, in: folder)
    let record = drill(scenario)
    #expect(record.verdict == .fail && record.exitCode == .damagedBackup && record.status == .failed)
    #expect(record.reasons.first?.code == code)
    #expect(record.reasons.first?.hint?.contains(hint) == true, "\(record.reasons)")
    // Before anything was started.
    #expect(record.phases.map(\.name) == ["read"])
    try expectValid(record)
    #expect { try DrillPlan(scenario, options: DrillOptions(runID: "x", version: "0")) } throws: { error in
      (error as? Failure)?.code == code
    }
  }

  @Test(
    "is refused when its steps make no sense",
    arguments: [
      (
        "- {replay: {to: \"\(ShopMoment.ddl)\"}}\n- {id: b, replay: {to: dump-end}}", "{}",
        "targets-out-of-order"
      ),
      ("- {check: []}\n- {replay: {}}", "{}", "check-before-replay"),
      ("- {replay: {}}", "{no_replay: true}", "replay-refused"),
      (
        "- {replay: {}}\n- {id: r, restore: {}}\n- {id: s, replay: {until_failing: standard}}", "{}",
        "bisect-among-restores"
      ),
    ])
  func misplaced(rest: String, restore: String, code: String) throws {
    let record = drill(try replayScenario(rest, restore: restore, in: folder))
    #expect(record.exitCode == .invalidScenario && record.reasons.first?.code == code, "\(record.reasons)")
  }

  @Test("that can't finish its restore doesn't replay onto it, whatever the steps say")
  func brokenRestore() throws {
    let copy = Files.join(folder.path, "dump")
    try copyTree(Files.join(shop, "dump"), to: copy)
    let orders = Files.join(copy, "shop/orders.bson")
    let bytes = try Files.read(orders)
    try Files.writeAtomically(bytes.dropLast(10), to: orders)
    let path = Files.join(folder.path, "scenario.yaml")
    let text = """
      version: 1
      backup: {path: \(copy)}
      steps: [{restore: {}, on_failure: continue}, {replay: {}}, {check: []}]
      """
    try Files.writeAtomically(text.utf8, to: path)
    let record = drill(try Scenario(file: path))
    #expect(record.exitCode == .damagedBackup && record.checks.isEmpty)
    #expect(record.reasons.map(\.code).contains("nothing-to-replay"), "\(record.reasons)")
  }
}

@Suite("The plan of a drill that replays")
struct ReplayPlanTests {
  @Test("shows what the oplog covers and where each step goes")
  func plan() throws {
    let folder = try TemporaryFolder()
    let script = """
      - {id: early, replay: {to: "before-first:{op: drop, ns: shop.products}"}}
      - {id: search, replay: {until_failing: core}}
      checks: {core: {shop.orders: [count: {min: 1}]}}
      objectives: {rpo: {max: 5m, reference: "1795259700:2"}}
      """
    let plan = try DrillPlan(
      try replayScenario(script, in: folder), options: DrillOptions(runID: "x", version: "0"))
    #expect(
      plan.text.contains(
        "Oplog      targets from 1795259684:19, the dump's end, proven through 1795259700:2\n"),
      "\(plan.text)")
    #expect(plan.text.contains("Target     up to 1795259700:1, without it: "))
    #expect(plan.text.contains("from there to through 1795259700:2: the first entry that breaks core"))
    #expect(plan.text.contains("RPO        5m 00s"))
    #expect(!plan.text.contains("will not be replayed"))
    #expect(plan.json["replay"]?["coverage"]?["proven_end"] == "1795259700:2")
  }
}

/// The length of the document that begins there.
private func length(of bytes: [UInt8], at start: Int) -> Int {
  bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
}
