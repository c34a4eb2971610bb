/// A value that owns its bytes and is compared where they lie.
package struct KeptValue: Sendable {
  private let document: Document

  package init(_ value: Value) { document = Document([("", value)]) }

  /// A copy.
  package init(_ value: RawValue) {
    var writer = DocumentWriter()
    unsafe writer.append(raw: value.bytes, type: value.type, "")
    document = writer.finished()
  }

  /// Its bytes, and a few more.
  package var count: Int { document.bytes.count }

  /// The value itself.
  package var value: Value { document.first { _ in true }?.value ?? .null }

  /// Negative when `value` comes before it in the server's order, 0 when the server takes them for equal.
  package func order(of value: RawValue) -> Int {
    unsafe document.withBytes { bytes in
      guard let base = bytes.baseAddress, let own = unsafe elementOfValidBSON(base, at: 4) else { return 1 }
      return unsafe compareBSON(value.base, value.element, base, own)
    }
  }

  /// Lends it.
  package func withRaw<Result>(_ body: (RawValue) throws -> Result) rethrows -> Result? {
    try unsafe document.withBytes { bytes in
      guard let base = bytes.baseAddress, let own = unsafe elementOfValidBSON(base, at: 4) else { return nil }
      return try body(unsafe RawValue(base: base, element: own))
    }
  }

  /// Whether `value` belongs to the same group of types: numbers of all types are one.
  package func isOfGroup(_ value: RawValue) -> Bool {
    withRaw { $0.type.orderGroup == value.type.orderGroup } ?? false
  }

  /// Its hash; see `RawValue.keyHash`.
  package var keyHash: KeyHash {
    var scratch: [UInt8] = []
    return withRaw { $0.keyHash(&scratch) } ?? .null
  }
}
