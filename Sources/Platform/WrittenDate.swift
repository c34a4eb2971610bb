/// Dates as names and tools write them, in UTC unless they say otherwise: `2026-11-21`, `20261121T143000Z`,
/// `backup_2026-11-21_14-30-00`, `2026-11-21T15:30:00+01:00`, `2026-11-21T14:30:00.123456`.
package enum WrittenDate {
  /// The first date in a text; nil without one.
  package static func find(in text: String) -> WallTime? {
    let bytes = Array(text.utf8)
    for start in bytes.indices where isDigit(bytes, start) && !isDigit(bytes, start - 1) {
      if let time = read(bytes, at: start) { return time }
    }
    return nil
  }

  private static func isDigit(_ bytes: [UInt8], _ at: Int) -> Bool {
    bytes.indices.contains(at) && 0x30...0x39 ~= bytes[at]
  }

  private static func read(_ bytes: [UInt8], at start: Int) -> WallTime? {
    var at = start
    guard let year = take(4, bytes, &at), 1990...2100 ~= Int(year) ?? 0 else { return nil }
    skip("-_./", bytes, &at)
    guard let month = take(2, bytes, &at) else { return nil }
    skip("-_./", bytes, &at)
    guard let day = take(2, bytes, &at) else { return nil }
    let date = "\(year)-\(month)-\(day)"
    let end = at
    skip("Tt _-.", bytes, &at)
    if let hour = take(2, bytes, &at) {
      skip(":-_.", bytes, &at)
      if let minute = take(2, bytes, &at) {
        let afterMinute = at
        skip(":-_.", bytes, &at)
        var second = "00"
        if let given = take(2, bytes, &at) { second = given } else { at = afterMinute }
        if !isDigit(bytes, at) {
          let zone = zone(bytes, at)
          if let time = WallTime(rfc3339: "\(date)T\(hour):\(minute):\(second)\(zone)") { return time }
        }
      }
    }
    return isDigit(bytes, end) ? nil : WallTime(rfc3339: "\(date)T00:00:00Z")
  }

  /// `+01:00` for what stands behind a time and its fraction; `Z` for nothing.
  private static func zone(_ bytes: [UInt8], _ start: Int) -> String {
    var at = start
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      while isDigit(bytes, at) { at += 1 }
    }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") else {
      return "Z"
    }
    let sign = bytes[at] == UInt8(ascii: "+") ? "+" : "-"
    at += 1
    guard let hours = take(2, bytes, &at) else { return "Z" }
    skip(":", bytes, &at)
    guard let minutes = take(2, bytes, &at), !isDigit(bytes, at) else { return "Z" }
    return "\(sign)\(hours):\(minutes)"
  }

  private static func take(_ count: Int, _ bytes: [UInt8], _ at: inout Int) -> String? {
    guard (at..<at + count).allSatisfy({ isDigit(bytes, $0) }) else { return nil }
    defer { at += count }
    return String(decoding: bytes[at..<at + count], as: UTF8.self)
  }

  /// Passes over one of `characters`.
  private static func skip(_ characters: String, _ bytes: [UInt8], _ at: inout Int) {
    if at < bytes.count, characters.utf8.contains(bytes[at]) { at += 1 }
  }
}
