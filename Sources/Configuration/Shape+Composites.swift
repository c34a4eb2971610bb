package import Platform

extension Shape where Output == Node {
  /// The node itself, to be decoded by somebody else; `schema` is theirs.
  package static func node(_ name: String, schema: JSON) -> Shape {
    Shape(name, schema: schema) { node, _ in node }
  }
}

extension Shape {
  /// A list; a single value without brackets counts as a list of one when `orOne`.
  package static func list<Element>(of element: Shape<Element>, orOne: Bool = false) -> Shape
  where Output == [Element] {
    let list: JSON = ["type": "array", "items": element.schema]
    let name = orOne ? "\(element.name), or a list of these" : "a list"
    return Shape(name, schema: orOne ? ["anyOf": [element.schema, list]] : list) { node, diagnostics in
      guard let nodes = node.elements else {
        if orOne { return element.decode(node, diagnostics).map { [$0] } }
        diagnostics.report(expected: "a list", found: node)
        return nil
      }
      let values = nodes.map { element.decode($0, diagnostics) }
      return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    }
  }

  /// A mapping whose keys are names that the user gives.
  package static func entries<Element>(of element: Shape<Element>, keys what: String = "name") -> Shape
  where Output == [Named<Element>] {
    let schema: JSON = ["type": "object", "additionalProperties": element.schema]
    return Shape("a mapping from \(what) to \(element.name)", schema: schema) { node, diagnostics in
      guard let entries = node.entries else {
        diagnostics.report(expected: "a mapping from \(what) to \(element.name)", found: node)
        return nil
      }
      let values = entries.map { entry in
        diagnostics.within(entry.key) { element.decode(entry.value, diagnostics) }
          .map { Named(entry.key, at: entry.place, $0) }
      }
      return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    }
  }

  /// A mapping with declared keys; `make` is called when each of them was good, and may reject more.
  package static func record(
    _ name: String, _ keys: [any DeclaredKey], make: @escaping @Sendable (Fields) -> Output?
  ) -> Shape {
    Shape("a mapping", schema: KeySpec.schema(of: keys)) { node, diagnostics in
      let before = diagnostics.count
      guard let fields = Fields.decode(node, of: name, keys, diagnostics), let output = make(fields) else {
        return nil
      }
      return diagnostics.count == before ? output : nil
    }
  }

  /// One of two shapes, by whether the node is a mapping.
  package static func scalar(_ scalar: Shape, orMapping mapping: Shape) -> Shape {
    let name = "\(scalar.name) or \(mapping.name)"
    return Shape(name, schema: ["anyOf": [scalar.schema, mapping.schema]]) { node, diagnostics in
      (node.entries == nil ? scalar : mapping).decode(node, diagnostics)
    }
  }
}

/// A value under a key that the user named.
package struct Named<Value: Sendable>: Sendable {
  package var name: String
  /// Where the key stands.
  package var place: Place
  package var value: Value

  package init(_ name: String, at place: Place, _ value: Value) {
    self.name = name
    self.place = place
    self.value = value
  }
}
