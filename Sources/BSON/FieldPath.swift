/// The way to a field, such as `lines.productId`, taken apart once.
package struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  /// The names on the way, as UTF-8.
  package let names: [[UInt8]]
  /// As it was written.
  package let description: String

  /// Splits at dots.
  package init(_ text: String) {
    description = text
    names = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) }
  }

  /// The value at the end of the way, arrays not looked into: as an aggregation's `$a.b` gives it where no array is
  /// on the way. Nil where it is missing.
  package func value(in document: RawDocument) -> RawValue? {
    var document = document
    for name in names.dropLast() {
      guard let inner = document.field(name), inner.type == .document, let next = inner.document else {
        return nil
      }
      document = next
    }
    return names.last.flatMap(document.field)
  }

  /// What is at the end of a way that has to lead to one value.
  package enum Single {
    case none
    case value(RawValue)
    /// An array is on the way, or at its end.
    case array
  }

  /// The one value at the end of the way; a document that isn't there, or isn't one, holds none.
  package func single(in document: RawDocument) -> Single {
    var document = document
    for (at, name) in names.enumerated() {
      guard let value = document.field(name) else { return .none }
      if value.type == .array { return .array }
      if at == names.count - 1 { return .value(value) }
      guard let next = value.document else { return .none }
      document = next
    }
    return .none
  }

  /// Each value at the end of the way, with every array on it looked into once (the last one too unless
  /// `unwindingLast` is false): what is left in an aggregation after `$unwind` of each prefix with
  /// `preserveNullAndEmptyArrays`. Nil where there is none: a field is missing, an array empty, or something that isn't
  /// a document on the way.
  package func forEachValue(
    in document: RawDocument, unwindingLast: Bool = true, _ body: (RawValue?) throws -> Void
  ) rethrows {
    try descend(document, 0, unwindingLast, body)
  }

  private func descend(
    _ document: RawDocument, _ depth: Int, _ unwindingLast: Bool, _ body: (RawValue?) throws -> Void
  ) rethrows {
    guard let value = document.field(names[depth]) else { return try body(nil) }
    guard value.type == .array, unwindingLast || depth < names.count - 1, let array = value.document else {
      return try take(value, depth, unwindingLast, body)
    }
    var isEmpty = true
    try unsafe array.forEachField { _, element in
      isEmpty = false
      try take(element, depth, unwindingLast, body)
      return true
    }
    if isEmpty { try body(nil) }
  }

  private func take(
    _ value: RawValue, _ depth: Int, _ unwindingLast: Bool, _ body: (RawValue?) throws -> Void
  ) rethrows {
    if depth == names.count - 1 { return try body(value) }
    guard value.type == .document, let inner = value.document else { return try body(nil) }
    try descend(inner, depth + 1, unwindingLast, body)
  }
}
