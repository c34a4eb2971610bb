/// What kind of text an option or an argument takes, and how it is read.
package struct ValueKind<Value: Sendable>: Sendable {
  /// What is accepted, for the message about what isn't: "a whole number from 1".
  package let expected: String
  /// The accepted words when there are only a few; empty otherwise.
  package let choices: [String]
  /// What a shell offers for it.
  package let completion: Completion
  /// The value of a text; nil when it isn't acceptable.
  package let read: @Sendable (String) -> Value?

  package init(
    _ expected: String, choices: [String] = [], completion: Completion = .nothing,
    read: @escaping @Sendable (String) -> Value?
  ) {
    self.expected = expected
    self.choices = choices
    self.completion = choices.isEmpty ? completion : .words(choices)
    self.read = read
  }
}

extension ValueKind<String> {
  /// Any text that isn't empty.
  package static var text: Self { text(.nothing) }

  /// The path of a file or a folder. Whether there is one is not asked here.
  package static var path: Self { text(.paths) }

  /// The path of a folder. Whether there is one is not asked here.
  package static var folder: Self { text(.folders) }

  private static func text(_ completion: Completion) -> Self {
    ValueKind("a text that isn't empty", completion: completion) { $0.utf8.isEmpty ? nil : $0 }
  }
}

extension ValueKind<Int> {
  /// A whole number in decimal digits.
  package static func integer(in range: ClosedRange<Int>) -> Self {
    let expected =
      range.upperBound == .max
      ? "a whole number from \(range.lowerBound)"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return ValueKind(expected) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
  }
}

extension ValueKind where Value: CaseIterable & RawRepresentable<String> {
  /// One of the cases, by its raw value.
  package static var choice: Self {
    let choices = Value.allCases.map(\.rawValue)
    return ValueKind("one of \(choices.joined(separator: ", "))", choices: choices) { text in
      Value.allCases.first { $0.rawValue.utf8.elementsEqual(text.utf8) }
    }
  }
}
