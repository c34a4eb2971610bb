internal import BSON
package import Configuration
internal import Facts
internal import Platform
internal import Record

/// `indexes`: whether the indexes are those that there should be, with every option.
package struct IndexesCheck: Check {
  private static let compare = Key(
    "compare", .counterpart(.backup, .witness),
    "What to compare with: all specifications that it holds; `backup` without a `list`.")
  private static let list = Key(
    "list", .list(of: .document),
    "All indexes that there should be, besides that on `_id`: their `key`, their `name` (made of the key by "
      + "default) and their options.")

  package static let declaration = CheckDeclaration(
    "indexes", "Compares the indexes, with the order of their keys and every option.",
    appliesTo: [.collection, .timeseries], figure: "missing, extra and differing indexes",
    keys: [compare, list],
    example: "indexes: {compare: backup}", onSets: .eachShard)

  private var list: [Document]?
  package private(set) var counterpart: Counterpart?
  package var comparesUnasked: Bool { list == nil }

  /// Compares with the backup.
  package init() {}

  package init(_ fields: Fields, _ common: CommonKeys) {
    list = fields[Self.list]
    counterpart = fields[Self.compare]
    if list != nil, fields.isGiven(Self.compare) {
      fields.reject(Self.list, "together with `compare`", hint: "Keep one of the two.")
    }
    for spec in list ?? [] where spec["key"]?.document?.isEmpty ?? true {
      fields.reject(Self.list, "an index without a `key`: \(spec.extendedJSON(relaxed: true))")
    }
  }

  package func run(_ context: CheckContext) throws -> Finding {
    var found = CollectionFacts(context.namespace)
    found.indexes = try context.all(["listIndexes": .string(context.namespace.collection)]).map(
      IndexSpec.init)
    var expected = CollectionFacts(context.namespace)
    var source = "listed"
    if let list {
      expected.indexes = list.map { IndexSpec.completing($0, from: found.indexes) }
    } else {
      let (facts, wanted) = try context.facts(of: counterpart)
      expected.indexes = facts.indexes
      source = "in \(wanted.words)"
    }
    return finding(
      found.differences(from: expected, comparing: .indexes), found, expected, source, context.namespace)
  }

  private func finding(
    _ differences: [Difference], _ found: CollectionFacts, _ expected: CollectionFacts, _ source: String,
    _ namespace: Namespace
  ) -> Finding {
    func names(_ isMeant: (Difference) -> Bool) -> [String] {
      differences.filter(isMeant).map { String($0.subject.dropFirst("index ".count)) }
    }
    let missing = names { $0.found == nil }
    let extra = names { $0.expected == nil }
    let differing = names { $0.found != nil && $0.expected != nil }
    let parts = [("missing", missing), ("not expected", extra), ("different", differing)]
      .filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
    let count = Count.text(found.indexes.count, "index", plural: "indexes")
    let wrong = Set((missing + extra + differing).map { Array($0.utf8) })
    let matching = expected.indexes.map(\.name)
      .filter { !$0.utf8.elementsEqual("_id_".utf8) && !wrong.contains(Array($0.utf8)) }
    func json(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }
    func side(_ text: (Difference) -> String?) -> String? {
      let lines = differences.map { "\($0.subject): \(text($0) ?? "none")" }
      return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }
    var finding = Finding(
      figure: differences.count, of: max(expected.indexes.count, found.indexes.count),
      message: parts.isEmpty
        ? "\(count), as \(source)" : parts.joined(separator: "; "),
      measured: [
        "indexes": .integer(Int64(found.indexes.count)), "matching": json(matching),
        "missing": json(missing), "extra": json(extra), "differing": json(differing),
      ],
      expected: side(\.expected), observed: side(\.found))
    finding.query = "\(namespace.shellText).getIndexes()"
    return finding
  }
}

extension IndexSpec {
  /// A specification as a person writes it, with what they left out: a name made of the key, and what the server
  /// adds to the one that it has (versions, the defaults of a text index).
  fileprivate static func completing(_ spec: Document, from found: [IndexSpec]) -> IndexSpec {
    let key = spec["key"]?.document ?? [:]
    let made = key.map { "\($0.name)_\($0.value.string ?? $0.value.extendedJSON(relaxed: true))" }
      .joined(separator: "_")
    // Without a name any index on that key is meant.
    let name = spec["name"]?.string ?? found.first { $0.key == key }?.name ?? made
    var completed = spec.setting("name", to: .string(name))
    guard let match = found.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      return IndexSpec(completed)
    }
    for added in [
      "v", "2dsphereIndexVersion", "textIndexVersion", "weights", "default_language", "language_override",
    ] {
      if completed[added] == nil, let value = match.document[added] {
        completed = completed.setting(added, to: value)
      }
    }
    return IndexSpec(completed)
  }
}
