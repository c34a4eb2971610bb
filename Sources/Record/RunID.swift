package import Platform

/// The name of a run and of its report's folder: `20261121T130449Z-shop-pitr`, so that names sort by time.
package enum RunID {
  /// The id of a run of `scenario` begun at `time`; `attempt` counts from 1 and tells apart runs of one second.
  package static func make(_ scenario: String, at time: WallTime, attempt: Int = 1) -> String {
    "\(time.compact)-\(slug(scenario))" + (attempt > 1 ? "-\(attempt)" : "")
  }

  /// The time that a name begins with; nil for what is no run's name.
  package static func time(of name: String) -> WallTime? {
    let bytes = Array(name.utf8)
    guard bytes.count > 17, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
      bytes[16] == UInt8(ascii: "-")
    else { return nil }
    func digits(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    return WallTime(
      rfc3339: "\(digits(0..<4))-\(digits(4..<6))-\(digits(6..<8))T"
        + "\(digits(9..<11)):\(digits(11..<13)):\(digits(13..<15))Z")
  }

  /// A name as it can stand in a file's name: letters, digits, dots, hyphens and underscores of ASCII, at most
  /// 80; runs of anything else become one hyphen.
  package static func slug(_ name: String) -> String {
    var slug: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        slug.append(byte)
      case UInt8(ascii: ".") where !slug.isEmpty && slug.last != UInt8(ascii: "."): slug.append(byte)
      default: if let last = slug.last, last != UInt8(ascii: "-") { slug.append(UInt8(ascii: "-")) }
      }
      if slug.count == 80 { break }
    }
    while slug.last == UInt8(ascii: "-") || slug.last == UInt8(ascii: ".") { slug.removeLast() }
    return slug.isEmpty ? "drill" : String(decoding: slug, as: UTF8.self)
  }
}
