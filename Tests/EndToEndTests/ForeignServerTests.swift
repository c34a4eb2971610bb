import BSON
import Mongo
import Platform
import TestSupport
import Testing

@Suite("A server that mongodrill did not start", .tags(.mongod), .timeLimit(.minutes(10)))
struct ForeignServerTests {
  /// What would show that somebody wrote to a server, or asked it for its data.
  private struct Look: Equatable {
    var hashes: [String?]
    var documents: String
    var profiled: Int64?

    init(_ pool: ClientPool) throws {
      hashes = try ["shop", "mongodrill"].map { try pool.run(["dbHash": 1], on: $0)["md5"]?.string }
      let status = try pool.run(["serverStatus": 1])
      let counted = status["metrics"]?.document?["document"]?.document
      documents = ["inserted", "updated", "deleted"].map { "\(counted?[$0]?.integer ?? -1)" }.joined(
        separator: " ")
      profiled = try pool.run(
        ["count": "system.profile", "query": ["command.dbHash": ["$exists": false]]], on: "shop")[
          "n"]?.integer
    }
  }

  private static let scenarios = [
    """
    sandbox: {topology: standalone}
    steps:
      - {id: restore, restore: {}}
      - {id: killed, fault: {kill: server, expect: fails, within: 1s}}
      - {id: back, fault: {restart: server}}
      - {id: out, export: {}}
      - {id: verify, check: []}
    """,
    """
    sandbox: {cache: 768MiB, topology: {replica_set: 3, election_timeout: 3s}}
    steps:
      - {id: restore, restore: {}}
      - {id: cut, fault: {network: primary, for: 4s, within: 30s}}
      - {id: lost, fault: {kill: secondary}}
      - {id: rebuilt, fault: {rebuild: secondary}}
      - {id: over, failover: {writer: {before: 200ms, after: 200ms}}}
      - {id: verify, check: []}
    """,
  ]

  @Test(
    "with the same names and data on the same machine is not touched, whatever the scenario does",
    arguments: isFullRun ? ForeignServerTests.scenarios : [ForeignServerTests.scenarios[0]])
  func untouched(steps: String) throws {
    let foreign = try LiveSource.start()
    defer { foreign.stop() }
    try withFolder { folder in
      _ = try Dump(in: folder)
      for (name, count) in [("customers", 3), ("orders", 2)] {
        let documents = (1...Int32(count)).map {
          Value.document(["_id": .int32($0), "customerId": .int32($0)])
        }
        try foreign.pool.run(["insert": .string(name), "documents": .list(documents)], on: "shop")
      }
      // Where the numbered writers of faults and failovers write in the sandbox.
      try foreign.pool.run(["insert": "writes", "documents": [["_id": 1]]], on: "mongodrill")
      try foreign.pool.run(["profile": 2], on: "shop")
      let before = try Look(foreign.pool)
      try Files.writeAtomically(
        "version: 1\nbackup: {path: dump}\n\(steps)\nchecks: {core: {shop.orders: [count: {equals: 2}]}}\n"
          .utf8,
        to: Files.join(folder, "scenario.yaml"))
      let drill = try PhasedDrill(Files.join(folder, "scenario.yaml"), in: folder)
      #expect(
        drill.child.wait(timeout: 240) == .exited(0), "\(drill.errorOutput)\(drill.output.suffix(2000))")
      _ = try Mongodrill.run("clean", "--kept", environment: drill.environment)
      let after = try Look(foreign.pool)
      #expect(after.hashes == before.hashes && !before.hashes.contains(nil))
      #expect(after.documents == before.documents)
      // The look itself is in the profile: a count each time.
      #expect((after.profiled ?? 0) - (before.profiled ?? 0) <= 2, "\(before) \(after)")
      #expect(drill.leftovers == [])
    }
  }
}
