internal import Synchronization

/// Collects what went wrong, from several threads; keeps the first few of possibly many.
final class Problems: Sendable {
  /// How many are kept in full.
  static let kept = 100

  private let state = Mutex<(first: [RestoreResult.Problem], count: Int)>(([], 0))

  func report(_ problem: RestoreResult.Problem) {
    state.withLock { state in
      state.count += 1
      if state.first.count < Problems.kept { state.first.append(problem) }
    }
  }

  /// The first ones, and how many there were in all.
  var all: (first: [RestoreResult.Problem], count: Int) { state.withLock { $0 } }
}
