import BSON
import Backups
import Facts
import Glibc
import Mongo
import Platform
import Record
import Restore
import Sandbox
import Synchronization
import TestSupport
import Testing
import Witness

@Suite("A restore", .tags(.mongod), .timeLimit(.minutes(10)))
struct BrokenRestoreTests {
  /// What a restore throws.
  private func failure(_ body: () throws -> Void) -> (any Error)? {
    do { try body() } catch { return error }
    return nil
  }

  @Test(
    "whose mongod dies loses its connection, and the sandbox knows why", arguments: ["restore", "indexes"])
  func killed(phase: String) throws {
    try withSandbox { server, _ in
      // In the middle of the load: after its first batch. The indexes: before the first is built.
      let events: EventSink = { event in
        switch event {
        case .progress(let progress) where progress.phase == phase && phase == "restore":
          kill(server.pid, SIGABRT)
        case .phaseStarted(let name, _) where name == phase && phase == "indexes":
          kill(server.pid, SIGABRT)
          // It writes down where it was first, and goes on with its work meanwhile.
          #expect(eventually { kill(server.pid, 0) != 0 })
        default: break
        }
      }
      let (error, seconds) = Clock.measure {
        failure { _ = try server.restore(Shop.directory.path, events: events) } as? MongoError
      }
      let lost = try #require(error)
      #expect(lost.isConnectionLoss)
      let died = server.explain(lost)
      #expect(died.kind == .incomplete && died.code == "mongod-died")
      #expect(died.message.contains("signal 6"))
      #expect(died.cause?.isEmpty == false)
      #expect(!server.endOfLog().isEmpty)
      #expect(seconds < 30)
    }
  }

  @Test("of an archive with a flipped byte ends with the damage, in a collection that is left out too")
  func flipped() throws {
    try withSandbox { server, folder in
      var bytes = try Files.read(Shop.archive.path)
      let word = Array("SKU-".utf8)
      let at = try #require(
        bytes.indices.dropFirst(bytes.count / 2).first { bytes[$0...].starts(with: word) })
      bytes[at] ^= 1
      let path = folder + "/flipped.archive"
      try Files.writeAtomically(bytes, to: path)
      for options in [RestoreOptions(include: ["crm"]), RestoreOptions()] {
        let damage = failure { _ = try server.restore(path, options) } as? Failure
        #expect(damage?.kind == .damagedBackup)
        #expect(damage?.place?.file == path && damage?.place?.offset != nil)
        try server.pool.run(["dropDatabase": 1], on: "crm")
      }
    }
  }

  @Test(
    "tells how much is done: small documents count for more than their bytes, and an oplog beside them for nothing"
  )
  func share() throws {
    try withFolder { folder in
      let dump = try HandmadeDump(in: folder)
      // 2 MB each: of 20 bytes, and of 20 kB.
      try dump.add("small", (1...100_000).map { ["_id": .int32($0)] })
      try dump.add(
        "large", (1...100).map { ["_id": .int32($0), "t": .string(String(repeating: "x", count: 20_000))] })
      let told = Monitor<[Progress]>([])
      let events: EventSink = { event in
        if case .progress(let progress) = event, progress.phase == "restore" {
          told.update { $0.append(progress) }
        }
      }
      _ = try Workbench.sandbox.restore(dump.path, events: events)
      let all = told.withLock { $0 }
      #expect(!all.isEmpty && all.allSatisfy { $0.share != nil })
      for progress in all {
        let share = try #require(progress.share)
        // 450 bytes a document besides its own: small ones are 46.4 MB of work, large ones 2 MB.
        let done = Double(progress.done.documents) * 450 + Double(progress.done.bytes)
        #expect(abs(share - done / 48.4e6) < 0.05, "\(progress)")
      }
    }
  }

  @Test("of a file that is cut inside a document ends with its place") func cut() throws {
    try withFolder { folder in
      let dump = try HandmadeDump(in: folder)
      try dump.add("c", numbered(1...100))
      try dump.add("d", numbered(1...100))
      try Files.writeAtomically(Files.read(dump.file("d")).dropLast(3), to: dump.file("d"))
      let damage = failure { _ = try Workbench.sandbox.restore(dump.path) } as? Failure
      #expect(damage?.code == "bson-cut-short")
      #expect(damage?.place == Place(dump.file("d"), offset: 99 * 14))
    }
  }

  @Test(
    "of an archive on standard input is like any other", .needsFixtures, .serialized,
    arguments: [Shop.archive, .gzippedArchive])
  func standardInput(form: Shop) throws {
    let shop = try form.restored
    try withSandbox { server, _ in
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      let writer = try Threads.start { [ends] in
        let bytes = (try? Files.read(form.path)) ?? []
        var rest = bytes[...]
        while !rest.isEmpty {
          let written = rest.withUnsafeBytes { write(ends[1], $0.baseAddress, min($0.count, 50_000)) }
          if written <= 0 { break }
          rest = rest.dropFirst(written)
        }
        close(ends[1])
      }
      let kept = dup(STDIN_FILENO)
      dup2(ends[0], STDIN_FILENO)
      close(ends[0])
      defer {
        dup2(kept, STDIN_FILENO)
        close(kept)
        writer.join()
      }
      let result = try server.restore("-")
      #expect(result.problems == [])
      #expect(result.expected == shop.result.expected)
      #expect(try Catalogue(of: server.pool, counting: .exact).differences(from: shop.live) == [])
      for orders in [Namespace("shop", "orders"), Namespace("shop", "types")] {
        expectSame(try server.documents(orders), shop.documents[orders] ?? [], "\(orders)")
      }
    }
  }

  @Test("takes small batches, one lane and one file at a time as well", .needsFixtures)
  func narrow() throws {
    let shop = try Shop.directory.restored
    try withSandbox { server, _ in
      let options = RestoreOptions(lanes: 1, parallelCollections: 1, batchBytes: 1, memory: 1 << 20)
      let result = try server.restore(Shop.directory.path, options)
      #expect(result.problems == [] && result.expected == shop.result.expected)
      #expect(try Catalogue(of: server.pool, counting: .exact).differences(from: shop.live) == [])
    }
  }

  @Test("leaves out what the server would not take as data: the source's own collections") func system()
    throws
  {
    let (result, server, dump) = try Workbench.restore {
      try $0.add("system.js", [["_id": "f", "value": .code("function() { return 1 }")]])
      try $0.add("system.profile", [["_id": 1]], options: ["capped": true, "size": 4096])
      try $0.add("c", numbered(1...3))
    }
    #expect(result.problems == [])
    #expect(try server.count(dump.namespace("system.js")) == 1)
    let profile = result.collections.first { $0.source.collection == "system.profile" }
    #expect(profile?.target == nil && profile?.documents == 1)
    #expect(result.notVerified.count == 1)
  }

  @Test("names a collection that the server refuses, and restores the others") func refusedCollection() throws
  {
    let (result, server, dump) = try Workbench.restore {
      try $0.add("bad", numbered(1...5), options: ["noSuchOption": 1])
      try $0.add("good", numbered(1...5))
      try $0.addView("bad view", on: "good", [["$noSuchStage": [:]]])
    }
    #expect(Set(result.problems.map(\.namespace)) == [dump.namespace("bad"), dump.namespace("bad view")])
    #expect(result.problems.allSatisfy { $0.subject == "collection" })
    #expect(try server.count(dump.namespace("good")) == 5)
    let bad = result.collections.first { $0.source == dump.namespace("bad") }
    #expect(bad?.inserted == 0)
  }
}
