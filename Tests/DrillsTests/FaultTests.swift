import Drills
import Platform
import Record
import Reports
import Sandbox
import TestSupport
import Testing

private let one = "version: 1\nbackup: {path: b}\n"
private let set = one + "sandbox: {topology: {replica_set: 3}}\n"

@Suite("A fault step")
struct FaultStepTests {
  private func fault(_ text: String) throws -> FaultStep {
    let steps = try scenario(set + "steps: [{restore: {}}, {fault: \(text)}]\n").steps
    return try #require(steps[1].action as? FaultStep)
  }

  @Test("says what is done to whom, and what is expected")
  func reads() throws {
    let kill = try fault("{kill: secondary}")
    #expect(
      kill.action == .kill && kill.member == .secondary && kill.expectation == .survives && kill.within == 60)
    let pause = try fault("{pause: 1, for: 20s, expect: fails}")
    #expect(
      pause.member == .number(1) && pause.duration == 20 && pause.expectation == .fails && pause.within == 10)
    let rebuild = try fault("{rebuild: secondary, by: copy, within: 2m, compare: false}")
    #expect(rebuild.source == .copy && rebuild.within == 120 && !rebuild.compares)
    #expect(try fault("{rebuild: 2}").within == 3600)
    #expect(try fault("{network: primary}").trouble == .cut)
    #expect(try fault("{network: primary, how: slow, delay: 1s}").trouble == .delay(1))
    let server = try scenario(one + "steps: [{restore: {}}, {fault: {kill: server, expect: fails}}]\n")
    #expect((server.steps[1].action as? FaultStep)?.member == .server)
  }

  @Test(
    "is refused where it makes no sense",
    arguments: [
      (set, "{}", "not-one-fault"), (set, "{kill: 0, pause: 1}", "not-one-fault"),
      (set, "{expect: fails}", "not-one-fault"), (set, "{kill: arbiter}", "wrong-type"),
      (set, "{kill: 3}", "wrong-type"), (set, "{burn: 1}", "unknown-key"),
      (set, "{kill: server}", "no-such-member"), (one, "{kill: primary}", "no-such-member"),
      (one, "{kill: 1}", "no-such-member"), (one, "{kill: secondary}", "needs-three-members"),
      (one, "{rebuild: server}", "needs-three-members"), (one, "{network: server}", "needs-three-members"),
      (set, "{kill: 0, for: 1s}", "invalid-value"),
      (set, "{pause: 0, collection: shop.orders}", "invalid-value"),
      (set, "{damage_files: 0, collection: orders}", "invalid-value"),
      (set, "{kill: 0, by: copy}", "invalid-value"),
      (set, "{network: 0, delay: 1s}", "invalid-value"), (set, "{pause: 0, how: cut}", "invalid-value"),
      (set, "{restart: 0, expect: fails}", "invalid-value"),
      (set, "{pause: 0, for: 5s, expect: fails, within: 6s}", "invalid-value"),
    ])
  func refuses(start: String, text: String, code: String) {
    let found = problems(start + "steps: [{restore: {}}, {fault: \(text)}]\n")
    #expect(found.count == 1 && found[0].place.hasSuffix(" \(code)"), "\(found)")
  }

  @Test("comes when there is a replica set")
  func early() {
    let steps = "steps: [{restore: {}}, {fault: {kill: 0}}, {replay: {to: latest}}, {check: []}]\n"
    #expect(problems(set + steps).map(\.place) == ["4:24 before-replica-set"])
  }
}

