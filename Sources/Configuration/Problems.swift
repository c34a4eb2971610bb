package import Platform

// The wording of everything that can be wrong with a configuration file.
extension Failure {
  /// A problem of a scenario that only the caller can word.
  package static func invalid(
    _ code: String, _ message: String, at place: Place?, hint: String? = nil, cause: String? = nil
  ) -> Failure {
    Failure(.invalidScenario, code, message, at: place, hint: hint, cause: cause)
  }

  /// A value of another type than the key takes.
  static func unexpected(_ node: Node, expected: String, for key: String?, hint: String?) -> Failure {
    let start = key.map { "`\($0)`: " } ?? ""
    return invalid(
      "wrong-type", "\(start)expected \(expected), found \(node.found)", at: node.place, hint: hint)
  }

  /// A key, kind or name that isn't one of `known`.
  package static func unknown(_ what: String, _ name: String, known: [String], at place: Place?) -> Failure {
    invalid(
      "unknown-\(what.split(separator: " ").joined(separator: "-"))", "unknown \(what) `\(name)`", at: place,
      hint: hint(for: name, in: known))
  }

  private static func hint(for name: String, in known: [String]) -> String? {
    if let near = Suggestion.hint(for: name, among: known) { return near }
    guard !known.isEmpty, known.count <= 12 else { return nil }
    return "Known are \(known.map { "`\($0)`" }.joined(separator: ", "))."
  }

  static func missingKey(_ key: KeySpec, at place: Place) -> Failure {
    // Where there is one value alone, that is what to write.
    invalid(
      "missing-key", "`\(key.name)` is missing: \(key.form)", at: place,
      hint: Int(key.form).map { "Write `\(key.name): \($0)`." })
  }

  static func duplicateKey(_ key: String, at place: Place, first: Place) -> Failure {
    invalid(
      "duplicate-key", "duplicate key `\(key)`", at: place,
      hint: "It stands first in line \(first.line ?? 0); keep one of the two.")
  }

  static func malformed(_ problem: String, at place: Place, context: String?, hint: String?) -> Failure {
    invalid("malformed-yaml", "not valid YAML: \(problem)", at: place, hint: hint, cause: context)
  }

  static func unsupported(_ what: String, at place: Place, hint: String) -> Failure {
    invalid("unsupported-yaml", "\(what) not supported here", at: place, hint: hint)
  }

  static func tooLarge(_ file: String, bytes: Int) -> Failure {
    invalid(
      "file-too-large", "the file has \(bytes) bytes; at most \(Node.largestFile) are read",
      at: Place(file, line: 1, column: 1))
  }

  static func unreadable(_ file: String, reason: String) -> Failure {
    invalid("unreadable-file", "cannot read the file", at: Place(file), cause: reason)
  }
}
