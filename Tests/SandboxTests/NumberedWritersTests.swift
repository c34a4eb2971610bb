import BSON
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing

@Suite("Numbered writers", .tags(.mongod), .timeLimit(.minutes(10)))
struct NumberedWritersTests {
  private let place = Namespace("mongodrill", "writes")

  @Test("find each acknowledged write that is missing, and take no other for lost") func account() throws {
    try withSandbox { sandbox, _ in
      let writers = try NumberedWriters(uri: sandbox.uri, into: place, NumberedWriters.Options(threads: 3))
      // Each thread's second.
      let seconds: Document = ["_id": ["$in": [.int64(2), .int64(1 << 32 | 2), .int64(2 << 32 | 2)]]]
      #expect(
        eventually {
          let reply = try? sandbox.pool.run(
            ["count": "writes", "query": .document(seconds)], on: place.database)
          return reply?["n"]?.integer == 3
        })
      writers.stop()
      var account = try writers.account(on: sandbox.pool)
      #expect(account.acknowledged >= 6 && account.unacknowledged == 0 && account.lost == 0)
      let count = try sandbox.pool.run(["count": "writes"], on: place.database)["n"]?.integer
      #expect(count == Int64(account.acknowledged))

      // The first of a thread, one in the middle, and all of the last thread.
      let lastThread: Document = ["_id": ["$gte": .int64(2 << 32)]]
      let gone = try sandbox.pool.run(
        [
          "delete": "writes",
          "deletes": [
            ["q": ["_id": .int64(1)], "limit": 1], ["q": ["_id": .int64(1 << 32 | 2)], "limit": 1],
            ["q": .document(lastThread), "limit": 0],
          ],
        ], on: place.database)["n"]?.integer
      account = try writers.account(on: sandbox.pool)
      #expect(Int64(account.lost) == gone && account.lost > 3)
      #expect(account.lostSamples.prefix(3) == [1, 1 << 32 | 2, 2 << 32 | 1])
      #expect(account.acknowledged == Int(count ?? 0) && account.survived == 0)
    }
  }

  @Test("measure how long nothing was acknowledged, and keep what they never sent out of the account")
  func gap()
    throws
  {
    try withSandbox { sandbox, _ in
      let writers = try NumberedWriters(uri: sandbox.uri, into: place)
      let server = sandbox.servers[0]
      #expect(writers.waitForAnswer(begunAfter: 0, atMost: 10))
      writers.mark()
      server.pause()
      #expect(server.condition == .paused)
      let paused = Clock.monotonic
      // Longer than what is claimed of the gap: an answer that had come before the pause may be noted after it.
      #expect(!writers.waitForAnswer(begunAfter: paused, atMost: 2))
      server.resume()
      #expect(writers.waitForAnswer(begunAfter: paused, atMost: 20))
      #expect(writers.longestGap >= 1)
      server.kill()
      #expect(failure { try sandbox.checkAlive() }?.code == "server-down")
      let down = Clock.monotonic
      #expect(!writers.waitForAnswer(begunAfter: down, atMost: 3))
      try server.start()
      #expect(writers.waitForAnswer(begunAfter: down, atMost: 20))
      writers.stop()
      let account = try writers.account(on: sandbox.pool)
      #expect(account.lost == 0 && account.unsent > 0)
      #expect(account.survived + account.rolledBack == account.unacknowledged)
    }
  }
}

@Suite("The members of a set", .tags(.mongod), .timeLimit(.minutes(10)))
struct MemberDataTests {
  /// Changes a member's data behind the set's back: its files are opened by a plain mongod.
  private func tamper(_ server: Server, program: String, in folder: String) throws {
    let socket = Files.join(folder, "t.sock")
    let log = Files.join(folder, "t.log")
    let child = try Supervisor.shared.spawn(
      ChildSpec(
        [program, "--dbpath", server.dataPath, "--nounixsocket", "--bind_ip", socket], output: .file(log),
        errorOutput: .file(log)))
    defer {
      child.signal(15)
      _ = child.wait(timeout: 60)
    }
    let pool = try ClientPool(uri: ClientPool.uri(socket: socket) + "?serverSelectionTimeoutMS=20000")
    #expect(eventually(for: 60) { Files.exists(socket) })
    try pool.run(["insert": "orders", "documents": [["_id": "smuggled"]]], on: "shop")
  }

  @Test("hold the same, and the one that doesn't is named") func compare() throws {
    try withReplicaSet(of: 3) { sandbox, set, folder in
      let sound = try set.compareData()
      #expect(sound.members == 3 && sound.differing.isEmpty && sound.collections >= 1)
      let primary = try set.waitForPrimary(atMost: 60)
      let odd = set.members.indices.last { $0 != primary } ?? 2
      set.members[odd].shutDown()
      try tamper(set.members[odd], program: sandbox.program.path, in: folder)
      try set.members[odd].start()
      try set.waitUntilSteady(atMost: 60)
      #expect(try set.compareData().differing == ["shop.orders of member \(odd)"])
    }
  }
}
