internal import Configuration
package import Facts
package import Platform

/// A named group of checks.
package struct Suite: Sendable {
  package var name: String
  package var checks: [PlannedCheck]

  package init(_ name: String, checks: [PlannedCheck]) {
    self.name = name
    self.checks = checks
  }
}

/// A check, decoded, and what it is to be asked of.
package struct PlannedCheck: Sendable {
  package var check: any Check
  package var subject: Subject
  package var common: CommonKeys
  /// Where it stands in the scenario; nil for those that no scenario holds.
  package var place: Place?

  package init(
    _ check: any Check, of subject: Subject, common: CommonKeys = CommonKeys(), at place: Place? = nil
  ) {
    self.check = check
    self.subject = subject
    self.common = common
    self.place = place
  }

  /// The kind's declaration.
  package var declaration: CheckDeclaration { type(of: check).declaration }
  /// What a person calls it.
  package var name: String { common.name ?? declaration.kind }

  /// Whether it compares with the documents that were read from the backup, or with how many those were.
  package var comparesDocumentsOfBackup: Bool {
    check.counterpart == .backup && (check as? any ScanningCheck)?.readsStored == true
  }
}

extension Suite {
  /// What can be known to be wrong once the backup's collections are known: checks of kinds that don't apply to a
  /// view, say.
  package func problems(in catalogue: Catalogue) -> [Failure] {
    checks.compactMap { planned in
      guard case .collection(let namespace) = planned.subject, let facts = catalogue[namespace],
        !planned.declaration.appliesTo.contains(facts.kind)
      else { return nil }
      return .doesNotApply(planned.declaration.kind, to: facts, at: planned.place)
    }
  }
}
