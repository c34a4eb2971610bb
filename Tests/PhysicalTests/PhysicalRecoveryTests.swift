import BSON
import Backups
import Facts
import Mongo
import Physical
import Platform
import Replay
import Sandbox
import Synchronization
import TestSupport
import Testing
import Witness

extension Tag {
  /// Needs a mongod; fails, and is not skipped, where there is none.
  @Tag static var mongod: Self
}

@Suite("A physical copy", .tags(.mongod), .timeLimit(.minutes(10)))
struct PhysicalRecoveryTests {
  /// How the source came to hold still while it was copied.
  enum Stop: String, Sendable, CaseIterable { case killed, locked, shutDown }

  @Test("of a node that was killed under writes is recovered to any moment after its checkpoint")
  func killed() throws {
    try withScratch { folder in
      let source = try Source()
      let early = try source.source.now()
      try source.write(200)
      try source.checkpoint()
      let writer = try Writer(source)
      let witness = try source.witness(in: folder)
      try source.changeCollections()
      try writer.waitFor(more: 50)
      source.source.kill()
      let known = writer.stop()
      let copy = try source.copy(to: folder + "/copy")
      let before = try digest(of: copy.path)
      #expect(copy.wasShutDown == false && copy.damage.isEmpty && copy.engine == "wiredTiger")

      // The end: everything that the writer was told is there, in the order in which it wrote, and what was made last.
      try recover(copy, to: nil) { sandbox, recovered in
        let found = try sandbox.pool.all(["find": "log", "sort": ["_id": 1]], on: "shop")
        #expect(found.count >= known)
        #expect(found.enumerated().allSatisfy { $1["_id"]?.integer == Int64($0) })
        #expect(recovered.catalogue[Namespace("shop", "renamed")] != nil)
        #expect(recovered.catalogue[Namespace("shop", "doomed")] == nil)
        let oplog = try #require(recovered.oplog)
        #expect(oplog.checkpoint < oplog.last && recovered.through == oplog.last && recovered.entries > 50)
        #expect(recovered.setName == LiveSource.set)
        // The server is for use.
        try sandbox.pool.run(["insert": "new", "documents": [["_id": 1]]], on: "shop")
      }
      // A moment in between, of which a witness knows every document.
      let time = try #require(witness.batches.last).timestamp
      try recover(copy, to: .through(time)) { sandbox, recovered in
        let compared = try witness.compare(batch: witness.batches.count - 1, with: sandbox.pool)
        #expect(!compared.isEmpty && compared.allSatisfy(\.isEqual))
        #expect(recovered.catalogue[Namespace("shop", "doomed")] != nil)
        #expect(recovered.catalogue[Namespace("shop", "renamed")] == nil)
        let through = try #require(recovered.through)
        #expect(through <= time)
      }
      #expect(try refusal(copy, to: .through(early)) == "target-before-copy")
      let far = Timestamp(seconds: time.seconds + 100_000, increment: 1)
      #expect(try refusal(copy, to: .through(far)) == "target-past-copy")
      #expect(try refusal(copy, to: .second(far.seconds)) == "target-past-copy")
      #expect(try digest(of: copy.path) == before)
    }
  }

  /// The command line's tests copy one that is shut down, too.
  @Test(
    "of a node that held still has all that it held then, and no moment before",
    arguments: isFullRun ? [Stop.locked, .shutDown] : [.locked])
  func still(stop: Stop) throws {
    try withScratch { folder in
      let source = try Source()
      let early = try source.source.now()
      try source.write(200)
      try source.changeCollections()
      let witness = try source.witness(in: folder)
      if stop == .locked {
        try source.pool.run(["fsync": 1, "lock": true])
      } else {
        try source.source.shutDown()
      }
      let copy = try source.copy(to: folder + "/copy")
      #expect(copy.wasShutDown == (stop == .shutDown) && copy.damage.isEmpty)
      try recover(copy, to: .latest) { sandbox, recovered in
        let compared = try witness.compare(batch: witness.batches.count - 1, with: sandbox.pool)
        #expect(!compared.isEmpty && compared.allSatisfy(\.isEqual))
        #expect(recovered.manner.contains(stop == .locked ? "was running" : "had been shut down"))
      }
      #expect(try refusal(copy, to: .before(early)) == "target-before-copy")
    }
  }

