internal import BSON
internal import Checks
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Restore
internal import Sandbox
internal import Witness

extension DrillRun {
  /// Runs one step, again where it may be retried; false when the drill is not to go on.
  func run(_ step: Step, at index: Int) throws -> Bool {
    var entry = record.steps[index]
    entry.startedAt = .nowInRecord
    let start = Clock.monotonic
    let (phases, checks) = (record.phases.count, record.checks.count)
    defer {
      entry.seconds = Clock.monotonic - start
      record.steps[index] = entry
      // The time of a person is no part of the recovery's.
      if record.phases.count == phases {
        end(Phase(step.kind, seconds: max(0, entry.seconds - (entry.personSeconds ?? 0))))
      }
    }
    while true {
      entry.attempts += 1
      let isLast = entry.attempts > step.retries
      // The answers of an attempt that is made again don't count.
      record.checks.removeSubrange(checks...)
      do {
        try Interruption.check()
        if let stop = watch.stop { throw stop }
        watch.deadline(of: step)
        defer { watch.noDeadline() }
        let began = Clock.monotonic
        let result = try step.action.perform(self, step)
        try step.checkTimeout(seconds: Clock.monotonic - began)
        entry.exitStatus = result.exitStatus
        entry.output = result.output
        entry.personSeconds = result.person?.seconds
        entry.approvedBy = result.person?.name
        entry.failover = result.failover
        entry.fault = result.fault
        if let reason = result.skipped {
          (entry.status, entry.message) = (.skipped, reason)
          leave(step, undone: reason)
          return true
        }
        entry.message = result.failure
        entry.status = result.failure == nil ? .completed : .failed
        try remember(step)
        if result.failure == nil { mark(step) }
        if result.failure == nil { return true }
        if !isLast { continue }
        refuse(step, result)
        return !step.abortsOnFailure
      } catch {
        let failure = failure(of: error)
        entry.message = failure.description
        entry.status = failure.kind == .interrupted || watch.stop != nil ? .aborted : .failed
        let isOver = watch.stop != nil || failure.kind == .interrupted || isServerGone
        if !isLast && !isOver { continue }
        fail(error)
        return !step.abortsOnError && !isOver
      }
    }
  }

  /// Counts what is there after a step, if a check compares with that.
  private func remember(_ step: Step) throws {
    guard let sandbox, scenario.compares(with: .step(step.id)) else { return }
    stepFacts[step.id] = try Catalogue(of: sandbox.pool, counting: .exact)
  }

  /// A step that this machine can't do is no pass.
  private func leave(_ step: Step, undone reason: String) {
    let left = DrillRecord.NotVerified("step", "step \(step.id) was skipped: \(reason)")
    record.notVerified.append(left)
    evidence.unanswered.append(left)
  }

  private var isServerGone: Bool {
    sandboxes.contains { (try? $0.checkAlive()) == nil }
  }

  /// A command or a person that said no is evidence; what a restore or a check found is in the evidence already. A step
  /// that failed is no pass, whatever its kind says or leaves unsaid.
  private func refuse(_ step: Step, _ result: StepResult) {
    guard let failure = result.failure else { return }
    let isKnown = Judgement(evidence).reasons.contains { [.checkFailed, .incomplete].contains($0.exitCode) }
    let code =
      result.refusal ?? result.exitStatus.map { _ in "command-failed" } ?? (isKnown ? nil : "step-failed")
    guard let code else { return }
    evidence.refusals.append(DrillRecord.Reason(.checkFailed, code, "step \(step.id): \(failure)"))
  }

