package import Checks
internal import Configuration
package import Platform

/// A file of checks to be asked of a server that others use: `version`, `title`, `parameters` and `checks` as in a
/// scenario. A whole scenario is one, too: of it the checks alone count.
package struct ChecksFile: Sendable {
  package let name: String
  package let title: String?
  package let path: String
  /// Of the file's bytes, in hexadecimal digits.
  package let sha256: String
  /// Where its commands run.
  package let folder: String
  package let suites: [Suite]
  /// As it was read, with the parameters put in.
  package let resolved: JSON

  private static let checks = Key(
    required: "checks",
    Shape<[Suite]>("a mapping from suite to its checks", schema: Suite.schema) { node, diagnostics in
      Suite.decode(node, diagnostics, for: .live)
    }, "Suites of checks.")
  private static let keys: [any DeclaredKey] = [
    ScenarioKeys.version, ScenarioKeys.title, ScenarioKeys.parameters, checks,
  ]

  /// Reads and checks a file, or the scenario in a folder; what only works in a sandbox is wrong here.
  ///
  /// With `kind` only the checks of that kind are read, and the others may be whatever they are.
  package init(
    _ argument: String, parameters: [String: String] = [:], only kind: String? = nil
  ) throws(InvalidScenario) {
    let file = Scenario.file(for: argument) ?? argument
    let diagnostics = Diagnostics()
    let read = ChecksFile.read(file, parameters, only: kind, diagnostics)
    guard let read, diagnostics.isEmpty else { throw InvalidScenario(diagnostics.sorted) }
    (path, name, folder) = (file, Scenario.name(of: file), Files.folder(of: file))
    title = read.fields[ScenarioKeys.title]
    suites = read.fields[ChecksFile.checks]
    (sha256, resolved) = (read.sha256, read.resolved)
  }

  private static func read(
    _ file: String, _ given: [String: String], only kind: String?, _ diagnostics: Diagnostics
  ) -> (fields: Fields, sha256: String, resolved: JSON)? {
    guard let bytes = try? Files.read(file, limit: Node.largestFile) else {
      // Says why.
      _ = Node.read(file, diagnostics)
      return nil
    }
    guard let node = Node.parse(bytes, file: file, diagnostics) else { return nil }
    guard let entries = node.entries else {
      diagnostics.report(expected: "checks, in a mapping", found: node)
      return nil
    }
    let known = ScenarioKeys.all.map(\.spec.name)
    for entry in entries where !known.contains(where: { $0.utf8.elementsEqual(entry.key.utf8) }) {
      diagnostics.report(.unknown("key", entry.key, known: keys.map(\.spec.name), at: entry.place))
    }
    // The rest of a scenario is not asked, and may hold names that only a drill knows.
    let own = Node(
      .mapping(entries.filter { entry in keys.contains { $0.spec.name.utf8.elementsEqual(entry.key.utf8) } }),
      at: node.place)
    let (substituted, values) = Scenario.substituting(
      kind.map { own.keepingChecks($0) } ?? own, given, file, deferring: [], diagnostics)
    guard let fields = Fields.decodeKnown(keys, in: substituted, diagnostics) else { return nil }
    return (fields, SHA256.hex(of: bytes), Scenario.withParameters(substituted, values))
  }
}

extension Node {
  /// A file of checks with those of one kind alone, without what is left empty then.
  fileprivate func keepingChecks(_ kind: String) -> Node {
    func mapped(_ node: Node, _ change: (Node) -> Node) -> Node {
      guard let entries = node.entries else { return node }
      let changed = entries.map { entry in
        var entry = entry
        entry.value = change(entry.value)
        return entry
      }
      return Node(.mapping(changed), at: node.place)
    }
    guard let entries else { return self }
    let changed = entries.map { entry in
      var entry = entry
      guard entry.key == "checks" else { return entry }
      entry.value = mapped(entry.value) { suite in
        mapped(suite) { list in
          guard let items = list.elements else { return list }
          return Node(.sequence(items.filter { $0[kind] != nil }), at: list.place)
        }.keeping { $0.elements?.isEmpty != true }
      }.keeping { $0.entries?.isEmpty != true }
      return entry
    }
    return Node(.mapping(changed), at: place)
  }

  /// A mapping with some of its values alone.
  private func keeping(_ isKept: (Node) -> Bool) -> Node {
    entries.map { Node(.mapping($0.filter { isKept($0.value) }), at: place) } ?? self
  }
}
