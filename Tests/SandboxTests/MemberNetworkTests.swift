import BSON
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("The network between members", .tags(.mongod), .timeLimit(.minutes(10)))
struct MemberNetworkTests {
  private func insert(_ id: Int64, everywhere pool: ClientPool) throws -> Double {
    let command: Document = [
      "insert": "orders", "documents": [["_id": .int64(id)]], "writeConcern": ["w": 3, "wtimeout": 60_000],
    ]
    return try Clock.measure { try pool.run(command, on: "shop") }.seconds
  }

  @Test("can be slowed and cut, while clients go on, and is mended again") func troubles() throws {
    try withSandbox { sandbox, _ in
      try sandbox.pool.run(["insert": "orders", "documents": [["_id": 1]]], on: "shop")
      _ = try sandbox.becomeReplicaSet(ReplicaSetPlan(members: 3, electionTimeout: 3, hasRelays: true))
      let set = try #require(sandbox.set)
      let network = try #require(set.network)
      let old = try set.waitForPrimary(atMost: 60)
      let other = (old + 1) % 3
      #expect(Set(network.ports).isDisjoint(with: set.members.compactMap(\.port)))
      _ = try insert(2, everywhere: sandbox.pool)

      network.begin(.delay(0.4), of: other)
      // There and back.
      #expect(try insert(3, everywhere: sandbox.pool) > 0.4)
      // Clients are served as ever.
      let isPrompt = try holdsOnce(of: 5) {
        try Clock.measure { try sandbox.pool.run(["count": "orders"], on: "shop") }.seconds < 0.4
      }
      #expect(isPrompt)
      network.heal()
      _ = try insert(4, everywhere: sandbox.pool)

      network.begin(.cut, of: old)
      // It takes writes for a while yet, which nobody will have.
      try set.members[old].pool.run(
        ["insert": "orders", "documents": [["_id": 101], ["_id": 102]], "writeConcern": ["w": 1]], on: "shop")
      let new = try set.waitForPrimary(atMost: 60, among: [0, 1, 2].filter { $0 != old })
      // The one that was cut off still answers clients, and steps down when nobody answers it.
      #expect(try set.members[old].pool.run(["count": "orders"], on: "shop")["n"]?.integer == 6)
      #expect(eventually(for: 60) { !set.isWritable(old) })
      #expect(set.isWritable(new))
      network.heal()
      try set.waitUntilSteady(atMost: 60)
      _ = try insert(5, everywhere: sandbox.pool)
      #expect(try set.compareData().differing == [])
      // What it had alone it set aside, and doesn't hold any more.
      let rolledBack = set.rollbacks(of: old)
      #expect(rolledBack.map(\.documents) == [2] && Set(rolledBack.flatMap(\.ids)) == ["101", "102"])
      #expect(set.rollbacks(of: old, but: Set(rolledBack.map(\.path))).isEmpty)
      #expect(try set.members[old].pool.run(["count": "orders"], on: "shop")["n"]?.integer == 5)
    }
  }
}

@Suite("A small disk")
struct SmallDiskTests {
  @Test("is never made where it would take the memory that others need") func tooLarge() {
    #expect(SmallDisk.obstacle(bytes: 1 << 50)?.contains("of memory") == true)
  }

  @Test("is full when it is filled, and nothing of it is left, nor of what it held") func fills() throws {
    try withFolder { folder in
      let place = Files.join(folder, "disk")
      try Files.createFolder(place)
      let disk: SmallDisk
      do throws(Failure) { disk = try SmallDisk(bytes: 4 << 20, at: place) } catch {
        // Neither root nor user namespaces: it says so.
        #expect(error.code == "no-small-disk")
        return
      }
      let free = try Files.freeSpace(at: disk.path)
      #expect(free > 3 << 20 && free <= 4 << 20)
      try disk.fill()
      #expect(try Files.freeSpace(at: disk.path) == 0)
      #expect(throws: Failure.self) {
        try Files.writeAtomically([UInt8](repeating: 1, count: 8192), to: Files.join(disk.path, "more"))
      }
      try disk.drain()
      #expect(try Files.freeSpace(at: disk.path) > 3 << 20)
      // Nobody else sees it.
      #expect(try Files.names(in: place).isEmpty)
      disk.remove()
      #expect(!Files.exists(disk.path))
    }
  }
}