@Suite("A drill with faults", .needsFixtures, .tags(.mongod), .timeLimit(.minutes(10)))
struct FaultDrillTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("goes on without a lost member, rebuilds it from another, and finds their data the same")
  func singleNodeFailure() throws {
    let script = """
      - {id: lost, fault: {kill: secondary}}
      - {id: without, check: [core]}
      - {id: rebuilt, fault: {rebuild: secondary}}
      - {id: rotten, fault: {damage_files: secondary, collection: shop.orders}}
      - {id: copied, fault: {rebuild: secondary, by: copy}}
      - {id: again, fault: {rebuild: 0, by: backup}}
      - {id: verify, check: [core]}
      sandbox: {cache: 768MiB, topology: {replica_set: 3, election_timeout: 3s}}
      checks:
        core:
          shop.orders: [{count: {min: 5000}}, {indexes: {compare: backup}}, validate]
          "*": [{collections: {compare: backup}}]
      """
    let record = drill(try shopScenario(script, restore: "{no_replay: true, include: [shop.*]}", in: folder))
    #expect(record.exitCode == .pass, "\(record.reasons)")
    let faults = record.steps.compactMap(\.fault)
    #expect(faults.map(\.action) == ["kill", "rebuild", "damage_files", "rebuild", "rebuild"])
    #expect(faults.allSatisfy { $0.survived && $0.writes?.lost == 0 && $0.writes?.acknowledged ?? 0 > 0 })
    #expect(faults[0].role == "secondary" && faults[0].backSeconds == nil && faults[0].comparison == nil)
    // The one that was lost is the one that is rebuilt, although nobody said its number.
    #expect(faults[1].member == faults[0].member && faults[1].backSeconds ?? 0 > 0)
    #expect(faults[1].comparison?.members == 3 && faults[1].comparison?.differing == [])
    #expect(faults[2].outcome?.contains(" of shop.orders were damaged: it ") == true)
    #expect(faults[2].outcome?.contains("finds nothing") == false)
    #expect(faults[3].comparison?.members == 3 && faults[3].comparison?.differing == [])
    // From files of before all writes, and it has them all in the end.
    #expect(faults[4].comparison?.members == 3 && faults[4].comparison?.differing == [])
    let seeding = record.environment.sandbox?.seeding
    #expect(seeding?.by == "copy" && seeding?.bytes ?? 0 > 0 && seeding?.reason.isEmpty == false)
    #expect(
      Renderer.markdown.draw(record).contains("| `rebuilt` | rebuild member \(faults[1].member) | went on |"))
    try expectValid(record)
  }

  @Test("tells what a primary that was cut off had to roll back")
  func rolledBack() throws {
    let script = """
      - {id: cut, fault: {network: primary, for: 6s, within: 30s}}
      sandbox: {cache: 768MiB, topology: {replica_set: 3, election_timeout: 1s}}
      checks: {}
      """
    let record = drill(
      try shopScenario(script, restore: "{no_replay: true, include: [shop.orders]}", in: folder))
    let fault = try #require(record.steps.last?.fault, "\(record.reasons)")
    #expect(record.steps.last?.status == .completed, "\(record.steps)")
    #expect(fault.survived && fault.writes?.lost == 0 && fault.writes?.unacknowledged ?? 0 > 0)
    let documents = fault.rolledBack.reduce(0) { $0 + $1.documents }
    // What was under way at the cut may have come through all the same: then nothing is rolled back.
    #expect(documents <= fault.writes?.rolledBack ?? 0, "\(fault)")
    #expect(fault.rolledBack.allSatisfy { $0.file.hasPrefix("rollback/") && !$0.ids.isEmpty })
    #expect(Renderer.markdown.draw(record).contains("rolled back: ") == (documents > 0))
    try expectValid(record)
  }

  @Test("says so when nobody is left to ask for what was acknowledged")
  func unsettled() throws {
    let script = """
      - {id: verify, check: [core]}
      - {id: killed, fault: {kill: server, expect: fails, within: 500ms}}
      checks:
        core:
          shop.orders: [{count: {min: 5000}}]
      """
    let record = drill(
      try shopScenario(script, restore: "{no_replay: true, include: [shop.orders]}", in: folder))
    #expect(record.steps.map(\.status) == [.completed, .completed, .completed], "\(record.steps)")
    #expect(
      record.notVerified.contains {
        $0.message.hasPrefix("no server was left to ask for the writes that step killed had acknowledged")
      })
    #expect(record.verdict == .warn && record.reasons.map(\.code) == ["drill-warned"], "\(record.reasons)")
    try expectValid(record)
  }

  @Test("holds against a standalone server, too, and says when it did not do what was expected")
  func standalone() throws {
    let script = """
      - {id: held, fault: {pause: server, for: 4s, expect: fails, within: 1s}}
      - {id: killed, fault: {kill: server, expect: fails, within: 1s}}
      - {id: back, fault: {restart: server}}
      - {id: full, fault: {fill_disk: server, for: 10s, expect: fails, within: 2s}}
      - {id: verify, check: [core]}
      - {id: wrong, fault: {pause: server, for: 2s, expect: survives, within: 500ms}}
      checks:
        core:
          shop.orders: [{count: {min: 5000}}, {indexes: {compare: backup}}, validate]
      """
    let record = drill(
      try shopScenario(script, restore: "{no_replay: true, include: [shop.orders]}", in: folder))
    let statuses = record.steps.map(\.status)
    #expect(
      statuses[..<4].allSatisfy { $0 == .completed } && statuses[5...] == [.completed, .failed],
      "\(record.steps)")
    #expect(statuses[4] == (record.steps[4].fault == nil ? .skipped : .completed))
    // What was written before the server was killed was asked for when it was back.
    #expect(record.steps[2].fault?.writes == nil)
    #expect(record.steps[3].fault?.writes?.lost == 0)
    if let full = record.steps[4].fault {
      #expect(!full.survived && full.outcome?.contains("its disk was full, and it ended") == true)
      #expect(full.backSeconds ?? 0 > 0 && full.writes?.lost == 0)
    } else {
      // Where nobody may mount anything it says so, and that is no pass.
      #expect(record.notVerified.contains { $0.message.contains("step full was skipped: fill_disk: ") })
    }
    #expect(record.exitCode == .checkFailed)
    #expect(record.reasons.first?.code == "fault-not-as-expected")
    #expect(
      record.reasons.first?.message.hasPrefix("step wrong: no write was acknowledged within 500 ms") == true)
    try expectValid(record)
  }
}
