internal import BSON
internal import Checks
internal import Facts
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox

/// Where a search stands: a recovery at one of its positions, or one that has only restored the documents.
private struct Standing {
  var recovery: Recovery
  /// What the replays have come to, as if it had been one; nil before the first.
  var reached: (position: Int, planned: PlannedReplay, stage: Recovery.Stage)?
}

extension DrillRun {
  /// `replay` with `until_failing`: finds the last moment at which suites pass and the entry that breaks them, and
  /// leaves the sandbox at that moment. Where nothing breaks them it is left at the interval's end, and where they
  /// pass nowhere at its beginning.
  func bisect(
    _ step: Step, of id: String, _ stage: PlannedRecovery.Stage, _ search: PlannedRecovery.Search,
    _ recovery: Recovery
  ) throws -> StepResult {
    let started = Clock.monotonic
    let chain = stage.replay.chain
    let (from, to) = (stage.replay.target, search.end.target)
    let line = try OplogLine(chain, after: from.through, through: to.through)
    var found = DrillRecord.Bisect()
    found.suites = search.suites
    found.from = from.through.description
    found.to = to.through.description
    found.candidates = line.count
    var bisection = Bisection(last: line.count)
    var standing = Standing(recovery: recovery)

    while !bisection.round.isEmpty {
      let (positions, asksAll) = (bisection.round, bisection.asksAll)
      let targets = try targets(of: positions, on: line, stage.replay, search.end)
      if found.rounds > 0 { standing = try startOver(of: id, at: targets[0]) }
      found.rounds += 1
      events(
        .note(
          "round \(found.rounds): \(Count.text(positions.count, "moment")) of \(Count.text(line.count)) entries"
        ))
      for (position, target) in zip(positions, targets) {
        try advance(&standing, to: target, at: position, of: id)
        let failed = try failing(search.suites, standing)
        bisection.note(position, holds: failed.isEmpty)
        let probe = DrillRecord.Probe(
          through: target.target.through.description, round: found.rounds, failed: failed)
        found.probes.append(probe)
        events(.note("at \(probe.through): \(failed.first.map { "fails, \($0)" } ?? "passes")"))
        if !asksAll && !failed.isEmpty { break }
      }
    }

    found.monotone = bisection.isMonotone
    let final = bisection.good ?? 0
    let target = try targets(of: [final], on: line, stage.replay, search.end)[0]
    if bisection.good != nil { found.lastGood = target.target.through.description }
    if let bad = bisection.bad, let timestamp = try line.timestamps(of: [bad]).first {
      found.firstBad = try line.entry(at: timestamp)
    }
    if standing.reached?.position != final {
      standing = try startOver(of: id, at: target)
      found.rounds += 1
      try advance(&standing, to: target, at: final, of: id)
    }
    end(Phase("bisect", seconds: Clock.monotonic - started))
    return try settle(standing, found, step, of: id)
  }

  /// Takes what was found into the record, and asks the suites once more, as checks of the drill.
  private func settle(
    _ standing: Standing, _ found: DrillRecord.Bisect, _ step: Step, of id: String
  ) throws -> StepResult {
    guard var reached = standing.reached else { throw Failure.noSandbox() }
    recoveries[id] = standing.recovery
    reached.stage.restore.phases = []
    let arrived = try arrive(reached.stage, reached.planned, step, of: id, bisect: found)
    if !found.monotone {
      let text =
        "step \(step.id): the suites pass again after they failed, so there are more entries that break them than "
        + "the one that is named"
      events(.warning(text))
      evidence.warnings.append(text)
    }
    let asked = try check(found.suites)
    let failures = [arrived.failure, asked.failure].compactMap(\.self)
    return StepResult(failure: failures.isEmpty ? nil : failures.joined(separator: "; "))
  }

  /// The replays to positions of the line: to its ends as they were asked for, in between through the entry.
  private func targets(
    of positions: [Int], on line: OplogLine, _ start: PlannedReplay, _ end: PlannedReplay
  ) throws -> [PlannedReplay] {
    let inner = positions.filter { $0 > 0 && $0 < line.count }
    let timestamps = Dictionary(
      uniqueKeysWithValues: zip(inner, inner.isEmpty ? [] : try line.timestamps(of: inner)))
    return try positions.map { position in
      if position == 0 { return start }
      guard let timestamp = timestamps[position] else { return end }
      let target = try Target.through(timestamp).resolve(in: start.chain)
      return PlannedReplay(start.chain, to: target, skipping: start.skip)
    }
  }

  /// A fresh sandbox with the documents in it, ready for a replay to `target`.
  private func startOver(of id: String, at target: PlannedReplay) throws -> Standing {
    guard let backup, let plans, let planned = plans.recoveries[id] else { throw Failure.noSandbox() }
    try checkStops()
    watch.server(nil)
    try sandbox?.stop()
    sandbox = nil
    try startSandbox(for: plans.restores)
    guard let sandbox else { throw Failure.noSandbox() }
    var recovery = Recovery(backup: backup, pool: sandbox.pool, options: planned.options, events: events)
    let plan = try RecoveryPlan(target, of: backup, planned.options, lastTarget: planned.lastTarget)
    let loaded = try recovery.load(plan)
    guard loaded.problemCount == 0 else { throw Failure.bisectRefused(loaded.problemCount) }
    return Standing(recovery: recovery)
  }

  /// Replays to a position.
  private func advance(
    _ standing: inout Standing, to target: PlannedReplay, at position: Int, of id: String
  ) throws {
    guard let backup, let planned = plans?.recoveries[id] else { throw Failure.noSandbox() }
    try checkStops()
    let plan = try RecoveryPlan(target, of: backup, planned.options, lastTarget: planned.lastTarget)
    var stage = try standing.recovery.replay(target, plan)
    if let before = standing.reached?.stage.replay {
      stage.replay.ledger = before.ledger.followed(by: stage.replay.ledger)
      stage.replay.problems = before.problems + stage.replay.problems
      stage.replay.problemCount += before.problemCount
    }
    standing.reached = (position, target, stage)
  }

  /// The checks that don't pass where the search stands.
  private func failing(_ suites: [String], _ standing: Standing) throws -> [String] {
    guard let sandbox, let reached = standing.reached else { throw Failure.noSandbox() }
    let expected = reached.stage.restore.expected
    var failed: [String] = []
    for suite in try self.suites(expecting: expected)
    where suites.contains(suite.name) {
      try ask(suite, expecting: expected, sandbox) { outcomes in
        failed += outcomes.filter { $0.result != .pass && $0.result != .warn }.map {
          "\($0.title): \($0.message)"
        }
      }
    }
    return failed
  }

  /// Throws when the drill is told to stop.
  func checkStops() throws {
    try Interruption.check()
    if let stop = watch.stop { throw stop }
  }
}

extension Failure {
  static func bisectRefused(_ count: Int) -> Failure {
    Failure(
      .incomplete, "bisect-refused",
      "the server refused \(Count.text(count)) of the backup when it was restored again")
  }
}
