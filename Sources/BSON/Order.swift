// The server's order of values (mongodb/mongo, `bsonelement.cpp` and `bsontypes.h` of 6.0): first by groups of
// types, numbers by value whatever their type, documents element by element. No collation.

/// Compares two values that lie in well-formed documents, whose first bytes are `left` and `right`: negative when
/// the first is less, 0 when they are equal to the server, else positive.
package func compareBSON(
  _ left: UnsafeRawPointer, _ leftElement: RawElement, _ right: UnsafeRawPointer, _ rightElement: RawElement
) -> Int {
  let group = leftElement.type.orderGroup - rightElement.type.orderGroup
  if group != 0 { return group }
  let (l, r) = (leftElement.value, rightElement.value)
  let leftBytes = unsafe UnsafeRawBufferPointer(start: left + l.lowerBound, count: l.count)
  let rightBytes = unsafe UnsafeRawBufferPointer(start: right + r.lowerBound, count: r.count)
  switch leftElement.type {
  case .minKey, .maxKey, .null, .undefined: return 0
  case .double, .int32, .int64, .decimal128:
    return unsafe Number.compare(
      number(leftElement.type, leftBytes), number(rightElement.type, rightBytes))
  case .string, .symbol, .code: return unsafe compareBytes(text(leftBytes), text(rightBytes))
  case .document, .array:
    return unsafe compareElements(leftBytes, rightBytes, byName: leftElement.type == .document)
  case .binary:
    // The shorter is less; of equal length, the subtype comes first and then the bytes.
    if l.count != r.count { return l.count - r.count }
    return unsafe compareBytes(
      UnsafeRawBufferPointer(rebasing: leftBytes[4...]), UnsafeRawBufferPointer(rebasing: rightBytes[4...]))
  case .objectID, .bool, .regex: return unsafe compareBytes(leftBytes, rightBytes)
  case .date:
    let (l, r) = unsafe (leftBytes.loadUnaligned(as: Int64.self), rightBytes.loadUnaligned(as: Int64.self))
    return l == r ? 0 : Int64(littleEndian: l) < Int64(littleEndian: r) ? -1 : 1
  case .timestamp:
    let (l, r) = unsafe (leftBytes.loadUnaligned(as: UInt64.self), rightBytes.loadUnaligned(as: UInt64.self))
    return l == r ? 0 : UInt64(littleEndian: l) < UInt64(littleEndian: r) ? -1 : 1
  case .dbPointer: return unsafe l.count != r.count ? l.count - r.count : compareBytes(leftBytes, rightBytes)
  case .codeWithScope:
    let (l, r) = unsafe (codeAndScope(leftBytes), codeAndScope(rightBytes))
    let order = unsafe compareBytes(l.code, r.code)
    return unsafe order != 0 ? order : compareElements(l.scope, r.scope, byName: true)
  }
}

/// Compares two well-formed documents as the server compares values of that type.
package func compareBSON(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  unsafe compareElements(left, right, byName: true)
}

extension Document {
  /// Negative when `left` is less than `right` in the server's order, 0 when it takes them for equal.
  package static func compare(_ left: Document, _ right: Document) -> Int {
    unsafe left.withBytes { left in
      unsafe right.withBytes { right in unsafe compareBSON(left, right) }
    }
  }
}

extension Value {
  /// Negative when `left` is less than `right` in the server's order, 0 when it takes them for equal.
  package static func compare(_ left: Value, _ right: Value) -> Int {
    Document.compare([("", left)].document, [("", right)].document)
  }
}

extension [(String, Value)] {
  fileprivate var document: Document { Document(self) }
}

/// The elements pairwise: their type's group, in documents their name, then their value; the shorter is less.
private func compareElements(
  _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, byName: Bool
) -> Int {
  guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return 0 }
  var (leftAt, rightAt) = (4, 4)
  while true {
    let (l, r) = unsafe (
      elementOfValidBSON(leftBase, at: leftAt), elementOfValidBSON(rightBase, at: rightAt)
    )
    guard let l, let r else { return l != nil ? 1 : r != nil ? -1 : 0 }
    let group = l.type.orderGroup - r.type.orderGroup
    if group != 0 { return group }
    if byName {
      let order = unsafe compareBytes(
        UnsafeRawBufferPointer(rebasing: left[l.name]), UnsafeRawBufferPointer(rebasing: right[r.name]))
      if order != 0 { return order }
    }
    let order = unsafe compareBSON(leftBase, l, rightBase, r)
    if order != 0 { return order }
    leftAt = l.value.upperBound
    rightAt = r.value.upperBound
  }
}

/// Byte by byte; of two that start alike, the shorter is less.
private func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  for index in 0..<min(left.count, right.count) where unsafe left[index] != right[index] {
    return unsafe Int(left[index]) - Int(right[index])
  }
  return left.count - right.count
}

/// The text of a string's value, without its length and NUL.
func text(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
  unsafe UnsafeRawBufferPointer(rebasing: value[4..<value.count - 1])
}

/// The parts of code with a scope.
func codeAndScope(
  _ value: UnsafeRawBufferPointer
) -> (code: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer) {
  let length = unsafe Int(Int32(littleEndian: value.loadUnaligned(fromByteOffset: 4, as: Int32.self)))
  return unsafe (
    UnsafeRawBufferPointer(rebasing: value[8..<8 + length - 1]),
    UnsafeRawBufferPointer(rebasing: value[(8 + length)...])
  )
}

/// A number's exact value.
func number(_ type: ElementType, _ value: UnsafeRawBufferPointer) -> Number {
  switch type {
  case .int32: .integer(Int64(unsafe Int32(littleEndian: value.loadUnaligned(as: Int32.self))))
  case .int64: .integer(unsafe Int64(littleEndian: value.loadUnaligned(as: Int64.self)))
  case .decimal128:
    unsafe Number(
      decimalLow: UInt64(littleEndian: value.loadUnaligned(as: UInt64.self)),
      high: UInt64(littleEndian: value.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  default:
    Number(Double(bitPattern: unsafe UInt64(littleEndian: value.loadUnaligned(as: UInt64.self))))
  }
}

extension ElementType {
  /// Values of a lower group come first; within one, the values decide.
  var orderGroup: Int {
    switch self {
    case .minKey: -1
    case .undefined: 0
    case .null: 5
    case .double, .int32, .int64, .decimal128: 10
    case .string, .symbol: 15
    case .document: 20
    case .array: 25
    case .binary: 30
    case .objectID: 35
    case .bool: 40
    case .date: 45
    case .timestamp: 47
    case .regex: 50
    case .dbPointer: 55
    case .code: 60
    case .codeWithScope: 65
    case .maxKey: 127
    }
  }
}