  /// `check`.
  func check(_ names: [String]) throws -> StepResult {
    if let set { return try check(set, names) }
    guard let sandbox else { throw Failure.noSandbox() }
    let expected = expected
    let suites = try suites(expecting: expected).filter { names.isEmpty || names.contains($0.name) }
    let before = record.checks.count
    defer { evidence.checks = record.checks }
    try phase("checks") {
      for suite in suites {
        try ask(suite, expecting: expected, sandbox) { record.checks += $0 }
        lastCheck = Clock.monotonic
        self.asked.insert(suite.name)
      }
    }
    let asked = record.checks.count - before
    let failed = record.checks[before...].count { $0.result == .fail || $0.result == .error }
    guard failed > 0 else { return StepResult() }
    return StepResult(failure: "\(Count.text(failed)) of \(Count.text(asked, "check")) did not pass")
  }

  /// The sandbox as checks see it.
  func checkedServer(expecting expected: Catalogue, _ sandbox: Sandbox) -> CheckedServer {
    // A physical copy says nothing of what it holds: nothing is expected of it.
    var server = CheckedServer(sandbox.pool, expected: isOfCopy ? nil : expected, isSandbox: true)
    server.folder = scenario.folder
    server.steps = stepFacts
    server.moment = moment
    server.baseline = baseline
    let place = placeOfSource
    server.place = place
    if let witness {
      let batch = witness.batches.firstIndex { $0.timestamp == standing }
      server.witness = Catalogue(
        witness.catalogue(at: batch).sorted.compactMap { facts in
          place(facts.namespace).map { name in
            var facts = facts
            facts.namespace = name
            return facts
          }
        })
      server.fleeting = Set(witness.fleeting.compactMap(place))
      if scenario.steps.contains(where: { ($0.action as? ReplayStep)?.isPartial == true }) {
        // A base that is declared partial lacks collections on purpose.
        server.fleeting.formUnion(server.witness?.sorted.map(\.namespace) ?? [])
      }
      server.witnessed = WitnessedContent(witness, standing: batch, earlier: witnessed, place: place)
    }
    return server
  }

  /// Asks one suite and hands over its answers; when it is cut off, those that there were by then.
  func ask(
    _ suite: Suite, expecting expected: Catalogue, _ sandbox: Sandbox, _ take: ([Outcome]) -> Void
  ) throws {
    try ask(
      suite, on: checkedServer(expecting: expected, sandbox), alive: { try sandbox.checkAlive() }, take)
  }

  /// The same of any server; `alive` throws when it is gone.
  func ask(
    _ suite: Suite, on server: CheckedServer, alive: @escaping @Sendable () throws -> Void,
    _ take: ([Outcome]) -> Void
  ) throws {
    let answered = Monitor<[Outcome]>([])
    let events = events
    let tap: EventSink = { event in
      if case .checked(let outcome) = event { answered.withLock { $0.append(outcome) } }
      events(event)
    }
    let outcomes: [Outcome]
    do {
      outcomes = try suite.run(on: server, parallel: Machine.cores, before: alive, events: tap)
    } catch {
      take(answered.withLock { $0 })
      throw error
    }
    for words in outcomes.compactMap(\.leftOut) {
      let left = DrillRecord.NotVerified("check", words)
      if !record.notVerified.contains(left) { record.notVerified.append(left) }
    }
    take(outcomes)
    // A check in error may be the one that the server died of: its connection breaks before the process has ended.
    guard outcomes.contains(where: { $0.result == .error }) else { return }
    for pool in server.allPools { try pool.run(["ping": 1]) }
  }
}

extension Step {
  /// Throws when an attempt took longer than it may: the watch looks now and then only.
  fileprivate func checkTimeout(seconds: Double) throws(Failure) {
    guard let timeout, seconds > timeout, !(action is RunStep) else { return }
    throw .stepTimedOut(id, seconds: timeout)
  }
}

extension Failure {
  static func noSandbox() -> Failure { Failure(.internal, "no-sandbox", "a step runs without a sandbox") }

  static func stepTimedOut(_ id: String, seconds: Double) -> Failure {
    Failure(
      .incomplete, "step-timed-out", "step \(id) took longer than \(TimeSpan.format(seconds))",
      hint: "Give it more with `timeout`.")
  }
}
