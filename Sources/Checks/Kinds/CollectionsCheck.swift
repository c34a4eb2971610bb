internal import BSON
package import Configuration
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Witness

/// `collections`: whether the collections, views and time series are those that there should be.
package struct CollectionsCheck: Check {
  private static let required = Key(
    "required", .list(of: .string), "Names that have to be there; `*` in one stands for any text.")
  private static let forbidden = Key(
    "forbidden", .list(of: .string), "Names that must not be there; `*` in one stands for any text.")
  private static let exact = Key(
    "exact", .list(of: .string), "Names that have to be there, and no others; `*` in one stands for any text."
  )
  private static let compare = Key(
    "compare", .counterpart(.backup, .witness),
    "What to compare with: each collection that it holds, and no other, as what it is there. `backup` when nothing "
      + "is given.")

  package static let declaration = CheckDeclaration(
    "collections",
    "Compares the names of collections, views and time series with lists or with the backup.",
    scope: .database,
    figure: "missing, forbidden and unexpected collections", keys: [required, forbidden, exact, compare],
    example: "collections: {required: [orders, customers]}", onSets: .definitions)

  private var required: [NamePattern] = []
  private var forbidden: [NamePattern] = []
  private var exact: [NamePattern]?
  private var isCompared = true
  package private(set) var counterpart: Counterpart?

  /// Compares with the backup.
  package init() {}

  package init(_ fields: Fields, _ common: CommonKeys) {
    required = (fields[Self.required] ?? []).map(NamePattern.init)
    forbidden = (fields[Self.forbidden] ?? []).map(NamePattern.init)
    exact = fields[Self.exact]?.map(NamePattern.init)
    counterpart = fields[Self.compare]
    isCompared = counterpart != nil || required.isEmpty && forbidden.isEmpty && exact == nil
    if exact != nil, fields.isGiven(Self.required) {
      fields.reject(
        Self.required, "together with `exact`, which requires its own", hint: "Keep one of the two.")
    }
    if exact != nil, counterpart != nil {
      fields.reject(Self.exact, "together with `compare`", hint: "Keep one of the two.")
    }
  }

  package func run(_ context: CheckContext) throws -> Finding {
    let isWhole = context.subject == .everything
    func name(_ facts: CollectionFacts) -> String {
      isWhole ? facts.namespace.description : facts.namespace.collection
    }
    var expected: Catalogue?
    var wanted = Counterpart.backup
    if isCompared { (expected, wanted) = try context.catalogue(of: counterpart) }
    let compared = expected?.sorted.filter { context.subject.covers($0.namespace) && $0.isUsers } ?? []
    let found = try context.listed(with: compared)

    var problems = Problems()
    for pattern in required + (exact ?? []) where !found.contains(where: { pattern.matches(name($0)) }) {
      problems.missing.append(pattern.text)
    }
    for facts in found {
      if forbidden.contains(where: { $0.matches(name(facts)) }) { problems.forbidden.append(name(facts)) }
      if exact?.contains(where: { $0.matches(name(facts)) }) == false {
        problems.unexpected.append(name(facts))
      }
    }
    if isCompared {
      let differences = Catalogue(found).differences(
        from: Catalogue(compared), comparing: [.missing, .extra, .kind])
      for difference in differences {
        let name = isWhole ? difference.namespace.description : difference.namespace.collection
        if difference.found == nil {
          problems.missing.append(name)
        } else if let kind = difference.expected {
          problems.differing.append("\(name) is a \(difference.found ?? "") and was a \(kind)")
        } else {
          problems.unexpected.append(name)
        }
      }
    }
    let wish = isCompared ? "as in \(wanted.words)" : exact == nil ? nil : "as listed"
    return finding(problems, found: found.count, of: max(found.count, compared.count), wish, context.subject)
  }

  private struct Problems {
    var missing: [String] = []
    var forbidden: [String] = []
    var unexpected: [String] = []
    var differing: [String] = []
    var count: Int { missing.count + forbidden.count + unexpected.count + differing.count }
  }

  /// The most names that a sentence lists.
  private static let shown = 10

  private func finding(
    _ problems: Problems, found: Int, of total: Int, _ wish: String?, _ subject: Subject
  ) -> Finding {
    func list(_ names: [String]) -> String {
      let first = names.prefix(Self.shown).joined(separator: ", ")
      return names.count > Self.shown ? "\(first) and \(Count.text(names.count - Self.shown)) more" : first
    }
    func json(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }
    var parts = [
      ("missing", problems.missing), ("forbidden", problems.forbidden), ("not expected", problems.unexpected),
    ].filter { !$0.1.isEmpty }.map { "\($0.0): \(list($0.1))" }
    if !problems.differing.isEmpty { parts.append(list(problems.differing)) }
    let count = Count.text(found, "collection")
    var finding = Finding(
      figure: problems.count, of: total, examined: problems.count == 0 ? found : nil,
      message: parts.isEmpty
        ? [count, wish].compactMap(\.self).joined(separator: ", ") : parts.joined(separator: "; "),
      measured: [
        "collections": .integer(Int64(found)), "missing": json(problems.missing),
        "forbidden": json(problems.forbidden), "unexpected": json(problems.unexpected),
        "differing": json(problems.differing),
      ])
    if case .database(let name) = subject {
      finding.query = "db.getSiblingDB(\(JSON.string(name).text())).getCollectionInfos()"
    }
    guard problems.count > 0 else { return finding }
    let shouldBe =
      problems.missing.map { "\($0): there" }
      + (problems.forbidden + problems.unexpected).map { "\($0): not there" }
    finding.expected = list(shouldBe.isEmpty ? [wish ?? "the same kinds"] : shouldBe)
    finding.observed = parts.joined(separator: "; ")
    return finding
  }
}

extension CollectionFacts {
  /// Whether users put it there: the server's own are compared by nobody.
  fileprivate var isUsers: Bool {
    !namespace.collection.hasPrefix("system.") || namespace.collection == "system.js"
  }
}

extension CheckContext {
  /// The collections of the subject on the server; of everything also those in databases that `expected` has.
  fileprivate func listed(with expected: [CollectionFacts]) throws -> [CollectionFacts] {
    if case .database(let name) = subject {
      return try server.listed(databases: [name]).sorted
    }
    var all = try server.listed()
    let special = Set(expected.map(\.namespace.database)).intersection(["admin", "config", "local"])
    for facts in try server.listed(databases: special.sorted()).sorted {
      all[facts.namespace] = facts
    }
    return all.sorted
  }
}
