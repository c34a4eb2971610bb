internal import BSON
internal import Checks
internal import Drafting
internal import Facts
internal import Platform
internal import Record
internal import Restore
internal import Witness

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

  /// The scenario's suites, or what is drafted from what was restored. What was read and speaks against a reference that
  /// a field's name suggests is put down as not verified.
  func suites(expecting expected: Catalogue) throws -> [Suite] {
    if let suites = scenario.suites { return suites }
    leave(
      uncompared: scenario.uncompared(
        witness: options.witness, draftsWitness: physical == nil && witnessHere != nil
      ).filter { $0.code == "witness" })
    if physical != nil { return try PhysicalPlan.suites(of: scenario) }
    let isReplayed = record.replay != nil || plans?.chain != nil
    var sources = Draft.Sources(expected, surveys: surveys.values.map(\.self), isReplayed: isReplayed)
    if let witnessHere { sources.take(witnessHere, at: placeOfSource) }
    let draft = Draft(sources)
    for item in draft.doubts {
      let left = DrillRecord.NotVerified(
        "draft", "`\(item.text)` of \(item.subject) was not asked: \(item.reason)")
      if !record.notVerified.contains(left) { record.notVerified.append(left) }
    }
    return [try draft.suite()]
  }
}

extension Draft.Sources {
  /// What a witness says of the data, which stands at its moment; `place`: where its collections are there.
  mutating func take(_ witness: WitnessRecord, at place: (Namespace) -> Namespace?) {
    witnessed = witness.collections.filter { !$0.ranges.isEmpty }.compactMap { place($0.facts.namespace) }
    witnessesAll = witness.selection.include.isEmpty && witness.selection.exclude.isEmpty
  }
}
