/// 96 bits of a hash of one value or several: the same for values that the server takes for equal (without a
/// collation), and for others in practice never: among 100 million keys two share one with a probability of 1 to 10^13.
package struct KeyHash: Sendable, Hashable {
  /// The first 64 bits.
  package let high: UInt64
  /// 32 more.
  package let low: UInt32

  package init(high: UInt64, low: UInt32) {
    self.high = high
    self.low = low
  }

  /// Of null.
  package static let null = KeyHash(of: .null)
  /// Of undefined.
  package static let undefined = KeyHash(of: .undefined)

  private init(of type: ElementType) {
    unsafe self.init(
      UnsafeRawBufferPointer(start: nil, count: 0), seed: UInt64(truncatingIfNeeded: type.orderGroup))
  }

  /// Of two keys in this order.
  package func combined(with next: KeyHash) -> KeyHash {
    unsafe withUnsafeBytes(of: (high, UInt64(low), next.high, UInt64(next.low))) { bytes in
      unsafe KeyHash(bytes, seed: 0x7475_706C)
    }
  }

  /// MurmurHash3, x64, 128 bits (Austin Appleby, public domain), of which the first 96 are kept.
  package init(_ bytes: UnsafeRawBufferPointer, seed: UInt64) {
    var (h1, h2) = (seed, seed)
    var at = 0
    let count = bytes.count
    while count - at >= 16 {
      let k1 = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let k2 = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self))
      h1 ^= KeyHash.first(k1)
      h1 = (KeyHash.rotated(h1, 27) &+ h2) &* 5 &+ 0x52dc_e729
      h2 ^= KeyHash.second(k2)
      h2 = (KeyHash.rotated(h2, 31) &+ h1) &* 5 &+ 0x3849_5ab5
      at += 16
    }
    if count > at {
      var (k1, k2): (UInt64, UInt64) = (0, 0)
      var rest = at
      if count - at >= 8 {
        k1 = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        rest += 8
        for index in rest..<count { k2 |= unsafe UInt64(bytes[index]) << UInt64(8 * (index - rest)) }
      } else {
        for index in rest..<count { k1 |= unsafe UInt64(bytes[index]) << UInt64(8 * (index - rest)) }
      }
      h2 ^= KeyHash.second(k2)
      h1 ^= KeyHash.first(k1)
    }
    self.init(h1, h2, count)
  }

  /// The same of eight bytes.
  package init(_ word: UInt64, seed: UInt64) { self.init(seed ^ KeyHash.first(word), seed, 8) }

  private init(_ first: UInt64, _ second: UInt64, _ count: Int) {
    var h1 = first ^ UInt64(count)
    var h2 = second ^ UInt64(count)
    h1 &+= h2
    h2 &+= h1
    h1 = KeyHash.mixed(h1)
    h2 = KeyHash.mixed(h2)
    h1 &+= h2
    h2 &+= h1
    self.init(high: h1, low: UInt32(truncatingIfNeeded: h2))
  }

  @inline(__always) private static func rotated(_ word: UInt64, _ by: UInt64) -> UInt64 {
    word << by | word >> (64 - by)
  }
  @inline(__always) private static func first(_ word: UInt64) -> UInt64 {
    rotated(word &* 0x87c3_7b91_1142_53d5, 31) &* 0x4cf5_ad43_2745_937f
  }
  @inline(__always) private static func second(_ word: UInt64) -> UInt64 {
    rotated(word &* 0x4cf5_ad43_2745_937f, 33) &* 0x87c3_7b91_1142_53d5
  }
  @inline(__always) private static func mixed(_ word: UInt64) -> UInt64 {
    var word = word
    word ^= word >> 33
    word &*= 0xff51_afd7_ed55_8ccd
    word ^= word >> 33
    word &*= 0xc4ce_b9fe_1a85_ec53
    return word ^ word >> 33
  }
}

extension RawValue {
  /// Its hash. `scratch` is for values within values and is reused from call to call.
  package func keyHash(_ scratch: inout [UInt8]) -> KeyHash {
    let seed = UInt64(truncatingIfNeeded: type.orderGroup)
    switch type {
    case .double, .int32, .int64, .decimal128:
      switch unsafe number(type, bytes) {
      case .integer(let value): return KeyHash(UInt64(bitPattern: value), seed: seed)
      case .double(let bits): return KeyHash(bits, seed: seed + 0x100)
      case .decimal: break
      }
    case .document, .array, .codeWithScope: break
    // The others are equal when their bytes are.
    default: return unsafe KeyHash(bytes, seed: seed)
    }
    scratch.removeAll(keepingCapacity: true)
    appendKey(to: &scratch)
    return unsafe scratch.withUnsafeBytes { bytes in unsafe KeyHash(bytes, seed: seed + 0x200) }
  }
}
