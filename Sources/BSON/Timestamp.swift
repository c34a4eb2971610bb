/// An oplog time: seconds since 1970 and an increment, as BSON's `Timestamp`.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Seconds since 1970-01-01 UTC.
  package var seconds: UInt32
  /// The ordinal within the second, from 1.
  package var increment: UInt32

  package init(seconds: UInt32, increment: UInt32) {
    self.seconds = seconds
    self.increment = increment
  }

  /// From BSON's form: seconds in the high half, increment in the low one.
  package init(bits: UInt64) {
    self.init(seconds: UInt32(truncatingIfNeeded: bits >> 32), increment: UInt32(truncatingIfNeeded: bits))
  }

  /// BSON's form.
  package var bits: UInt64 { UInt64(seconds) << 32 | UInt64(increment) }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.bits < right.bits }

  /// `1795258578:300`.
  package var description: String { "\(seconds):\(increment)" }

  /// Reads `SECONDS:INCREMENT`; nil when `text` is something else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let seconds = UInt32(parts[0]), let increment = UInt32(parts[1]) else {
      return nil
    }
    self.init(seconds: seconds, increment: increment)
  }
}
