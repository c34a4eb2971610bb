package import Platform
package import Record

/// What the checks of an earlier run measured.
package struct Baseline: Sendable {
  /// That run's id.
  package var run: String
  /// The figures of the checks that had an answer.
  package var measured: [CheckIdentity: JSON]

  /// From the outcomes of a run.
  package init(run: String, _ outcomes: [Outcome]) {
    self.run = run
    measured = [:]
    for outcome in outcomes where outcome.measured != .null {
      measured[CheckIdentity(outcome)] = outcome.measured
    }
  }
}

/// Which check of a scenario it is: the same in every run of it.
package struct CheckIdentity: Sendable, Hashable {
  private var parts: [String]

  /// Of the check that had this outcome.
  package init(_ outcome: Outcome) {
    parts = [outcome.suite, outcome.namespace ?? "", outcome.kind, outcome.name]
  }
}
