/// A server's version, such as `6.0.5`; what follows the numbers (`-rc1`) is kept but doesn't count in order.
package struct ServerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  package var major: Int
  package var minor: Int
  package var patch: Int
  /// What follows, with its hyphen: `-rc1`, `-12` (a distributor's own count); mostly empty.
  package var suffix: String

  package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
    self.major = major
    self.minor = minor
    self.patch = patch
    suffix = ""
  }

  /// Reads `6`, `6.0`, `6.0.5`, `v6.0.5-rc1`; missing numbers are 0.
  package init?(_ text: some StringProtocol) {
    let digits = text.hasPrefix("v") ? text.dropFirst() : text[...]
    let numbers = digits.prefix { $0 != "-" && $0 != "+" }
    let parts = numbers.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard 1...3 ~= parts.count, parts.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
    let known = parts.compactMap(\.self) + [0, 0]
    self.init(known[0], known[1], known[2])
    suffix = String(digits.dropFirst(numbers.count))
  }

  package var description: String { "\(major).\(minor).\(patch)\(suffix)" }
  /// Without its patch: `6.0`.
  package var series: String { "\(major).\(minor)" }
  /// With its patch where that isn't the first: `6.0`, `6.0.5`.
  var short: String { patch == 0 ? series : description }

  /// Whether both have the same major and minor number.
  package func isOfSeries(_ other: ServerVersion) -> Bool { major == other.major && minor == other.minor }

  package static func < (left: ServerVersion, right: ServerVersion) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }
}

/// Which versions will do: `>=6.0 <7`, `6.0` (any 6.0.x), `=6.0.5`.
package struct VersionRange: Sendable, Hashable, CustomStringConvertible {
  private enum Bound: Sendable, Hashable {
    case atLeast(ServerVersion)
    case above(ServerVersion)
    case atMost(ServerVersion)
    case below(ServerVersion)
    /// At least the one and below the other.
    case within(ServerVersion, ServerVersion)
  }

  private var bounds: [Bound]
  /// As it was written.
  package let description: String

  /// Reads a range; nil when it is none (a path, say). All parts, set apart by spaces or commas, must hold.
  package init?(_ text: String) {
    // `>= 6.0` is one part.
    var words: [String] = []
    for word in text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init) {
      if let last = words.last, last.allSatisfy({ "<>=".contains($0) }) {
        words[words.count - 1] = last + word
      } else {
        words.append(word)
      }
    }
    bounds = []
    for word in words {
      let sign = word.prefix { "<>=".contains($0) }
      let number = word.dropFirst(sign.count)
      guard let version = ServerVersion(number) else { return nil }
      switch sign {
      case ">=": bounds.append(.atLeast(version))
      case ">": bounds.append(.above(version))
      case "<=": bounds.append(.atMost(version))
      case "<": bounds.append(.below(version))
      case "", "=", "==":
        switch number.split(separator: ".").count {
        case 1: bounds.append(.within(version, ServerVersion(version.major + 1, 0)))
        case 2: bounds.append(.within(version, ServerVersion(version.major, version.minor + 1)))
        default: bounds += [.atLeast(version), .atMost(version)]
        }
      default: return nil
      }
    }
    guard !bounds.isEmpty else { return nil }
    description = text
  }

  /// Whether a version will do.
  package func contains(_ version: ServerVersion) -> Bool {
    bounds.allSatisfy { bound in
      switch bound {
      case .atLeast(let limit): version >= limit
      case .above(let limit): version > limit
      case .atMost(let limit): version <= limit
      case .below(let limit): version < limit
      case .within(let first, let end): version >= first && version < end
      }
    }
  }
}
