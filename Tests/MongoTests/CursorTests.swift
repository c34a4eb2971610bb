import BSON
import Mongo
import Platform
import Sandbox
import Synchronization
import Testing

extension Tag {
  /// Needs a real `mongod`: found as the product finds it; without one the test fails.
  @Tag static var mongod: Self
}

@Suite("Cursors", .tags(.mongod), .timeLimit(.minutes(10)))
struct CursorTests {
  @Test("of several batches can be read on several threads at one time, with commands beside them")
  func concurrent() throws {
    var options = SandboxOptions()
    options.cacheBytes = 256 << 20
    let sandbox = try Sandbox.start(options)
    defer { try? sandbox.stop() }
    let pool = sandbox.pool
    let documents = (0..<500).map { Value.document(["_id": .int32($0)]) }
    try pool.run(["insert": "c", "documents": .list(documents)], on: "test")
    let seen = Mutex(0)
    try Threads.concurrently(4) { _ in
      for _ in 0..<5 {
        try pool.forEach(["find": "c", "batchSize": 20], on: "test", batchSize: 20) { _ in
          try pool.run(["ping": 1])
          seen.withLock { $0 += 1 }
          return true
        }
      }
    }
    #expect(seen.withLock { $0 } == 4 * 5 * 500)
  }
}
