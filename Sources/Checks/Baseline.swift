package import BSON
package import Platform
package import Record

/// What the checks of an earlier run measured.
package struct Baseline: Sendable {
  /// That run's id.
  package var run: String
  /// The figures of the checks that had an answer.
  package var measured: [CheckIdentity: JSON]
  /// What the collections of that run's sandbox are called on the source; those that aren't in it have the same name.
  package var sources: [Namespace: Namespace]

  /// From the outcomes of a run.
  package init(run: String, _ outcomes: [Outcome], sources: [Namespace: Namespace] = [:]) {
    self.run = run
    self.sources = sources
    measured = [:]
    for outcome in outcomes where outcome.measured != .null {
      measured[CheckIdentity(outcome)] = outcome.measured
    }
  }

  /// The collections that a check of that kind and name was asked of in that suite, and had an answer.
  func namespaces(of kind: String, named name: String, in suite: String) -> [Namespace] {
    measured.keys.compactMap { identity in
      identity.namespace.flatMap { of in
        identity == CheckIdentity(suite, of.description, kind, name) ? of : nil
      }
    }
  }
}

/// Which check of a scenario it is: the same in every run of it.
package struct CheckIdentity: Sendable, Hashable {
  private var parts: [String]

  /// Of the check that had this outcome.
  package init(_ outcome: Outcome) {
    self.init(outcome.suite, outcome.namespace, outcome.kind, outcome.name)
  }

  fileprivate init(_ suite: String, _ namespace: String?, _ kind: String, _ name: String) {
    parts = [suite, namespace ?? "", kind, name]
  }

  /// The collection; nil where it was about all of them.
  fileprivate var namespace: Namespace? { Namespace(parts[1]) }
}
