import Platform
import Testing

@Suite(.timeLimit(.minutes(10))) struct ThreadsTests {
  private struct Broken: Error, Equatable { var index: Int }

  @Test("runs every index and returns when all have ended") func runsAll() throws {
    let seen = Monitor<[Int]>([])
    try Threads.concurrently(8) { index in seen.update { $0.append(index) } }
    #expect(seen.withLock { $0.sorted() } == Array(0..<8))
  }

  @Test("throws the first error after the others, woken by it, have ended") func firstError() throws {
    let channel = Channel<Int>(capacity: 1)
    let ended = Monitor(0)
    #expect(throws: Broken(index: 2)) {
      let cancel: @Sendable (any Error) -> Void = { _ in channel.cancel() }
      try Threads.concurrently(3, onFirstError: cancel) { index in
        if index == 2 { throw Broken(index: 2) }
        // Nobody sends: only a cancel lets it go on.
        #expect(channel.receive() == nil)
        ended.update { $0 += 1 }
      }
    }
    #expect(ended.withLock { $0 } == 2)
  }

  @Test(
    "a thread's stack carries deep recursion",
    .enabled(if: Environment["MONGODRILL_FUZZ_SANITIZED"] == nil, "frames without a sanitizer's"))
  func deep() throws {
    @Sendable func depth(_ level: Int) -> Int {
      if level == 0 { return 0 }
      return withExtendedLifetime(level) { 1 + depth(level - 1) }
    }
    try Threads.concurrently(1) { _ in #expect(depth(20_000) == 20_000) }
  }

  @Test("a channel hands over everything in order, through less room than there are elements")
  func order() throws {
    let channel = Channel<Int>(capacity: 3)
    let received = Monitor<[Int]>([])
    try Threads.concurrently(2) { index in
      if index == 0 {
        for number in 0..<1000 { #expect(channel.send(number)) }
        channel.close()
      } else {
        while let number = channel.receive() { received.update { $0.append(number) } }
      }
    }
    #expect(received.withLock { $0 } == Array(0..<1000))
    #expect(!channel.send(1))
  }

  @Test("many senders and receivers lose nothing") func many() throws {
    let channel = Channel<Int>(capacity: 4)
    let sum = Monitor(0)
    let sending = Monitor(4)
    try Threads.concurrently(8) { index in
      if index < 4 {
        for number in 0..<500 { _ = channel.send(number) }
        if sending.update({ count -> Int in
          count -= 1
          return count
        }) == 0 {
          channel.close()
        }
      } else {
        while let number = channel.receive() { sum.update { $0 += number } }
      }
    }
    #expect(sum.withLock { $0 } == 4 * 499 * 500 / 2)
  }

  @Test("a budget is never exceeded, and lets one over-large request through alone") func budget() throws {
    let budget = Budget(limit: 10)
    let most = Monitor(0)
    try Threads.concurrently(6) { index in
      let amount = index == 5 ? 25 : index + 1
      for _ in 0..<200 {
        #expect(budget.acquire(amount))
        let held = budget.held
        most.update { $0 = max($0, held) }
        #expect(held <= 10 || held == 25)
        budget.release(amount)
      }
    }
    #expect(budget.held == 0)
    #expect(most.withLock { $0 } == 25)
  }

  @Test("cancelling a budget wakes who waits") func budgetCancel() throws {
    let budget = Budget(limit: 1)
    #expect(budget.acquire(1))
    try Threads.concurrently(2) { index in
      if index == 0 { #expect(!budget.acquire(1)) } else { budget.cancel() }
    }
    #expect(!budget.acquire(1))
  }

  @Test("waiting on a monitor ends when its time is over") func monitorTimeout() {
    let monitor = Monitor(0)
    let (result, seconds) = Clock.measure { monitor.wait(atMost: 0.05) { $0 > 0 ? true : nil } }
    #expect(result == nil && seconds >= 0.05 && seconds < 30)
  }
}
