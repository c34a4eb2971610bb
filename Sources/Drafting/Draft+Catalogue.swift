internal import BSON
internal import Checks
internal import Configuration
internal import Facts
internal import Record

extension Draft {
  /// What follows from the catalogue alone: facts of the backup, which nothing may have changed.
  mutating func draftCatalogue() {
    let stored = sources.catalogue.sorted.filter { $0.kind != .view }
    guard !stored.isEmpty else { return }
    let compare: [(String, Node)] = [("compare", .text("backup"))]
    if !sources.isReplayed { add("count", of: .everything, compare) }
    if !sources.isReplayed { add("digest", of: .everything, compare) }
    add("collections", of: .everything)
    add("options", of: .everything, compare)
    add("indexes", of: .everything, compare)
    add("validate", of: .everything)
    let users = Namespace("admin", "system.users")
    if let facts = sources.catalogue[users], facts.documents != 0 {
      let count = facts.documents.map { Count.text($0, "user") } ?? "users"
      add("users", of: .everything, because: "the backup holds \(count)")
    }
    let largest = self.largest
    for facts in stored where !facts.namespace.isSystems { draft(facts, largest) }
  }

  /// The collections with the most documents: guesses about all would be more than a person reads.
  var largest: Set<Namespace> {
    let counted = sources.catalogue.sorted.filter { !$0.namespace.isSystems && $0.documents ?? 0 > 0 }
    return Set(
      counted.sorted { $0.documents ?? 0 > $1.documents ?? 0 }.prefix(Self.guessedAbout).map(\.namespace))
  }

  private static let guessedAbout = 8

  private mutating func draft(_ facts: CollectionFacts, _ largest: Set<Namespace>) {
    let subject = Subject.collection(facts.namespace)
    if let documents = facts.documents, documents >= 100, largest.contains(facts.namespace) {
      add(
        "count", of: subject, [("min", .plain("\(rounded(documents))"))], isSure: false,
        because: "of \(Count.text(documents)); what a backup lacks, only a limit of your own shows")
    }
    for index in facts.indexes where index.isPlainlyUnique {
      let names = index.key.names
      let key: (String, Node) =
        names.count == 1 ? ("field", .text(names[0])) : ("fields", .list(names.map { .text($0) }))
      add("unique", of: subject, [key], because: "index \(index.name) is unique")
    }
    if let validator = facts.options["validator"]?.document, validator["$jsonSchema"] != nil {
      add(
        "schema", of: subject, isSure: false,
        because: "it has a validator; whether its documents pass shows on a server")
    }
    if facts.kind == .timeseries, let field = facts.options["timeseries"]?.document?["timeField"]?.string {
      add(
        "freshness", of: subject, [("field", .text(field)), ("max", .plain("24h"))], isSure: false,
        because: "its time field; how old may the newest be?")
    }
  }

  /// Nine tenths, with two digits that count.
  private func rounded(_ count: Int) -> Int {
    let least = count * 9 / 10
    var unit = 1
    while least / unit >= 100 { unit *= 10 }
    return least / unit * unit
  }
}

extension IndexSpec {
  /// Whether it makes its fields' values one of a kind in all documents, compared byte by byte.
  fileprivate var isPlainlyUnique: Bool {
    guard document["unique"]?.isTrue ?? false, !isIDIndex else { return false }
    let narrowing = ["partialFilterExpression", "sparse", "collation"]
    return narrowing.allSatisfy { document[$0] == nil || document[$0] == .bool(false) }
      && key.allSatisfy { $0.value.number != nil && !$0.name.contains("$") }
  }
}
