/// A bounded queue between threads: senders wait while it is full, receivers while it is empty.
package final class Channel<Element: Sendable>: Sendable {
  private struct State: Sendable {
    /// A ring; whoever takes an element leaves nothing of it here, so that its memory can go.
    var slots: [Element?]
    /// Index of the oldest element.
    var first = 0
    var count = 0
    var isClosed = false
    var isCancelled = false

    mutating func append(_ element: Element) {
      slots[(first + count) % slots.count] = element
      count += 1
    }

    mutating func takeFirst() -> Element? {
      defer {
        first = (first + 1) % slots.count
        count -= 1
      }
      return slots[first].take()
    }
  }

  private let state: Monitor<State>

  /// `capacity` elements at most lie in it.
  package init(capacity: Int) {
    precondition(capacity > 0)
    state = Monitor(State(slots: Array(repeating: nil, count: capacity)))
  }

  /// Puts an element in; waits while the channel is full. False when nobody will take it: closed or cancelled.
  package func send(_ element: Element) -> Bool {
    state.wait { state in
      if state.isClosed || state.isCancelled { return false }
      guard state.count < state.slots.count else { return nil }
      state.append(element)
      return true
    }
  }

  /// Takes the oldest element; waits for one. Nil when there will be none: closed and empty, or cancelled.
  package func receive() -> Element? {
    state.wait { state -> Element?? in
      if state.isCancelled { return .some(nil) }
      if state.count > 0 { return .some(state.takeFirst()) }
      return state.isClosed ? .some(nil) : nil
    }
  }

  /// No more will be sent; what lies in it can still be received.
  package func close() { state.update { $0.isClosed = true } }

  /// Drops what lies in it and wakes all who wait, on both sides.
  package func cancel() {
    // The elements are let go outside of the lock: their end may take other locks.
    let dropped = state.update { state -> [Element?] in
      state.isCancelled = true
      state.count = 0
      let dropped = state.slots
      state.slots = Array(repeating: nil, count: dropped.count)
      return dropped
    }
    withExtendedLifetime(dropped) {}
  }

  /// Whether `cancel` was called.
  package var isCancelled: Bool { state.withLock { $0.isCancelled } }
}
