internal import BSON
internal import Checks
internal import Drafting
internal import Facts
internal import Platform
internal import Record
internal import Restore

extension DrillRun {
  /// The options of a restore. Where a scenario names no checks, its documents are looked at as they pass by: what
  /// they show is asked of what came back.
  func observed(_ planned: PlannedRecovery, _ step: Step) -> RestoreOptions {
    var options = planned.options
    guard scenario.suites == nil else { return options }
    var limits = Survey.Limits()
    limits.memory = min(limits.memory, options.memory / 8)
    limits.wide = 2 << 20
    let survey = Survey(planned.restore.surveyed, limits: limits)
    surveys[step.id] = survey
    options.observe = { survey.take($0) }
    return options
  }

  /// What is asked where a scenario names no checks. What came close to being asked is put down as not verified.
  func standardSuite(for expected: Catalogue, isReplayed: Bool) throws -> Suite {
    let draft = Draft(
      Draft.Sources(expected, surveys: surveys.values.map(\.self), isReplayed: isReplayed))
    for item in draft.doubts {
      let left = DrillRecord.NotVerified(
        "draft", "`\(item.text)` of \(item.subject) was not asked: \(item.reason)")
      if !record.notVerified.contains(left) { record.notVerified.append(left) }
    }
    return try draft.suite()
  }
}
