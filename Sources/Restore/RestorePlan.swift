package import BSON
package import Backups
package import Facts
package import Platform

/// What each collection of a backup becomes in the sandbox: decided before anything is written.
package struct RestorePlan: Sendable {
  /// Documents that were inserted, and their bytes.
  package struct Inserted: Sendable, Hashable {
    package var documents = 0
    package var bytes = 0

    package init() {}

    /// Counts one of so many bytes.
    package mutating func add(bytes: Int) {
      documents += 1
      self.bytes += bytes
    }
  }

  /// One collection of the backup, or one that only an oplog creates.
  package struct Item: Sendable {
    /// Its index in `LogicalBackup.collections`; nil when the backup doesn't hold it.
    package var index: Int?
    /// What the backup (or the oplog) says it is, under its name there.
    package var original: CollectionFacts
    /// The size of its file in the backup, 0 where not known.
    package var fileBytes = 0
    /// What it is created as, by its name in the sandbox; nil when it is left out.
    package var facts: CollectionFacts?
    /// Why it is left out, or how it is treated; nil for ordinary data.
    package var note: String?
    /// Whether it was dropped before the target: nothing of it is missing.
    package var isGone = false
    /// Whether the server has the collection of itself (users and roles).
    package var isServers = false
    /// The options that it has until everything is in it, where those are others than in the end.
    package var loadOptions: Document?
    /// What was inserted while it was dumped: a capped collection throws out as much, here as on the source.
    package var insertedMeanwhile = Inserted()
    /// `collMod` commands that come after the data, in order.
    package var modifications: [Document] = []
    /// Indexes of a time series by the keys of its buckets.
    package var rawIndexes: [IndexSpec] = []

    /// An item that is restored as it is.
    package init(index: Int?, _ original: CollectionFacts, fileBytes: Int = 0) {
      self.index = index
      self.original = original
      self.fileBytes = fileBytes
      facts = original
    }

    /// Its name in the backup.
    package var source: Namespace { original.namespace }
    /// Its name in the sandbox; nil when it is left out.
    package var target: Namespace? { facts?.namespace }

    /// Leaves it out.
    package mutating func leaveOut(_ reason: String) {
      facts = nil
      note = reason
    }
  }

  /// All of them, in the order in which they are created.
  package var items: [Item]

  package init(items: [Item]) { self.items = items }

  /// What is restored of the backup's documents, by its place there, with its name in the sandbox; not users and roles.
  package var surveyed: [Int: CollectionFacts] {
    let items = items.filter { !$0.isServers }
    return Dictionary(items.compactMap { item in item.index.flatMap { at in item.facts.map { (at, $0) } } }) {
      first, _ in first
    }
  }

  /// Those that are restored.
  package var selected: [Item] { items.filter { $0.facts != nil } }

  /// Applies selection and renaming to what the backup holds. Throws `Failure` of kind `usage` when a rename is
  /// malformed, when two collections would land on one name, or when a pattern of `include` or `rename` matches nothing.
  package init(_ backup: any LogicalBackup, _ options: RestoreOptions) throws(Failure) {
    let naming = try Naming(options)
    items = []
    for (index, source) in backup.collections.enumerated() {
      var item = Item(index: index, source.facts, fileBytes: source.fileBytes)
      if case .notRestored(let reason) = source.treatment {
        item.leaveOut(reason)
      } else if source.treatment == .usersOrRoles {
        item.markAsServers()
      }
      items.append(item)
    }
    try name(naming, options, in: backup.path)
  }

  /// Selects and renames the items, by the names they have.
  package mutating func name(_ naming: Naming, _ options: RestoreOptions, in path: String) throws(Failure) {
    for text in options.include where !options.mayMatchNothing {
      let pattern = NamespacePattern(text)
      if !items.contains(where: { $0.facts.map { pattern.matches($0.namespace) } ?? false }) {
        throw .nothingIncluded(text, in: path)
      }
    }
    for rename in options.rename where !options.mayMatchNothing {
      let pattern = NamespacePattern(rename.from)
      if !items.contains(where: { $0.facts.map { pattern.matches($0.namespace) } ?? false }) {
        throw .nothingRenamed(rename.from, in: path)
      }
    }
    var taken: [Namespace: Namespace] = [:]
    for at in items.indices {
      guard var facts = items[at].facts else { continue }
      let name = facts.namespace
      guard naming.selects(name) else {
        items[at].leaveOut("not selected")
        continue
      }
      facts.namespace = try naming.target(of: name)
      if facts.kind == .view { facts.options = try naming.renamed(viewOptions: facts.options, of: name) }
      if let other = taken.updateValue(name, forKey: facts.namespace) {
        throw .twoSources(other, name, target: facts.namespace)
      }
      items[at].facts = facts
    }
  }
}

