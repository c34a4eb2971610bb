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

/// A database of its own for a test, on one standalone server for all; it ends with the process.
struct RestoredDatabase: ~Copyable {
  private static let server = Result<Sandbox, any Error> {
    var options = SandboxOptions()
    options.cacheBytes = 256 << 20
    return try Sandbox.start(options)
  }
  private static let count = Atomic(0)

  let name: String
  let pool: ClientPool

  init() throws {
    pool = try RestoredDatabase.server.get().pool
    name = "test\(RestoredDatabase.count.add(1, ordering: .relaxed).newValue)"
  }

  deinit { _ = try? pool.run(["dropDatabase": 1], on: name) }

  func namespace(_ collection: String) -> Namespace { Namespace(name, collection) }

  func create(_ collection: String, _ options: Document = [:]) throws {
    try pool.run(Document([("create", .string(collection))] + options.map { ($0.name, $0.value) }), on: name)
  }

  func insert(_ collection: String, _ documents: [Document]) throws {
    try WitnessTests.insert(documents, into: namespace(collection), on: pool)
  }
}

/// Inserts documents; throws when one of them is refused.
func insert(_ documents: [Document], into namespace: Namespace, on pool: ClientPool) throws {
  for start in stride(from: 0, to: documents.count, by: 10_000) {
    let batch = documents[start..<min(start + 10_000, documents.count)].map { Value.document($0) }
    let reply = try pool.run(
      ["insert": .string(namespace.collection), "documents": .list(batch)], on: namespace.database)
    try #require(reply["writeErrors"] == nil, "\(reply.extendedJSON())")
  }
}

/// `_id`s of every type that an `_id` may have, in the server's order.
let mixedIDs: [Value] = [
  .minKey, .null, .double(.nan), 1, 2.5, .int64(7), .decimal128(low: 75, high: 0x303E_0000_0000_0000), "a",
  "b",
  ["x": 1], ["x": 2], .binary(subtype: 0, [1, 2]), .objectID(ObjectID(bytes: Array(repeating: 7, count: 12))),
  false, true, .date(1_600_000_000_000), .timestamp(Timestamp(seconds: 1, increment: 2)), .code("x"), .maxKey,
]
