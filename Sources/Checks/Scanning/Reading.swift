internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Witness

/// Documents to be read: all of a collection, or those that match a filter.
struct Source: Sendable {
  var facts: CollectionFacts
  var filter: Document?

  var namespace: Namespace { facts.namespace }
  /// The collation that its texts are compared by when nobody says otherwise; nil where it is by bytes.
  var collation: Document? { facts.collation }
}

extension CollectionFacts {
  /// The collation that texts in it are compared by when nobody says otherwise; nil where it is by bytes.
  var collation: Document? {
    guard let collation = options["collation"]?.document, collation["locale"]?.string != "simple" else {
      return nil
    }
    return collation
  }
}

extension CheckContext {
  /// What the check is about; of a time series its buckets, if they are wanted as they are `stored`.
  func source(stored: Bool = false) -> Source {
    var facts = collection ?? CollectionFacts(namespace)
    if stored, facts.kind == .timeseries {
      facts = CollectionFacts(facts.stored, options: ["clusteredIndex": true])
    }
    return Source(facts: facts, filter: common.filter)
  }
}

/// One reading of documents for all scans that want them, cut into parts for the threads that are free.
struct Reading: Sendable {
  /// Documents that the server sends at a time: a few MiB of small ones. Larger replies are given back to the system and
  /// fetched from it anew each time, which takes longer than asking more often.
  private static let batchDocuments = 8000
  /// Documents below which a reading isn't cut into parts.
  private static let smallest = 20_000
  /// In bytes: larger documents are cut down by the server to the fields that are wanted, smaller ones come faster
  /// whole.
  private static let projectedFrom = 1024

  private let source: Source
  private let context: CheckContext
  private let scans: [any Scan]
  private let wanted: [DocumentPart]

  /// Where a part begins, and where the next does; nil at the collection's ends.
  private struct Bounds: Sendable {
    var from: Value?
    var to: Value?
  }

  /// One part, and the server that it is read from.
  private struct Piece: Sendable {
    let pool: ClientPool
    let command: Document
  }

  /// `context` is whose time is spent and whose crew helps.
  init(_ scans: [any Scan], of source: Source, for context: CheckContext) {
    self.source = source
    self.context = context
    self.scans = scans
    wanted = scans.map(\.reads)
  }

  /// Reads all; what the scans saw comes in their order.
  func read() throws -> [Scanner] {
    let scanners = scans.map(Scanner.init)
    let needed = wanted.filter { $0 != .none }
    if needed.isEmpty { return scanners }
    if needed.allSatisfy({ $0 == .presence }) { return try counted(scanners) }
    let pieces = try context.server.pools(holding: source.namespace).flatMap { pool in
      let bounds = context.crew.threads > 1 ? try? cut(context.crew.threads, on: pool) : nil
      let projection = try projection(on: pool)
      return (bounds ?? [Bounds()]).map { Piece(pool: pool, command: find($0, projection)) }
    }
    if pieces.isEmpty { return scanners }
    let parts = Monitor([[Scanner]](repeating: [], count: pieces.count))
    try context.crew.run(pieces.count) { part in
      var scanners = scanners
      try unsafe context.scan(
        pieces[part].command, on: source.namespace.database, of: pieces[part].pool,
        batchSize: Reading.batchDocuments
      ) { bytes in
        guard let document = unsafe RawDocument(validated: bytes) else { return true }
        var goesOn = false
        for at in scanners.indices where wanted[at] != .none {
          scanners[at].see(document)
          goesOn = goesOn || !scanners[at].isDone
        }
        return goesOn
      }
      parts.withLock { $0[part] = scanners }
    }
    return parts.withLock { parts in
      var all = parts[0]
      parts[0] = []
      for part in 1..<max(1, parts.count) {
        for at in all.indices { all[at].append(parts[part][at]) }
        parts[part] = []
      }
      return all
    }
  }

