internal import BSON
internal import Facts
internal import Mongo
internal import Platform
package import Record

extension Suite {
  /// Asks all its checks, up to `parallel` of them at one time (and no more than the pool has connections for: a
  /// check may hold two, one for a cursor and one to ask about what it gives), each on a thread of its own, and tells `events` of each answer. The outcomes come in the order of the suite; there is always one a check.
  ///
  /// Throws a failure of kind `interrupted` when a signal came, and what `before` throws, which is called before
  /// each check (to see whether the server is still there); whatever else keeps a check from its answer is an
  /// outcome.
  package func run(
    on server: CheckedServer, parallel: Int, before: @escaping @Sendable () throws -> Void = {},
    events: @escaping EventSink
  ) throws -> [Outcome] {
    let questions = try questions(for: server)
    let outcomes = Monitor([Outcome?](repeating: nil, count: questions.count))
    let next = Monitor(0)
    let threads = max(1, min(parallel, questions.count, server.pool.connections / 2))
    try Threads.concurrently(threads) { _ in
      while true {
        try Interruption.check()
        try before()
        let index = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard index < questions.count else { return }
        let outcome = try questions[index].answer(on: server, suite: name)
        outcomes.withLock { $0[index] = outcome }
        events(.checked(outcome))
      }
    }
    return outcomes.withLock { $0.compactMap(\.self) }
  }

  /// The checks with those of `shop` and `*` spread over the collections.
  private func questions(for server: CheckedServer) throws -> [Question] {
    try checks.flatMap { planned -> [Question] in
      if case .collection = planned.subject { return [Question(planned, planned.subject)] }
      guard planned.declaration.scope == .collection else { return [Question(planned, planned.subject)] }
      try Interruption.check()
      let found: [Question]
      do {
        found = try planned.spread(on: server).map { Question(planned, .collection($0)) }
      } catch {
        return [Question(planned, planned.subject, trouble: "\(error)")]
      }
      let nothing = Question(planned, planned.subject, trouble: "no collection in \(planned.subject)")
      return found.isEmpty ? [nothing] : found
    }
  }
}

extension PlannedCheck {
  /// The collections that a check of a database is asked of: those of the backup, so that one that is missing on
  /// the server is noticed; without a backup those of the server. Views are left out.
  fileprivate func spread(on server: CheckedServer) throws -> [Namespace] {
    var databases: [String]?
    if case .database(let name) = subject { databases = [name] }
    let catalogue = try server.expected ?? Catalogue(listedOn: server.pool, databases: databases)
    return catalogue.sorted.filter {
      subject.covers($0.namespace) && $0.kind != .view && declaration.appliesTo.contains($0.kind)
    }.map(\.namespace)
  }
}

/// One check, asked of one thing.
private struct Question: Sendable {
  let planned: PlannedCheck
  let subject: Subject
  /// Why it can't even be asked.
  let trouble: String?

  init(_ planned: PlannedCheck, _ subject: Subject, trouble: String? = nil) {
    self.planned = planned
    self.subject = subject
    self.trouble = trouble
  }

  func answer(on server: CheckedServer, suite: String) throws -> Outcome {
    let start = Clock.monotonic
    var outcome = try outcome(on: server, suite: suite)
    outcome.seconds = Clock.monotonic - start
    return outcome
  }

  private func outcome(on server: CheckedServer, suite: String) throws -> Outcome {
    var namespace: String?
    if case .collection(let name) = subject { namespace = name.description }
    var outcome = Outcome(
      kind: planned.declaration.kind, suite: suite, namespace: namespace, name: planned.name, result: .error,
      message: trouble ?? "")
    if trouble != nil { return outcome }
    let timeout = planned.common.timeout ?? server.timeout
    do {
      var facts: CollectionFacts?
      if case .collection(let name) = subject {
        facts = try Catalogue.listed(name, on: server.pool)
        guard let facts else {
          outcome.result = severe(.fail)
          outcome.message = "the collection does not exist"
          outcome.expected = "a collection"
          outcome.observed = "none"
          return outcome
        }
        if !planned.declaration.appliesTo.contains(facts.kind) {
          throw Failure.doesNotApply(planned.declaration.kind, to: facts, at: planned.place)
        }
      }
      let context = CheckContext(
        server: server, subject: subject, collection: facts, common: planned.common,
        deadline: timeout.map { Clock.monotonic + $0 })
      return try judged(try planned.check.run(context), outcome)
    } catch let error as NotAsked {
      outcome.result = .skipped
      outcome.message = error.reason
    } catch let error as Failure where error.kind == .interrupted {
      throw error
    } catch let error as MongoError where error.code == 50 && error.codeName == "MaxTimeMSExpired" {
      outcome.message = timedOut(timeout)
    } catch is TimedOut {
      outcome.message = timedOut(timeout)
    } catch let error as Unanswerable {
      outcome.message = error.reason
    } catch {
      outcome.message = "\(error)"
    }
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
