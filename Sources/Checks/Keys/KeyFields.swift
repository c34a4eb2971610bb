internal import BSON

/// The fields that make a key, and how they make one.
struct KeyFields: Sendable {
  /// What arrays and missing values are.
  enum Manner: Sendable, Hashable {
    /// Each value refers, and each element of an array.
    case referring
    /// A value can be referred to, and an array, and each of its elements.
    case referredTo
    /// As an index has it: each element of an array, an array without any as undefined, a missing value in a key of
    /// several fields as null.
    case indexed
  }

  /// One key of a document.
  enum Key {
    case missing
    case null
    case undefined
    case hash(KeyHash)
    /// Of several fields, some of which are missing, null or undefined.
    case partial(KeyHash, isMissing: Bool)
  }

  let paths: [FieldPath]
  let manner: Manner

  /// Their paths as they were written.
  var names: [String] { paths.map(\.description) }

  /// Calls `body` with each key of a document. `scratch` is reused from call to call.
  func forEach(
    in document: RawDocument, _ scratch: inout [UInt8], _ body: (Key, RawValue?) throws -> Void
  ) throws {
    if paths.count > 1 { return try body(try tuple(document, &scratch), nil) }
    let manner = manner
    try paths[0].forEachValue(in: document, unwindingLast: manner == .referring) { value in
      guard let value else { return try body(.missing, nil) }
      guard value.type == .array, manner != .referring, let array = value.document else {
        return try body(KeyFields.key(value, &scratch), value)
      }
      if manner == .referredTo { try body(.hash(value.keyHash(&scratch)), value) }
      var isEmpty = true
      unsafe try array.forEachField { _, element in
        isEmpty = false
        try body(KeyFields.key(element, &scratch), element)
        return true
      }
      if isEmpty, manner == .indexed { try body(.undefined, value) }
    }
  }

  private static func key(_ value: RawValue, _ scratch: inout [UInt8]) -> Key {
    switch value.type {
    case .null: .null
    case .undefined: .undefined
    default: .hash(value.keyHash(&scratch))
    }
  }

  /// The key of several fields: none of them may hold an array, of which no tuple can be made.
  private func tuple(_ document: RawDocument, _ scratch: inout [UInt8]) throws(Unanswerable) -> Key {
    var tuple: KeyHash?
    var (isPartial, isMissing) = (false, false)
    for path in paths {
      let part: KeyHash
      switch path.single(in: document) {
      case .none:
        (isPartial, isMissing) = (true, true)
        part = .null
      case .array:
        throw Unanswerable(
          "`\(path)` leads to an array in document \(document.idText); a key of several fields can't hold one"
        )
      case .value(let value):
        isPartial = isPartial || value.type == .null || value.type == .undefined
        part = value.keyHash(&scratch)
      }
      tuple = tuple?.combined(with: part) ?? part
    }
    guard let tuple else { return .missing }
    return isPartial ? .partial(tuple, isMissing: isMissing) : .hash(tuple)
  }
}

extension RawDocument {
  private static let id = Array("_id".utf8)

  /// Its `_id`; nil where it has none.
  var id: RawValue? { field(RawDocument.id) }

  /// Its `_id` as Extended JSON.
  var idText: String { (id?.value ?? .null).extendedJSON() }
}
