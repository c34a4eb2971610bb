import Drills
import Platform
import Record
import Reports
import Sandbox
import TestSupport
import Testing

private let least = "version: 1\nbackup: {path: b}\n"

@Suite("A scenario's topology")
struct TopologyTests {
  @Test(
    "is a standalone server, or a replica set of one or three",
    arguments: [
      ("standalone", nil), ("{replica_set: 1}", ReplicaSetPlan(members: 1)),
      ("{replica_set: 3}", ReplicaSetPlan(members: 3)),
      ("{replica_set: 3, election_timeout: 2s}", ReplicaSetPlan(members: 3, electionTimeout: 2)),
    ])
  func reads(text: String, plan: ReplicaSetPlan?) throws {
    #expect(try scenario(least + "sandbox: {topology: \(text)}").sandbox.replicaSet == plan)
  }

  @Test(
    "that can't be is refused",
    arguments: [
      ("{replica_set: 2}", "invalid-value"), ("{replica_set: 4}", "wrong-type"), ("sharded", "wrong-type"),
      ("{replica_set: 3, election_timeout: 1ms}", "invalid-value"), ("{}", "missing-key"),
    ])
  func refuses(text: String, code: String) {
    let found = problems(least + "sandbox: {topology: \(text)}")
    #expect(found.count == 1 && found[0].place.hasSuffix(" \(code)"), "\(found)")
  }

  @Test("never lets a set's key onto a command line, where everybody can read it")
  func keyOnCommandLine() {
    let set = "sandbox: {topology: {replica_set: 1}}\n"
    let run = "run: {argv: [mongosh, \"${sandbox.uri}\"]}"
    #expect(
      problems(least + set + "steps: [{restore: {}}, {\(run)}]\n").map(\.place) == [
        "4:24 key-on-command-line"
      ])
    #expect(
      problems(least + set + "rollbacks: [{\(run)}]\n").map(\.place) == ["4:13 key-on-command-line"])
    // A standalone server's socket is guarded by its folder.
    #expect(problems(least + "steps: [{restore: {}}, {\(run)}]\n").isEmpty)
  }

  @Test("that no step would see is refused")
  func unused() {
    let text =
      least + "sandbox: {topology: {replica_set: 1}}\nsteps: [{restore: {}}, {replay: {to: latest}}]\n"
    #expect(problems(text).map(\.place) == ["4:24 replica-set-not-used"])
  }
}

@Suite("A drill on a replica set", .needsFixtures, .tags(.mongod))
struct ReplicaSetDrillTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("restores first, becomes a set then, and tells its address in the environment alone")
  func single() throws {
    let script = """
      - {id: verify, check: [core]}
      - id: app
        run: {argv: [sh, -c, 'echo $MONGODRILL_URI $URI; exit 3'], env: {URI: "${sandbox.uri}"}}
      sandbox: {topology: {replica_set: 1, election_timeout: 1s}}
      checks:
        core:
          shop.orders: [{count: {min: 5000}}, {indexes: {compare: backup}}, validate]
          shop: [{collections: {compare: backup}}]
      """
    let record = drill(try shopScenario(script, in: folder))
    #expect(record.checks.count == 4 && record.checks.allSatisfy { $0.result == .pass })
    #expect(
      record.phases.map(\.name) == [
        "read", "sandbox", "restore", "indexes", "replica_set", "checks", "run", "cleanup",
      ])
    #expect(record.environment.sandbox?.members == 1)
    let output = record.steps[2].output ?? ""
    #expect(output.split { $0 == " " || $0 == "\n" }.count == 2 && !output.contains("__system"), "\(output)")
    #expect(record.exitCode == .checkFailed)
    #expect(!Files.exists(record.environment.sandbox?.directory ?? "/"))
    try expectValid(record)
  }
}
