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
    draftWitnessed()
    add("validate", of: .everything)
    let users = Namespace("admin", "system.users")
    if let facts = sources.catalogue[users], facts.documents != 0 {
      let count = facts.documents.map { Count.text($0, "user") } ?? "users"
      add("users", of: .everything, because: "the backup holds \(count)")
    }
    let largest = self.largest
    for facts in stored where !facts.namespace.isSystems { draft(facts, largest) }
  }

  /// What a witness recorded of the source.
  private mutating func draftWitnessed() {
    let compare: [(String, Node)] = [("compare", .text("witness"))]
    if sources.witnessesAll {
      add("collections", of: .everything, compare, besides: [("name", .text("collections of the witness"))])
    }
    // One that isn't there is missed by `collections`, where the witness knows them all.
    for namespace in sources.witnessed where !sources.witnessesAll || sources.catalogue[namespace] != nil {
      add("digest", of: .collection(namespace), compare, because: "a witness read it at this moment")
    }
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
      if names.count == 1 {
        add("unique", of: subject, [("field", .text(names[0]))], because: "index \(index.name) is unique")
      } else {
        // Of several fields with an array no one key can be made.
        let arrays = mayHoldArrays(names, in: facts.namespace)
        add(
          "unique", of: subject, [("fields", .list(names.map { .text($0) }))], isSure: !arrays,
          because: "index \(index.name) is unique"
            + (arrays ? "; an array in one of them can't be asked" : ""))
      }
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

  /// Whether one of the fields is an array, or in one, in some document; true, too, where that wasn't looked at.
  private func mayHoldArrays(_ paths: [String], in collection: Namespace) -> Bool {
    let survey = sources.surveys.lazy.flatMap(\.collections).first { $0.namespace == collection }
    guard let survey else { return true }
    return paths.contains { survey.mayHoldArray($0) }
  }

  /// Nine tenths, with two digits that count.
  private func rounded(_ count: Int) -> Int {
    let least = count * 9 / 10
    var unit = 1
    while least / unit >= 100 { unit *= 10 }
    return least / unit * unit
  }
}
