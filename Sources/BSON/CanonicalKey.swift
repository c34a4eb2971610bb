/// Appends bytes that two values share exactly when the server takes them for equal (without a collation): for
/// hashing `_id`s, and for finding a document again. The value lies in a well-formed document whose first byte is
/// `base`. The bytes say nothing about order; see `compareBSON`.
package func appendCanonicalKey(_ base: UnsafeRawPointer, _ element: RawElement, to key: inout [UInt8]) {
  let value = unsafe UnsafeRawBufferPointer(
    start: base + element.value.lowerBound, count: element.value.count)
  key.append(UInt8(truncatingIfNeeded: element.type.orderGroup))
  switch element.type {
  case .double, .int32, .int64, .decimal128: append(unsafe number(element.type, value), to: &key)
  case .document, .array: unsafe appendElements(value, named: element.type == .document, to: &key)
  case .codeWithScope:
    let (code, scope) = unsafe codeAndScope(value)
    append(UInt64(code.count), to: &key)
    unsafe key.append(contentsOf: code)
    unsafe appendElements(scope, named: true, to: &key)
  // The others are equal when their bytes are, and say where they end.
  default: unsafe key.append(contentsOf: value)
  }
}

extension Value {
  /// Bytes that two values share exactly when the server takes them for equal: 1, `NumberLong(1)`, 1.0 and
  /// `Decimal128("1.0")` have one key, so have 0 and −0, and all NaNs, inside documents and arrays too.
  package var canonicalKey: [UInt8] {
    var key: [UInt8] = []
    unsafe Document([("", self)]).withBytes { bytes in
      guard let base = bytes.baseAddress, let element = unsafe elementOfValidBSON(base, at: 4) else { return }
      unsafe appendCanonicalKey(base, element, to: &key)
    }
    return key
  }
}

private func appendElements(_ document: UnsafeRawBufferPointer, named: Bool, to key: inout [UInt8]) {
  guard let base = document.baseAddress else { return }
  var at = 4
  while let element = unsafe elementOfValidBSON(base, at: at) {
    unsafe appendCanonicalKey(base, element, to: &key)
    if named {
      unsafe key.append(contentsOf: document[element.name])
      key.append(0)
    }
    at = element.value.upperBound
  }
  // No group of types: the end.
  key.append(0xFE)
}

private func append(_ number: Number, to key: inout [UInt8]) {
  switch number {
  case .integer(let value):
    key.append(0)
    append(UInt64(bitPattern: value), to: &key)
  case .double(let bits):
    key.append(1)
    append(bits, to: &key)
  case .decimal(let isNegative, let coefficient, let exponent):
    key.append(isNegative ? 3 : 2)
    append(UInt64(truncatingIfNeeded: coefficient), to: &key)
    append(UInt64(truncatingIfNeeded: coefficient >> 64), to: &key)
    append(UInt64(bitPattern: Int64(exponent)), to: &key)
  }
}

private func append(_ integer: UInt64, to key: inout [UInt8]) {
  for shift in stride(from: 0, to: 64, by: 8) {
    key.append(UInt8(truncatingIfNeeded: integer >> UInt64(shift)))
  }
}