  @Test(
    "of a standalone server is opened as it is", arguments: isFullRun ? [Stop.killed, .shutDown] : [.killed])
  func standalone(stop: Stop) throws {
    try withScratch { folder in
      let source = try Sandbox.start()
      defer { try? source.stop() }
      try source.pool.run(
        ["insert": "c", "documents": [["_id": 1], ["_id": 2]], "writeConcern": ["j": true]], on: "shop")
      if stop == .killed { source.kill() } else { try source.servers[0].shutDownWhole() }
      let path = folder + "/copy"
      try Files.linkTree(source.directory + "/db", to: path) { _ in true }
      let copy = try PhysicalCopy(path)
      #expect(copy.wasShutDown == (stop == .shutDown))
      try recover(copy, to: nil) { sandbox, recovered in
        #expect(recovered.oplog == nil && recovered.through == nil)
        #expect(recovered.manner.contains("standalone"))
        let found = try sandbox.pool.all(["find": "c"], on: "shop")
        #expect(found.count == 2)
      }
      let far = Timestamp(seconds: 4_000_000_000, increment: 1)
      #expect(try refusal(copy, to: .through(far)) == "copy-without-oplog")
    }
  }

  @Test("in a tar is unpacked into the sandbox and recovered, up to the end that is named beside it")
  func tar() throws {
    try withScratch { folder in
      let source = try Source()
      try source.write(50)
      try source.checkpoint()
      try source.write(20, from: 100)
      let end = try source.source.now()
      try source.write(20, from: 200)
      try source.source.copyDataAtOnce(to: folder + "/copy")
      let tar = folder + "/copy.tar.gz"
      func pack() throws {
        let child = try Supervisor.shared.spawn(
          ChildSpec(["tar", "-czSf", tar, "-C", folder, "copy"], environment: Environment.all))
        #expect(child.wait() == .exited(0))
      }
      try pack()
      let packed = try CopySource(tar)
      try recover(packed, to: nil) { sandbox, recovered in
        #expect(recovered.copy?.root == "copy" && recovered.copy?.path == tar)
        let found = try sandbox.pool.all(["find": "items"], on: "shop")
        #expect(found.count == 89)
        #expect(!Files.exists(sandbox.directory + "/db.tar"))
      }
      try recover(packed, to: nil, until: end) { sandbox, recovered in
        let found = try sandbox.pool.all(["find": "items"], on: "shop")
        #expect(found.count == 69 && recovered.oplog?.last == end && recovered.through == end)
      }
      // What is said to belong to it and isn't there was lost.
      let beyond = try source.source.now()
      let far = Timestamp(seconds: beyond.seconds, increment: beyond.increment + 1)
      let failure = #expect(throws: Failure.self) { try recover(packed, to: nil, until: far) { _, _ in } }
      #expect(failure?.code == "copy-short-of-its-end" && failure?.kind == .damagedBackup)
      #expect(failure?.place?.file == tar && failure?.message.contains("\(far)") == true)
      // A managed snapshot says it itself.
      let text = "Group Name: shop\nLast Oplog Applied: now (\(end.seconds), \(end.increment))\n"
      try Files.writeAtomically(text.utf8, to: folder + "/copy/restoreInfo.txt")
      try Files.removeTree(tar)
      try pack()
      try recover(CopySource(tar), to: nil) { sandbox, recovered in
        let found = try sandbox.pool.all(["find": "items"], on: "shop")
        #expect(found.count == 69 && recovered.through == end)
      }
    }
  }

  @Test(
    "without one of its files is refused with the file's name, whether mongod misses it when it starts, on the way, or only when it is asked",
    .needsFixtures, arguments: ["collection-2-", "collection-4-", "index-16-"])
  func lacking(name: String) throws {
    try withScratch { folder in
      let top = Files.folder(of: Files.folder(of: Files.folder(of: #filePath)))
      let child = try Supervisor.shared.spawn(
        ChildSpec(
          ["tar", "-xzf", top + "/scenarios/physical-restore/backups/node1.tar.gz", "-C", folder],
          environment: Environment.all))
      #expect(child.wait() == .exited(0))
      let file = try #require(try Files.names(in: folder + "/db").first { $0.hasPrefix(name) })
      try Files.removeTree(Files.join(folder + "/db", file))
      let failure = #expect(throws: Failure.self) {
        try recover(PhysicalCopy(folder + "/db"), to: .latest) { _, _ in }
      }
      #expect(
        failure?.kind == .damagedBackup && failure?.code == "copy-lacks-file",
        "\(String(describing: failure))")
      #expect(failure?.place?.file == Files.join(folder + "/db", file))
    }
  }

  // MARK: What is done

  private func recover(
    _ source: CopySource, to target: Target?, until: Timestamp? = nil,
    _ body: (Sandbox, RecoveredCopy) throws -> Void
  ) throws {
    let options = SandboxOptions(cacheBytes: 256 << 20)
    let (sandbox, recovered) = try PhysicalRecovery(source, to: target, until: until, options: options) { _ in
    }
    .run()
    defer { try? sandbox.stop() }
    try body(sandbox, recovered)
  }

  private func recover(
    _ copy: PhysicalCopy, to target: Target?, _ body: (Sandbox, RecoveredCopy) throws -> Void
  ) throws {
    let recovery = PhysicalRecovery(.folder(copy), to: target, options: SandboxOptions(cacheBytes: 256 << 20))
    { _ in }
    let (sandbox, recovered) = try recovery.run()
    defer { try? sandbox.stop() }
    try body(sandbox, recovered)
  }

  /// The code that a recovery is refused with.
  private func refusal(_ copy: PhysicalCopy, to target: Target) throws -> String? {
    do {
      try recover(copy, to: target) { _, _ in }
      return nil
    } catch let failure as Failure {
      #expect(failure.kind == .damagedBackup)
      return failure.code
    }
  }

  /// What a folder holds, byte for byte.
  private func digest(of folder: String) throws -> [String] {
    try Files.tree(folder).map { file in
      try "\(file.path) " + SHA256.hex(of: Files.read(Files.join(folder, file.path), limit: 1 << 30))
    }
  }
}

/// A replica set of one to copy, which writes a checkpoint only when it is told to.
private struct Source {
  let source: LiveSource
  var pool: ClientPool { source.pool }

