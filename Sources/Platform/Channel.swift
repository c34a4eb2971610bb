/// A bounded queue between threads: senders wait while it is full, receivers while it is empty.
package final class Channel<Element: Sendable>: Sendable {
  private struct State: Sendable {
    var elements: [Element] = []
    /// Index of the oldest element; those before it are gone.
    var first = 0
    var isClosed = false
    var isCancelled = false
    var count: Int { elements.count - first }

    mutating func takeFirst() -> Element {
      let element = elements[first]
      first += 1
      // Gives the taken ones back now and then, so that taking one stays cheap whatever the capacity.
      if first == elements.count || first >= 64 {
        elements.removeSubrange(..<first)
        first = 0
      }
      return element
    }
  }

  private let state = Monitor(State())
  private let capacity: Int

  /// `capacity` elements at most lie in it.
  package init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  /// Puts an element in; waits while the channel is full. False when nobody will take it: closed or cancelled.
  package func send(_ element: Element) -> Bool {
    state.wait { state in
      if state.isClosed || state.isCancelled { return false }
      guard state.count < capacity else { return nil }
      state.elements.append(element)
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
    let dropped = state.update { state -> [Element] in
      state.isCancelled = true
      defer {
        state.elements = []
        state.first = 0
      }
      return state.elements
    }
    withExtendedLifetime(dropped) {}
  }

  /// Whether `cancel` was called.
  package var isCancelled: Bool { state.withLock { $0.isCancelled } }
}
