package import BSON
package import Checks
package import Configuration
package import Facts
package import Platform

/// One check that a draft proposes.
package struct DraftItem: Sendable {
  /// What it is asked of.
  package var subject: Subject
  /// The kind, such as `references`.
  package var kind: String
  /// The item of a scenario's list of checks.
  package var check: Node
  /// Why it is proposed, in figures; where it isn't sure, what keeps it from that.
  package var reason: String
  /// Whether a part of what was read speaks against it.
  package var isContradicted = false
  /// Whether it holds for certain: facts of the backup, or what held for everything that was read.
  package var isSure: Bool

  /// The item as it may stand in a scenario, on one line.
  package var yaml: String { check.scenarioText }

  /// The kind with its own keys, as in a list: `references: {field: customerId, to: shop.customers}`.
  package var text: String {
    guard let own = check.entries?.first else { return yaml }
    return own.value.entries?.isEmpty == true
      ? "\(kind): {}" : "\(own.key): \(own.value.scenarioText)"
  }

  /// The common keys, each on a line below.
  var common: [String] {
    (check.entries ?? []).dropFirst().map { "\(quoted($0.key)): \($0.value.scenarioText)" }
  }

  /// `{subject, kind, check, yaml, sure, reason}`.
  package var json: JSON {
    [
      "subject": .string(subject.description), "kind": .string(kind), "check": check.json,
      "yaml": .string(yaml),
      "sure": .bool(isSure), "reason": .string(reason),
    ]
  }
}

/// Checks that follow from what a backup holds: what it says of its collections, and what its documents showed while
/// they were read.
package struct Draft: Sendable {
  /// The suite that they make up.
  package static let suiteName = "standard"

  /// What is known when it is drafted.
  package struct Sources: Sendable {
    /// What the sandbox will hold, with counts where they are known.
    package var catalogue: Catalogue
    /// What was seen of the documents; empty when they were not read. One each restore.
    package var surveys: [Survey]
    /// Whether an oplog is replayed to what is restored: then the backup's own documents aren't what is checked.
    package var isReplayed: Bool
    /// The collections that a witness read at the moment at which they stand.
    package var witnessed: [Namespace] = []
    /// Whether that witness knows all collections that there should be.
    package var witnessesAll = false
    /// The kinds of checks that there are.
    package var kinds: Set<String>

    package init(
      _ catalogue: Catalogue, surveys: [Survey] = [], isReplayed: Bool = false,
      kinds: Set<String> = Set(CheckKinds.all.map { $0.declaration.kind })
    ) {
      self.catalogue = catalogue
      self.surveys = surveys
      self.isReplayed = isReplayed
      self.kinds = kinds
    }
  }

  /// Grouped by what they are asked of: everything, databases, collections by name.
  package private(set) var items: [DraftItem] = []
  let sources: Sources

  package init(_ sources: Sources) {
    self.sources = sources
    draftCatalogue()
    draftDocuments()
    let order = items.enumerated().sorted { left, right in
      let (one, other) = (left.element.subject.rank, right.element.subject.rank)
      return one == other ? left.offset < right.offset : one.lexicographicallyPrecedes(other)
    }
    items = order.map(\.element)
  }

  /// Adds a check, when there is a kind of that name.
  mutating func add(
    _ kind: String, of subject: Subject, _ keys: [(String, Node)] = [], besides common: [(String, Node)] = [],
    isSure: Bool = true,
    isContradicted: Bool = false, because reason: String = ""
  ) {
    guard sources.kinds.contains(kind) else { return }
    let own: Node = keys.isEmpty && !common.isEmpty ? .mapping([]) : .mapping(keys)
    let check: Node =
      keys.isEmpty && common.isEmpty ? .plain(kind) : .mapping([(kind, own)] + common)
    let item = DraftItem(
      subject: subject, kind: kind, check: check, reason: reason, isContradicted: isContradicted,
      isSure: isSure)
    // A name that no path can hold, say: what can't be asked isn't proposed.
    if CheckKinds.kind(kind) == nil || item.isValid { items.append(item) }
  }

  /// What relations came so close that their not being asked is worth a word in a report.
  package var doubts: [DraftItem] { items.filter(\.isContradicted) }
}

extension DraftItem {
  /// Whether a scenario may hold it.
  fileprivate var isValid: Bool {
    let subjects = Node.mapping([(subject.description, .list([check]))])
    return Suite.decode(.mapping([(Draft.suiteName, subjects)]), Diagnostics()) != nil
  }
}

extension Draft {
  /// The sure checks as a scenario's `checks:`.
  var checks: Node {
    var subjects: [(String, [Node])] = []
    for item in items where item.isSure {
      if let last = subjects.last, last.0.utf8.elementsEqual(item.subject.description.utf8) {
        subjects[subjects.count - 1].1.append(item.check)
      } else {
        subjects.append((item.subject.description, [item.check]))
      }
    }
    return .mapping([(Self.suiteName, .mapping(subjects.map { ($0.0, .list($0.1)) }))])
  }

  /// The sure checks, decoded as those of a scenario are. Throws `Failure` of kind `internal` should a draft not be
  /// valid.
  package func suite() throws(Failure) -> Suite {
    guard items.contains(where: \.isSure) else { return Suite(Self.suiteName, checks: []) }
    let diagnostics = Diagnostics()
    guard let suite = Suite.decode(checks, diagnostics)?.first else {
      throw Failure(
        .internal, "invalid-draft", diagnostics.failures.map(\.description).joined(separator: "; "))
    }
    return suite
  }
}

extension Subject {
  /// Everything, then databases, then collections, by the bytes of their names.
  fileprivate var rank: [UInt8] {
    switch self {
    case .everything: [0]
    case .database(let name): [1] + Array(name.utf8)
    case .collection(let name): [2] + Array(name.database.utf8) + [0] + Array(name.collection.utf8)
    }
  }
}
