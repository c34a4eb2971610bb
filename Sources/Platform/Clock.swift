internal import Glibc

/// The clock for measuring: it never jumps.
package enum Clock {
  /// Seconds since some moment; only differences mean anything.
  package static var monotonic: Double { seconds(of: CLOCK_MONOTONIC) }

  /// Runs `body` and says how many seconds it took.
  package static func measure<Result>(_ body: () throws -> Result) rethrows -> (Result, seconds: Double) {
    let start = monotonic
    let result = try body()
    return (result, monotonic - start)
  }

  /// Waits so many seconds, whatever signals come.
  package static func rest(_ seconds: Double) {
    let end = monotonic + seconds
    while monotonic < end { usleep(20_000) }
  }

  private static func seconds(of clock: clockid_t) -> Double {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// A moment in UTC, with nanoseconds; its text is RFC 3339.
package struct WallTime: Sendable, Hashable, Comparable {
  /// Seconds since 1970.
  package var seconds: Int
  /// Nanoseconds of the second, 0 to 999,999,999.
  package var nanoseconds: Int

  /// A moment by its seconds since 1970.
  package init(seconds: Int, nanoseconds: Int = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Now.
  package static var now: WallTime {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
  }

  package static func < (left: WallTime, right: WallTime) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// Seconds from `other` to this moment.
  package func timeInterval(since other: WallTime) -> Double {
    Double(seconds - other.seconds) + Double(nanoseconds - other.nanoseconds) / 1e9
  }
}

extension WallTime {
  /// `2026-11-21T14:30:00Z`.
  package var text: String {
    let (date, time) = parts
    return "\(date[0])-\(date[1])-\(date[2])T\(time[0]):\(time[1]):\(time[2])Z"
  }

  /// `2026-11-21T14:30:00.123Z`.
  package var textWithMilliseconds: String {
    "\(text.dropLast()).\(WallTime.padded(nanoseconds / 1_000_000, 3))Z"
  }

  /// `20261121T143000Z`, for names of folders.
  package var compact: String {
    let (date, time) = parts
    return date.joined() + "T" + time.joined() + "Z"
  }

  private var parts: (date: [String], time: [String]) {
    let day = Int((Double(seconds) / 86_400).rounded(.down))
    let second = seconds - day * 86_400
    let (year, month, dayOfMonth) = WallTime.civil(day: day)
    return (
      [WallTime.padded(year, 4), WallTime.padded(month, 2), WallTime.padded(dayOfMonth, 2)],
      [second / 3600, second / 60 % 60, second % 60].map { WallTime.padded($0, 2) }
    )
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Year, month and day of a day counted from 1970 (Hinnant, "chrono-compatible low-level date algorithms").
  private static func civil(day: Int) -> (Int, Int, Int) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// The day counted from 1970, by the same source.
  private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension WallTime {
  /// Reads RFC 3339: `2026-11-21T14:30:00Z`, `2026-11-21T15:30:00.5+01:00`. The zone must be there; a space or a
  /// lower-case `t` and `z` are accepted, a leap second is not.
  package init?(rfc3339 text: String) {
    var digits = Digits(bytes: Array(text.utf8))
    guard let year = digits.take(4), digits.skip("-"), let month = digits.take(2), digits.skip("-"),
      let dayOfMonth = digits.take(2), digits.skip("T") || digits.skip("t") || digits.skip(" "),
      let hour = digits.take(2), digits.skip(":"), let minute = digits.take(2), digits.skip(":"),
      let second = digits.take(2)
    else { return nil }
    var nanoseconds = 0
    if digits.skip(".") {
      guard let fraction = digits.fraction() else { return nil }
      nanoseconds = fraction
    }
    var zone = 0
    if !digits.skip("Z") && !digits.skip("z") {
      let isWest = digits.skip("-")
      guard isWest || digits.skip("+"), let hours = digits.take(2), digits.skip(":"),
        let minutes = digits.take(2), hours < 24, minutes < 60
      else { return nil }
      zone = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
    let day = WallTime.day(year, month, dayOfMonth)
    guard digits.isAtEnd, 1...12 ~= month, dayOfMonth >= 1,
      WallTime.civil(day: day) == (year, month, dayOfMonth),
      hour < 24, minute < 60, second < 60
    else { return nil }
    self.init(
      seconds: day * 86_400 + hour * 3600 + minute * 60 + second - zone, nanoseconds: nanoseconds)
  }

  private struct Digits {
    var bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func next() -> Int? {
      guard position < bytes.count, 0x30...0x39 ~= bytes[position] else { return nil }
      defer { position += 1 }
      return Int(bytes[position] - 0x30)
    }

    mutating func take(_ count: Int) -> Int? {
      var number = 0
      for _ in 0..<count {
        guard let digit = next() else { return nil }
        number = number * 10 + digit
      }
      return number
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    /// The digits after the point as nanoseconds; those past the ninth are cut off.
    mutating func fraction() -> Int? {
      var number = 0
      var count = 0
      while let digit = next() {
        if count < 9 { number = number * 10 + digit }
        count += 1
      }
      guard count > 0 else { return nil }
      for _ in min(count, 9)..<9 { number *= 10 }
      return number
    }
  }
}
