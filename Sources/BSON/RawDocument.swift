/// A well-formed document that lies in somebody else's memory, which has to outlive it.
@safe package struct RawDocument {
  let base: UnsafeRawPointer
  /// Its bytes.
  package let count: Int

  /// Takes bytes that `validateBSON` accepted; nil when there are none.
  package init?(validated bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count >= 5 else { return nil }
    unsafe self.base = base
    count = bytes.count
  }

  /// Its bytes where they lie.
  package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

  /// The first field of that name, given as UTF-8; nil where there is none.
  package func field(_ name: [UInt8]) -> RawValue? {
    var at = 4
    while let element = unsafe elementOfValidBSON(base, at: at) {
      if element.name.count == name.count,
        unsafe name.withUnsafeBytes({ name in
          unsafe name.elementsEqual(
            UnsafeRawBufferPointer(start: base + element.name.lowerBound, count: name.count))
        })
      {
        return unsafe RawValue(base: base, element: element)
      }
      at = element.value.upperBound
    }
    return nil
  }

  /// Lends its fields in order, until `body` returns false.
  package func forEachField(_ body: (_ name: UnsafeRawBufferPointer, RawValue) throws -> Bool) rethrows {
    var at = 4
    while let element = unsafe elementOfValidBSON(base, at: at) {
      let name = unsafe UnsafeRawBufferPointer(
        start: base + element.name.lowerBound, count: element.name.count)
      guard unsafe try body(name, RawValue(base: base, element: element)) else { return }
      at = element.value.upperBound
    }
  }

  /// A copy that owns its bytes.
  package var document: Document { Document(validated: unsafe ArraySlice(bytes)) }
}

/// A value that lies in somebody else's memory, which has to outlive it.
@safe package struct RawValue {
  let base: UnsafeRawPointer
  let element: RawElement

  /// Its type.
  package var type: ElementType { element.type }

  /// How many bytes it has, without type and name.
  package var count: Int { element.value.count }

  /// Its bytes, without type and name.
  package var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: base + element.value.lowerBound, count: element.value.count)
  }

  /// A copy that owns its bytes.
  package var value: Value { Value(type: element.type, unsafe ArraySlice(bytes)) }

  /// The document or array that it is; nil for another type.
  package var document: RawDocument? {
    type == .document || type == .array ? unsafe RawDocument(validated: bytes) : nil
  }

  /// Appends bytes that two values share exactly when the server takes them for equal; see `appendCanonicalKey`.
  package func appendKey(to key: inout [UInt8]) {
    unsafe appendCanonicalKey(base, element, to: &key)
  }

  /// Negative when it is less than `other` in the server's order, 0 when the server takes them for equal.
  package func compare(_ other: RawValue) -> Int {
    unsafe compareBSON(base, element, other.base, other.element)
  }

  /// The same with a value that somebody owns.
  package func compare(_ other: Value) -> Int {
    unsafe Document([("", other)]).withBytes { bytes in
      guard let otherBase = bytes.baseAddress, let other = unsafe elementOfValidBSON(otherBase, at: 4) else {
        return 1
      }
      return unsafe compareBSON(base, element, otherBase, other)
    }
  }
}
