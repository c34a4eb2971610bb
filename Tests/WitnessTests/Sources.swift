import BSON
import Mongo
import Platform
import Record
import Synchronization
import TestSupport
import Testing
import Witness

/// A database of its own for a test, on one live source for all; it ends with the process.
struct SourceDatabase: ~Copyable {
  private static let source = Result<LiveSource, any Error> { try LiveSource.start() }
  private static let count = Atomic(0)

  let name: String
  let source: LiveSource
  var pool: ClientPool { source.pool }

  init(on own: LiveSource? = nil) throws {
    source = try own ?? SourceDatabase.source.get()
    name = "live\(SourceDatabase.count.add(1, ordering: .relaxed).newValue)"
  }

  deinit { _ = try? source.pool.run(["dropDatabase": 1], on: name) }

  func namespace(_ collection: String) -> Namespace { Namespace(name, collection) }

  func create(_ collection: String, _ options: Document = [:]) throws {
    try pool.run(Document([("create", .string(collection))] + options.map { ($0.name, $0.value) }), on: name)
  }

  func insert(_ collection: String, _ documents: [Document]) throws {
    try WitnessTests.insert(documents, into: namespace(collection), on: pool)
  }

  func request(_ change: (inout WitnessRequest) -> Void = { _ in }) -> WitnessRequest {
    var request = WitnessRequest()
    request.include = [name]
    change(&request)
    return request
  }

  /// Records a witness of it to a file in `folder`.
  func witness(
    in folder: String, _ change: (inout WitnessRequest) -> Void = { _ in },
    events: @escaping EventSink = { _ in }
  ) throws -> WitnessRecord {
    let path = Files.join(folder, "witness.json")
    let record = try WitnessReading(request(change), from: pool, events: events).record(to: path)
    // What was written is what is returned; a NaN among the bounds is not equal to itself.
    let again = Files.join(folder, "again.json")
    let read = try WitnessRecord.read(path)
    try read.write(to: again)
    #expect(try Files.read(again) == Files.read(path))
    #expect(read.documentsFile == record.documentsFile)
    return record
  }

  /// Copies a collection, as it was at a moment, to a standalone server.
  func copy(_ collection: String, at time: Timestamp? = nil, to database: borrowing RestoredDatabase) throws {
    var documents: [Document] = []
    var find: Document = ["find": .string(collection)]
    if let time {
      find = find.setting("readConcern", to: ["level": "snapshot", "atClusterTime": .timestamp(time)])
    }
    try pool.forEach(find, on: name) { document in
      documents.append(document)
      return true
    }
    try database.insert(collection, documents)
  }
}

/// Inserts, changes and deletes documents of a collection until it is stopped.
final class Writer: Sendable {
  private let isStopped = Monitor(false)
  private let thread: RunningThread
  let failures = Monitor<[String]>([])

  init(_ namespace: Namespace, on pool: ClientPool, documents: Int) throws {
    let (isStopped, failures) = (isStopped, failures)
    thread = try Threads.start {
      var random = SystemRandomNumberGenerator()
      var next = documents
      while !isStopped.withLock({ $0 }) {
        do {
          let name = Value.string(namespace.collection)
          let one = Int32.random(in: 0..<Int32(documents), using: &random)
          switch UInt8.random(in: 0..<3, using: &random) {
          case 0:
            next += 1
            try pool.run(
              ["insert": name, "documents": [["_id": .int32(Int32(next)), "new": true]]],
              on: namespace.database)
          case 1:
            try pool.run(
              ["update": name, "updates": [["q": ["_id": .int32(one)], "u": ["$inc": ["n": 1]]]]],
              on: namespace.database)
          default:
            try pool.run(
              ["delete": name, "deletes": [["q": ["_id": .int32(one)], "limit": 1]]], on: namespace.database)
          }
        } catch { failures.update { $0.append("\(error)") } }
      }
    }
  }

  /// Stops it; throws when one of its writes failed.
  func stop() throws {
    isStopped.update { $0 = true }
    thread.join()
    #expect(failures.withLock { $0 } == [])
  }
}
