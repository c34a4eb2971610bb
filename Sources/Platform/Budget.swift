/// A bound on something that threads take and give back, such as the bytes of all batches in memory.
///
/// Whoever came first is served first, so that a large request isn't starved by small ones.
package final class Budget: Sendable {
  private struct State: Sendable {
    var held = 0
    var nextTicket = 0
    var served = 0
    var isCancelled = false
  }

  private let state = Monitor(State())
  /// How much may be held at one time.
  package let limit: Int

  /// `limit` in the unit that `acquire` is called with.
  package init(limit: Int) {
    precondition(limit > 0)
    self.limit = limit
  }

  /// Waits until `amount` fits and takes it. A request above the limit is let through when nothing else is held.
  /// False when cancelled: nothing was taken.
  package func acquire(_ amount: Int) -> Bool {
    let ticket = state.withLock { state -> Int in
      defer { state.nextTicket += 1 }
      return state.nextTicket
    }
    return state.wait { state in
      if state.isCancelled { return false }
      guard state.served == ticket, state.held == 0 || state.held + amount <= limit else { return nil }
      state.served += 1
      state.held += amount
      return true
    }
  }

  /// Gives `amount` back.
  package func release(_ amount: Int) { state.update { $0.held -= amount } }

  /// Wakes all who wait, and refuses from now on.
  package func cancel() { state.update { $0.isCancelled = true } }

  /// How much is held now.
  package var held: Int { state.withLock { $0.held } }
}
