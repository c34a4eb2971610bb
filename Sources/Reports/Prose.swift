/// Words of a report before they are drawn: mongodrill's own, and what comes from data, kept apart, so that each
/// format makes the latter harmless in its way.
///
/// In a literal, `"From \(code: path), as \(name)"`, the literal parts are mongodrill's own and every value is data.
package struct Prose: Sendable, Hashable {
  /// A stretch of it.
  package indirect enum Part: Sendable, Hashable {
    /// mongodrill's own words and figures. Single backticks around a word mark it as code.
    case own(String)
    /// Text that comes from data.
    case data(String)
    /// A name, a path or a value, to be shown letter by letter.
    case code(String)
    /// What must not be overlooked.
    case strong([Part])
  }

  package var parts: [Part]

  package init(parts: [Part]) { self.parts = parts }

  /// mongodrill's own words and figures.
  package init(own text: String) { parts = text.isEmpty ? [] : [.own(text)] }
  package init(data text: String) { parts = text.isEmpty ? [] : [.data(text)] }
  package init(code text: String) { parts = [.code(text)] }
  package init(strong prose: Prose) { parts = [.strong(prose.parts)] }

  package var isEmpty: Bool { parts.isEmpty }

  package static func + (left: Prose, right: Prose) -> Prose { Prose(parts: left.parts + right.parts) }
  package static func += (left: inout Prose, right: Prose) { left.parts += right.parts }
}

extension Prose: ExpressibleByStringInterpolation {
  /// Keeps literal parts and values apart.
  package struct StringInterpolation: StringInterpolationProtocol {
    package var parts: [Part] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}
    /// mongodrill's own words.
    package mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { parts.append(.own(literal)) }
    }
    /// Text that comes from data.
    package mutating func appendInterpolation(_ data: String) { parts += Prose(data: data).parts }
    /// A name, a path or a value, letter by letter.
    package mutating func appendInterpolation(code: String) { parts.append(.code(code)) }
    /// Words and figures of mongodrill's own that were put together.
    package mutating func appendInterpolation(own: String) { parts += Prose(own: own).parts }
    /// Words that were kept apart already.
    package mutating func appendInterpolation(_ prose: Prose) { parts += prose.parts }
    /// What must not be overlooked.
    package mutating func appendInterpolation(strong prose: Prose) { parts.append(.strong(prose.parts)) }
  }

  package init(stringLiteral value: String) { self.init(own: value) }
  package init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }
}

extension [Prose] {
  /// Empty ones count.
  package func joined(separator: String) -> Prose {
    var joined = Prose(parts: [])
    for (index, prose) in enumerated() {
      if index > 0 { joined += Prose(own: separator) }
      joined += prose
    }
    return joined
  }
}

/// A part of a report under one title, whatever the format.
package struct Section: Sendable, Hashable {
  package var title: Prose
  package var blocks: [Block]

  package init(_ title: Prose, _ blocks: [Block]) {
    self.title = title
    self.blocks = blocks
  }
}

/// What a section is made of.
package enum Block: Sendable, Hashable {
  case paragraph(Prose)
  case list([Prose])
  /// What a person ticks off.
  case tasks([Prose])
  /// Columns whose title starts with `>` are aligned to the right.
  case table([String], [[Prose]])
  /// Lines that are kept as they are, with the name of their language where it is known.
  case lines(String, language: String = "")
}
