package import BSON
package import Platform

/// The moment to recover to, as it was asked for.
package enum Target: Sendable, Hashable {
  /// The last entry that there is.
  case latest
  /// The end of the base's own oplog: the dump as it is, made consistent.
  case dumpEnd
  /// Through the entry of this timestamp.
  case through(Timestamp)
  /// Up to the entry of this timestamp, without it.
  case before(Timestamp)
  /// Through the last entry of this second, since 1970.
  case second(UInt32)
  /// Up to the first entry of this second, without it.
  case beforeSecond(UInt32)
  /// Up to the first entry after the dump's end that matches, without it.
  case beforeFirst(OplogMatch)

  /// Reads `latest`, `dump-end`, `SECONDS:INCREMENT`, an RFC 3339 time, Unix seconds, `before:` one of the last
  /// three, or `before-first:{…}`. Throws `Failure` of kind `usage`.
  package init(_ text: String) throws(Failure) {
    let prefix = "before-first:"
    if text.hasPrefix(prefix) {
      self = .beforeFirst(try OplogMatch(text: String(text.dropFirst(prefix.count))))
      return
    }
    let isBefore = text.hasPrefix("before:")
    let moment = isBefore ? String(text.dropFirst("before:".count)) : text
    switch (moment, isBefore) {
    case ("latest", false): self = .latest
    case ("dump-end", false): self = .dumpEnd
    case ("latest", true), ("dump-end", true):
      throw .invalidTarget(text, "before: takes a timestamp or a time, not \(moment)")
    default:
      if let timestamp = Timestamp(moment) {
        guard timestamp.bits > 0 else { throw .invalidTarget(text, "0:0 is no moment") }
        self = isBefore ? .before(timestamp) : .through(timestamp)
      } else {
        let second = try Target.second(moment, of: text)
        self = isBefore ? .beforeSecond(second) : .second(second)
      }
    }
  }

  /// The last timestamp that it can include, as far as it says by itself: a snapshot that ends later is none to
  /// recover to it from.
  package var bound: Timestamp? {
    switch self {
    case .latest, .dumpEnd, .beforeFirst: nil
    case .through(let timestamp): timestamp
    case .before(let timestamp): Timestamp(bits: timestamp.bits - 1)
    case .second(let second): Timestamp(seconds: second, increment: .max)
    case .beforeSecond(let second): Timestamp(seconds: second - 1, increment: .max)
    }
  }

  /// What is asked for where nobody says: the last entry where slices are given, the dump's end where not.
  package static func standard(hasSlices: Bool) -> Target { hasSlices ? .latest : .dumpEnd }

  /// A time or a number of seconds.
  private static func second(_ moment: String, of text: String) throws(Failure) -> UInt32 {
    if let time = WallTime(rfc3339: moment) {
      if moment.contains(".") {
        throw .invalidTarget(
          text, "a time has no fraction of a second here",
          hint:
            "An oplog tells the entries of a second apart by a number: give the whole second, or "
            + "SECONDS:INCREMENT (mongodrill find lists them).")
      }
      guard let second = UInt32(exactly: time.seconds), second > 0 else {
        throw .invalidTarget(text, "the time is not one that an oplog can have")
      }
      return second
    }
    if !moment.isEmpty, moment.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
      if let second = UInt32(moment), second > 0 { return second }
      let isMilliseconds = moment.utf8.count == 13
      throw .invalidTarget(
        text, "not a number of seconds that an oplog can have",
        hint: isMilliseconds ? "These look like milliseconds; leave the last three digits out." : nil)
    }
    if WallTime(rfc3339: moment + "Z") != nil {
      throw .invalidTarget(
        text, "a time needs its zone", hint: "Add Z for UTC, or an offset such as +01:00.")
    }
    if WallTime(rfc3339: moment + "T00:00:00Z") != nil {
      throw .invalidTarget(text, "a day is no moment", hint: "Give the time too: \(moment)T00:00:00Z.")
    }
    let words = ["latest", "dump-end", "before:", "before-first:"]
    let known = moment.utf8.count > 3 ? Suggestion.hint(for: text, among: words) : nil
    throw .invalidTarget(text, "neither a word that is known, nor a timestamp, nor a time", hint: known)
  }
}

extension Target: CustomStringConvertible {
  /// As it is read by `init`.
  package var description: String {
    switch self {
    case .latest: "latest"
    case .dumpEnd: "dump-end"
    case .through(let timestamp): timestamp.description
    case .before(let timestamp): "before:\(timestamp)"
    case .second(let second): WallTime(seconds: Int(second)).text
    case .beforeSecond(let second): "before:\(WallTime(seconds: Int(second)).text)"
    case .beforeFirst(let match): "before-first:\(match)"
    }
  }
}

extension Failure {
  static func invalidTarget(_ text: String, _ what: String, hint: String? = nil) -> Failure {
    Failure(
      .usage, "invalid-target", "\"\(text)\" is no target: \(what)",
      hint: hint
        ?? "Give latest, dump-end, SECONDS:INCREMENT, a time such as 2026-11-21T14:30:00Z, Unix seconds, "
        + "before: one of these, or before-first:{op: drop, ns: shop.products}.")
  }
}
