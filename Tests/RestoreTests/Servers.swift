import BSON
import Backups
import Facts
import Mongo
import Platform
import Record
import Restore
import Sandbox
import TestSupport
import Testing

extension Tag {
  /// Needs a real `mongod`: found as the product finds it; without one the test fails.
  @Tag static var mongod: Self
}

/// A sandbox that several tests share; it ends with this process.
func sharedSandbox() throws -> Sandbox { try Sandbox.start(SandboxOptions(cacheBytes: 256 << 20)) }

/// A sandbox for one test, whose files lie in a folder of the test's.
func withSandbox<Result>(
  arguments: [String] = [], _ body: (Sandbox, _ folder: String) throws -> Result
) throws -> Result {
  try withFolder { folder in
    let sandbox = try Sandbox.start(
      SandboxOptions(directory: folder, cacheBytes: 256 << 20, extraArguments: arguments))
    defer { try? sandbox.stop() }
    return try body(sandbox, folder)
  }
}

extension Sandbox {
  /// Restores a backup into it.
  func restore(
    _ path: String, _ options: RestoreOptions = RestoreOptions(), events: @escaping EventSink = { _ in }
  ) throws -> RestoreResult {
    let backup = try openBackup(path)
    let plan = try RestorePlan(backup, options)
    return try Restorer(backup: backup, plan: plan, pool: pool, options: options, events: events).run()
  }

  /// A collection's documents, in the order in which they lie there.
  func documents(_ namespace: Namespace) throws -> [Document] {
    try pool.all(
      ["find": .string(namespace.collection), "sort": ["$natural": 1], "batchSize": 10_000],
      on: namespace.database)
  }

  /// How many documents a query finds; what a person would count in a view or a time series.
  func count(_ namespace: Namespace, where query: Document = [:]) throws -> Int {
    let pipeline: Value = [["$match": .document(query)], ["$count": "n"]]
    let found = try pool.all(
      ["aggregate": .string(namespace.collection), "pipeline": pipeline, "cursor": [:]],
      on: namespace.database)
    return found.first?["n"]?.integer.map { Int($0) } ?? 0
  }

  /// The options of a collection as the server lists them.
  func options(_ namespace: Namespace) throws -> Document {
    let listed = try pool.all(
      ["listCollections": 1, "filter": ["name": .string(namespace.collection)]], on: namespace.database)
    return try #require(listed.first?["options"]?.document, "\(namespace) is not there")
  }

  /// The index specifications of a collection, by their names.
  func indexes(_ namespace: Namespace) throws -> [String: Document] {
    let listed = try pool.all(["listIndexes": .string(namespace.collection)], on: namespace.database)
    return Dictionary(uniqueKeysWithValues: listed.map { ($0["name"]?.string ?? "", $0) })
  }
}

/// The documents of a backup's collections, by their names there, in the order of the file.
func documents(of backup: any LogicalBackup) throws -> [Namespace: [Document]] {
  let batches = Monitor<[DocumentBatch]>([])
  _ = try backup.read(Set(backup.collections.indices), options: ReadOptions(memory: 1 << 30)) { batch in
    batches.update { $0.append(batch) }
  }
  var documents: [Namespace: [Document]] = [:]
  for batch in batches.withLock({ $0 }).sorted(by: { $0.sequence < $1.sequence }) {
    try batch.withBytes { bytes in
      let all = ArraySlice(bytes)
      var at = 0
      while at < all.count {
        let length = all[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        documents[backup.collections[batch.collection].facts.namespace, default: []].append(
          try Document(all[at..<at + length]))
        at += length
      }
    }
  }
  return documents
}

/// Expects the same documents byte by byte, however often each occurs, in any order.
func expectSame(
  _ found: [Document], _ expected: [Document], _ comment: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  func tally(_ documents: [Document]) -> [Document: Int] {
    documents.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
  let (have, want) = (tally(found), tally(expected))
  let isSame = have == want
  let example = isSame ? nil : want.first { have[$0.key] != $0.value }?.key.extendedJSON()
  #expect(
    isSame, "\(comment): \(found.count) found, \(expected.count) expected, such as \(example ?? "none")",
    sourceLocation: sourceLocation)
}
