internal import Platform

/// A piece of XML 1.0: text gets in escaped, and markup only through `element`.
struct XML: Sendable, Hashable {
  let markup: String

  private init(markup: String) { self.markup = markup }

  /// Text whose lines are kept; characters that XML has no place for are spelled out.
  init(lines text: String) {
    markup = text.split(omittingEmptySubsequences: false) { $0.isNewline }
      .map { XML.escaped(String($0).visible) }.joined(separator: "\n")
  }

  /// An element on lines of its own. Attributes whose value is nil are left out.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ content: [XML] = []
  ) -> XML {
    let start = opening(name, attributes)
    if content.isEmpty { return XML(markup: start + "/>\n") }
    var markup = start + ">\n"
    for piece in content { markup += piece.markup }
    return XML(markup: markup + "</\(name)>\n")
  }

  /// An element that holds text alone.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], lines text: String
  ) -> XML {
    XML(markup: opening(name, attributes) + ">\(XML(lines: text).markup)</\(name)>\n")
  }

  private static func opening(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?>
  ) -> String {
    var markup = "<\(name)"
    for (name, value) in attributes {
      if let value { markup += " \(name)=\"\(escaped(value.visible))\"" }
    }
    return markup
  }

  /// A whole document.
  static func document(_ root: XML) -> String { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + root.markup }

  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      // Also the end of "]]>", which must not stand in text.
      case UInt8(ascii: ">"): bytes += "&gt;".utf8
      case UInt8(ascii: "\""): bytes += "&quot;".utf8
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
