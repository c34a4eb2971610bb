package import Platform
internal import Record

/// Where the records of a round lie below the folder of records: `rounds/ROUND/round.json` and
/// `rounds/ROUND/tasks/NNNN-NAME/ATTEMPT/`.
package enum RoundLayout {
  package static let rounds = "rounds"
  package static let round = "round.json"
  package static let tasks = "tasks"
  package static let attempt = "attempt.json"
  package static let result = "result.json"
  /// More systems than any fleet has: five digits of an index.
  package static let mostSystems = 100_000

  /// The folder of a round.
  package static func folder(of round: String, in records: String) -> String {
    Files.join(Files.join(records, rounds), round)
  }

  /// Whether a text can name a round: ASCII letters, digits, `.`, `_` and `-`, at most 100, the first no dot.
  package static func isRoundID(_ text: String) -> Bool {
    (1...100).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
      && text.utf8.allSatisfy(isPlain)
  }

  /// The name of a task's folder: `0007-shop`, the index in four digits at least, the system's name as it can stand in a
  /// path. The index makes it unique.
  package static func taskName(_ index: Int, _ system: String) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-" + RunID.slug(system)
  }

  /// The index that a task's name begins with; nil for what is no task's name.
  package static func index(ofTask name: String) -> Int? {
    let digits = name.utf8.prefix { 0x30...0x39 ~= $0 }
    guard (4...5).contains(digits.count), name.utf8.dropFirst(digits.count).first == UInt8(ascii: "-"),
      name.utf8.allSatisfy(isPlain)
    else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  /// The name of an attempt's folder: when it began and eight random hexadecimal digits,
  /// `20261121T130449.250Z-00c0ffee`; names sort by time.
  package static func attemptName(at time: WallTime, random: UInt32) -> String {
    let milliseconds = String(time.nanoseconds / 1_000_000)
    let hex = String(random, radix: 16)
    return time.compact.dropLast() + "." + String(repeating: "0", count: 3 - milliseconds.count)
      + milliseconds
      + "Z-" + String(repeating: "0", count: 8 - hex.count) + hex
  }

  /// When an attempt began, by its folder's name; nil for what is no attempt's name.
  package static func time(ofAttempt name: String) -> WallTime? {
    let bytes = Array(name.utf8)
    guard bytes.count == 29, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "."),
      bytes[19] == UInt8(ascii: "Z"), bytes[20] == UInt8(ascii: "-"),
      bytes[21...].allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 })
    else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    return WallTime(
      rfc3339:
        "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))"
        + ".\(part(16..<19))Z")
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
