/// What a command line said: the values of a command's options and arguments, by their declarations.
package struct Values: Sendable {
  /// No values: for calls that need none.
  package init() {}

  var options: [String: any Sendable] = [:]
  var positionals: [String: [String]] = [:]
  /// The words after `--` of a command that takes them; nil when there was no `--`.
  package internal(set) var trailing: [String]?

  /// The option's value, or what holds when it isn't given.
  ///
  /// The option has to be one of the command's or the program's: anything else is a slip in the code.
  package subscript<Value>(option: Option<Value>) -> Value {
    guard let value = options[option.syntax.name] as? Value else {
      preconditionFailure("\(option.syntax.name) isn't declared by this command")
    }
    return value
  }

  /// The word at the argument's position.
  package subscript(positional: Positional<String>) -> String { words(positional.syntax)[0] }

  /// The case whose name stands at the argument's position.
  package subscript<Value: RawRepresentable<String>>(positional: Positional<Value>) -> Value {
    guard let value = Value(rawValue: words(positional.syntax)[0]) else {
      preconditionFailure("the parser lets \(positional.syntax.name) be one of its words alone")
    }
    return value
  }

  /// The words at the argument's position: one at least.
  package subscript(positional: Positional<[String]>) -> [String] { words(positional.syntax) }

  private func words(_ syntax: PositionalSyntax) -> [String] {
    guard let words = positionals[syntax.name] else {
      preconditionFailure("\(syntax.name) isn't declared by this command")
    }
    return words
  }
}