  init() throws {
    source = try LiveSource.start(arguments: ["--syncdelay", "3600"])
    try pool.run(
      ["createIndexes": "items", "indexes": [["key": ["n": 1], "name": "n", "unique": true]]], on: "shop")
    try pool.run(["insert": "doomed", "documents": [["_id": 1]]], on: "shop")
  }

  func write(_ count: Int, from start: Int = 0) throws {
    for id in start..<start + count {
      try pool.run(
        ["insert": "items", "documents": [["_id": .int32(Int32(id)), "n": .int32(Int32(id))]]], on: "shop")
    }
    try pool.run(["update": "items", "updates": [["q": ["_id": 7], "u": ["$set": ["x": "y"]]]]], on: "shop")
    // Servers before 5.0 don't wait for the journal by themselves; what comes before the last is there with it.
    try pool.run(
      [
        "delete": "items", "deletes": [["q": ["_id": 8], "limit": 1]], "writeConcern": ["w": "majority"],
      ], on: "shop")
  }

  /// Also what the checkpoint holds is stable then: the node is its own majority.
  func checkpoint() throws { try pool.run(["fsync": 1]) }

  /// What a replay has to be right about besides documents.
  func changeCollections() throws {
    try pool.run(["renameCollection": "shop.doomed", "to": "shop.renamed"])
    try pool.run(["createIndexes": "items", "indexes": [["key": ["x": 1], "name": "x"]]], on: "shop")
    try pool.run(["insert": "renamed", "documents": [["_id": 2]]], on: "shop")
  }

  func witness(in folder: String) throws -> WitnessRecord {
    var request = WitnessRequest()
    request.include = ["shop"]
    return try WitnessReading(request, from: pool).record(to: folder + "/witness.json")
  }

  func copy(to folder: String) throws -> PhysicalCopy {
    try source.copyData(to: folder)
    return try PhysicalCopy(folder)
  }
}

/// Writes one document after another, and counts those that the source has confirmed to be safe.
private final class Writer: Sendable {
  private final class Progress: Sendable {
    let confirmed = Atomic(0)
    let isOver = Atomic(false)
  }

  private let progress = Progress()
  private let thread: RunningThread

  init(_ source: Source) throws {
    let (pool, progress) = (source.pool, progress)
    thread = try Threads.start {
      var id: Int32 = 0
      while !progress.isOver.load(ordering: .relaxed) {
        let insert: Document = [
          "insert": "log", "documents": [["_id": .int32(id)]], "writeConcern": ["w": "majority", "j": true],
        ]
        guard (try? pool.run(insert, on: "shop")) != nil else { return }
        id += 1
        progress.confirmed.store(Int(id), ordering: .relaxed)
      }
    }
    try waitFor(more: 20)
  }

  func waitFor(more: Int) throws {
    let end = progress.confirmed.load(ordering: .relaxed) + more
    let deadline = Clock.monotonic + 60
    while progress.confirmed.load(ordering: .relaxed) < end {
      try #require(Clock.monotonic < deadline)
      Interruption.sleep(0.01)
    }
  }

  /// How many were confirmed.
  func stop() -> Int {
    progress.isOver.store(true, ordering: .relaxed)
    thread.join()
    return progress.confirmed.load(ordering: .relaxed)
  }
}

/// A folder for one test.
private func withScratch(_ body: (String) throws -> Void) throws {
  let folder = try OwnedFolder.scratch(in: "/tmp")
  defer { try? folder.remove() }
  try body(folder.path)
}
