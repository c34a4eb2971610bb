package import BSON
package import Mongo
internal import Platform

/// How the documents of one collection are read from a server: as they lie there, whole or by ranges of `_id`.
package struct CollectionReading: Sendable {
  /// What is read: a collection, the buckets of a time series, or a view.
  package var place: Namespace
  /// The moment at which it is read; nil for how it is when it is read.
  package var snapshot: Timestamp?
  /// Which of what is there when it is read counts; of no concern with a snapshot.
  var concern = Concern.local
  /// When the reading has to have ended, by the monotonic clock.
  package var deadline: Double?

  package init(_ place: Namespace, snapshot: Timestamp? = nil, deadline: Double? = nil) {
    self.place = place
    self.snapshot = snapshot
    self.deadline = deadline
  }

  /// What is taken to be there.
  enum Concern: Sendable, Hashable {
    case local
    /// What the majority of a replica set has, once that is everything through a cluster time.
    case majority(after: Timestamp?)
  }

  /// About half a megabyte of small documents: what is handed out next lies in the processor's cache.
  static let batch = 2000

  /// Lends each document of a range to `body`, in the order of `_id`; those of the whole in the order in which they
  /// lie, which is three times as fast. Throws `MongoError` (50 when the time is up), and `interrupted`.
  package func forEach(
    in range: IDRange = .whole, from pool: ClientPool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var lastIsMaxKey = false
    try unsafe scan(command(range), pool) { document in
      lastIsMaxKey = unsafe CollectionReading.hasMaxKey(document)
      try unsafe body(document)
    }
    // Without `max` the server's scan goes up to, not through, MaxKey; in a clustered collection it goes through it.
    if range.max == nil, range.min != nil, !lastIsMaxKey {
      try unsafe scan(command(filter: ["_id": .maxKey]), pool, body)
    }
  }

  private func command(_ range: IDRange) -> Document {
    var elements: [(String, Value)] = []
    if !range.isWhole { elements.append(("hint", ["_id": 1])) }
    if let min = range.min { elements.append(("min", .document(["_id": min]))) }
    if let max = range.max { elements.append(("max", .document(["_id": max]))) }
    return command(elements)
  }

  private func command(filter: Document) -> Document {
    command([("filter", .document(filter)), ("hint", ["_id": 1])])
  }

  private func command(_ elements: [(String, Value)]) -> Document {
    var all: [(String, Value)] = [("find", .string(place.collection))]
    all += elements
    all.append(("batchSize", .int32(Int32(CollectionReading.batch))))
    if let snapshot {
      all.append(("readConcern", ["level": "snapshot", "atClusterTime": .timestamp(snapshot)]))
    } else if case .majority(let after) = concern {
      var elements: [(String, Value)] = [("level", "majority")]
      if let after { elements.append(("afterClusterTime", .timestamp(after))) }
      all.append(("readConcern", .document(Document(elements))))
    }
    return Document(all)
  }

  private func scan(
    _ command: Document, _ pool: ClientPool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var command = command
    if let deadline {
      let left = (deadline - Clock.monotonic) * 1000
      guard left > 0 else { throw CollectionReading.timeIsUp }
      command = command.setting("maxTimeMS", to: .int64(Int64(Swift.min(left.rounded(.up), 2e9))))
    }
    var count = 0
    try unsafe pool.scan(command, on: place.database, batchSize: CollectionReading.batch) { document in
      // Once a batch: the server counts its own time only.
      count += 1
      if count % CollectionReading.batch == 0 {
        try Interruption.check()
        if let deadline, deadline < Clock.monotonic { throw CollectionReading.timeIsUp }
      }
      try unsafe body(document)
      return true
    }
  }

  private static let timeIsUp = MongoError(
    code: 50, codeName: "MaxTimeMSExpired", message: "operation exceeded time limit")

  /// Whether the `_id` of a well-formed document, its first element in every collection, is MaxKey.
  private static func hasMaxKey(_ document: UnsafeRawBufferPointer) -> Bool {
    unsafe document.count > 8 && document[4] == 0x7F && document[5] == UInt8(ascii: "_")
      && document[6] == UInt8(ascii: "i") && document[7] == UInt8(ascii: "d") && document[8] == 0
  }
}

extension CollectionReading {
  /// Boundaries that cut a collection into about `count` parts of like size, by the `_id`s of documents picked at
  /// random: fewer where there are fewer documents, none for one part.
  ///
  /// They are no part of a snapshot: any boundaries will do.
  package func boundaries(for count: Int, from pool: ClientPool) throws -> [Value] {
    guard count > 1, try canBeCut(pool) else { return [] }
    // Several for each part: of many the parts differ less in size.
    let size = count * Swift.max(1, Swift.min(8, 8000 / count))
    let pipeline: Value = [
      ["$sample": ["size": .int64(Int64(size))]], ["$project": ["_id": 1]], ["$sort": ["_id": 1]],
    ]
    var command: Document = [
      "aggregate": .string(place.collection), "pipeline": pipeline, "allowDiskUse": true,
      "cursor": ["batchSize": 10_000],
    ]
    if let deadline {
      command = command.setting(
        "maxTimeMS", to: .int64(Int64(Swift.max(1, Swift.min(2e9, (deadline - Clock.monotonic) * 1000)))))
    }
    var sample: [Value] = []
    var last: [UInt8]?
    try pool.forEach(command, on: place.database, batchSize: 10_000) { document in
      // It may hold a document twice, and the server refuses a range of nothing. What doesn't come back from Extended
      // JSON as it was could not be written down.
      guard let id = document["_id"], id.canonicalKey != last, CollectionReading.canBeWritten(id) else {
        return true
      }
      last = id.canonicalKey
      sample.append(id)
      return true
    }
    let parts = Swift.min(count, sample.count)
    guard parts > 1 else { return [] }
    return (1..<parts).map { sample[$0 * sample.count / parts] }
  }

  /// Whether a scan can go by `_id`. Servers before 5.3 have no index for that on the buckets of a time series: these are
  /// read in one piece there.
  private func canBeCut(_ pool: ClientPool) throws -> Bool {
    if place.bucketsOf == nil { return true }
    do throws(MongoError) {
      try pool.run(
        ["find": .string(place.collection), "hint": ["_id": 1], "limit": 1, "singleBatch": true],
        on: place.database)
      return true
    } catch {
      // BadValue: there is no such index.
      if error.code == 2 { return false }
      throw error
    }
  }

  private static func canBeWritten(_ id: Value) -> Bool {
    // A range can't begin at the last that there is.
    if case .maxKey = id { return false }
    let text = id.extendedJSON(relaxed: false)
    return (try? Document(extendedJSON: "{\"v\":\(text)}")) == Document([("v", id)])
  }
}
