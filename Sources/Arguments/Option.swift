internal import Platform

/// An option of a command and, at the same time, the key to its value in `Values`.
package struct Option<Value: Sendable>: OptionDeclaration {
  package let syntax: OptionSyntax
}

/// An option of any type of value, for lists of them.
package protocol OptionDeclaration: Sendable {
  /// What the parser and the help need to know.
  var syntax: OptionSyntax { get }
}

/// An option, apart from its type: names, value, help.
package struct OptionSyntax: Sendable {
  /// Every spelling, such as `-q` and `--quiet`; the last one is the name in messages.
  package let names: [String]
  /// What stands for the value in the help, such as `DIR`; nil for a flag.
  package let placeholder: String?
  /// The accepted words when there are only a few.
  package let choices: [String]
  /// What a shell offers for the value.
  package let completion: Completion
  /// Whether each occurrence counts; otherwise the last one does.
  package let isRepeated: Bool
  /// What holds when it isn't given, for the help.
  package let defaultText: String?
  /// What it does, as sentences.
  package let help: String
  /// The value of all occurrences, in their order; throws `InvalidValue`.
  let read: @Sendable ([String]) throws(InvalidValue) -> any Sendable

  /// The long spelling.
  package var name: String { names[names.count - 1] }
}

/// A text that an option or an argument doesn't take.
struct InvalidValue: Error {
  var text: String
  var expected: String
  var choices: [String]

  init<Value>(_ text: String, _ kind: ValueKind<Value>) {
    self.text = text
    expected = kind.expected
    choices = kind.choices
  }
}

extension ValueKind {
  func require(_ text: String) throws(InvalidValue) -> Value {
    guard let value = read(text) else { throw InvalidValue(text, self) }
    return value
  }
}

extension Option<Bool> {
  /// An option without a value: true when it is given.
  package static func flag(_ names: String..., help: String) -> Option {
    Option(
      syntax: OptionSyntax(
        names: names, placeholder: nil, choices: [], completion: .nothing, isRepeated: false,
        defaultText: nil, help: help,
        read: { occurrences in !occurrences.isEmpty }))
  }
}

extension Option {
  /// An option with a value; nil when it isn't given. `default` says in the help what holds then.
  package static func value<Wrapped: Sendable>(
    _ names: String..., placeholder: String, kind: ValueKind<Wrapped>, default defaultText: String? = nil,
    help: String
  ) -> Option where Value == Wrapped? {
    Option(
      syntax: OptionSyntax(
        names: names, placeholder: placeholder, choices: kind.choices, completion: kind.completion,
        isRepeated: false,
        defaultText: defaultText, help: help,
        read: { (occurrences: [String]) throws(InvalidValue) -> any Sendable in
          guard let last = occurrences.last else { return Wrapped?.none }
          return Wrapped?.some(try kind.require(last))
        }))
  }

  /// An option that may be given several times: all its values in their order.
  package static func list<Element: Sendable>(
    _ names: String..., placeholder: String, kind: ValueKind<Element>, help: String
  ) -> Option where Value == [Element] {
    Option(
      syntax: OptionSyntax(
        names: names, placeholder: placeholder, choices: kind.choices, completion: kind.completion,
        isRepeated: true, defaultText: nil, help: help,
        read: { (occurrences: [String]) throws(InvalidValue) -> any Sendable in
          var values: [Element] = []
          for text in occurrences { values.append(try kind.require(text)) }
          return values
        }))
  }
}

extension Option where Value: CaseIterable & RawRepresentable<String> {
  /// An option that takes one of a few words.
  package static func choice(_ names: String..., default value: Value, help: String) -> Option {
    let kind = ValueKind<Value>.choice
    return Option(
      syntax: OptionSyntax(
        names: names, placeholder: kind.choices.joined(separator: "|"), choices: kind.choices,
        completion: kind.completion, isRepeated: false, defaultText: value.rawValue, help: help,
        read: { (occurrences: [String]) throws(InvalidValue) -> any Sendable in
          guard let last = occurrences.last else { return value }
          return try kind.require(last)
        }))
  }
}
