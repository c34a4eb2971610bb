package import Platform

/// Collects everything that is wrong with a file, so that a person can mend it in one go.
package final class Diagnostics {
  /// The problems, in the order in which they were found.
  package private(set) var failures: [Failure] = []
  /// The key whose value is being decoded, innermost last.
  private var path: [String] = []

  package init() {}

  /// Whether nothing was wrong so far.
  package var isEmpty: Bool { failures.isEmpty }

  /// How many problems there are; compare two counts to see whether a part was good.
  package var count: Int { failures.count }

  /// Adds a problem.
  package func report(_ failure: Failure) { failures.append(failure) }

  /// Adds a problem that says what was expected of the value being decoded and what was found.
  package func report(expected: String, found node: Node, hint: String? = nil) {
    report(.unexpected(node, expected: expected, for: path.last, hint: hint))
  }

  /// Decodes the value of `key`: what is reported meanwhile names it.
  package func within<Result>(_ key: String, _ body: () -> Result) -> Result {
    path.append(key)
    defer { path.removeLast() }
    return body()
  }

  /// The problems in the order of their lines.
  package var sorted: [Failure] {
    failures.enumerated().sorted { left, right in
      let one = (left.element.place?.line ?? 0, left.element.place?.column ?? 0, left.offset)
      return one < (right.element.place?.line ?? 0, right.element.place?.column ?? 0, right.offset)
    }.map(\.element)
  }
}
