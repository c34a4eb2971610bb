package import BSON
internal import Platform

extension Shape where Output == Value {
  /// Any BSON value, in Extended JSON.
  package static var value: Shape<Value> {
    Shape("a value", schema: true) { node, diagnostics in node.bsonValue(diagnostics) }
  }
}

extension Shape where Output == Document {
  /// A BSON document, in Extended JSON: a filter, an index key, options.
  package static var document: Shape<Document> {
    Shape("a mapping", schema: ["type": "object"]) { node, diagnostics in
      guard node.entries != nil else {
        diagnostics.report(expected: "a mapping", found: node)
        return nil
      }
      guard let value = node.bsonValue(diagnostics) else { return nil }
      if case .document(let document) = value { return document }
      diagnostics.report(expected: "a mapping of fields", found: node, hint: nil)
      return nil
    }
  }
}

extension Shape where Output == Namespace {
  /// `database.collection`.
  package static var namespace: Shape<Namespace> {
    .scalar(
      "a collection such as shop.orders", schema: ["type": "string", "pattern": #"^[^.]+\..+$|\$\{"#],
      hint: "Write the database, a dot and the collection."
    ) { Namespace($0.text) }
  }
}
