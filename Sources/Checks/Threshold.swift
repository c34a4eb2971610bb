package import Configuration
internal import Platform

/// A limit on a check's figure: `> 0`, `>= 1%`, `> 24h`.
package struct Threshold: Sendable, Hashable, CustomStringConvertible {
  enum Comparison: String, Sendable, CaseIterable {
    // Longer signs first: they are tried in this order.
    case atLeast = ">="
    case atMost = "<="
    case isNot = "!="
    case equal = "=="
    case above = ">"
    case below = "<"
  }

  let comparison: Comparison
  let limit: Double
  /// Whether the limit is in percent of the finding's total.
  let isPercent: Bool
  /// Whether it is a length of time, in seconds.
  let isTime: Bool
  /// As it was written.
  package let description: String

  /// Nil when the text is no threshold.
  package init?(_ text: String) {
    guard let comparison = Comparison.allCases.first(where: { text.hasPrefix($0.rawValue) }) else {
      return nil
    }
    let number = text.dropFirst(comparison.rawValue.count).drop { $0 == " " }
    isPercent = number.hasSuffix("%")
    guard let first = number.utf8.first, (0x30...0x39).contains(first) || first == 0x2D else { return nil }
    let plain = Double(isPercent ? number.dropLast() : number)
    isTime = plain == nil && !isPercent
    guard let limit = plain ?? (isTime ? TimeSpan.parse(String(number)) : nil), limit.isFinite else {
      return nil
    }
    self.comparison = comparison
    self.limit = limit
    description = text
  }

  /// Whether the figure is one that the threshold names. Throws when the limit is in percent and the figure is a
  /// part of nothing.
  func matches(_ finding: Finding) throws(Unanswerable) -> Bool {
    var figure = finding.figure
    if isPercent {
      guard let total = finding.total else {
        throw Unanswerable("`\(description)` is in percent, and this figure is a part of nothing")
      }
      figure = finding.figure == 0 ? 0 : total == 0 ? .infinity : figure / Double(total) * 100
    }
    return switch comparison {
    case .atLeast: figure >= limit
    case .atMost: figure <= limit
    case .isNot: figure != limit
    case .equal: figure == limit
    case .above: figure > limit
    case .below: figure < limit
    }
  }
}

/// Why a check has no answer; its outcome is `error`.
package struct Unanswerable: Error, Sendable {
  /// A lower-case clause.
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
}

extension Shape where Output == Threshold {
  /// `> 0`, `>= 1%`, `> 24h`.
  package static var threshold: Shape<Threshold> {
    .scalar(
      "a condition such as \"> 0\" or \">= 1%\"",
      schema: ["type": "string", "pattern": #"^(>=?|<=?|==|!=) *-?[0-9.]+(%|[0-9a-z. ]+)?$|\$\{"#],
      hint: "Write >, >=, <, <=, == or !=, then a number, a percentage or a duration, in quotes."
    ) { Threshold($0.text) }
  }
}
