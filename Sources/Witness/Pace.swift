internal import Platform

/// Holds work down to so many bytes a second, shared by threads.
final class Pace: Sendable {
  private let bytesPerSecond: Double?
  /// When the bytes that were let through so far are paid for, by the monotonic clock.
  private let paidUntil = Monitor(0.0)

  /// Nil for as fast as it goes.
  init(_ bytesPerSecond: Int?) { self.bytesPerSecond = bytesPerSecond.map { Double(max(1, $0)) } }

  /// Waits until `bytes` may go; ends early when a signal to stop came.
  func take(_ bytes: Int) {
    guard let bytesPerSecond else { return }
    let now = Clock.monotonic
    let wait = paidUntil.withLock { paidUntil in
      // A quarter of a second that wasn't used may be made up for.
      paidUntil = max(paidUntil, now - 0.25) + Double(bytes) / bytesPerSecond
      return paidUntil - now
    }
    if wait > 0 { Interruption.sleep(wait) }
  }
}
