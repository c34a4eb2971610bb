package import Platform

/// One value of a YAML file, with its place in it.
package struct Node: Sendable, Hashable {
  /// What it is.
  package enum Content: Sendable, Hashable {
    case scalar(Scalar)
    case sequence([Node])
    /// Pairs in their order; no key stands twice.
    case mapping([Entry])
  }

  /// A scalar's text and how it was written.
  package struct Scalar: Sendable, Hashable {
    /// The text, with quotes and escapes resolved.
    package var text: String
    /// Whether it stood without quotes: only then can it be something else than a string.
    package var isPlain: Bool
    /// Whether it still holds `${…}` that are resolved while the drill runs; see `Node.substituting`.
    package var isTemplate: Bool

    package init(_ text: String, isPlain: Bool, isTemplate: Bool = false) {
      self.text = text
      self.isPlain = isPlain
      self.isTemplate = isTemplate
    }
  }

  /// A key and its value.
  package struct Entry: Sendable, Hashable {
    package var key: String
    /// Where the key stands.
    package var place: Place
    package var value: Node

    package init(_ key: String, at place: Place, _ value: Node) {
      self.key = key
      self.place = place
      self.value = value
    }
  }

  package var content: Content
  /// Where it begins.
  package var place: Place

  package init(_ content: Content, at place: Place) {
    self.content = content
    self.place = place
  }

  /// The text of a scalar of any type; nil for sequences and mappings.
  package var text: String? { scalar?.text }

  /// The scalar, if it is one.
  package var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

  /// The elements, if it is a sequence.
  package var elements: [Node]? { if case .sequence(let nodes) = content { nodes } else { nil } }

  /// The pairs in their order, if it is a mapping.
  package var entries: [Entry]? { if case .mapping(let entries) = content { entries } else { nil } }

  /// Whether it is a plain `null`, `~` or nothing at all.
  package var isNull: Bool { scalar?.coreValue == .null }

  /// The value under a key (compared byte by byte), if it is a mapping that has it.
  package subscript(key: String) -> Node? {
    entries?.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// What it is, for messages: `the string "abc"`, `the number 3`, `a list`, `nothing`.
  package var found: String {
    switch content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .scalar(let scalar):
      let short = scalar.text.count > 40 ? scalar.text.prefix(39) + "…" : scalar.text[...]
      switch scalar.coreValue {
      case .null: return "nothing"
      case .bool: return "the boolean \(short)"
      case .integer, .hugeInteger, .float: return "the number \(short)"
      case .string: return "the string \(JSON.string(String(short)).text())"
      }
    }
  }
}
