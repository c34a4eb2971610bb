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
  /// What it is, as sentences.
  package let help: String
}

extension Positional<String> {
  /// Exactly one word.
  package static func one(_ name: String, help: String) -> Positional {
    Positional(syntax: PositionalSyntax(name: name, count: .one, help: help))
  }
}

extension Positional<[String]> {
  /// One word or more; it stands last.
  package static func oneOrMore(_ name: String, help: String) -> Positional {
    Positional(syntax: PositionalSyntax(name: name, count: .oneOrMore, help: help))
  }
}
