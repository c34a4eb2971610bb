/// An argument that is known by its position and, at the same time, the key to its value in `Values`.
package struct Positional<Value: Sendable>: PositionalDeclaration {
  package let syntax: PositionalSyntax
}

/// A positional argument of any type, for lists of them.
package protocol PositionalDeclaration: Sendable {
  /// What the parser and the help need to know.
  var syntax: PositionalSyntax { get }
}

/// A positional argument, apart from its type.
package struct PositionalSyntax: Sendable {
  /// How many words it takes.
  package enum Count: Sendable, Hashable {
    case one
    case oneOrMore
  }

  /// What stands for it in the help, such as `BACKUP`.
  package let name: String
  package let count: Count
  /// The accepted words when there are only a few.
  package let choices: [String]
  /// What a shell offers for it.
  package let completion: Completion
  /// What it is, as sentences.
  package let help: String
}

extension Positional<String> {
  /// Exactly one word; a path when nothing else is said.
  package static func one(_ name: String, completion: Completion = .paths, help: String) -> Positional {
    Positional(
      syntax: PositionalSyntax(name: name, count: .one, choices: [], completion: completion, help: help))
  }
}

extension Positional<[String]> {
  /// One word or more, paths when nothing else is said; it stands last.
  package static func oneOrMore(
    _ name: String, completion: Completion = .paths, help: String
  ) -> Positional {
    Positional(
      syntax: PositionalSyntax(name: name, count: .oneOrMore, choices: [], completion: completion, help: help)
    )
  }
}

extension Positional where Value: CaseIterable & RawRepresentable<String> {
  /// Exactly one word, one of a few.
  package static func choice(_ name: String, help: String) -> Positional {
    let kind = ValueKind<Value>.choice
    return Positional(
      syntax: PositionalSyntax(
        name: name, count: .one, choices: kind.choices, completion: kind.completion, help: help))
  }
}
