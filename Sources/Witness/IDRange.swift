package import BSON

/// A part of a collection by the `_id`s of its documents, in the order of the index on `_id`.
package struct IDRange: Sendable, Hashable {
  /// The first `_id` that belongs to it; nil for from the first on.
  package var min: Value?
  /// The first `_id` that doesn't; nil for through the last.
  package var max: Value?

  package init(from min: Value? = nil, to max: Value? = nil) {
    self.min = min
    self.max = max
  }

  /// All of a collection.
  package static let whole = IDRange()

  /// Whether it is all of a collection.
  package var isWhole: Bool { min == nil && max == nil }

  /// The ranges between boundaries, which are in the index's order and differ; with none, the whole.
  package static func between(_ boundaries: [Value]) -> [IDRange] {
    zip([nil] + boundaries.map(Optional.some), boundaries.map(Optional.some) + [nil]).map {
      IDRange(from: $0, to: $1)
    }
  }
}
