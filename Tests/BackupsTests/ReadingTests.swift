import BSON
import Backups
import Facts
import Platform
import Synchronization
import Testing

@Suite("reading")
struct ReadingTests {
  /// One collection `d.c` of these documents.
  private func backup(_ documents: [Document], options: String = "") throws -> (Scratch, any LogicalBackup) {
    let scratch = try Scratch()
    try scratch.write(documents.reduce(into: [UInt8]()) { $0 += $1.bytes }, to: "dump/d/c.bson")
    try scratch.write(#"{\#(options)"indexes":[]}"#, to: "dump/d/c.metadata.json")
    return (scratch, try openBackup(scratch["dump"]))
  }

  private func numbered(_ count: Int) -> [Document] { (0..<count).map { ["_id": .int32(Int32($0))] } }

  @Test(
    "hands over each document once, in the file's order, whatever the size of a batch",
    arguments: [(1, 10), (4096, 7), (5000, 1_000_000), (1 << 20, 1000), (1 << 20, 1_000_000)])
  func order(batchBytes: Int, batchDocuments: Int) throws {
    let documents = numbered(3000)
    let (scratch, backup) = try backup(documents)
    let seen = Mutex<[UInt8]>([])
    let batches = Mutex(0)
    let options = ReadOptions(batchBytes: batchBytes, batchDocuments: batchDocuments)
    let read = try backup.read([0], options: options) { batch in
      #expect(batch.count <= batchDocuments)
      #expect(batch.offset == UInt64(seen.withLock { $0.count }))
      #expect(batch.sequence == batches.withLock { $0 })
      batches.withLock { $0 += 1 }
      batch.withBytes { bytes in seen.withLock { $0 += bytes } }
    }
    #expect(seen.withLock { $0 } == documents.flatMap { Array($0.bytes) })
    #expect(read == [CollectionRead(collection: 0, documents: 3000, bytes: 3000 * 14)])
    withExtendedLifetime(scratch) {}
  }

  @Test("hands over a document of 16 MiB alone, and small ones around it")
  func large() throws {
    let large: Document = ["t": .string(String(repeating: "x", count: BSONLimits.document - 13))]
    #expect(large.bytes.count == BSONLimits.document)
    let (scratch, backup) = try backup([["_id": 1], large, ["_id": 2], large, large])
    let sizes = Mutex<[Int]>([])
    // Each larger than all the memory that it may take.
    let read = try backup.read([0], options: .init(memory: 1 << 20)) { batch in
      sizes.withLock { $0.append(batch.byteCount) }
    }
    #expect(read[0].documents == 5)
    #expect(sizes.withLock { $0 } == [14, 16_777_216, 14, 16_777_216, 16_777_216])
    withExtendedLifetime(scratch) {}
  }

  @Test("holds no more memory than it may, and goes on as batches are let go", arguments: Fixture.forms)
  func memory(path: String) throws {
    let backup = try openBackup(path)
    let held = Mutex<[DocumentBatch]>([])
    let documents = Mutex(0)
    let options = ReadOptions(parallelFiles: 4, batchBytes: 32 << 10, memory: 1 << 20)
    let read = try backup.read(Set(backup.collections.indices), options: options) { batch in
      documents.withLock { $0 += batch.count }
      let dropped = held.withLock { held in
        held.append(batch)
        #expect(held.reduce(0) { $0 + $1.byteCount } <= 1 << 20)
        return held.count > 4 ? held.removeFirst() : nil
      }
      withExtendedLifetime(dropped) {}
    }
    #expect(documents.withLock { $0 } == read.reduce(0) { $0 + $1.documents })
  }

  @Test("stops all readers when a batch is refused", arguments: Fixture.forms)
  func cancellation(path: String) throws {
    struct Refusal: Error {}
    let backup = try openBackup(path)
    let batches = Mutex(0)
    #expect(throws: Refusal.self) {
      try backup.read(
        Set(backup.collections.indices), options: .init(parallelFiles: 2, batchBytes: 4096)
      ) { _ in
        batches.withLock { $0 += 1 }
        throw Refusal()
      }
    }
    #expect(batches.withLock { $0 } <= 2)
  }

  @Test("checks what is not delivered all the same")
  func notWanted() throws {
    let scratch = try Scratch(copying: Fixture.dump)
    try scratch.edit("dump/shop/orders.bson") { $0.removeLast() }
    let backup = try openBackup(scratch["dump"])
    let failure = #expect(throws: Failure.self) {
      try backup.read([0], options: .init(parallelFiles: 1)) { #expect($0.collection == 0) }
    }
    #expect(failure?.code == "bson-cut-short")
  }

  @Test(
    "tells how far it has come, in documents, BSON bytes and bytes of the files", arguments: Fixture.forms)
  func progress(path: String) throws {
    let total = Mutex(ReadProgress())
    let backup = try verifyBackup(path) { more in total.withLock { $0 += more } }
    let progress = total.withLock { $0 }
    #expect(progress.documents == backup.documents + (backup.oplog?.entries ?? 0))
    #expect(progress.bytes == backup.bytes + (backup.oplog?.bytes ?? 0))
    #expect(Double(progress.fileBytes) > 0.99 * Double(backup.origin.bytes))
    #expect(progress.fileBytes <= backup.origin.bytes)
  }

  @Test("knows capped collections, whose order counts")
  func capped() throws {
    let (_, backup) = try backup(numbered(1), options: #""options":{"capped":true,"size":4096},"#)
    #expect(backup.collections[0].isOrdered)
    #expect(try !openBackup(Fixture.dump).collections.filter(\.isOrdered).isEmpty)
  }

  @Test("survives any change of some bytes of a .bson", arguments: [1, 2, 3] as [UInt64])
  func mutation(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let (scratch, _) = try backup((0..<20).map { ["_id": .int32(Int32($0)), "s": "text", "n": ["a": 1.5]] })
    let good = try scratch.read("dump/d/c.bson")
    for _ in 0..<200 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try scratch.write(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)), to: "dump/d/c.bson")
      #expect(try faults(scratch["dump"]).allSatisfy { $0.kind == .damagedBackup })
    }
  }
}
