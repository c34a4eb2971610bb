internal import BSON
internal import Facts
internal import Platform
internal import Record

/// The checks that are answered by one reading of a collection.
struct SharedReading: Sendable {
  /// What has to be the same for checks to share a reading.
  struct Key: Hashable {
    var namespace: Namespace
    /// Whether it is read as it is stored.
    var isStored: Bool
    var filter: Document?
    var timeout: Double?
  }

  let isStored: Bool
  /// The questions with their numbers in the suite.
  var asked: [(question: Question, index: Int)]

  private struct Begun: Sendable {
    let question: Question
    let index: Int
    let check: any ScanningCheck
    let context: CheckContext
    let scan: any Scan
  }

  /// Asks all, and draws the conclusions side by side.
  func read(
    _ suite: String, on server: CheckedServer, _ crew: Crew,
    _ answer: @escaping @Sendable (Int, Outcome) -> Void
  ) throws {
    let start = Clock.monotonic
    var begun: [Begun] = []
    for (question, index) in asked {
      do {
        let context = try question.context(on: server, suite, crew)
        guard let check = question.planned.check as? any ScanningCheck else { continue }
        let scan: any Scan = try check.scan(context)
        begun.append(
          Begun(question: question, index: index, check: check, context: context, scan: scan))
      } catch {
        answer(index, try question.outcome(suite, since: start, on: server) { throw error })
      }
    }
    guard let context = begun.first?.context else { return }
    let scanners: Result<[Scanner], any Error>
    do {
      scanners = .success(
        try Reading(begun.map(\.scan), of: context.source(stored: isStored), for: context).read())
    } catch {
      scanners = .failure(error)
    }
    let all = begun
    // Each is let go of as soon as its conclusion is drawn: it may hold much memory.
    let left = Monitor(try? scanners.get().map { Scanner?.some($0) })
    try crew.run(all.count) { at in
      let one = all[at]
      let outcome = try one.question.outcome(suite, since: start, on: server) {
        guard let scanner = left.withLock({ $0?[at].take() }) else {
          _ = try scanners.get()
          preconditionFailure("a scanner was taken twice")
        }
        if let failure = scanner.failure { throw failure }
        return try one.check.conclude(scanner.scan, one.context)
      }
      answer(one.index, outcome)
    }
  }
}

extension Question {
  /// Which reading it shares; nil when it reads for itself.
  func reading(on server: CheckedServer) -> SharedReading.Key? {
    guard trouble == nil, let check = planned.check as? any ScanningCheck, check.isScanning,
      case .collection(let namespace) = subject
    else { return nil }
    // What a set is asked is looked at one by one: a view or a time series there has no answer.
    if server.set != nil { return nil }
    return SharedReading.Key(
      namespace: namespace,
      isStored: check.readsStored && server.expected?[namespace]?.kind ?? .timeseries == .timeseries,
      filter: planned.common.filter,
      timeout: timeout(on: server))
  }
}
