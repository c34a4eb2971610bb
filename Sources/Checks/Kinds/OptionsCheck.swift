internal import BSON
package import Configuration
package import Facts
internal import Platform
internal import Record

/// `options`: whether a collection was created with the options that it should have.
package struct OptionsCheck: Check {
  private static let compare = Key(
    "compare", .counterpart(.backup, .witness),
    "What to compare with, every option and whether it is a view or a time series; `backup` when nothing is given."
  )
  private static let equals = Key(
    "equals", .document, "Options and their values; the others are not looked at. null: not set.")

  package static let declaration = CheckDeclaration(
    "options",
    "Compares the options of a collection, a view or a time series: validator, capped, collation, timeseries, "
      + "viewOn and all others.",
    figure: "differing options", keys: [compare, equals], example: "options: {compare: backup}",
    onSets: .eachShard)

  package private(set) var counterpart: Counterpart?
  package var comparesUnasked: Bool { equals == nil }
  private var equals: Document?

  /// Compares with the backup.
  package init() {}

  package init(_ fields: Fields, _ common: CommonKeys) {
    counterpart = fields[Self.compare]
    equals = fields[Self.equals]
    if counterpart != nil, equals != nil {
      fields.reject(Self.equals, "together with `compare`", hint: "Keep one of the two.")
    }
    if equals?.isEmpty == true { fields.reject(Self.equals, "no option is named") }
  }

  /// A view is nothing but its options.
  package func concerns(_ facts: CollectionFacts) -> Bool { true }

  package func run(_ context: CheckContext) throws -> Finding {
    guard var found = context.collection else { throw Absent() }
    let all = found.options
    var expected: CollectionFacts
    var source = "as asked"
    if let equals {
      found.options = Document(all.filter { equals[$0.name] != nil }.map { ($0.name, $0.value) })
      expected = found
      expected.options = Document(equals.filter { $0.value != .null }.map { ($0.name, $0.value) })
    } else {
      let (facts, wanted) = try context.facts(of: counterpart)
      expected = facts
      source = "as in \(wanted.words)"
    }
    let differences = found.differences(from: expected, comparing: [.kind, .options])
    func name(_ difference: Difference) -> String {
      difference.subject.hasPrefix("option ")
        ? String(difference.subject.dropFirst("option ".count)) : difference.subject
    }
    func side(_ text: (Difference) -> String?) -> String? {
      let lines = differences.map { "\(name($0)): \(text($0) ?? "not set")" }
      return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }
    let names = differences.map(name)
    // A misspelt option isn't set either.
    let isAbsenceAlone = equals?.allSatisfy { $0.value == .null } ?? false
    let number = found.options.names.count
    var finding = Finding(
      figure: differences.count, of: Swift.max(number, expected.options.names.count),
      message: names.isEmpty
        ? "\(Count.text(number, "option")), \(source)" : "different: \(names.joined(separator: ", "))",
      measured: [
        "options": .integer(Int64(number)), "differing": .array(names.map { .string($0) }),
      ],
      expected: side(\.expected), observed: side(\.found))
    finding.figureOnly = isAbsenceAlone
    finding.query =
      "db.getSiblingDB(\(JSON.string(context.namespace.database).text())).getCollectionInfos("
      + "\((["name": .string(context.namespace.collection)] as Document).shellText))"
    return finding
  }
}
