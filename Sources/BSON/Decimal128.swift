internal import CBSON

extension Value {
  /// The text of a Decimal128 from its 16 bytes, through libbson: `1.50`, `1E+3`, `NaN`.
  package static func decimal128Text(_ bytes: ArraySlice<UInt8>) -> String {
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    return decimal128Text(low: word(bytes.prefix(8)), high: word(bytes.dropFirst(8)))
  }

  /// The text of a Decimal128 from its two halves.
  package static func decimal128Text(low: UInt64, high: UInt64) -> String {
    var text = [CChar](repeating: 0, count: Int(BSON_DECIMAL128_STRING))
    unsafe text.withUnsafeMutableBufferPointer { text in
      unsafe mongodrill_decimal128_text(low, high, text.baseAddress)
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
