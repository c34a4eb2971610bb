/// Sizes as people write them: `10GB` (10^9 a GB), `256MiB` (2^20 a MiB), `4096`.
package enum ByteSize {
  private static let units: [(name: String, bytes: Double)] = [
    ("", 1), ("b", 1),
    ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12), ("pb", 1e15),
    ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776),
    ("k", 1e3), ("m", 1e6), ("g", 1e9), ("t", 1e12),
  ]

  /// Bytes; nil when it is no size. A fraction is fine (`1.5GB`), a space before the unit too; case doesn't count.
  package static func parse(_ text: String) -> Int? {
    guard let (number, unit) = NumberAndUnit.split(text)[...].only else { return nil }
    guard let factor = units.first(where: { $0.name == unit })?.bytes else { return nil }
    let bytes = (number * factor).rounded()
    return bytes < 9e18 ? Int(bytes) : nil
  }

  /// `512 B`, `4.2 MB`, `150 MB`, `1.25 GB`: three digits, decimal units.
  package static func format(_ bytes: Int) -> String {
    var value = Double(bytes.magnitude)
    let sign = bytes < 0 ? "-" : ""
    if value < 1000 { return "\(bytes) B" }
    var unit = ""
    for name in ["kB", "MB", "GB", "TB", "PB"] {
      unit = name
      value /= 1000
      // 999.5 would be rounded up to four digits.
      if value < 999.5 { break }
    }
    return "\(sign)\(threeDigits(value)) \(unit)"
  }

  private static func threeDigits(_ value: Double) -> String {
    let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
    var text = Decimals.format(value, decimals)
    if decimals > 0 {
      while text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
      if text.utf8.last == UInt8(ascii: ".") { text.removeLast() }
    }
    return text
  }
}

extension ArraySlice {
  /// The element when there is exactly one.
  fileprivate var only: Element? { count == 1 ? first : nil }
}
