package import Platform

/// What a value looks like in a file: one declaration that decodes it, names it in messages and docs, and gives
/// its JSON Schema.
package struct Shape<Output: Sendable>: Sendable {
  /// A noun phrase: `a whole number`, `a list of strings`.
  package let name: String
  /// Its JSON Schema (draft 2020-12).
  package let schema: JSON
  /// Decodes, or reports what is wrong and gives nil.
  package let decode: @Sendable (Node, Diagnostics) -> Output?

  package init(
    _ name: String, schema: JSON, decode: @escaping @Sendable (Node, Diagnostics) -> Output?
  ) {
    self.name = name
    self.schema = schema
    self.decode = decode
  }

  /// A shape of scalars: `read` gives nil for what it does not take; `hint` says how it is written.
  package static func scalar(
    _ name: String, schema: JSON, hint: String? = nil, read: @escaping @Sendable (Node.Scalar) -> Output?
  ) -> Shape {
    Shape(name, schema: schema) { node, diagnostics in
      if let output = node.scalar.flatMap(read) { return output }
      diagnostics.report(expected: name, found: node, hint: hint)
      return nil
    }
  }

  /// The same value in other clothes; nil from `transform` means that it reported what is wrong.
  package func map<Other>(
    _ name: String? = nil, schema: JSON? = nil,
    _ transform: @escaping @Sendable (Output, Node, Diagnostics) -> Other?
  ) -> Shape<Other> {
    Shape<Other>(name ?? self.name, schema: schema ?? self.schema) { node, diagnostics in
      decode(node, diagnostics).flatMap { transform($0, node, diagnostics) }
    }
  }

  /// The value with its place.
  package var located: Shape<Located<Output>> { map { value, node, _ in Located(value, at: node.place) } }
}

/// A value and where it stands.
package struct Located<Value: Sendable>: Sendable {
  package var value: Value
  package var place: Place
  package init(_ value: Value, at place: Place) {
    self.value = value
    self.place = place
  }
}

/// Pieces of JSON Schema.
package enum Schema {
  /// A string that holds a parameter, `${name}`: it may stand wherever a value of another type is asked for.
  package static let parameter: JSON = ["type": "string", "pattern": .string(parameterPattern)]
  static let parameterPattern = #"\$\{[A-Za-z_][A-Za-z0-9_.]*\}"#

  /// `schema`, or a parameter in its place.
  package static func orParameter(_ schema: JSON) -> JSON { ["anyOf": [schema, parameter]] }

  /// Numbers and booleans: other keywords of `constraints` (`minimum`) hold for these only.
  static func typed(_ type: JSON, _ constraints: [JSON.Member] = []) -> JSON {
    .object(
      [.init("type", [type, "string"]), .init("pattern", .string(parameterPattern))] + constraints)
  }
}
