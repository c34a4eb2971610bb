package import BSON
package import Facts
package import Mongo
internal import Platform

extension ContentDigest {
  /// The digest of a collection as it is on a server now; nil where there is none. Of a time series it is that of its
  /// buckets, of a view that of what it shows.
  ///
  /// `threads` connections at most read at one time. `deadline` is by the monotonic clock. Throws `MongoError` (50
  /// when the time is up), and a failure of kind `interrupted`.
  ///
  /// By ranges of `_id` the server works three times as much as when it reads a collection as it lies: more
  /// connections pay from the fourth on. To use two cores read two collections at one time.
  package static func read(
    _ namespace: Namespace, from pool: ClientPool, threads: Int = 1, deadline: Double? = nil
  ) throws -> ContentDigest? {
    guard let facts = try Catalogue.listed(namespace, on: pool) else { return nil }
    let reading = CollectionReading(facts.stored, deadline: deadline)
    var ranges: [IDRange] = [.whole]
    if facts.kind != .view, threads > 3 {
      ranges = IDRange.between(try reading.boundaries(for: threads, from: pool))
    }
    return try reading.digest(of: ranges, from: pool, threads: threads)
  }
}

extension CollectionReading {
  /// The digest of all documents in some ranges, which don't overlap.
  package func digest(
    of ranges: [IDRange], from pool: ClientPool, threads: Int = 1
  ) throws -> ContentDigest {
    let all = Monitor(ContentDigest())
    try Threads.forEach(below: ranges.count, on: min(threads, pool.connections)) { index in
      var own = ContentDigest()
      try unsafe forEach(in: ranges[index], from: pool) { document in unsafe own.add(document) }
      all.withLock { $0.add(own) }
    }
    return all.withLock { $0 }
  }
}
