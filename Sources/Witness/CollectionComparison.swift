package import BSON
package import Facts

/// A witnessed collection and what a server holds in its place.
package struct CollectionComparison: Sendable, Hashable {
  /// What it is called in the witness.
  package var namespace: Namespace
  /// What it is called on the server.
  package var restored: Namespace
  /// Over how many of the batch's ranges, of all that there are in the witness.
  package var ranges: Int
  package var rangesInAll: Int
  /// How many of them differ.
  package var differingRanges = 0
  /// What these ranges hold in the witness, and on the server.
  package var expected = ContentDigest()
  package var found = ContentDigest()
  /// How many documents are there with another content; of ranges whose documents are known, as are the others.
  package var changed = 0
  /// How many aren't there.
  package var missing = 0
  /// How many are there that shouldn't be.
  package var extra = 0
  /// The ranges that differ and of whose documents nothing is known: in these, differing documents are not counted.
  package var unknownRanges: [IDRange] = []
  /// The first of the documents that differ.
  package var samples: [DocumentDifference] = []
  /// In what respect the comparison says less than it might, as sentences in lower case.
  package var notes: [String] = []
  /// Whether missing and extra documents at the old end may be the server's own doing: in a capped collection.
  package var isCapped = false

  init(_ namespace: Namespace, restored: Namespace, ranges: Int, rangesInAll: Int) {
    self.namespace = namespace
    self.restored = restored
    self.ranges = ranges
    self.rangesInAll = rangesInAll
  }

  /// Whether all that was compared is the same, byte for byte.
  package var isEqual: Bool { differingRanges == 0 }

  /// Whether all of the collection was compared.
  package var isComplete: Bool { ranges == rangesInAll }

  /// How many documents differ; at least so many where there are ranges of which that isn't known.
  package var differing: Int { changed + missing + extra }

  /// Whether `differing` is exact.
  package var isCounted: Bool { unknownRanges.isEmpty }
}

/// A document that differs.
package struct DocumentDifference: Sendable, Hashable {
  /// In what way.
  package enum Kind: Sendable, Hashable {
    /// In these fields; nil when it isn't known in which. None: only the order of its fields differs.
    case changed([FieldDifference]?)
    case missing
    case extra
  }

  /// Its `_id`.
  package var id: Value
  package var kind: Kind

  package init(_ id: Value, _ kind: Kind) {
    self.id = id
    self.kind = kind
  }
}

/// A field that differs.
package struct FieldDifference: Sendable, Hashable {
  /// In what way.
  package enum Kind: String, Sendable, Hashable {
    /// It has another value or type.
    case changed
    /// It is there and shouldn't be.
    case added
    /// It isn't there.
    case removed
  }

  /// With dots for fields within fields; not into arrays.
  package var path: String
  package var kind: Kind

  package init(_ path: String, _ kind: Kind) {
    self.path = path
    self.kind = kind
  }
}

extension DocumentDifference: CustomStringConvertible {
  /// `{"$oid":"…"}: changed: total, lines; added: note`, `5: missing`.
  package var description: String { "\(id.extendedJSON()): \(kind)" }
}

extension DocumentDifference.Kind: CustomStringConvertible {
  /// `changed: total, lines; added: note`, `changed: the order of its fields`, `changed`, `missing`, `extra`.
  package var description: String {
    switch self {
    case .missing: return "missing"
    case .extra: return "extra"
    case .changed(nil): return "changed"
    case .changed(let fields?):
      if fields.isEmpty { return "changed: the order of its fields" }
      let kinds: [FieldDifference.Kind] = [.changed, .added, .removed]
      return kinds.compactMap { kind in
        let paths = fields.filter { $0.kind == kind }.map(\.path)
        return paths.isEmpty ? nil : "\(kind.rawValue): " + paths.joined(separator: ", ")
      }.joined(separator: "; ")
    }
  }
}