  /// The server's own running count is no proof: it may be off, and it doesn't touch a document.
  private func counted(_ scanners: [Scanner]) throws -> [Scanner] {
    let match: [Value] = source.filter.map { [["$match": .document($0)]] } ?? []
    var scanners = scanners
    for pool in try context.server.pools(holding: source.namespace) {
      let reply = try context.all(
        [
          "aggregate": .string(source.namespace.collection), "cursor": [:],
          "pipeline": .list(match + [["$count": "n"]]),
        ], on: source.namespace.database, of: pool)
      for at in scanners.indices where wanted[at] != .none {
        scanners[at].count(Int(reply.first?["n"]?.integer ?? 0))
      }
    }
    return scanners
  }

  private var name: Value { .string(source.namespace.collection) }

  private var hasIDIndex: Bool {
    source.facts.kind == .collection && source.facts.options["clusteredIndex"] == nil
      && source.collation == nil && source.facts.options["autoIndexId"] != false
  }

  /// `_id`s of a sample as bounds: no need for parts of the same size, so long as none is much larger.
  private func cut(_ parts: Int, on pool: ClientPool) throws -> [Bounds] {
    guard hasIDIndex, source.filter == nil,
      let count = try context.run(["count": name], on: source.namespace.database, of: pool)["n"]?.integer,
      count >= Reading.smallest
    else { return [Bounds()] }
    let pipeline: Value = [["$sample": ["size": .int32(Int32(parts * 16))]], ["$project": ["_id": 1]]]
    let sample = try context.all(
      ["aggregate": name, "cursor": [:], "pipeline": pipeline], on: source.namespace.database, of: pool
    ).compactMap { $0["_id"] }.sorted { Value.compare($0, $1) < 0 }
    guard sample.count >= parts else { return [Bounds()] }
    var cuts: [Value] = []
    for part in 1..<parts {
      let cut = sample[part * sample.count / parts]
      if cuts.last.map({ Value.compare($0, cut) < 0 }) ?? true { cuts.append(cut) }
    }
    let ends = cuts.map { Value?.some($0) }
    return zip([nil] + ends, ends + [nil]).map { Bounds(from: $0, to: $1) }
  }

  private func find(_ bounds: Bounds, _ projection: Document?) -> Document {
    var command: Document = ["find": name]
    if let filter = source.filter { command = command.setting("filter", to: .document(filter)) }
    // `_id`s alone are read from their index. `$gte` and `$lt` would leave out what is of another type than the bound.
    let isCovered = projection == ["_id": 1] && hasIDIndex && source.filter == nil
    if bounds.from != nil || bounds.to != nil || isCovered {
      command = command.setting("hint", to: ["_id": 1])
    }
    if let from = bounds.from { command = command.setting("min", to: ["_id": from]) }
    if let to = bounds.to { command = command.setting("max", to: ["_id": to]) }
    if let projection {
      command = command.setting("projection", to: .document(projection))
    }
    return command.setting("batchSize", to: .int32(Int32(Reading.batchDocuments)))
  }

  /// The fields that the server is to send; nil for whole documents.
  private func projection(on pool: ClientPool) throws -> Document? {
    var paths: [String] = []
    for part in wanted {
      switch part {
      case .whole: return nil
      case .fields(let more): paths += more
      case .presence, .none: continue
      }
    }
    // The first name of each: a projection of a longer path leaves out what isn't a document in an array on its way.
    let names = Set(paths.map { String($0.prefix { $0 != "." }) }).subtracting(["_id"])
    if names.isEmpty { return ["_id": 1] }
    // The server takes neither of these.
    if names.contains(where: { $0.isEmpty || $0.hasPrefix("$") }) { return nil }
    guard (try? documentSize(on: pool)) ?? 0 >= Reading.projectedFrom else { return nil }
    return Document([("_id", Value.int32(1))] + names.sorted().map { ($0, Value.int32(1)) })
  }

  private func documentSize(on pool: ClientPool) throws -> Int {
    guard source.facts.kind == .collection else { return 0 }
    return Int(
      try context.run(["collStats": name], on: source.namespace.database, of: pool)["avgObjSize"]?.number ?? 0
    )
  }
}
