internal import BSON
internal import Facts
internal import Mongo
internal import Platform
package import Record
internal import Witness

extension Suite {
  /// Asks all its checks, up to `parallel` of them at one time (and no more than the pool has connections for: a
  /// check may hold two, one for a cursor and one to ask about what it gives), each on a thread of its own, and tells
  /// `events` of each answer. Scanning checks of one collection share one reading of it. The outcomes come in the
  /// order of the suite; there is always one a check.
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
    let answer: @Sendable (Int, Outcome) -> Void = { index, outcome in
      outcomes.withLock { $0[index] = outcome }
      events(.checked(outcome))
    }
    var plan: [Work] = []
    var readings: [SharedReading.Key: Int] = [:]
    for (index, question) in questions.enumerated() {
      if let key = question.reading(on: server) {
        if let at = readings[key], case .reading(var reading) = plan[at] {
          reading.asked.append((question, index))
          plan[at] = .reading(reading)
        } else {
          readings[key] = plan.count
          plan.append(.reading(SharedReading(isStored: key.isStored, asked: [(question, index)])))
        }
      } else {
        plan.append(.question(index))
      }
    }
    let queue = Monitor(plan[...])
    let threads = max(1, min(parallel, server.pool.connections / 2))
    let crew = Crew(threads: threads, memory: server.memory)
    let suite = name
    let disband: @Sendable (any Error) -> Void = { _ in crew.disband() }
    try Threads.concurrently(threads, onFirstError: disband) { _ in
      try crew.work {
        while true {
          try Interruption.check()
          try before()
          guard let next = queue.withLock({ $0.popFirst() }) else { return }
          switch next {
          case .question(let index):
            answer(index, try questions[index].answer(on: server, suite: suite, crew))
          case .reading(let reading): try reading.read(suite, on: server, crew, answer)
          }
        }
      }
    }
    return outcomes.withLock { $0.compactMap(\.self) }
  }

  /// What a thread takes up.
  private enum Work: Sendable {
    /// The question of that number, by itself.
    case question(Int)
    /// All that is answered by one reading.
    case reading(SharedReading)
  }

  /// The checks with those of `shop` and `*` spread over the collections.
  func questions(for server: CheckedServer) throws -> [Question] {
    try checks.flatMap { planned -> [Question] in
      if case .collection = planned.subject { return [Question(planned, planned.subject)] }
      guard planned.declaration.scope == .collection else { return [Question(planned, planned.subject)] }
      try Interruption.check()
      let found: [Question]
      do {
        found = try spread(planned, on: server).map { Question(planned, .collection($0)) }
      } catch {
        return [Question(planned, planned.subject, trouble: "\(error)")]
      }
      let nothing = Question(planned, planned.subject, trouble: "no collection in \(planned.subject)")
      return found.isEmpty ? [nothing] : found
    }
  }
}

extension Suite {
  /// The collections that a check of a database is asked of: those of the backup, so that one that is missing on
  /// the server is noticed; without a backup those of the server. Besides, those that it is compared with: what is lost
  /// is in neither. Views are left out, unless the kind is about them.
  private func spread(_ planned: PlannedCheck, on server: CheckedServer) throws -> [Namespace] {
    var databases: [String]?
    if case .database(let name) = planned.subject { databases = [name] }
    let catalogue = try server.expected ?? server.listed(databases: databases)
    let there = planned.concerned(in: catalogue)
    let compared = planned.compared(in: name, on: server).filter { namespace in
      // One that is asked by its name isn't asked again.
      !checks.contains { other in
        other.subject == .collection(namespace) && other.declaration.kind == planned.declaration.kind
          && other.name.utf8.elementsEqual(planned.name.utf8)
      }
    }
    return Set(there).union(compared).sorted()
  }
}

extension PlannedCheck {
  /// Those of a catalogue that it is asked of.
  fileprivate func concerned(in catalogue: Catalogue) -> [Namespace] {
    catalogue.sorted.filter {
      subject.covers($0.namespace) && declaration.appliesTo.contains($0.kind) && check.concerns($0)
    }.map(\.namespace)
  }

  /// Those that what it is compared with holds, as far as they are to be here.
  fileprivate func compared(in suite: String, on server: CheckedServer) -> [Namespace] {
    guard check.counterpart != nil || check.comparesUnasked else { return [] }
    let counterpart = server.counterpart(of: check.counterpart)
    if counterpart == .baseline {
      guard let baseline = server.baseline else { return [] }
      return baseline.namespaces(of: declaration.kind, named: name, in: suite).filter { namespace in
        subject.covers(namespace)
          && server.place.map { $0(baseline.sources[namespace] ?? namespace) == namespace } ?? true
      }
    }
    guard let catalogue = server.catalogue(of: counterpart) else { return [] }
    let found = concerned(in: catalogue)
    return counterpart == .witness ? found.filter { !server.fleeting.contains($0) } : found
  }
}
