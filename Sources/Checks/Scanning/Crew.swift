internal import Platform

/// The threads that answer a suite, and the memory that they share. Whoever has work that can be cut into jobs offers
/// it; threads that have nothing else to do help.
package final class Crew: Sendable {
  /// How many threads there are, the one that asks among them.
  let threads: Int
  /// What all of them may keep in memory at one time.
  let memory: KeyMemory
  private let state: Monitor<State>

  private struct Offer: Sendable {
    let body: @Sendable (Int) throws -> Void
    let count: Int
    var next = 0
    var done = 0
    var failure: (any Error)?
  }

  private struct State: Sendable {
    /// The oldest first.
    var offers: [(id: Int, offer: Offer)] = []
    var nextID = 0
    /// Threads that may still offer something.
    var busy: Int

    mutating func take(_ at: Int) -> Int? {
      guard offers[at].offer.next < offers[at].offer.count else { return nil }
      defer { offers[at].offer.next += 1 }
      return offers[at].offer.next
    }

    mutating func take(id: Int) -> Int? {
      guard let at = offers.firstIndex(where: { $0.id == id }) else { return nil }
      return take(at)
    }

    /// Notes a job's end. After a failure no further job of that offer is begun.
    mutating func end(_ id: Int, _ failure: (any Error)?) {
      guard let at = offers.firstIndex(where: { $0.id == id }) else { return }
      offers[at].offer.done += 1
      if let failure, offers[at].offer.failure == nil {
        let begun = offers[at].offer.next
        offers[at].offer.failure = failure
        offers[at].offer.done += offers[at].offer.count - begun
        offers[at].offer.next = offers[at].offer.count
      }
    }
  }

  /// `memory` in bytes; a quarter of it is left to what is being read.
  package init(threads: Int = 1, memory: Int) {
    self.threads = threads
    self.memory = KeyMemory(limit: memory - memory / 4)
    state = Monitor(State(busy: threads))
  }

  /// Runs `body` for each index below `count`, on this thread and on those that help, and returns when all have
  /// ended. Throws the first error; what wasn't begun by then isn't.
  func run(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    if count == 1 || threads == 1 {
      for index in 0..<count { try body(index) }
      return
    }
    let id = state.update { state -> Int in
      defer { state.nextID += 1 }
      state.offers.append((state.nextID, Offer(body: body, count: count)))
      return state.nextID
    }
    while let index = state.withLock({ $0.take(id: id) }) { perform(body, index, of: id) }
    let failure = state.wait { state -> (any Error)?? in
      guard let at = state.offers.firstIndex(where: { $0.id == id }) else { return .some(nil) }
      guard state.offers[at].offer.done == count else { return nil }
      return .some(state.offers.remove(at: at).offer.failure)
    }
    if let failure { throw failure }
  }

  private func perform(_ body: (Int) throws -> Void, _ index: Int, of id: Int) {
    var failure: (any Error)?
    do { try body(index) } catch { failure = error }
    state.update { $0.end(id, failure) }
  }

  /// A thread's own work, then what others offer, until no thread has work of its own any more.
  func work(_ own: () throws -> Void) throws {
    do {
      defer { state.update { $0.busy -= 1 } }
      try own()
    }
    while let job = nextJob() { perform(job.body, job.index, of: job.id) }
  }

  /// Nobody waits for offers any more.
  func disband() { state.update { $0.busy = .min / 2 } }

  private struct Job {
    let id: Int
    let index: Int
    let body: @Sendable (Int) throws -> Void
  }

  private func nextJob() -> Job? {
    state.wait { state -> Job?? in
      for at in state.offers.indices {
        guard let index = state.take(at) else { continue }
        return Job(id: state.offers[at].id, index: index, body: state.offers[at].offer.body)
      }
      return state.busy <= 0 ? .some(nil) : nil
    }
  }
}
