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
    if let witnessHere {
      sources.take(witnessHere, at: placeOfSource)
      for left in witnessHere.openPoints(of: expected, at: placeOfSource)
      where !record.notVerified.contains(left) {
        record.notVerified.append(left)
      }
    }
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
    // One of whose documents it holds none is asked, too: that it can't be answered is to be said.
    witnessed = witness.collections.filter { $0.facts.kind != .view }.compactMap { place($0.facts.namespace) }
    witnessesAll = witness.selection.include.isEmpty && witness.selection.exclude.isEmpty
  }
}

extension WitnessRecord {
  /// What it can't speak for, beside what the checks that compare with it say: collections that weren't asked for when it was
  /// recorded, definitions that changed meanwhile. `place`: where its collections are among those that are expected.
  fileprivate func openPoints(
    of expected: Catalogue, at place: (Namespace) -> Namespace?
  ) -> [DrillRecord.NotVerified] {
    var left: [DrillRecord.NotVerified] = []
    let known = Set(collections.compactMap { place($0.facts.namespace) })
    let others = expected.sorted.filter {
      $0.kind != .view && !known.contains($0.namespace)
        && !["admin", "config", "local"].contains($0.namespace.database)
        && !$0.namespace.collection.hasPrefix("system.")
    }
    if !others.isEmpty {
      let asked =
        [("--include", selection.include), ("--exclude", selection.exclude)].flatMap { option, patterns in
          patterns.map { "\(option) \($0)" }
        }.joined(separator: " ")
      let names = others.prefix(5).map(\.namespace.description).joined(separator: ", ")
      let more = others.count > 5 ? " and \(Count.text(others.count - 5)) more" : ""
      left.append(
        DrillRecord.NotVerified(
          "witness",
          "the witness\(asked.isEmpty ? "" : ", recorded with \(asked),") says nothing of "
            + "\(Count.text(others.count, "collection")) of the backup: \(names)\(more)"))
    }
    for collection in collections where !collection.changed.isEmpty {
      guard let name = place(collection.facts.namespace) else { continue }
      left.append(
        DrillRecord.NotVerified(
          "witness",
          "the \(collection.changed.joined(separator: " and the ")) of \(name) changed while the witness was recorded: it can't "
            + "say what they were"))
    }
    return left
  }
}
