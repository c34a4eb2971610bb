package import BSON
package import Backups
internal import Facts
package import Platform

/// Where each collection of a backup goes: decided before anything is written.
package struct RestorePlan: Sendable {
  /// One collection of the backup.
  package struct Item: Sendable {
    /// Its index in `LogicalBackup.collections`.
    package var index: Int
    /// What the backup holds.
    package var source: BackedUpCollection
    /// Its name in the sandbox; nil when it is left out.
    package var target: Namespace?
    /// Why it is left out, or how it is treated; nil for ordinary data.
    package var note: String?
  }

  /// All collections of the backup, in its order.
  package var items: [Item]
  /// Maps every namespace of the source, whether or not the backup holds it.
  package var naming: Naming

  /// Those that are restored.
  package var selected: [Item] { items.filter { $0.target != nil } }

  /// Applies selection and renaming. Throws `Failure` of kind `usage` when a rename is malformed, when two
  /// collections would land on one name, or when a pattern of `include` matches nothing.
  package init(_ backup: any LogicalBackup, _ options: RestoreOptions) throws(Failure) {
    naming = try Naming(options)
    let include = options.include.map { ($0, NamespacePattern($0)) }
    var used: Set<String> = []
    var sources: [Namespace: Namespace] = [:]
    items = []
    for (index, source) in backup.collections.enumerated() {
      let namespace = source.facts.namespace
      var item = Item(index: index, source: source)
      for (text, pattern) in include where pattern.matches(namespace) { used.insert(text) }
      if case .notRestored(let reason) = source.treatment {
        item.note = reason
      } else if !naming.selects(namespace) {
        item.note = "not selected"
      } else {
        let target = try naming.target(of: namespace)
        if let other = sources.updateValue(namespace, forKey: target) {
          throw .twoSources(other, namespace, target: target)
        }
        item.target = target
        if source.treatment == .usersOrRoles {
          item.note = "users and roles go into the server's own collection"
        }
      }
      items.append(item)
    }
    for (text, _) in include where !used.contains(text) {
      throw .nothingIncluded(text, in: backup.path)
    }
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

  static func nothingIncluded(_ pattern: String, in path: String) -> Failure {
    Failure(
      .usage, "nothing-included", "nothing in the backup matches --include \(pattern)", at: Place(path),
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
