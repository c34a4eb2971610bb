internal import BSON

/// A hash of an `_id` for choosing a lane: equal for the server is equal here. Numbers count by value whatever
/// their type (1, `NumberLong(1)`, 1.0, -0 = 0, NaNs alike), inside documents and arrays too; a collection with a
/// collation isn't hashed at all (see `SourceCatalogue.Collection.isOrdered`).
///
/// FNV-1a, 64 bits.
struct LaneKey {
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Hashes a value of a checked document.
  init(_ type: ElementType, _ bytes: ArraySlice<UInt8>) { add(type, bytes) }

  private mutating func add(_ type: ElementType, _ bytes: ArraySlice<UInt8>) {
    switch type {
    case .int32: add(number: Double(Int32(truncatingIfNeeded: integer(bytes, 4))))
    case .int64: add(number: Double(integer(bytes, 8)))
    case .double: add(number: Double(bitPattern: UInt64(bitPattern: integer(bytes, 8))))
    case .decimal128:
      // Only a decimal that another type can hold has to agree with it: its nearest double does then.
      add(number: Double(Value.decimal128Text(bytes)) ?? .nan)
    case .document, .array:
      add(byte: type.rawValue)
      for element in Document(validated: bytes) {
        for byte in element.name.utf8 { add(byte: byte) }
        let value = Document([("", element.value)]).bytes
        // The value's own bytes: length (4), type (1), an empty name (1), the value, the end (1).
        if let inner = ElementType(rawValue: value[value.startIndex + 4]) {
          add(inner, value.dropFirst(6).dropLast())
        }
      }
    case .symbol: add(plain: .string, bytes)
    default: add(plain: type, bytes)
    }
  }

  private mutating func add(plain type: ElementType, _ bytes: ArraySlice<UInt8>) {
    add(byte: type.rawValue)
    for byte in bytes { add(byte: byte) }
  }

  /// Large integers round to the same double as the doubles and decimals that equal them.
  private mutating func add(number: Double) {
    add(byte: ElementType.double.rawValue)
    let bits = number.isNaN ? Double.nan.bitPattern : number == 0 ? 0 : number.bitPattern
    for shift in stride(from: 0, to: 64, by: 8) { add(byte: UInt8(truncatingIfNeeded: bits >> shift)) }
  }

  private mutating func add(byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }

  private func integer(_ bytes: ArraySlice<UInt8>, _ count: Int) -> Int64 {
    bytes.prefix(count).reversed().reduce(0) { $0 << 8 | Int64($1) }
  }
}
