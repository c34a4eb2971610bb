internal import BSON
internal import Platform

/// The end of a mongod's log, for people to read.
struct ServerLog {
  /// Its last lines, the oldest first.
  private let lines: [Line]

  private struct Line {
    var text: String
    /// Whether mongod said it with severity E, F or W, or not in its own format (the dynamic linker, a script).
    var isTrouble: Bool
  }

  /// Reads the last 256 KiB of a log, of those from an offset on; a missing one is empty.
  init(path: String, from offset: Int = 0) {
    let size = (try? Files.size(of: path)) ?? 0
    let bytes = Files.end(of: path, bytes: max(0, min(256 << 10, size - offset)))
    lines = bytes.split(separator: 0x0A).suffix(400).map(ServerLog.read)
  }

  /// The lines that tell of trouble, at most `count`; when there are none, the last ones.
  func end(_ count: Int) -> [String] {
    let trouble = lines.filter(\.isTrouble)
    return (trouble.isEmpty ? lines : trouble).suffix(count).map(\.text)
  }

  /// The line that says that the disk is full; nil when none does.
  var fullDisk: String? {
    lines.last { $0.text.contains("No space left on device") || $0.text.contains("OutOfDiskSpace") }?.text
  }

  /// The first file below `folder` that WiredTiger looked for and didn't find, by its path there; nil when none is told.
  ///
  /// Source: `__posix_open_file` of WiredTiger, which says `PATH: handle-open: open`, with the error's number or words.
  func missingFile(below folder: String) -> String? {
    for line in lines where line.text.contains("handle-open: open") {
      guard let start = line.text.firstRange(of: folder + "/"),
        let end = line.text[start.upperBound...].firstRange(of: ": handle-open")
      else { continue }
      return String(line.text[start.upperBound..<end.lowerBound])
    }
    return nil
  }

  /// What the last line "WiredTiger recoveryTimestamp" of a log says (id 23987, since 4.4); nil without one.
  static func recoveryTimestamp(in path: String) -> Timestamp? {
    guard let bytes = try? Files.read(path, limit: 256 << 20) else { return nil }
    let words = Array("WiredTiger recoveryTimestamp".utf8)
    for line in bytes.split(separator: 0x0A).reversed() where line.contains(words) {
      guard let entry = try? JSON.parse(Array(line)),
        let time = entry["attr"]?["recoveryTimestamp"]?["$timestamp"],
        case .integer(let t)? = time["t"], case .integer(let i)? = time["i"],
        let seconds = UInt32(exactly: t), let increment = UInt32(exactly: i)
      else { continue }
      return Timestamp(seconds: seconds, increment: increment)
    }
    return nil
  }

  /// Whether its storage engine was closed: what comes after that is only its process's end. Source: message 4795901 of
  /// MongoDB 4.4 and later.
  var saysClosed: Bool { lines.contains { $0.text.hasPrefix("WiredTiger closed") } }

  /// Whether it ended because another has its port.
  var saysAddressInUse: Bool { lines.contains { $0.text.contains("Address already in use") } }

  /// `{"t":…,"s":"E","msg":"DBException …","attr":{"error":"NonExistentPath: …"}}` as `message: error`.
  private static func read(_ bytes: ArraySlice<UInt8>) -> Line {
    guard case .object(let members)? = try? JSON.parse(Array(bytes)) else {
      return Line(text: String(decoding: bytes.prefix(500), as: UTF8.self), isTrouble: true)
    }
    let entry = JSON.object(members)
    guard case .string(let message)? = entry["msg"] else {
      return Line(text: String(decoding: bytes.prefix(500), as: UTF8.self), isTrouble: true)
    }
    var text = plain(.string(message))
    if let attributes = entry["attr"] {
      // What says why, in mongod's various ways; else all of it.
      let telling = ["error", "reason", "message", "msg", "errmsg"].compactMap { attributes[$0] }.first {
        value in
        if case .integer = value { false } else { true }
      }
      let words = String(plain(telling ?? attributes).prefix(500))
      if !words.isEmpty { text += ": \(words)" }
    }
    if case .string(let severity)? = entry["s"] {
      return Line(text: text, isTrouble: "EFW".contains(severity))
    }
    return Line(text: text, isTrouble: false)
  }

  private static func plain(_ value: JSON) -> String {
    if case .string(let text) = value {
      return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
    for key in ["errmsg", "msg"] { if case .string(let text)? = value[key] { return text } }
    return value.text()
  }
}
