/// Lengths of time as people write them: `30m`, `1h30m`, `2s`, `500ms`, `7d`. In seconds.
package enum TimeSpan {
  private static let units: [(name: String, seconds: Double)] = [
    ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
  ]

  /// A thousand years: no length of time that anybody means is longer.
  private static let longest = 1000 * 366 * 86_400.0

  /// Seconds; nil when it is no length of time. Every number needs its unit, except a lone `0`.
  package static func parse(_ text: String) -> Double? {
    if text == "0" { return 0 }
    let parts = NumberAndUnit.split(text)
    guard !parts.isEmpty else { return nil }
    var seconds = 0.0
    var last = Double.infinity
    for (number, unit) in parts {
      // Units go down, each once: `30m1h` is a mistake.
      guard let factor = units.first(where: { $0.name == unit })?.seconds, factor < last else { return nil }
      seconds += number * factor
      last = factor
    }
    guard seconds <= longest else { return nil }
    return seconds
  }

  /// `340 ms`, `7.2 s`, `22m 04s`, `1h 05m`, `3d 04h`.
  package static func format(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return seconds.isFinite ? "-" + format(-seconds) : "?" }
    guard seconds < 1e15 else { return "\(seconds) s" }
    if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
    if seconds < 59.95 { return Decimals.format(seconds, 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60)m \(twoDigits(whole % 60))s" }
    let minutes = (whole + 30) / 60
    if minutes < 48 * 60 { return "\(minutes / 60)h \(twoDigits(minutes % 60))m" }
    let hours = (minutes + 30) / 60
    return "\(hours / 24)d \(twoDigits(hours % 24))h"
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Numbers with as many decimals as asked for.
package enum Decimals {
  /// `3.10` for 3.1 and 2 decimals; halves are rounded away from zero.
  package static func format(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int((value.magnitude * scale).rounded())
    let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Int(scale))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(whole)" }
    let digits = String(fraction)
    return "\(sign)\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
  }
}

/// Numbers, each followed by a unit.
enum NumberAndUnit {
  /// `1h30m` as (1, h) and (30, m), units in lower case; empty when the text isn't built so.
  static func split(_ text: String) -> [(Double, String)] {
    var parts: [(Double, String)] = []
    var rest = Substring(text.lowercased())
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      guard let first = number.utf8.first, first != UInt8(ascii: "."), number.utf8.last != UInt8(ascii: "."),
        let value = Double(number)
      else { return [] }
      rest = rest.dropFirst(number.count)
      rest = rest.drop { $0 == " " }
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      if !rest.isEmpty && unit.isEmpty { return [] }
      let afterUnit = rest.drop { $0 == " " }
      if afterUnit.isEmpty && !rest.isEmpty { return [] }
      rest = afterUnit
      parts.append((value, String(unit)))
    }
    return parts
  }
}
