internal import Platform

/// The memory that all tables of keys may have at one time: whoever comes first gets it, and who gets none makes do
/// with what it has.
final class KeyMemory: Sendable {
  private let held = Monitor(0)
  private let limit: Int

  /// In bytes.
  init(limit: Int) { self.limit = limit }

  /// Some of it, which goes back when the claim goes; nil when there isn't as much. `regardless` takes it anyway.
  func claim(_ bytes: Int, regardless: Bool = false) -> Claim? {
    let isGranted = held.withLock { held in
      guard regardless || held + bytes <= limit else { return false }
      held += bytes
      return true
    }
    return isGranted ? Claim(bytes, of: self) : nil
  }

  /// A part of the memory.
  final class Claim: Sendable {
    private let bytes: Int
    private let memory: KeyMemory

    fileprivate init(_ bytes: Int, of memory: KeyMemory) {
      self.bytes = bytes
      self.memory = memory
    }

    deinit { memory.held.withLock { $0 -= bytes } }
  }
}
