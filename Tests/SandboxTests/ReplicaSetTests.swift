import BSON
import Glibc
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

/// Starts a sandbox with a document in `shop.orders`, makes a set of it and ends it.
func withReplicaSet<Result>(
  of members: Int, keep: Bool = false, _ body: (Sandbox, ReplicaSet, _ folder: String) throws -> Result
) throws -> Result {
  try withSandbox(SandboxOptions(keep: keep)) { sandbox, folder in
    try sandbox.pool.run(["insert": "orders", "documents": [["_id": 1]]], on: "shop")
    _ = try sandbox.becomeReplicaSet(ReplicaSetPlan(members: members, electionTimeout: 10))
    return try body(sandbox, try #require(sandbox.set), folder)
  }
}

@Suite("A sandbox that becomes a replica set", .tags(.mongod), .timeLimit(.minutes(10)))
struct ReplicaSetTests {
  /// What every other user of the machine can see of a process.
  private func commandLine(_ pid: Int32) throws -> String { try Files.text(of: "/proc/\(pid)/cmdline") }

  /// The addresses that the ports of a set are listened on, as `/proc/net/tcp` writes them.
  private func listeners(_ set: ReplicaSet) throws -> [String] {
    let ports = set.members.compactMap(\.port).map { ":" + String($0, radix: 16, uppercase: true) }
    return try ["tcp", "tcp6"].flatMap { table in
      try Files.text(of: "/proc/net/\(table)").split(separator: "\n").compactMap { line -> String? in
        let words = line.split(separator: " ").map(String.init)
        // 0A: it listens.
        guard words.count > 3, words[3] == "0A", ports.contains(where: words[1].hasSuffix) else { return nil }
        return words[1].split(separator: ":").first.map(String.init)
      }
    }
  }

  /// Sees that nobody gets in, or makes themselves a user, who connects without the key, though there are no users.
  private func expectStrangersRefused(_ sandbox: Sandbox, _ set: ReplicaSet) throws {
    let commands: [Document] = [
      ["createUser": "stranger", "pwd": "stranger", "roles": ["root"]],
      ["createRole": "strange", "privileges": [], "roles": ["root"]],
      ["insert": "system.users", "documents": [["_id": "admin.stranger"]]], ["find": "system.users"],
    ]
    for member in set.members {
      let stranger = try BareConnection(port: UInt16(try #require(member.port)))
      for command in commands {
        let refusal = failure { try stranger.run(command) }
        // Not for another reason, as that a secondary takes no writes.
        #expect(refusal?.message.contains("requires authentication") == true, "\(refusal?.message ?? "-")")
      }
    }
    #expect(try sandbox.pool.run(["count": "system.users"], on: "admin")["n"]?.integer == 0)
  }

  @Test("keeps its data, has change streams, and shows its key to nobody") func one() throws {
    try withReplicaSet(of: 1) { sandbox, set, _ in
      #expect(try sandbox.pool.run(["count": "orders"], on: "shop")["n"]?.integer == 1)
      // Only a set has change streams; a read that waits for a majority shows that commits go on.
      let stream: Document = ["aggregate": "orders", "pipeline": [["$changeStream": [:]]], "cursor": [:]]
      #expect(try sandbox.pool.run(stream, on: "shop")["cursor"]?.document != nil)
      #expect(try sandbox.pool.run(["hello": 1])["setName"]?.string == set.name)
      #expect(
        try sandbox.pool.run(["getParameter": 1, "ttlMonitorEnabled": 1])["ttlMonitorEnabled"]?.isTrue
          == false)
      #expect(try listeners(set) == ["0100007F"])
      let key = try Files.text(of: sandbox.directory + "/key").split(separator: "\n")[0]
      #expect(key.count == 48 && sandbox.uri.contains(key))
      #expect(!sandbox.masked(sandbox.uri).contains(key))
      #expect(try !commandLine(sandbox.pid).contains(key))
      #expect(try !Files.text(of: sandbox.logFile).contains(key))
      // Who doesn't know it can look, and sees nothing.
      let stranger = try ClientPool(
        uri: "mongodb://\(set.host(0))/?directConnection=true&serverSelectionTimeoutMS=2000")
      #expect(throws: MongoError.self) { try stranger.run(["count": "orders"], on: "shop") }
      // The users of the data are as they were.
      try expectStrangersRefused(sandbox, set)
    }
  }

  @Test("of three: each has the data, none lets it age out, none is seen from outside") func three() throws {
    try withReplicaSet(of: 3) { sandbox, set, _ in
      try sandbox.pool.run(
        ["insert": "orders", "documents": [["_id": 2]], "writeConcern": ["w": 3, "wtimeout": 30_000]],
        on: "shop")
      for member in set.members {
        let pool = try member.pool
        #expect(try pool.run(["count": "orders"], on: "shop")["n"]?.integer == 2)
        #expect(
          try pool.run(["getParameter": 1, "ttlMonitorEnabled": 1])["ttlMonitorEnabled"]?.isTrue == false)
      }
      #expect(try listeners(set) == ["0100007F", "0100007F", "0100007F"])
      #expect(
        set.look().map(\.state).sorted { $0 ?? "" < $1 ?? "" } == ["PRIMARY", "SECONDARY", "SECONDARY"])
      try expectStrangersRefused(sandbox, set)
      let pids = set.members.map(\.pid)
      try sandbox.checkAlive()

      // One that ends by itself is news; one that is ended on purpose isn't.
      set.members[2].kill()
      try sandbox.checkAlive()
      #expect(set.members[2].condition == .down)
      try set.members[2].start()
      try set.waitUntilSteady(atMost: 60)
      kill(set.members[1].pid, SIGKILL)
      #expect(eventually { failure { try sandbox.checkAlive() } != nil })
      #expect(failure { try sandbox.checkAlive() }?.code == "mongod-died")

      let directory = sandbox.directory
      try sandbox.stop()
      #expect(!Files.exists(directory) && !pids.contains(where: isAlive))
      #expect(!isAlive(set.members[2].pid))
      #expect(failure { try set.members[0].start() }?.code == "sandbox-stopped")
    }
  }

  @Test("kept: its files stay, its key goes, and a plain mongod opens them") func kept() throws {
    try withReplicaSet(of: 1, keep: true) { sandbox, _, folder in
      let path = try sandbox.stopKeeping()
      #expect(Files.exists(path + "/db/WiredTiger") && !Files.exists(path + "/key"))
      #expect(try Files.size(of: path + "/db/mongod.lock") == 0)
      let left = Leftovers.find(in: [folder]).filter { $0.path.hasPrefix(folder) }
      #expect(left.map(\.state) == [.kept])
      #expect(try Leftovers.remove(left[0], includingKept: true))
    }
  }

  @Test("its harness killed: no member and no file is left") func harnessKilled() throws {
    try withFolder { folder in
      let holder = try HolderProcess(["set", folder, "3"], in: folder)
      let pids = try (0..<3).map { try holder.pid("member-\($0)") }
      #expect(pids.allSatisfy(isAlive))
      kill(holder.child.pid, SIGKILL)
      let directory = try #require(holder.facts["directory"])
      #expect(eventually { !pids.contains(where: isAlive) && !Files.exists(directory) })
    }
  }
}
