package import Platform

/// A mapping whose declared keys were decoded: each is there, and right.
package struct Fields {
  /// The mapping.
  package let node: Node
  /// Where further problems go.
  package let diagnostics: Diagnostics
  private let values: [String: any BoxedValue]

  /// Decodes all `keys`, reporting every wrong, missing and unknown one; nil when there was any. `what` names the
  /// mapping in messages: `step`, `check`.
  package static func decode(
    _ node: Node, of what: String, _ keys: [any DeclaredKey], _ diagnostics: Diagnostics
  ) -> Fields? {
    guard let entries = node.entries else {
      diagnostics.report(expected: "a mapping", found: node, hint: longhand(of: node, keys))
      return nil
    }
    let before = diagnostics.count
    let known = keys.map(\.spec.name)
    for entry in entries where !known.contains(where: { $0.utf8.elementsEqual(entry.key.utf8) }) {
      diagnostics.report(.unknown("key", entry.key, known: known, at: entry.place))
    }
    return decode(known: keys, in: node, diagnostics, before: before)
  }

  /// A value without its key, as beginners write it, with the key that it is most likely of; nil where it is of none.
  private static func longhand(of node: Node, _ keys: [any DeclaredKey]) -> String? {
    guard let text = node.text, !text.isEmpty, !node.isNull,
      let key = keys.first(where: \.spec.isRequired) ?? keys.first
    else { return nil }
    let trial = Diagnostics()
    guard key.decodeBoxed(node, in: node, trial) != nil, trial.isEmpty else { return nil }
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "_-./".utf8.contains(byte)
      }
    }
    return "Write `{\(key.spec.name): \(isPlain ? text : JSON.string(text).text())}`."
  }

  /// Decodes those of a mapping's keys that are declared and leaves the others alone: for mappings whose keys come
  /// from several lists.
  package static func decodeKnown(
    _ keys: [any DeclaredKey], in node: Node, _ diagnostics: Diagnostics
  ) -> Fields? {
    decode(known: keys, in: node, diagnostics, before: diagnostics.count)
  }

  private static func decode(
    known keys: [any DeclaredKey], in node: Node, _ diagnostics: Diagnostics, before: Int
  ) -> Fields? {
    var values: [String: any BoxedValue] = [:]
    for key in keys {
      values[key.spec.name] = key.decodeBoxed(node[key.spec.name], in: node, diagnostics)
    }
    return diagnostics.count == before ? Fields(node: node, diagnostics: diagnostics, values: values) : nil
  }

  /// The value of a key that was among those decoded.
  package subscript<Value>(key: Key<Value>) -> Value {
    guard let box = values[key.spec.name] as? Box<Value> else {
      preconditionFailure("key \(key.spec.name) is not among those declared")
    }
    return box.value
  }

  /// Whether the key stands in the file.
  package func isGiven(_ key: some DeclaredKey) -> Bool { node[key.spec.name] != nil }

  /// Where the key's value stands; the mapping's own place when it was left out.
  package func place(of key: some DeclaredKey) -> Place { node[key.spec.name]?.place ?? node.place }

  /// Reports something wrong with a key's value that its shape can't see.
  package func reject(_ key: some DeclaredKey, _ message: String, hint: String? = nil) {
    diagnostics.report(
      .invalid("invalid-value", "`\(key.spec.name)`: \(message)", at: place(of: key), hint: hint))
  }
}
