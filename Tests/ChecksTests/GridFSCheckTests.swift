import BSON
import Checks
import Facts
import Platform
import Record
import Testing

@Suite("gridfs", .tags(.mongod), .timeLimit(.minutes(10)))
struct GridFSCheckTests {
  private func file(_ id: Value, _ length: Int64, _ chunk: Int32 = 10) -> Document {
    ["_id": id, "length": .int64(length), "chunkSize": .int32(chunk), "filename": "f"]
  }

  private func chunk(_ file: Value, _ n: Int32, _ bytes: Int) -> Document {
    ["files_id": file, "n": .int32(n), "data": .binary(subtype: 0, Array(repeating: 1, count: bytes))]
  }

  /// Whole files of several sizes and kinds of `_id`.
  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert(
      "fs.files", [file(1, 25), file("a", 20), file(.null, 0), file(["k": 1], 10), file(true, 0)])
    try database.insert(
      "fs.chunks",
      [
        chunk("a", 1, 10), chunk(1, 2, 5), chunk(1, 0, 10), chunk(1, 1, 10), chunk("a", 0, 10),
        chunk(["k": 1], 0, 10),
        // Some drivers write one for a file without content.
        chunk(true, 0, 0),
      ])
    return database
  }

  @Test("whole files pass, with and without the index")
  func pass() throws {
    let database = try filled()
    for _ in 0..<2 {
      let outcome = try #require(try database.checks("s: {DB: [gridfs]}").first)
      #expect(outcome.result == .pass, "\(outcome)")
      #expect(outcome.message == "5 files in 7 chunks, each complete")
      #expect(outcome.measured["bytes"] == 55)
      try database.index("fs.chunks", ["key": ["files_id": 1, "n": 1], "name": "i", "unique": true])
    }
  }

  @Test(
    "what is wrong is told apart",
    arguments: [
      ("first", "1 of 5 files incomplete, 1 lacking chunks", ["1"]),
      ("last", "1 of 5 files incomplete, 1 lacking chunks", ["1"]),
      ("short", "1 of 5 files incomplete, 1 with a chunk of another size", [#""a""#]),
      ("extra", "1 of 5 files incomplete, 1 with chunks too many", [#"{ "k" : 1 }"#]),
      ("twice", "1 of 5 files incomplete, 1 with chunks too many", [#"{ "k" : 1 }"#]),
      ("text", "1 of 5 files incomplete, 1 with a chunk of another size", ["1"]),
      ("orphan", "chunks of 1 file that isn't there", [#""lost""#]),
      ("length", "1 of 5 files incomplete, 1 without a length or a chunk size", ["1"]),
      ("file", "chunks of 1 file that isn't there", ["1"]),
    ])
  func fail(fault: String, message: String, samples: [String]) throws {
    let database = try filled()
    func remove(_ collection: String, _ filter: Document) throws {
      try database.run(["delete": .string(collection), "deletes": [["q": .document(filter), "limit": 1]]])
    }
    func set(_ collection: String, _ filter: Document, _ values: Document) throws {
      try database.run([
        "update": .string(collection),
        "updates": [["q": .document(filter), "u": ["$set": .document(values)]]],
      ])
    }
    switch fault {
    case "first": try remove("fs.chunks", ["files_id": 1, "n": 0])
    case "last": try remove("fs.chunks", ["files_id": 1, "n": 2])
    case "short": try set("fs.chunks", ["files_id": "a", "n": 1], ["data": .binary(subtype: 0, [1])])
    case "extra": try database.insert("fs.chunks", [chunk(["k": 1], 1, 3)])
    case "twice": try database.insert("fs.chunks", [chunk(["k": 1], 0, 10)])
    case "text": try set("fs.chunks", ["files_id": 1, "n": 1], ["data": 5])
    case "orphan": try database.insert("fs.chunks", [chunk("lost", 0, 3), chunk("lost", 1, 3)])
    case "length": try set("fs.files", ["_id": 1], ["length": "25"])
    default: try remove("fs.files", ["_id": 1])
    }
    let outcome = try #require(try database.checks("s: {DB: [gridfs: {bucket: fs}]}").first)
    #expect(outcome.result == .fail)
    #expect(outcome.message == message)
    #expect(outcome.samples == samples)
    #expect(outcome.query?.contains("fs.chunks") == true)
    #expect(
      try database.checks("s: {DB: [{gridfs: , warn_if: '> 0', error_if: '> 50%'}]}").first?.result == .warn)
  }

  @Test("a bucket that isn't there fails, an empty one is no answer, half of one is noticed")
  func absent() throws {
    var database = try TestDatabase()
    #expect(try database.checks("s: {DB: [{gridfs: {bucket: pics}}]}").map(\.result) == [.fail])
    try database.create("pics.files")
    #expect(try database.checks("s: {DB: [{gridfs: {bucket: pics}}]}").map(\.result) == [.error])
    #expect(
      try database.checks("s: {DB: [{gridfs: {bucket: pics}, allow_empty: true}]}").map(\.result) == [.pass])
    try database.insert("pics.files", [file(1, 25)])
    #expect(try database.checks("s: {DB: [{gridfs: {bucket: pics}}]}").map(\.result) == [.fail])
    try database.insert("half.chunks", [chunk(1, 0, 1)])
    #expect(try database.checks("s: {DB: [{gridfs: {bucket: half}}]}").map(\.result) == [.fail])
    // Lost in the restore.
    let name = "lost\(database.name)"
    database.expected = Catalogue([CollectionFacts(Namespace(database.name, "\(name).files"), documents: 1)])
    #expect(try database.checks("s: {'*': [{gridfs: {bucket: \(name)}}]}").map(\.result) == [.error])
  }

  @Test("a bucket that is emptied is no answer, whatever another database's holds")
  func emptied() throws {
    let full = try TestDatabase()
    let empty = try TestDatabase()
    let bucket = "of\(full.name)"
    try full.insert("\(bucket).files", [file(1, 5)])
    try full.insert("\(bucket).chunks", [chunk(1, 0, 5)])
    let item = "{gridfs: {bucket: \(bucket)}}"
    #expect(try full.checks("s: {'*': [\(item)]}").map(\.result) == [.pass])
    try empty.create("\(bucket).files")
    let outcome = try #require(try full.checks("s: {'*': [\(item)]}").first)
    #expect(outcome.result == .error)
    #expect(
      outcome.message == "no data: 1 file in 1 chunk, each complete; no file in \(empty.name)", "\(outcome)")
    #expect(
      try full.checks("s: {'*': [{gridfs: {bucket: \(bucket)}, allow_empty: true}]}").map(\.result) == [.pass]
    )
  }

  @Test("many chunks don't need more memory than a page of them")
  func many() throws {
    let database = try TestDatabase()
    try database.insert("fs.files", [file(1, 120_000, 1)])
    try database.insert("fs.chunks", (0..<120_000).map { chunk(1, Int32($0), 1) })
    let outcome = try #require(try database.checks("s: {DB: [gridfs]}").first)
    #expect(outcome.message == "1 file in 120,000 chunks, each complete")
  }
}
