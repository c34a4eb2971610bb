internal import BSON
internal import Facts
internal import Mongo

/// The search for references that dangle, where the collection that is referred to has a collation: only the server
/// knows what is equal by it.
///
/// The server groups the values, then says of each batch which of them the other collection lacks. It is asked with
/// that collection's own collation, so that a reference resolves exactly when a lookup would find it. Memory: one batch
/// here, `$group` on the server (which may use its disk).
struct ServerReferences {
  /// Values in one question to the server; their bytes stand in it twice, and a message has 16 MiB.
  private static let batchValues = 20_000
  private static let batchBytes = 4 << 20
  /// Dangling values that are kept for the query.
  private static let shown = 20

  let context: CheckContext
  let field: String
  let target: CollectionFacts
  let targetField: String
  private var found = References()
  /// Missing and null values.
  private var valueless = 0

  init(_ context: CheckContext, from field: String, to target: CollectionFacts, _ targetField: String) {
    self.context = context
    self.field = field
    self.target = target
    self.targetField = targetField
  }

  /// Distinct values are to be told apart more finely than any collation does; a view insists on its own.
  private var collation: Value {
    guard let facts = context.collection, facts.kind == .view else { return ["locale": "simple"] }
    return facts.options["collation"] ?? ["locale": "simple"]
  }

  private var values: [Value] {
    [["$match": .document(context.common.filter ?? [:])]] + FieldPath(field).unwinding
  }

  private func aggregation(_ stages: [Value]) -> Document {
    [
      "aggregate": .string(context.namespace.collection), "pipeline": .list(stages), "allowDiskUse": true,
      "collation": collation, "cursor": ["batchSize": .int32(Int32(ServerReferences.batchValues))],
    ]
  }

  mutating func run() throws -> References {
    var batch = Batch()
    let group: Value = ["$group": ["_id": .string("$" + field), "n": ["$sum": 1]]]
    let limit = min(ServerReferences.batchBytes, max(64 << 10, context.server.memory / 8))
    var search = self
    try context.forEach(aggregation(values + [group]), batchSize: ServerReferences.batchValues) { document in
      let count = Int(document["n"]?.integer ?? 0)
      switch document["_id"] ?? .null {
      case .null, .undefined: search.valueless += count
      case .array:
        throw Unanswerable("`\(search.field)` holds arrays in arrays, which can't be compared by a collation")
      case let value:
        search.found.references += count
        batch.append(value, count)
        if batch.counts.count >= ServerReferences.batchValues || batch.writer.count >= limit {
          try search.ask(&batch)
        }
      }
      return true
    }
    if !batch.counts.isEmpty { try search.ask(&batch) }
    self = search
    if valueless > 0 {
      found.missing = try missing()
      found.null = valueless - found.missing
    }
    if found.dangling > 0 {
      found.samples = try samples(context.common.samples)
      if context.collection?.collation != nil { found.collation = collation }
    }
    return found
  }

  /// Distinct values and how often each was seen.
  private struct Batch {
    var writer = DocumentWriter()
    var counts: [Int] = []

    mutating func append(_ value: Value, _ count: Int) {
      writer.append(value, String(counts.count))
      counts.append(count)
    }
  }

  /// Asks which values of a batch the other collection lacks: `$setDifference` compares as that collection does.
  private mutating func ask(_ batch: inout Batch) throws {
    let values = batch.writer.finished()
    let counts = batch.counts
    batch = Batch()
    let wanted: Value = ["$in": .array(values)]
    var stages: [Value] = [["$match": [targetField: wanted]]]
    if targetField != "_id" {
      stages += FieldPath(targetField).unwinding + [["$match": [targetField: wanted]]]
    }
    stages += [
      ["$group": ["_id": .null, "found": ["$addToSet": .string("$" + targetField)]]],
      ["$project": ["_id": 0, "lacking": ["$setDifference": [["$literal": .array(values)], "$found"]]]],
    ]
    let reply = try context.all(
      [
        "aggregate": .string(target.namespace.collection), "pipeline": .list(stages), "allowDiskUse": true,
        "cursor": [:],
      ], on: target.namespace.database)
    // Without a single match there is no group.
    guard let lacking = reply.isEmpty ? Array(values).map(\.value) : reply[0]["lacking"]?.elements else {
      throw Unanswerable("the server's answer has no `lacking`")
    }
    guard !lacking.isEmpty else { return }
    let positions = Dictionary(
      values.enumerated().map { (Bytes($1.value), $0) }, uniquingKeysWith: { first, _ in first })
    for value in lacking {
      guard let position = positions[Bytes(value)] else {
        throw Unanswerable("the server calls a value missing that was not asked for: \(value.extendedJSON())")
      }
      found.dangling += counts[position]
      found.danglingValues += 1
      if found.values.count < ServerReferences.shown { found.values.append(value) }
    }
  }

  /// A value by its bytes.
  private struct Bytes: Hashable {
    let document: Document
    init(_ value: Value) { document = Document([("", value)]) }
  }

  /// How many of the missing and null values are missing.
  private func missing() throws -> Int {
    let isMissing: Value = ["$expr": ["$eq": [["$type": .string("$" + field)], "missing"]]]
    let reply = try context.all(aggregation(values + [["$match": isMissing], ["$count": "n"]]))
    return Int(reply.first?["n"]?.integer ?? 0)
  }

  private var danglingFilter: Document {
    let dangles = KeyFields(paths: [FieldPath(field)], manner: .referring).filter(found.values)
    guard let filter = context.common.filter, !filter.isEmpty else { return dangles }
    return ["$and": [.document(filter), .document(dangles)]]
  }

  /// `_id`s of documents that hold one of the first dangling values.
  private func samples(_ count: Int) throws -> [String] {
    guard count > 0 else { return [] }
    let documents = try context.all([
      "find": .string(context.namespace.collection), "filter": .document(danglingFilter),
      "projection": ["_id": 1],
      "limit": .int32(Int32(count)), "collation": collation,
    ])
    return documents.map { ($0["_id"] ?? .null).extendedJSON() }
  }
}
