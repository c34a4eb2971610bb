import BSON
import Checks
import Configuration
import Facts
import Mongo
import Platform
import Record
import Sandbox
import Synchronization
import Testing

extension Tag {
  /// Needs a real `mongod`: found as the product finds it; without one the test fails.
  @Tag static var mongod: Self
}

/// A database of its own for a test, on one server for all; it ends with the process.
struct TestDatabase: ~Copyable {
  private static let server = Result<Sandbox, any Error> {
    var options = SandboxOptions()
    options.cacheBytes = 256 << 20
    return try Sandbox.start(options)
  }
  private static let count = Atomic(0)

  let name: String
  let pool: ClientPool
  /// What the backup is said to hold.
  var expected: Catalogue?
  /// What a witness is said to have recorded.
  var witness: Catalogue?
  /// What an earlier run is said to have measured.
  var baseline: Baseline?
  var isSandbox = true
  var parallel = 2
  /// The checks' memory, in bytes.
  var memory = 64 << 20
  /// Changes what else the checks know.
  var server: (inout CheckedServer) -> Void = { _ in }

  /// On the server of all tests, or on one of the test's own.
  init(on server: Sandbox? = nil) throws {
    pool = try (server ?? TestDatabase.server.get()).pool
    name = "test\(TestDatabase.count.add(1, ordering: .relaxed).newValue)"
  }

  deinit { _ = try? pool.run(["dropDatabase": 1], on: name) }

  func insert(_ collection: String, _ documents: [Document]) throws {
    for start in stride(from: 0, to: documents.count, by: 10_000) {
      let batch = documents[start..<min(start + 10_000, documents.count)].map { Value.document($0) }
      let reply = try pool.run(["insert": .string(collection), "documents": .list(batch)], on: name)
      try #require(reply["writeErrors"] == nil, "\(reply.extendedJSON())")
    }
  }

  /// What an aggregation gives.
  func all(_ collection: String, _ pipeline: [Value]) throws -> [Document] {
    try pool.all(
      ["aggregate": .string(collection), "pipeline": .list(pipeline), "cursor": [:]], on: name)
  }

  func run(_ command: Document) throws { try pool.run(command, on: name) }

  /// Creates an empty collection.
  func create(_ collection: String, _ options: Document = [:]) throws {
    try run(Document([("create", .string(collection))] + options.map { ($0.name, $0.value) }))
  }

  func index(_ collection: String, _ specs: Document...) throws {
    try run(["createIndexes": .string(collection), "indexes": .list(specs.map { .document($0) })])
  }

  /// Decodes one item of a list of checks and asks it. `DB` in its text stands for the database's name.
  func check(_ collection: String, _ item: String) throws -> Outcome {
    let outcomes = try checks("s:\n  \(name).\(collection):\n    - \(item)\n")
    try #require(outcomes.count == 1)
    return outcomes[0]
  }

  func checks(_ yaml: String) throws -> [Outcome] {
    let diagnostics = Diagnostics()
    let text = yaml.split(separator: "DB", omittingEmptySubsequences: false).joined(separator: name)
    let suites = Node.parse(text, file: "s.yaml", diagnostics).flatMap { Suite.decode($0, diagnostics) }
    let decoded = try #require(suites, "\(diagnostics.failures)")
    var checked = CheckedServer(pool, expected: expected, isSandbox: isSandbox, memory: memory)
    checked.witness = witness
    checked.baseline = baseline
    server(&checked)
    return try decoded.flatMap { try $0.run(on: checked, parallel: parallel, events: { _ in }) }
  }
}

/// Documents with `_id` from 1.
func numbered(_ count: Int, _ make: (Int) -> Document = { _ in [:] }) -> [Document] {
  (1...count).map { number in
    Document([("_id", .int32(Int32(number)))] + make(number).map { ($0.name, $0.value) })
  }
}
