internal import BSON
package import Configuration
internal import Facts
internal import Platform
internal import Record
internal import Witness

/// `references`: whether the values of a field are those of a field of another collection.
///
/// The server groups the values, then says of each batch which of them the other collection lacks. It is asked with
/// that collection's own collation, so that a reference resolves exactly when a lookup would find it; numbers are
/// equal by value, as always there. Memory: one batch here, `$group` on the server (which may use its disk).
package struct ReferencesCheck: Check {
  private static let field = Key(
    required: "field", .string,
    "The field that refers, with dots for fields within fields; arrays on its way are looked into.")
  private static let to = Key(required: "to", .namespace, "The collection that is referred to.")
  private static let toField = Key(
    "to_field", .string, default: "_id", "The field there; without an index on it the check is slow.")

  package static let declaration = CheckDeclaration(
    "references",
    "Looks for values that refer to a document which isn't there. Missing and null values refer to nothing; they "
      + "are counted apart.",
    takesFilter: true, figure: "dangling references", keys: [field, to, toField],
    example: "references: {field: customerId, to: shop.customers}")

  private var field: String
  private var to: Namespace
  private var toField: String

  package init(_ fields: Fields, _ common: CommonKeys) {
    field = fields[Self.field]
    to = fields[Self.to]
    toField = fields[Self.toField]
    for key in [Self.field, Self.toField] where !FieldPath.isPath(fields[key]) {
      fields.reject(key, "`\(fields[key])` is no path of a field", hint: "Write address.city, without a `$`.")
    }
  }

  package func run(_ context: CheckContext) throws -> Finding {
    guard let target = try Catalogue.listed(to, on: context.server.pool) else {
      throw Unanswerable("\(to), which is referred to, does not exist")
    }
    var search = Search(context, from: field, to: target, toField)
    try search.run()
    return try finding(search, context)
  }

  private func finding(_ search: Search, _ context: CheckContext) throws -> Finding {
    let missing = search.valueless == 0 ? 0 : try search.missing()
    let references = Count.text(search.references, "reference")
    let goal = "\(to)\(toField == "_id" ? "" : ", field \(toField)")"
    let message: String
    if search.references == 0 {
      message = "no document has a value in `\(field)`"
    } else if search.dangling == 0 {
      message = "\(references), each to a document of \(goal)"
    } else {
      let values = Count.text(search.danglingValues, "value")
      message = "\(Count.text(search.dangling)) of \(references) (\(values)) to no document of \(goal)"
    }
    var finding = Finding(
      figure: search.dangling, of: search.references, examined: search.references, message: message,
      measured: [
        "references": .integer(Int64(search.references)), "dangling": .integer(Int64(search.dangling)),
        "dangling_values": .integer(Int64(search.danglingValues)), "missing": .integer(Int64(missing)),
        "null": .integer(Int64(search.valueless - missing)),
      ])
    guard search.dangling > 0 else { return finding }
    finding.observed = "\(Count.text(search.dangling)) dangling"
    finding.samples = try search.samples(context.common.samples)
    finding.query = search.shellQuery
    return finding
  }
}

/// The search for references of one field that dangle.
private struct Search {
  /// Values in one question to the server; their bytes stand in it twice, and a message has 16 MiB.
  private static let batchValues = 20_000
  private static let batchBytes = 4 << 20
  /// Dangling values that are kept for the query.
  private static let shown = 20

  let context: CheckContext
  let field: String
  let target: CollectionFacts
  let targetField: String
  /// References that were looked at: values that are neither missing nor null.
  private(set) var references = 0
  private(set) var dangling = 0
  private(set) var danglingValues = 0
  /// Missing and null values.
  private(set) var valueless = 0
  private var firstDangling: [Value] = []

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

  /// One document a value: all arrays on the way are unwound.
  private static func unwinding(_ path: String) -> [Value] {
    let names = path.split(separator: ".")
    return names.indices.map { last in
      let prefix = "$" + names[...last].joined(separator: ".")
      return ["$unwind": ["path": .string(prefix), "preserveNullAndEmptyArrays": true]]
    }
  }

  private var values: [Value] {
    [["$match": .document(context.common.filter ?? [:])]] + Search.unwinding(field)
  }

  private func aggregation(_ stages: [Value]) -> Document {
    [
      "aggregate": .string(context.namespace.collection), "pipeline": .list(stages), "allowDiskUse": true,
      "collation": collation, "cursor": ["batchSize": .int32(Int32(Search.batchValues))],
    ]
  }

  mutating func run() throws {
    var batch = Batch()
    let group: Value = ["$group": ["_id": .string("$" + field), "n": ["$sum": 1]]]
    let limit = min(Search.batchBytes, max(64 << 10, context.server.memory / 8))
    var search = self
    try context.forEach(aggregation(values + [group]), batchSize: Search.batchValues) { document in
      let count = Int(document["n"]?.integer ?? 0)
      switch document["_id"] ?? .null {
      case .null, .undefined: search.valueless += count
      case let value:
        search.references += count
        batch.append(value, count)
        if batch.counts.count >= Search.batchValues || batch.writer.count >= limit {
          try search.ask(&batch)
        }
      }
      return true
    }
    if !batch.counts.isEmpty { try search.ask(&batch) }
    self = search
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
    if targetField != "_id" { stages += Search.unwinding(targetField) + [["$match": [targetField: wanted]]] }
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
      dangling += counts[position]
      danglingValues += 1
      if firstDangling.count < Search.shown { firstDangling.append(value) }
    }
  }

  /// A value by its bytes.
  private struct Bytes: Hashable {
    let document: Document
    init(_ value: Value) { document = Document([("", value)]) }
  }

  /// How many of the missing and null values are missing.
  func missing() throws -> Int {
    let isMissing: Value = ["$expr": ["$eq": [["$type": .string("$" + field)], "missing"]]]
    let reply = try context.all(aggregation(values + [["$match": isMissing], ["$count": "n"]]))
    return Int(reply.first?["n"]?.integer ?? 0)
  }

  private var danglingFilter: Document {
    let dangles: Document = [field: ["$in": .list(firstDangling)]]
    guard let filter = context.common.filter, !filter.isEmpty else { return dangles }
    return ["$and": [.document(filter), .document(dangles)]]
  }

  /// `_id`s of documents that hold one of the first dangling values.
  func samples(_ count: Int) throws -> [String] {
    guard count > 0 else { return [] }
    let documents = try context.all([
      "find": .string(context.namespace.collection), "filter": .document(danglingFilter),
      "projection": ["_id": 1],
      "limit": .int32(Int32(count)), "collation": collation,
    ])
    return documents.map { ($0["_id"] ?? .null).extendedJSON() }
  }

  /// Finds the documents of the first dangling values again.
  var shellQuery: String {
    let text = "\(context.namespace.shellText).find(\(danglingFilter.shellText))"
    let isCollated = context.collection?.options["collation"] != nil
    return isCollated ? text + ".collation(\(collation.shellText))" : text
  }
}
