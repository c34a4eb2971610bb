internal import Platform

/// A piece of HTML. Text gets in escaped, whatever it holds; markup only through `element`, whose names and
/// attribute names stand in the source. So a piece is always well-formed and none of it comes from data.
struct HTML: Sendable, Hashable {
  /// The piece as it stands in a file.
  let markup: String

  private init(markup: String) { self.markup = markup }

  /// Text on one line; what can't be seen, or would break the line, is spelled out.
  init(_ text: String) { markup = HTML.escaped(text.visible) }

  /// Text whose lines are kept, for `pre`.
  init(lines text: String) {
    markup = text.split(omittingEmptySubsequences: false) { $0.isNewline }
      .map { HTML.escaped(String($0).visible) }.joined(separator: "\n")
  }

  /// Nothing.
  static let none = HTML(markup: "")

  /// Elements that have no content and no end.
  private static let void: Set<String> = ["br", "hr", "link", "meta"]

  /// An element. Attributes whose value is nil are left out; an empty one is written by its name alone.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ content: HTML...
  ) -> HTML {
    element(name, attributes, content)
  }

  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ content: [HTML]
  ) -> HTML {
    var markup = "<\(name)"
    for (name, value) in attributes {
      guard let value else { continue }
      markup += value.isEmpty ? " \(name)" : " \(name)=\"\(escaped(value.visible))\""
    }
    markup += ">"
    if !void.contains("\(name)") {
      for piece in content { markup += piece.markup }
      markup += "</\(name)>"
    }
    return HTML(markup: markup)
  }

  /// Pieces one after the other.
  static func group(_ pieces: [HTML]) -> HTML {
    var markup = ""
    for piece in pieces { markup += piece.markup }
    return HTML(markup: markup)
  }

  /// A style sheet that stands in the source.
  static func style(_ sheet: StaticString) -> HTML { HTML(markup: "<style>\(sheet)</style>") }

  /// A whole document.
  static func document(language: StaticString, head: [HTML], body: [HTML]) -> String {
    "<!DOCTYPE html>\n<html lang=\"\(language)\">\n<head>\n" + head.map { $0.markup + "\n" }.joined()
      + "</head>\n<body>\n" + body.map { $0.markup + "\n" }.joined() + "</body>\n</html>\n"
  }

  static func + (left: HTML, right: HTML) -> HTML { HTML(markup: left.markup + right.markup) }

  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      case UInt8(ascii: ">"): bytes += "&gt;".utf8
      case UInt8(ascii: "\""): bytes += "&quot;".utf8
      case UInt8(ascii: "'"): bytes += "&#39;".utf8
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension HTML: ExpressibleByStringLiteral {
  init(stringLiteral value: String) { self.init(value) }
}

extension [HTML] {
  func joined() -> HTML { HTML.group(self) }
}
