internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Witness

/// One check, asked of one thing.
struct Question: Sendable {
  let planned: PlannedCheck
  let subject: Subject
  /// Why it can't even be asked.
  let trouble: String?

  init(_ planned: PlannedCheck, _ subject: Subject, trouble: String? = nil) {
    self.planned = planned
    self.subject = subject
    self.trouble = trouble
  }

  /// Asks it by itself.
  func answer(on server: CheckedServer, suite: String, _ crew: Crew) throws -> Outcome {
    try outcome(suite, since: Clock.monotonic, on: server) {
      if let set = server.set { return try finding(of: set, on: server, suite, crew) }
      return try planned.check.run(context(on: server, suite, crew))
    }
  }

  /// What it is to be asked with. Throws when it can't be asked: `Absent` when its collection doesn't exist.
  func context(on server: CheckedServer, _ suite: String, _ crew: Crew) throws -> CheckContext {
    if let trouble { throw Unanswerable(trouble) }
    var facts: CollectionFacts?
    if case .collection(let name) = subject {
      facts = try server.listed(name)
      guard let facts else { throw Absent() }
      if !planned.declaration.appliesTo.contains(facts.kind) {
        throw Failure.doesNotApply(planned.declaration.kind, to: facts, at: planned.place)
      }
    }
    return CheckContext(
      server: server, crew: crew, subject: subject, collection: facts, common: planned.common,
      identity: CheckIdentity(blank(suite)),
      deadline: timeout(on: server).map { Clock.monotonic + $0 })
  }

  /// In seconds.
  func timeout(on server: CheckedServer) -> Double? { planned.common.timeout ?? server.timeout }

  /// The outcome before anything was asked.
  private func blank(_ suite: String) -> Outcome {
    var namespace: String?
    if case .collection(let name) = subject { namespace = name.description }
    return Outcome(
      kind: planned.declaration.kind, suite: suite, namespace: namespace, name: planned.name, result: .error,
      message: "")
  }

  /// Makes an outcome of what `finding` gives, or of why it gives nothing. Throws only a failure of kind
  /// `interrupted`.
  func outcome(
    _ suite: String, since start: Double, on server: CheckedServer, _ finding: () throws -> Finding
  ) throws -> Outcome {
    var outcome = blank(suite)
    do {
      outcome = try judged(try finding(), outcome)
    } catch is Absent {
      outcome.result = severe(.fail)
      outcome.message = "the collection does not exist"
      outcome.expected = "a collection"
      outcome.observed = "none"
    } catch let error as NotAsked {
      outcome.result = .skipped
      outcome.message = error.reason
    } catch let error as Failure where error.kind == .interrupted {
      throw error
    } catch let error as MongoError where error.code == 50 && error.codeName == "MaxTimeMSExpired" {
      outcome.message = timedOut(timeout(on: server))
    } catch let error as MongoError
      where error.code == 11601 && Clock.monotonic - start >= timeout(on: server) ?? .infinity
    {
      // MongoDB 4.4 says of JavaScript that its time is up so: Interrupted.
      outcome.message = timedOut(timeout(on: server))
    } catch is TimedOut {
      outcome.message = timedOut(timeout(on: server))
    } catch let error as Unanswerable {
      outcome.message = error.reason
    } catch {
      outcome.message = "\(error)"
    }
    outcome.seconds = Clock.monotonic - start
    return outcome
  }

  private func timedOut(_ timeout: Double?) -> String {
    "no answer within \(timeout.map { TimeSpan.format($0) } ?? "the server's own limit")"
  }

  private func severe(_ result: Outcome.Result) -> Outcome.Result {
    result == .fail && planned.common.severity == .warn ? .warn : result
  }

  /// Makes an outcome of a finding: thresholds, severity, and no answer without data.
  private func judged(_ finding: Finding, _ blank: Outcome) throws -> Outcome {
    let common = planned.common
    var outcome = blank
    outcome.message = finding.message
    outcome.measured = finding.measured
    outcome.expected = finding.expected
    outcome.observed = finding.observed
    outcome.samples = Array(finding.samples.prefix(common.samples))
    outcome.query = finding.query
    outcome.leftOut = finding.leftOut.map { "\(blank.title): \($0)" }
    if finding.examined == 0, !common.allowsEmpty, finding.least == .pass {
      outcome.message = "no data: \(finding.message)"
      return outcome
    }
    var result = finding.least
    if common.warnIf != nil || common.errorIf != nil {
      if try common.errorIf?.matches(finding) == true {
        result = .fail
      } else if try common.warnIf?.matches(finding) == true, result == .pass {
        result = .warn
      }
      outcome.expected = outcome.expected ?? expectation
    } else if let limit = finding.failsAbove, finding.figure > limit {
      result = .fail
    }
    outcome.result = severe(result)
    outcome.figureOnly =
      finding.figureOnly && common.warnIf == nil && common.errorIf == nil && outcome.result == .pass
    return outcome
  }

  /// The thresholds in words: `not > 0 (warning), not > 100`.
  private var expectation: String {
    var parts: [String] = []
    if let warn = planned.common.warnIf { parts.append("not \(warn) (warning)") }
    if let error = planned.common.errorIf { parts.append("not \(error)") }
    return parts.joined(separator: ", ") + " \(planned.declaration.figure)"
  }
}

/// The collection that a check is asked of does not exist.
struct Absent: Error {}
