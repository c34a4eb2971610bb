import Drills
import Platform
import Record
import Reports
import TestSupport
import Testing

private let set = "version: 1\nbackup: {path: b}\nsandbox: {topology: {replica_set: 3}}\n"

@Suite("A failover step")
struct FailoverStepTests {
  @Test("has sane defaults, and takes what it is told")
  func reads() throws {
    let steps =
      "steps: [{restore: {}}, {failover: {}}, {failover: {how: step_down, writer: {threads: 2, before: 5s}, max_gap: 15s, compare: false}}]\n"
    let actions = try scenario(set + steps).steps.compactMap { $0.action as? FailoverStep }
    #expect(actions.map(\.how) == [.kill, .stepDown])
    #expect(
      actions.map(\.threads) == [4, 2] && actions.map(\.before) == [1, 5] && actions.map(\.after) == [2, 2])
    #expect(actions.map(\.within) == [120, 120] && actions.map(\.maxGap) == [nil, 15])
    #expect(actions.map(\.compares) == [true, false])
  }

  @Test(
    "is refused where it makes no sense",
    arguments: [
      (set + "steps: [{restore: {}}, {failover: {how: crash}}]\n", "4:41 wrong-type"),
      (set + "steps: [{restore: {}}, {failover: {writer: {threads: 0}}}]\n", "4:54 wrong-type"),
      (set + "steps: [{restore: {}}, {failover: {max: 1s}}]\n", "4:36 unknown-key"),
      (
        set + "steps: [{restore: {}}, {failover: {}}, {replay: {to: latest}}, {check: []}]\n",
        "4:24 before-replica-set"
      ),
      ("version: 1\nbackup: {path: b}\nsteps: [{restore: {}}, {failover: {}}]\n", "3:24 needs-three-members"),
      (
        "version: 1\nbackup: {path: b}\nsandbox: {topology: {replica_set: 1}}\nsteps: [{restore: {}}, {failover: {}}]\n",
        "4:24 needs-three-members"
      ),
    ])
  func refuses(text: String, place: String) {
    #expect(problems(text).map(\.place) == [place])
  }
}

@Suite("A drill with a failover", .needsFixtures, .tags(.mongod))
struct FailoverDrillTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("loses the primary, loses nothing that was acknowledged, and has it back")
  func killed() throws {
    let script = """
      - {id: crash, failover: {writer: {before: 300ms, after: 500ms}}}
      - {id: order, failover: {how: step_down, max_gap: 1us, writer: {before: 300ms, after: 500ms}}}
      - {id: verify, check: [core]}
      sandbox: {topology: {replica_set: 3, election_timeout: 3s}}
      checks:
        core:
          shop.orders: [{count: {min: 5000}}, {indexes: {compare: backup}}, validate]
          "*": [{collections: {compare: backup}}]
      """.replacing("1us", with: "1ms")
    let record = drill(try shopScenario(script, in: folder))
    #expect(record.steps.map(\.status) == [.completed, .completed, .failed, .completed], "\(record.steps)")
    let crash = try #require(record.steps[1].failover)
    #expect(crash.how == "kill" && crash.newPrimary != nil && crash.newPrimary != crash.oldPrimary)
    #expect(crash.newPrimarySeconds ?? 0 > 0.3 && crash.writeGapSeconds ?? 0 > 0.3)
    #expect(crash.writes.acknowledged > 0 && crash.writes.lost == 0)
    #expect(crash.writes.survived + crash.writes.rolledBack == crash.writes.unacknowledged)
    #expect(crash.rejoinSeconds ?? 0 > 0 && crash.catchUpSeconds != nil && crash.clientServed)
    #expect(crash.comparison?.members == 3 && crash.comparison?.differing == [])
    #expect(crash.comparison?.collections ?? 0 > 10)
    let order = try #require(record.steps[2].failover)
    #expect(order.how == "step_down" && order.oldPrimary == crash.newPrimary && order.rejoinSeconds == nil)
    // A limit that nothing can keep is evidence, not an error.
    #expect(record.exitCode == .checkFailed && record.status == .completed)
    #expect(record.reasons.map(\.code) == ["failover-failed"])
    // What the writers wrote is gone again: the check of all databases passes.
    #expect(record.checks.count == 4 && record.checks.allSatisfy { $0.result == .pass })
    let report = Renderer.markdown.draw(record)
    #expect(report.contains("## Failover: crash\n") && report.contains("| … of these lost | 0 |"))
    try expectValid(record)
  }
}
