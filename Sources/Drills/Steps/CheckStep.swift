package import Configuration
internal import Platform

/// `check`: asks suites of checks.
package struct CheckStep: StepKind {
  package static let name = "check"
  package static let summary = "Asks suites of checks, by their names; an empty list asks all."
  package static let abortsOnFailure = false

  /// The suites, where they are named; empty for all.
  package var suites: [Located<String>] = []

  init() {}

  package static let shape = Shape<CheckStep>.orNothing(
    CheckStep(),
    Shape<[Located<String>]>.list(of: Shape.string.located, orOne: true).map("names of suites") {
      suites, _, _ in
      var step = CheckStep()
      step.suites = suites
      return step
    })

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult {
    try run.check(suites.map(\.value))
  }
}
