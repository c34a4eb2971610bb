/// Words of a report before they are drawn: mongodrill's own, and what comes from data, kept apart, so that each
/// format makes the latter harmless in its way.
///
/// In a literal, `"From \(code: path), as \(name)"`, the literal parts are mongodrill's own and every value is data.
struct Prose: Sendable, Hashable {
  /// A stretch of it.
  indirect enum Part: Sendable, Hashable {
    /// mongodrill's own words and figures. Single backticks around a word mark it as code.
    case own(String)
    /// Text that comes from data.
    case data(String)
    /// A name, a path or a value, to be shown letter by letter.
    case code(String)
    /// What must not be overlooked.
    case strong([Part])
  }

  var parts: [Part]

  init(parts: [Part]) { self.parts = parts }

  /// mongodrill's own words and figures.
  init(own text: String) { parts = text.isEmpty ? [] : [.own(text)] }
  init(data text: String) { parts = text.isEmpty ? [] : [.data(text)] }
  init(code text: String) { parts = [.code(text)] }
  init(strong prose: Prose) { parts = [.strong(prose.parts)] }

  var isEmpty: Bool { parts.isEmpty }

  static func + (left: Prose, right: Prose) -> Prose { Prose(parts: left.parts + right.parts) }
  static func += (left: inout Prose, right: Prose) { left.parts += right.parts }
}

extension Prose: ExpressibleByStringInterpolation {
  struct StringInterpolation: StringInterpolationProtocol {
    var parts: [Part] = []

    init(literalCapacity: Int, interpolationCount: Int) {}
    mutating func appendLiteral(_ literal: String) { if !literal.isEmpty { parts.append(.own(literal)) } }
    mutating func appendInterpolation(_ data: String) { parts += Prose(data: data).parts }
    mutating func appendInterpolation(code: String) { parts.append(.code(code)) }
    mutating func appendInterpolation(own: String) { parts += Prose(own: own).parts }
    mutating func appendInterpolation(_ prose: Prose) { parts += prose.parts }
    mutating func appendInterpolation(strong prose: Prose) { parts.append(.strong(prose.parts)) }
  }

  init(stringLiteral value: String) { self.init(own: value) }
  init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }
}

extension [Prose] {
  /// Empty ones count.
  func joined(separator: String) -> Prose {
    var joined = Prose(parts: [])
    for (index, prose) in enumerated() {
      if index > 0 { joined += Prose(own: separator) }
      joined += prose
    }
    return joined
  }
}

/// A part of a report under one title, whatever the format.
struct Section: Sendable, Hashable {
  var title: Prose
  var blocks: [Block]

  init(_ title: Prose, _ blocks: [Block]) {
    self.title = title
    self.blocks = blocks
  }
}

/// What a section is made of.
enum Block: Sendable, Hashable {
  case paragraph(Prose)
  case list([Prose])
  /// What a person ticks off.
  case tasks([Prose])
  /// Columns whose title starts with `>` are aligned to the right.
  case table([String], [[Prose]])
  /// Lines that are kept as they are, with the name of their language where it is known.
  case lines(String, language: String = "")
}
