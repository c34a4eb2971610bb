internal import BSON
package import Configuration
internal import Platform

extension Shape where Output == [Suite] {
  /// The `checks:` of a scenario: suite → collection, database or `*` → list of checks.
  package static var suites: Shape<[Suite]> {
    Shape<[Suite]>("a mapping from suite to its checks", schema: Suite.schema) { node, diagnostics in
      Suite.decode(node, diagnostics)
    }
  }
}

extension Suite {
  /// Decodes the `checks:` of a scenario; nil when anything was wrong, and reported. What may be asked depends on the
  /// `server`.
  package static func decode(
    _ node: Node, _ diagnostics: Diagnostics, for server: ServerKind = .sandbox
  ) -> [Suite]? {
    let before = diagnostics.count
    guard let entries = node.entries else {
      diagnostics.report(expected: "a mapping from suite to its checks", found: node)
      return nil
    }
    let suites = entries.map { entry in
      if entry.value.entries?.isEmpty == true {
        diagnostics.report(.nothingAsked("the suite `\(entry.key)` asks nothing", at: entry.place))
      }
      return Suite(entry.key, checks: subjects(entry.value, server, diagnostics))
    }
    return diagnostics.count == before ? suites : nil
  }

  private static func subjects(
    _ node: Node, _ server: ServerKind, _ diagnostics: Diagnostics
  ) -> [PlannedCheck] {
    guard let entries = node.entries else {
      diagnostics.report(expected: "a mapping from collection to its checks", found: node)
      return []
    }
    return entries.flatMap { entry -> [PlannedCheck] in
      guard let subject = Subject(entry.key) else {
        diagnostics.report(.notASubject(entry.key, at: entry.place))
        return []
      }
      guard let items = entry.value.elements else {
        diagnostics.report(expected: "a list of checks", found: entry.value)
        return []
      }
      if items.isEmpty {
        diagnostics.report(.nothingAsked("nothing is asked of `\(entry.key)`", at: entry.place))
      }
      let checks = items.compactMap { check($0, of: subject, server, diagnostics) }
      tellApart(checks, diagnostics)
      return checks
    }
  }

  /// What is compared with an earlier run is found there by its kind and name.
  private static func tellApart(_ checks: [PlannedCheck], _ diagnostics: Diagnostics) {
    for (at, check) in checks.enumerated() where check.check.counterpart == .baseline {
      let isAmbiguous = checks.enumerated().contains { other, twin in
        other != at && twin.declaration.kind == check.declaration.kind
          && twin.name.utf8.elementsEqual(check.name.utf8)
      }
      if isAmbiguous { diagnostics.report(.sameName(check.declaration.kind, check.name, at: check.place)) }
    }
  }

  /// One item: `validate`, or `{count: {min: 1}, name: …}`.
  private static func check(
    _ node: Node, of subject: Subject, _ server: ServerKind, _ diagnostics: Diagnostics
  ) -> PlannedCheck? {
    let before = diagnostics.count
    guard let (kind, name, own) = kind(of: node, diagnostics) else { return nil }
    let declaration = kind.declaration
    let mapping = node.entries == nil ? Node(.mapping([]), at: node.place) : node
    let common = Fields.decodeKnown(CommonKeys.keys, in: mapping, diagnostics).map(CommonKeys.init)
    let fields = Fields.decode(own, of: name, declaration.keys, diagnostics)
    if declaration.scope == .database, case .collection(let namespace) = subject {
      diagnostics.report(.unknownSubject(namespace.database, name, at: node.place))
    }
    if let filter = mapping["where"], !declaration.takesFilter {
      diagnostics.report(.filterNotTaken(name, at: filter.place))
    }
    ReadOnlyRules.look(at: own, mapping["where"], for: server, diagnostics)
    guard let common, let fields else { return nil }
    for (key, threshold) in [("warn_if", common.warnIf), ("error_if", common.errorIf)]
    where threshold?.isTime == true && !declaration.figureIsTime {
      diagnostics.report(.notATime(key, name, declaration.figure, at: mapping[key]?.place ?? node.place))
    }
    let check = kind.init(fields, common)
    return diagnostics.count == before
      ? PlannedCheck(check, of: subject, common: common, at: node.place) : nil
  }

  /// The kind that an item names, and the mapping of that kind's keys.
  private static func kind(
    of node: Node, _ diagnostics: Diagnostics
  ) -> (any Check.Type, name: String, keys: Node)? {
    if let name = node.text, !node.isNull {
      guard let kind = CheckKinds.kind(name) else {
        diagnostics.report(.unknownKind(name, at: node.place))
        return nil
      }
      return (kind, name, Node(.mapping([]), at: node.place))
    }
    guard let entries = node.entries else {
      diagnostics.report(expected: "a check", found: node)
      return nil
    }
    let common = CommonKeys.keys.map(\.spec.name)
    let named = entries.filter { !common.contains($0.key) }
    let known = named.filter { CheckKinds.kind($0.key) != nil }
    for entry in named where CheckKinds.kind(entry.key) == nil {
      // With a kind at hand, the stray key is more likely a misspelt common key.
      diagnostics.report(
        known.isEmpty
          ? .unknownKind(entry.key, at: entry.place)
          : .unknown("key", entry.key, known: common, at: entry.place))
    }
    guard let first = known.first, let kind = CheckKinds.kind(first.key) else {
      if named.isEmpty { diagnostics.report(.noKind(at: node.place)) }
      return nil
    }
    if known.count > 1 { diagnostics.report(.twoKinds(first.key, known[1].key, at: known[1].place)) }
    let keys = first.value.isNull ? Node(.mapping([]), at: first.place) : first.value
    return (kind, first.key, keys)
  }
}
