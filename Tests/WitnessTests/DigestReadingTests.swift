import BSON
import Facts
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing
import Witness

@Suite("The digest of a collection on a server", .tags(.mongod), .timeLimit(.minutes(10)))
struct DigestReadingTests {
  @Test(
    "is that of its documents, read as they lie or by ranges",
    .needs(ServerVersion(5, 3), "clustered collections"), arguments: ["plain", "clustered", "collated"])
  func ways(kind: String) throws {
    let database = try RestoredDatabase()
    switch kind {
    case "clustered": try database.create("c", ["clusteredIndex": ["key": ["_id": 1], "unique": true]])
    case "collated": try database.create("c", ["collation": ["locale": "en", "strength": 2]])
    default: break
    }
    var expected = ContentDigest()
    let documents =
      mixedIDs.map { ["_id": $0, "mixed": true] as Document }
      + (100..<5000).map { number -> Document in
        ["_id": number % 2 == 0 ? .int32(number) : .string("n\(number)"), "n": .int32(number)]
      }
    for document in documents { _ = document.withBytes { expected.add($0) } }
    try database.insert("c", documents)
    let namespace = database.namespace("c")
    for threads in [1, 4, 7] {
      #expect(try ContentDigest.read(namespace, from: database.pool, threads: threads) == expected)
    }
    let reading = CollectionReading(namespace)
    let boundaries = try reading.boundaries(for: 20, from: database.pool)
    #expect(boundaries.count == 19)
    #expect(
      try reading.digest(of: IDRange.between(boundaries), from: database.pool, threads: 2) == expected)
  }

  @Test("splits between _ids of any types")
  func mixed() throws {
    let database = try RestoredDatabase()
    try database.insert("c", mixedIDs.map { ["_id": $0] })
    let reading = CollectionReading(database.namespace("c"))
    let ranges = IDRange.between(mixedIDs)
    for (index, range) in ranges.enumerated() where index > 0 && index < mixedIDs.count {
      // A range whose first `_id` is MaxKey can't be asked for; boundaries are never the last of a collection.
      guard range.min != .maxKey else { continue }
      var ids: [Value] = []
      try reading.forEach(in: range, from: database.pool) { document in
        ids.append(Document(validated: ArraySlice(document))["_id"] ?? .null)
      }
      #expect(ids.map(\.canonicalKey) == [mixedIDs[index - 1].canonicalKey])
    }
    var last: [Value] = []
    try reading.forEach(in: IDRange(from: true), from: database.pool) { document in
      last.append(Document(validated: ArraySlice(document))["_id"] ?? .null)
    }
    #expect(last == [true, .date(1_600_000_000_000), mixedIDs[16], .code("x"), .maxKey])
  }

  @Test(
    "of a time series is that of its buckets, of a view that of what it shows",
    .needs(ServerVersion(5, 0), "time series"))
  func others() throws {
    let database = try RestoredDatabase()
    try database.create("ts", ["timeseries": ["timeField": "t", "metaField": "m"]])
    try database.insert(
      "ts", (0..<3000).map { ["t": .date(Int64($0) * 3_600_000), "m": .int32($0 % 3), "v": .int32($0)] })
    let pool = database.pool
    let series = try #require(try ContentDigest.read(database.namespace("ts"), from: pool, threads: 4))
    let count = try pool.all(
      ["aggregate": "system.buckets.ts", "pipeline": [["$count": "n"]], "cursor": [:]], on: database.name)
    #expect(series.documents == count.first?["n"]?.integer.map { Int($0) })
    #expect(series.documents > 3)

    try database.insert("c", (0..<10).map { ["_id": .int32($0)] })
    try database.create("v", ["viewOn": "c", "pipeline": [["$match": ["_id": ["$lt": 4]]]]])
    var expected = ContentDigest()
    for id in 0..<4 { _ = (["_id": .int32(Int32(id))] as Document).withBytes { expected.add($0) } }
    #expect(try ContentDigest.read(database.namespace("v"), from: pool, threads: 4) == expected)
  }

  @Test("is none where there is no collection, and ends in time")
  func none() throws {
    let database = try RestoredDatabase()
    #expect(try ContentDigest.read(database.namespace("no"), from: database.pool) == nil)
    try database.insert("c", [["_id": 1]])
    #expect(throws: MongoError.self) {
      try ContentDigest.read(database.namespace("c"), from: database.pool, deadline: Clock.monotonic - 1)
    }
  }
}
