package import BSON
package import Configuration
internal import Platform
internal import Record

/// `distinct`: how many different values a field has.
///
/// They are counted by their hashes, exactly; where a collation decides what is equal, by the server.
package struct DistinctCheck: ScanningCheck {
  private static let field = Key(
    required: "field", .string,
    "The field, with dots for fields within fields; arrays on its way are looked into.")
  private static let min = Key("min", .integer(0...Int.max), "The fewest different values that pass.")
  private static let max = Key("max", .integer(0...Int.max), "The most that pass.")
  private static let equals = Key("equals", .integer(0...Int.max), "The exact number.")
  private static let compare = Key(
    "compare", .counterpart(.baseline), "`baseline`: as many as in an earlier run.")
  private static let tolerance = Key(
    "tolerance", .percentage, default: "0%", "How far the number may be from the other, in percent of it.")

  package static let declaration = CheckDeclaration(
    "distinct", "Counts the different values of a field. Missing and null values are no values.",
    takesFilter: true, figure: "distinct values", keys: [field, min, max, equals, compare, tolerance],
    example: "distinct: {field: customerId, min: 1000}", onSets: .documents)

  private let values: KeyFields
  private let limits: NumberLimits
  package let counterpart: Counterpart?

  package init(_ fields: Fields, _ common: CommonKeys) {
    values = KeyFields(paths: [FieldPath.path(fields, Self.field)], manner: .referring)
    counterpart = fields[Self.compare]
    limits = NumberLimits(
      min: fields[Self.min], max: fields[Self.max], equals: fields[Self.equals],
      tolerance: fields[Self.tolerance])
    if counterpart == nil, fields.isGiven(Self.tolerance) {
      fields.reject(Self.tolerance, "there is nothing that it is a part of", hint: "Add `compare: baseline`.")
    }
    if let min = limits.min, let max = limits.max, min > max {
      fields.reject(Self.min, "\(min) is above the `max` of \(max)")
    }
    if counterpart == nil, limits.isEmpty, common.warnIf == nil, common.errorIf == nil {
      fields.reject(
        Self.field, "there is nothing that the number is compared with",
        hint: "Give `min`, `max`, `equals`, `compare: baseline`, `warn_if` or `error_if`.")
    }
  }

  package func scan(_ context: CheckContext) throws -> Seen {
    _ = try before(context)
    return Seen(
      count: context.source().collation == nil ? ReferenceCount(values, context.crew.memory) : nil)
  }

  private func before(_ context: CheckContext) throws(Unanswerable) -> Int? {
    guard counterpart == .baseline else { return nil }
    guard case .integer(let count)? = try context.baseline()["distinct"] else {
      throw Unanswerable("the baseline holds no number of values")
    }
    return Int(count)
  }

  /// What was seen of it.
  package struct Seen: Scan {
    /// Nil where the server counts.
    fileprivate var count: ReferenceCount?

    package var reads: DocumentPart { count?.reads ?? .none }
    package mutating func see(_ document: RawDocument) throws { try count?.see(document) }
    package mutating func append(_ next: Seen) throws {
      if let more = next.count { try count?.append(more) }
    }
  }

  package func finding(_ seen: Seen, _ context: CheckContext) throws -> Finding {
    var distinct = 0
    var measured: [JSON.Member] = []
    if let count = seen.count {
      try HashPart.passes(count.table) { part in
        try context.read(ReferenceCount(values, context.crew.memory, of: part)).table
      } _: {
        distinct += $0.keys
      }
      let tally = count.tally
      measured = [
        .init("values", .integer(Int64(tally.references))), .init("missing", .integer(Int64(tally.missing))),
        .init("null", .integer(Int64(tally.null))),
      ]
    } else {
      distinct = try ServerGroups(values, ignoringNull: true, context).repeated().keys
    }
    let expected = try before(context)
    let complaints = limits.complaints(distinct, expected: expected, counterpart)
    let name = "`\(values.names[0])`"
    var finding = Finding(
      figure: distinct, of: expected, failsAbove: nil, least: complaints.isEmpty ? .pass : .fail,
      examined: limits.expectsSome || expected != nil ? nil : distinct,
      message: "\(Count.text(distinct, "different value")) in \(name)"
        + complaints.map { ", \($0)" }.joined(),
      measured: .object([.init("distinct", .integer(Int64(distinct)))] + measured),
      expected: limits.wish("different value", expected: expected, counterpart),
      observed: Count.text(distinct, "different value"))
    finding.query = ServerGroups(values, ignoringNull: true, context).shellCount
    return finding
  }
}
