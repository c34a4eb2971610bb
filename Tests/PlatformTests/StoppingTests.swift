import Glibc
import Platform
import Testing

@Suite("Work that is told to stop", .timeLimit(.minutes(10)))
struct StoppingTests {
  private static let over = Failure(.incomplete, "over", "the time is over")

  @Test("notices it where it would notice a signal, on all its threads")
  func stops() throws {
    let isOver = Monitor(false)
    let reason: @Sendable () -> Failure? = { isOver.withLock { $0 } ? Self.over : nil }
    try Interruption.stopping(when: reason) {
      try Interruption.check()
      isOver.update { $0 = true }
      #expect(throws: Self.over) { try Interruption.check() }
      #expect(throws: Self.over) { try Threads.concurrently(2) { _ in try Interruption.check() } }
      #expect(throws: Self.over) { try Threads.forEach(below: 3, on: 2) { _ in try Interruption.check() } }
    }
  }

  @Test("is the only one: what follows it and what runs beside it go on")
  func others() throws {
    let over: @Sendable () -> Failure? = { Self.over }
    let goesOn: @Sendable () -> Failure? = { nil }
    try Interruption.stopping(when: over) {
      let beside = Monitor<Bool?>(nil)
      _ = try Threads.start {
        let isGoingOn = (try? Interruption.check()) != nil
        beside.update { $0 = isGoingOn }
      }
      #expect(beside.wait(atMost: 20) { $0 } == true)
      try Interruption.stopping(when: goesOn) { try Interruption.check() }
    }
    try Interruption.check()
  }

  @Test("waits no longer for what nobody writes, from a pipe and from a person")
  func waiting() throws {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    defer {
      close(reading)
      close(writing)
    }
    let end = Clock.monotonic + 0.2
    let reason: @Sendable () -> Failure? = { Clock.monotonic > end ? Self.over : nil }
    Interruption.stopping(when: reason) {
      #expect(throws: Self.over) { try Interruption.waitForInput(reading) }
      #expect(throws: Self.over) { try Terminal.line(from: reading) }
    }
  }
}
