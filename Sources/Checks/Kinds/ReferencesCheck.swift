package import BSON
package import Configuration
internal import Facts
internal import Platform
internal import Record
internal import Witness

/// `references`: whether the values of a field are those of a field of another collection.
///
/// The keys are counted by their hashes while the collection is read, then the collection that is referred to is read
/// for its keys. Where that one has a collation, the server decides: see `ServerReferences`.
package struct ReferencesCheck: ScanningCheck {
  private static let field = Key(
    "field", .string,
    "The field that refers, with dots for fields within fields; arrays on its way are looked into.")
  private static let fields = Key(
    "fields", .list(of: .string), "Several fields that refer together, as one key; no arrays.")
  private static let to = Key(required: "to", .namespace, "The collection that is referred to.")
  private static let toField = Key(
    "to_field", .string, "The field there; `_id` when it is left out.")
  private static let toFields = Key(
    "to_fields", .list(of: .string), "The fields there, in the order of `fields`.")

  package static let declaration = CheckDeclaration(
    "references",
    "Looks for values that refer to a document which isn't there. Missing and null values refer to nothing; they "
      + "are counted apart.",
    takesFilter: true, figure: "dangling references", keys: [field, fields, to, toField, toFields],
    example: "references: {field: customerId, to: shop.customers}", onSets: .documents)

  private let from: KeyFields
  private let to: Namespace
  private let goal: KeyFields

  package init(_ fields: Fields, _ common: CommonKeys) {
    let paths = FieldPath.paths(fields, Self.field, Self.fields)
    from = KeyFields(paths: paths, manner: .referring)
    to = fields[Self.to]
    var goals = [FieldPath("_id")]
    if fields.isGiven(Self.toField) || fields.isGiven(Self.toFields) {
      goals = FieldPath.paths(fields, Self.toField, Self.toFields)
    }
    goal = KeyFields(paths: goals, manner: .referredTo)
    if paths.count != goals.count, !paths.isEmpty, !goals.isEmpty {
      let text = "\(Count.text(paths.count, "field")) can't refer to \(Count.text(goals.count, "field"))"
      let hint = "Name as many fields in `to_fields` as in `fields`."
      if fields.isGiven(Self.toFields) {
        fields.reject(Self.toFields, text, hint: hint)
      } else {
        fields.reject(Self.fields, text, hint: hint)
      }
    }
  }

  /// Where it leads: the fields that refer, the collection and its fields.
  package var relation: (fields: [String], to: Namespace, toFields: [String]) { (from.names, to, goal.names) }

  package func scan(_ context: CheckContext) throws -> Seen {
    let target = try context.server.listed(to)
    guard let target, target.collation != nil else {
      return Seen(target: target, count: ReferenceCount(from, context.crew.memory))
    }
    guard from.paths.count == 1 else {
      throw Unanswerable("\(to) has a collation, by which keys of several fields can't be compared")
    }
    return Seen(target: target, count: nil)
  }

  /// What was seen of it.
  package struct Seen: Scan {
    /// Nil where there is none: then all references dangle.
    fileprivate let target: CollectionFacts?
    /// Nil where the server decides.
    fileprivate var count: ReferenceCount?

    package var reads: DocumentPart { count?.reads ?? .none }
    package mutating func see(_ document: RawDocument) throws { try count?.see(document) }
    package mutating func append(_ next: Seen) throws {
      if let more = next.count { try count?.append(more) }
    }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    guard let count = seen.count else {
      guard let target = seen.target else { preconditionFailure("the server compares with nothing") }
      var search = ServerReferences(context, from: from.names[0], to: target, goal.names[0])
      return finding(try search.run(), context)
    }
    var found = References()
    found.hasTarget = seen.target != nil
    found.references = count.tally.references
    found.missing = count.tally.missing
    found.null = count.tally.null
    try HashPart.passes(count.table) { part in
      try context.read(ReferenceCount(from, context.crew.memory, of: part)).table
    } _: { table in
      try strike(table, seen.target, &found, context)
    }
    return finding(found, context)
  }

  /// Counts what dangles among the keys of one pass.
  private func strike(
    _ table: KeyTable, _ target: CollectionFacts?, _ found: inout References, _ context: CheckContext
  ) throws {
    guard table.keys > 0 else { return }
    let there =
      try target.map { try context.read(ReferredKeys(goal, in: table), of: Source(facts: $0)).found }
      ?? Marks(table.positions)
    let before = found.danglingValues
    for position in 0..<table.positions where table.count(at: position) > 0 && !there[position] {
      found.dangling += table.count(at: position)
      found.danglingValues += 1
    }
    guard found.danglingValues > before, found.values.isEmpty else { return }
    let samples = try context.read(KeySamples(context.common.samples, from, in: table) { !there[$0] })
    found.samples = samples.documents.texts
    found.values = samples.values
  }

  private func finding(_ found: References, _ context: CheckContext) -> Finding {
    let references = Count.text(found.references, "reference")
    let isID = goal.names == ["_id"]
    let fields = goal.names.count == 1 ? "field" : "fields"
    let target = "\(to)\(isID ? "" : ", \(fields) \(goal.names.joined(separator: ", "))")"
    let message: String
    if !found.hasTarget {
      message = "\(references) to \(to), which does not exist"
    } else if found.references == 0 {
      let names = from.names.map { "`\($0)`" }.joined(separator: ", ")
      message = "no document has a value in \(names)"
    } else if found.dangling == 0 {
      message = "\(references), each to a document of \(target)"
    } else {
      let values = Count.text(found.danglingValues, "value")
      message = "\(Count.text(found.dangling)) of \(references) (\(values)) to no document of \(target)"
    }
    var finding = Finding(
      figure: found.dangling, of: found.references, least: found.hasTarget ? .pass : .fail,
      examined: found.references, message: message,
      measured: [
        "references": .integer(Int64(found.references)), "dangling": .integer(Int64(found.dangling)),
        "dangling_values": .integer(Int64(found.danglingValues)), "missing": .integer(Int64(found.missing)),
        "null": .integer(Int64(found.null)),
      ])
    guard found.dangling > 0 else { return finding }
    finding.expected = "every reference to a document of \(target)"
    finding.observed = "\(Count.text(found.dangling)) dangling"
    finding.samples = found.samples
    let text = context.shellFind(from.filter(found.values))
    // Only texts that are the same byte for byte are the same here, whatever the collection's own collation says.
    finding.query =
      found.collation.map { "\(text).collation(\($0.shellText))" }
      ?? (context.collection?.collation == nil ? text : "\(text).collation({locale: \"simple\"})")
    return finding
  }
}

/// What was found of references.
struct References {
  /// Whether the collection that is referred to exists.
  var hasTarget = true
  /// Values that are neither missing nor null.
  var references = 0
  var dangling = 0
  /// Different ones among them.
  var danglingValues = 0
  var missing = 0
  var null = 0
  var samples: [String] = []
  /// Some that dangle.
  var values: [Value] = []
  /// What the query that finds them again is to compare texts by; nil for what the collection compares them by.
  var collation: Value?
}

extension KeyFields {
  /// A filter for documents with one of the values that `KeySamples` kept.
  func filter(_ values: [Value]) -> Document {
    if paths.count > 1 {
      return values.count == 1 ? values[0].document ?? [:] : ["$or": .list(values)]
    }
    // A regular expression in `$in` would search with itself.
    let isPlain = !values.contains { if case .regex = $0 { true } else { false } }
    if isPlain { return [names[0]: ["$in": .list(values)]] }
    return ["$or": .list(values.map { [names[0]: ["$eq": $0]] })]
  }
}
