internal import BSON
internal import Facts
internal import Platform
internal import Record

/// The checks that are answered by one reading of a collection. Every thread that has nothing else to do helps: with a
/// part of the reading, then with the conclusions.
final class SharedReading: Sendable {
  /// What has to be the same for checks to share a reading.
  struct Key: Hashable {
    var namespace: Namespace
    /// Whether it is read as it is stored.
    var isStored: Bool
    var filter: Document?
    var timeout: Double?
  }

  private struct Asked: Sendable {
    let question: Question
    let index: Int
  }

  private enum Stage: Sendable {
    case waiting
    case reading(Reading)
    /// What the scanners saw; those whose conclusion nobody has begun to draw.
    case concluding([Scanner], left: ArraySlice<Int>)
    case over
  }

  private struct State: Sendable {
    var asked: [Asked]
    var stage = Stage.waiting
    /// One for each scanner.
    var contexts: [CheckContext] = []
    var start = 0.0
  }

  private let server: CheckedServer
  private let isStored: Bool
  private let state: Monitor<State>

  init(_ question: Question, _ index: Int, on server: CheckedServer, _ key: Key) {
    self.server = server
    isStored = key.isStored
    state = Monitor(State(asked: [Asked(question: question, index: index)]))
  }

  /// Before it begins.
  func add(_ question: Question, _ index: Int) {
    state.withLock { $0.asked.append(Asked(question: question, index: index)) }
  }

  /// Begins, in up to `parts` parts, and works on it until nothing is left to take up.
  func read(_ suite: String, parts: Int, _ answer: (Int, Outcome) -> Void) throws {
    let start = Clock.monotonic
    var asked: [Asked] = []
    var contexts: [CheckContext] = []
    var scanners: [Scanner] = []
    for one in state.withLock({ $0.asked }) {
      do {
        let context = try one.question.context(on: server, suite)
        guard let check = one.question.planned.check as? any ScanningCheck else { continue }
        scanners.append(try Scanner(check, context))
        contexts.append(context)
        asked.append(one)
      } catch {
        answer(one.index, try one.question.outcome(suite, since: start, on: server) { throw error })
      }
    }
    guard let context = contexts.first else { return cancel() }
    let reading = Reading(scanners, of: context, at: isStored ? context.place : context.namespace)
    reading.prepare(parts: parts)
    state.update { state in
      state.start = start
      state.asked = asked
      state.contexts = contexts
      if case .waiting = state.stage { state.stage = .reading(reading) }
    }
    try help(suite, answer)
  }

  /// Nobody takes anything up any more.
  func cancel() { state.update { $0.stage = .over } }

  private enum Job {
    case part(Int, Reading)
    case conclusion(Int, Scanner)
    case none
  }

  /// Works on it until nothing is left to take up.
  func help(_ suite: String, _ answer: (Int, Outcome) -> Void) throws {
    while true {
      try Interruption.check()
      let task: Job = state.wait { state in
        switch state.stage {
        case .waiting: return nil
        case .reading(let reading): return reading.next().map { .part($0, reading) }
        case .concluding(let scanners, var left):
          guard let next = left.popFirst() else { return Job.none }
          state.stage = .concluding(scanners, left: left)
          return .conclusion(next, scanners[next])
        case .over: return Job.none
        }
      }
      switch task {
      case .none: return
      case .part(let part, let reading): try read(part, of: reading, suite, answer)
      case .conclusion(let at, let scanner):
        let (asked, context, start) = state.withLock { ($0.asked[at], $0.contexts[at], $0.start) }
        answer(
          asked.index,
          try asked.question.outcome(suite, since: start, on: server) { try scanner.finding(context) })
      }
    }
  }

  private func read(
    _ part: Int, of reading: Reading, _ suite: String, _ answer: (Int, Outcome) -> Void
  ) throws {
    do {
      guard try reading.read(part) else { return }
      let scanners = reading.scanners
      state.update { state in
        if case .over = state.stage { return }
        state.stage = .concluding(scanners, left: ArraySlice(scanners.indices))
      }
    } catch {
      // One answer for each, whichever part it was.
      let (asked, start) = state.update { state -> ([Asked], Double) in
        defer { state.stage = .over }
        if case .over = state.stage { return ([], 0) }
        return (state.asked, state.start)
      }
      for one in asked {
        answer(one.index, try one.question.outcome(suite, since: start, on: server) { throw error })
      }
    }
  }
}

extension Question {
  /// Which reading it shares; nil when it reads for itself.
  func reading(on server: CheckedServer) -> SharedReading.Key? {
    guard trouble == nil, let check = planned.check as? any ScanningCheck, check.isScanning,
      case .collection(let namespace) = subject
    else { return nil }
    return SharedReading.Key(
      namespace: namespace, isStored: check.readsStored, filter: planned.common.filter,
      timeout: timeout(on: server))
  }
}
