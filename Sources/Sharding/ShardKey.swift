package import BSON

/// The fields by which a collection is spread over shards.
package struct ShardKey: Sendable, Hashable {
  /// Its fields in order: dotted paths.
  package let fields: [String]
  /// Those of them that are hashed.
  package let hashed: Set<String>

  /// Reads a key pattern, `{region: 1, _id: "hashed"}`. Nil for one that the server would not take.
  package init?(_ pattern: Document) {
    var fields: [String] = []
    var hashed: Set<String> = []
    for element in pattern {
      if element.value.string == "hashed" {
        hashed.insert(element.name)
      } else if element.value.number != 1 {
        return nil
      }
      fields.append(element.name)
    }
    if fields.isEmpty { return nil }
    self.fields = fields
    self.hashed = hashed
  }

  /// Whether the `_id` alone says on which shard a document lies, so that no two shards can hold the same.
  package var isOfID: Bool { fields.count == 1 && fields[0].utf8.elementsEqual("_id".utf8) }

  /// A key that compares as the server compares it, of a chunk's bound. Nil when the bound has other fields.
  package func point(of bound: Document) -> KeyPoint? {
    let elements = Array(bound)
    guard elements.count == fields.count,
      zip(elements, fields).allSatisfy({ $0.name.utf8.elementsEqual($1.utf8) })
    else { return nil }
    return KeyPoint(elements.map(\.value))
  }

  /// The key below all others, and that above.
  package var least: KeyPoint { KeyPoint(fields.map { _ in .minKey }) }
  package var greatest: KeyPoint { KeyPoint(fields.map { _ in .maxKey }) }

  /// What a server computes a document's key by, as a list: a missing field is null, as the server has it
  /// (`$toHashedIndexKey` hashes as its indexes do).
  package var expression: Value {
    .list(fields.map { hashed.contains($0) ? ["$toHashedIndexKey": .string("$\($0)")] : .string("$\($0)") })
  }
}

/// One value of a shard key.
package struct KeyPoint: Sendable, Hashable {
  private let values: Document

  package init(_ values: [Value]) {
    var writer = DocumentWriter()
    for value in values { writer.append(value, "") }
    self.values = writer.finished()
  }

  /// From the list that `ShardKey.expression` gives; nil for what is no list.
  package init?(_ value: Value?) {
    guard let elements = value?.elements else { return nil }
    self.init(elements)
  }

  /// Negative when it is less than `other`, 0 when they are the same key.
  package func compare(_ other: KeyPoint) -> Int { Document.compare(values, other.values) }

  /// `{region: "north"}` without the names: `"north"`, `"north", 5`.
  package var text: String { values.map { $0.value.extendedJSON() }.joined(separator: ", ") }
}
