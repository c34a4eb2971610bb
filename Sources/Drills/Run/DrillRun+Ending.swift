internal import BSON
internal import Checks
internal import Configuration
internal import Platform
internal import Readiness
internal import Record
internal import Restore
internal import Sandbox

extension DrillRun {
  /// Finds a mongod and starts it, when there is room for what it is to hold.
  func startSandbox(for plans: [RestorePlan]) throws {
    guard let backup else { throw Failure.noSandbox() }
    let sandbox = try Sandbox.start(
      settings.options(
        needing: SandboxNeed.bytes(for: plans, of: backup),
        copies: scenario.steps.contains { ($0.action as? FaultStep)?.needsSeed == true } ? 1 : 0,
        keep: options.keep))
    take(sandbox)
  }

  /// Takes a server that was started as the drill's own.
  func take(_ sandbox: Sandbox) {
    self.sandbox = sandbox
    record.environment.mongod = DrillRecord.Mongod(path: sandbox.program.path, version: "\(sandbox.version)")
    record.environment.sandbox = DrillRecord.Sandbox(directory: sandbox.directory, kept: false)
    watch.server { sandbox.kill() }
  }

  /// Stops the server and removes its files, or keeps them. What goes wrong here is evidence of its own.
  func cleanUp() {
    watch.server(nil)
    watch.finish()
    removeFetched()
    noteLostMembers()
    if let set { return cleanUp(set) }
    guard let sandbox else { return }
    let start = Clock.monotonic
    events(.phaseStarted("cleanup", total: nil))
    do {
      if options.keep || record.resumed != nil {
        try sandbox.stopKeeping()
        record.environment.sandbox?.kept = true
        try leaveBehind(in: sandbox.directory)
      } else {
        try sandbox.stop()
      }
    } catch {
      evidence.cleanupFailures.append(.wrapping(error))
      record.environment.sandbox?.kept = Files.exists(sandbox.directory)
    }
    self.sandbox = nil
    end(Phase("cleanup", seconds: Clock.monotonic - start))
  }

  /// Judges the evidence: the record, complete.
  func finished() -> DrillRecord {
    if let signal = Interruption.pending, record.status == .completed, lastCheck == nil {
      // It came when the steps were over, but nothing had been asked.
      fail(Failure.interrupted(by: signal))
    }
    leftOver()
    if Interruption.pending != nil || watch.stop != nil { digests?.cancel() }
    digests?.finish(into: &record.backup)
    let earlier = RunIndex.completed(
      scenario.name, in: options.reports, most: DrillRecord.Regression.mostRuns, except: options.runID)
    record.objectives.rto = rto
    compare(with: earlier)
    record.objectives.rpo = rpo
    evidence.objectives = record.objectives
    if let damage = record.damage {
      evidence.refusals += damage.reasons
      if damage.planted == 0 {
        evidence.unanswered.append(DrillRecord.NotVerified("damage", "not a single fault was planted"))
      }
    }
    let judgement = Judgement(evidence)
    record.verdict = judgement.verdict
    record.exitCode = judgement.exitCode
    record.reasons = judgement.reasons
    record.mask(scenario.secrets)
    record.recommendations = Recommendations.of(record, earlier: earlier, freeBytes: freeBytes)
    record.endedAt = .nowInRecord
    return record
  }

  /// Measures the RTO against earlier runs, where the scenario asks for that.
  private func compare(with earlier: [RunSummary]) {
    guard let limit = scenario.objectives.rtoRegression else { return }
    guard record.resumed == nil else {
      record.notVerified.append(
        DrillRecord.NotVerified(
          "objective", "the RTO was not compared with earlier runs: this one began in the middle"))
      return
    }
    let regression = DrillRecord.Regression(
      limit: limit, of: earlier, measured: record.objectives.rto?.measuredSeconds)
    record.objectives.rto?.regression = regression
    guard regression.medianSeconds == nil else { return }
    record.notVerified.append(
      DrillRecord.NotVerified(
        "objective",
        "the RTO was not compared with earlier runs: there \(regression.runs == 1 ? "is" : "are") "
          + "\(Count.text(regression.runs, "completed run")) with a measured one, and "
          + "\(Recommendations.fewestRuns) are needed"))
  }

  /// Where the sandbox lay, or would have.
  private var freeBytes: Int? {
    let folder = record.environment.sandbox.map { Files.folder(of: $0.directory) }
    return try? Files.freeSpace(at: folder ?? settings.directory ?? SandboxOptions.defaultDirectory)
  }

  /// What was to be done and wasn't, because the drill ended before.
  private func leftOver() {
    for probe in unsettled {
      let message =
        "no server was left to ask for the writes that step \(probe.stepID) had acknowledged; restart one after it"
      record.notVerified.append(DrillRecord.NotVerified("step", message))
      evidence.warnings.append(message)
    }
    for (step, entry) in zip(scenario.steps, record.steps) where entry.attempts == 0 {
      let isCheck = step.action is CheckStep
      let left = DrillRecord.NotVerified(
        isCheck ? "check" : "step",
        "step \(step.id) was not begun: the drill had ended\(isCheck ? ", so its checks were not made" : "")")
      record.notVerified.append(left)
      evidence.unanswered.append(left)
    }
    for (step, entry) in zip(scenario.steps, record.steps) where entry.attempts > 0 {
      guard let check = step.action as? CheckStep, entry.status != .completed else { continue }
      let suites = check.suites.isEmpty ? scenario.suites?.map(\.name) ?? [] : check.suites.map(\.value)
      for suite in suites where !asked.contains(suite) {
        let left = DrillRecord.NotVerified("suite", "suite \(suite) was not asked to its end")
        record.notVerified.append(left)
        evidence.unanswered.append(left)
      }
    }
  }

  /// From the last entry that was applied to the moment up to which data should be there.
  private var rpo: DrillRecord.Objective? {
    scenario.objectives.rpo.map { rpo in
      DrillRecord.Objective(
        limit: rpo.limit, warn: rpo.warning,
        measured: lastApplied.map { max(0, rpo.reference - Double($0.seconds)) })
    }
  }

  /// From the first byte read to a moment, less the time that persons took; 0 before that byte.
  func secondsOfMachine(until end: Double) -> Double {
    guard let firstByte else { return 0 }
    let waited = waits.filter { $0.start > firstByte && $0.start < end }.reduce(0) { $0 + $1.seconds }
    return end - firstByte - waited
  }

  /// From the first byte read to the last check's answer, less the time that persons took; measured only when the
  /// data was recovered, which is when nothing failed.
  private var rto: DrillRecord.Objective {
    let isRecovered =
      evidence.failures.isEmpty && evidence.problemCount == 0
      && !evidence.checks.contains { $0.result == .fail || $0.result == .error }
    var measured: Double?
    if isRecovered, firstByte != nil, let lastCheck {
      measured = secondsOfMachine(until: lastCheck)
    }
    return DrillRecord.Objective(
      limit: scenario.objectives.rtoLimit, warn: scenario.objectives.rtoWarning, measured: measured)
  }
}