extension RestorePlan.Item {
  /// Users and roles: the documents go in, the collection and its UUID are the server's own.
  package mutating func markAsServers() {
    facts?.uuid = nil
    isServers = true
    note = "users and roles go into the server's own collection"
  }
}

/// Which namespaces are restored, and under which names.
package struct Naming: Sendable {
  private let include: [NamespacePattern]
  private let exclude: [NamespacePattern]
  private let rename: [(from: NamespacePattern, to: NamespacePattern, text: Rename)]

  /// Throws `Failure` of kind `usage` when the two sides of a rename don't have the same number of `*`.
  package init(_ options: RestoreOptions) throws(Failure) {
    include = options.include.map(NamespacePattern.init)
    exclude = options.exclude.map(NamespacePattern.init)
    var pairs: [(NamespacePattern, NamespacePattern, Rename)] = []
    for pair in options.rename {
      let (from, to) = (NamespacePattern(pair.from), NamespacePattern(pair.to))
      guard from.wildcards == to.wildcards else { throw .unequalWildcards(pair) }
      pairs.append((from, to, pair))
    }
    rename = pairs
  }

  /// Whether a namespace of the source is restored.
  package func selects(_ namespace: Namespace) -> Bool {
    (include.isEmpty || include.contains { $0.matches(namespace) })
      && !exclude.contains { $0.matches(namespace) }
  }

  /// Whether any name changes.
  package var renames: Bool { !rename.isEmpty }

  /// The name in the sandbox: by the last rename that matches, else its own. Throws `Failure` of kind `usage`
  /// when the new name is none that MongoDB allows.
  package func target(of namespace: Namespace) throws(Failure) -> Namespace {
    for (from, to, text) in rename.reversed() {
      guard let captures = from.captures(in: namespace) else { continue }
      let name = to.filled(with: captures)
      guard let target = Namespace(name), Naming.isLegal(target) else { throw .illegalName(name, text) }
      return target
    }
    return namespace
  }

  /// Database names: at most 63 bytes, none of `/\. "$` (and NUL); namespaces: at most 255 bytes.
  private static func isLegal(_ namespace: Namespace) -> Bool {
    namespace.database.utf8.count <= 63 && namespace.description.utf8.count <= 255
      && !namespace.database.utf8.contains { #"/\. "$"#.utf8.contains($0) || $0 == 0 }
      && !namespace.collection.utf8.contains { $0 == UInt8(ascii: "$") || $0 == 0 }
  }
}

extension Failure {
  static func twoSources(_ first: Namespace, _ second: Namespace, target: Namespace) -> Failure {
    Failure(
      .usage, "rename-conflict", "\(first) and \(second) would both be restored as \(target)",
      hint: "Give them different names with --rename, or leave one out with --exclude.")
  }

  /// A pattern of the selection that matches no collection of the backup at `path`.
  package static func nothingIncluded(_ pattern: String, in path: String) -> Failure {
    Failure(
      .usage, "nothing-included", "nothing in the backup matches --include \(pattern)", at: Place(path),
      hint: "Run 'mongodrill verify' on it to see what it holds.")
  }

  /// A rename of what the backup at `path` doesn't hold.
  package static func nothingRenamed(_ pattern: String, in path: String) -> Failure {
    Failure(
      .usage, "nothing-renamed", "nothing in the backup matches --rename \(pattern)", at: Place(path),
      hint: "Run 'mongodrill verify' on it to see what it holds.")
  }

  static func unequalWildcards(_ rename: Rename) -> Failure {
    Failure(
      .usage, "rename-wildcards",
      "--rename \(rename.from)=\(rename.to): both sides need the same number of '*'",
      hint: "A database is renamed with 'shop.*=shop_drill.*'.")
  }

  static func illegalName(_ name: String, _ rename: Rename) -> Failure {
    Failure(
      .usage, "illegal-name",
      "--rename \(rename.from)=\(rename.to) gives '\(name)', which is not a legal name")
  }
}
