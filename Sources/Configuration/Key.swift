package import Platform

/// What is to be known of a key: for the JSON Schema and the docs.
package struct KeySpec: Sendable, Hashable {
  package var name: String
  /// What its value looks like: `a whole number`.
  package var form: String
  /// One sentence.
  package var summary: String
  /// The default, as it would be written; nil when there is none.
  package var fallback: String?
  package var isRequired: Bool
  /// The JSON Schema of the value.
  package var schema: JSON

  /// The JSON Schema of a mapping with these keys and no others.
  package static func schema(of keys: [any DeclaredKey]) -> JSON {
    let required = keys.map(\.spec).filter(\.isRequired).map { JSON.string($0.name) }
    return .record([
      "type": "object", "properties": properties(of: keys),
      "required": required.isEmpty ? nil : .array(required), "additionalProperties": false,
    ])
  }

  /// The `properties` of such a schema: for mappings that are put together from several lists of keys.
  package static func properties(of keys: [any DeclaredKey]) -> JSON {
    .object(keys.map(\.spec).map { .init($0.name, $0.describedSchema) })
  }

  private var describedSchema: JSON {
    var members: [JSON.Member] = [.init("description", .string(summary))]
    if let fallback { members.append(.init("default", Node.fallback(fallback).json)) }
    // What the key says of itself wins over what its shape says.
    if case .object(let own) = schema {
      for member in own where !members.contains(where: { $0.key == member.key }) { members.append(member) }
    }
    return .object(members)
  }
}

/// A key of any type.
package protocol DeclaredKey: Sendable {
  /// Its name, form and docs.
  var spec: KeySpec { get }
  /// Decodes its value, or what stands in when the key is absent; nil when something was wrong, and reported.
  func decodeBoxed(_ node: Node?, in mapping: Node, _ diagnostics: Diagnostics) -> (any BoxedValue)?
}

/// A decoded value whose type only its key knows.
package protocol BoxedValue: Sendable {}

struct Box<Value: Sendable>: BoxedValue { let value: Value }

/// A declared key, and the type that its value has in the program: an optional unless it is required or has a
/// default.
package struct Key<Value: Sendable>: DeclaredKey {
  package let spec: KeySpec
  private let decode: @Sendable (Node, Diagnostics) -> Value?
  private let absent: @Sendable (Diagnostics) -> Value?

  /// A key that may be left out.
  package init<Given: Sendable>(_ name: String, _ shape: Shape<Given>, _ summary: String)
  where Value == Given? {
    spec = KeySpec(
      name: name, form: shape.name, summary: summary, fallback: nil, isRequired: false, schema: shape.schema)
    decode = { node, diagnostics in shape.decode(node, diagnostics).map { .some($0) } }
    absent = { _ in .some(nil) }
  }

  /// A key that has to be there.
  package init(required name: String, _ shape: Shape<Value>, _ summary: String) {
    let spec = KeySpec(
      name: name, form: shape.name, summary: summary, fallback: nil, isRequired: true, schema: shape.schema)
    self.spec = spec
    decode = shape.decode
    absent = { _ in nil }
  }

  /// A key that stands for `fallback`, as it would be written, when it is left out.
  package init(_ name: String, _ shape: Shape<Value>, default fallback: String, _ summary: String) {
    spec = KeySpec(
      name: name, form: shape.name, summary: summary, fallback: fallback, isRequired: false,
      schema: shape.schema)
    decode = shape.decode
    absent = { diagnostics in shape.decode(.fallback(fallback), diagnostics) }
  }

  package func decodeBoxed(_ node: Node?, in mapping: Node, _ diagnostics: Diagnostics) -> (any BoxedValue)? {
    guard let node else {
      if spec.isRequired { diagnostics.report(.missingKey(spec, at: mapping.place)) }
      return absent(diagnostics).map { Box(value: $0) }
    }
    return diagnostics.within(spec.name) { decode(node, diagnostics) }.map { Box(value: $0) }
  }
}

extension Node {
  /// A plain scalar of no file.
  package static func plain(_ text: String) -> Node {
    Node(.scalar(Scalar(text, isPlain: true)), at: Place("default"))
  }

  /// What a key stands for when it is left out: a plain scalar, or a mapping or list in braces or brackets.
  static func fallback(_ text: String) -> Node {
    guard text.hasPrefix("{") || text.hasPrefix("[") else { return .plain(text) }
    return .parse(text, file: "default", Diagnostics()) ?? .plain(text)
  }
}
