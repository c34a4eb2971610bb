internal import BSON

extension Catalogue {
  /// What a comparison looks at.
  package struct Aspects: OptionSet, Sendable, Hashable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Whether each expected collection is there.
    package static let missing = Aspects(rawValue: 1)
    /// Whether there are collections that were not expected.
    package static let extra = Aspects(rawValue: 2)
    /// Whether it is a collection, a view or a time series.
    package static let kind = Aspects(rawValue: 4)
    package static let options = Aspects(rawValue: 8)
    package static let uuid = Aspects(rawValue: 16)
    package static let indexes = Aspects(rawValue: 32)
    /// The number of documents, where both sides know it.
    package static let documents = Aspects(rawValue: 64)
    package static let all: Aspects = [.missing, .extra, .kind, .options, .uuid, .indexes, .documents]
  }

  /// In what this catalogue, which was found, differs from the one that was expected; ordered by collection.
  package func differences(from expected: Catalogue, comparing aspects: Aspects = .all) -> [Difference] {
    var differences: [Difference] = []
    for facts in expected.sorted {
      if let found = self[facts.namespace] {
        differences += found.differences(from: facts, comparing: aspects)
      } else if aspects.contains(.missing) {
        differences.append(
          Difference(facts.namespace, "collection", expected: facts.kind.rawValue, found: nil))
      }
    }
    if aspects.contains(.extra) {
      for facts in sorted where expected[facts.namespace] == nil {
        differences.append(
          Difference(facts.namespace, "collection", expected: nil, found: facts.kind.rawValue))
      }
    }
    return differences
  }
}

extension CollectionFacts {
  /// In what this collection differs from the expected one, whatever the names of the two.
  package func differences(
    from expected: CollectionFacts, comparing aspects: Catalogue.Aspects = .all
  ) -> [Difference] {
    var differences: [Difference] = []
    func differ(_ subject: String, _ expected: String?, _ found: String?) {
      differences.append(Difference(namespace, subject, expected: expected, found: found))
    }
    if aspects.contains(.kind), kind != expected.kind {
      differ("kind", expected.kind.rawValue, kind.rawValue)
    }
    if aspects.contains(.options) {
      for (name, want, have) in OptionRules.collection.differences(expected.options, options) {
        differ("option \(name)", want, have)
      }
    }
    // A dump doesn't record the UUID of every collection.
    if aspects.contains(.uuid), let want = expected.uuid, let have = uuid, want != have {
      differ("uuid", want.description, have.description)
    }
    if aspects.contains(.indexes) { differences += indexDifferences(from: expected) }
    if aspects.contains(.documents), let want = expected.documents, let have = documents, want != have {
      differ("documents", String(want), String(have))
    }
    return differences
  }

  private func indexDifferences(from expected: CollectionFacts) -> [Difference] {
    var differences: [Difference] = []
    func named(_ name: String, in specs: [IndexSpec]) -> IndexSpec? {
      specs.first { $0.name.utf8.elementsEqual(name.utf8) }
    }
    for want in expected.indexes {
      if let have = named(want.name, in: indexes) {
        if let (expected, found) = have.difference(from: want) {
          differences.append(Difference(namespace, "index \(want.name)", expected: expected, found: found))
        }
      } else {
        differences.append(
          Difference(namespace, "index \(want.name)", expected: want.text, found: nil))
      }
    }
    for have in indexes where named(have.name, in: expected.indexes) == nil && !have.isIDIndex {
      differences.append(Difference(namespace, "index \(have.name)", expected: nil, found: have.text))
    }
    return differences
  }
}

extension IndexSpec {
  /// In what this index differs from the expected one of its name: the options that differ, on either side, as
  /// Extended JSON; nil when in nothing. The key's order counts, that of the options doesn't.
  package func difference(from expected: IndexSpec) -> (expected: String, found: String)? {
    // When a clustered collection's documents age out is an option of the collection, which newer patches of 6.0 list with
    // its index, too.
    let isClustered = document["clustered"]?.isTrue == true && expected.document["clustered"]?.isTrue == true
    let apart: Set<String> = isClustered ? ["expireAfterSeconds"] : []
    let differing = OptionRules.index.differences(
      expected.document.removing(apart), document.removing(apart))
    if differing.isEmpty { return nil }
    func side(_ value: ((name: String, expected: String?, found: String?)) -> String?) -> String {
      differing.map { "\($0.name): \(value($0) ?? "none")" }.joined(separator: ", ")
    }
    return (side { $0.expected }, side { $0.found })
  }

  /// The key and the options, as relaxed Extended JSON, for messages.
  package var text: String {
    Document(document.filter { $0.name != "name" && $0.name != "ns" }.map { ($0.name, $0.value) })
      .extendedJSON(relaxed: true)
  }
}
