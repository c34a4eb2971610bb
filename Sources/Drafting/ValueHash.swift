internal import BSON

/// What kind of value may stand for a document elsewhere.
enum KeyClass: UInt8, Sendable, CaseIterable {
  /// Made to be one of a kind, so that a match is no coincidence.
  case objectID
  case uuid
  case text
  case number
}

/// Hashes values so that two share 64 bits when the server takes them for equal (without a collation).
struct ValueHasher {
  /// The longest text that can be a key, in bytes.
  private static let longestText = 256
  private var scratch: [UInt8] = []

  /// The hash of a value that could refer to something; nil for all others (dates, texts of a page, fractions).
  mutating func key(_ base: UnsafeRawPointer, _ element: RawElement) -> (hash: UInt64, KeyClass)? {
    let value = element.value
    let start = unsafe base + value.lowerBound
    switch element.type {
    case .objectID: return unsafe (hashBytes(start, value.count, seed: 7), .objectID)
    case .string:
      guard value.count <= Self.longestText, value.count > 5 else { return nil }
      return unsafe (hashBytes(start, value.count, seed: 2), .text)
    case .int32:
      return (whole(Int64(unsafe start.loadUnaligned(as: Int32.self))), .number)
    case .int64: return (whole(unsafe start.loadUnaligned(as: Int64.self)), .number)
    case .double:
      guard let exact = Int64(exactly: unsafe start.loadUnaligned(as: Double.self)) else { return nil }
      return (whole(exact), .number)
    case .decimal128:
      unsafe fill(base, element)
      // A group, a form (0: a whole number), eight bytes.
      guard scratch.count == 10, scratch[1] == 0 else { return nil }
      let bits = scratch[2...].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      return (whole(Int64(bitPattern: bits)), .number)
    case .binary:
      let subtype = unsafe start.load(fromByteOffset: 4, as: UInt8.self)
      guard value.count == 21, subtype == 3 || subtype == 4 else { return nil }
      return unsafe (hashBytes(start, value.count, seed: 5), .uuid)
    default: return nil
    }
  }

  /// The hash of any value: for `_id`s, which may be of any type.
  mutating func any(_ base: UnsafeRawPointer, _ element: RawElement) -> (hash: UInt64, KeyClass?) {
    if let (hash, kind) = unsafe key(base, element) { return (hash, kind) }
    unsafe fill(base, element)
    let hash = unsafe scratch.withUnsafeBytes { bytes in
      unsafe bytes.baseAddress.map { unsafe hashBytes($0, bytes.count, seed: 1) } ?? 0
    }
    return (hash, nil)
  }

  private mutating func fill(_ base: UnsafeRawPointer, _ element: RawElement) {
    scratch.removeAll(keepingCapacity: true)
    unsafe appendCanonicalKey(base, element, to: &scratch)
  }

  private func whole(_ value: Int64) -> UInt64 {
    scrambled(UInt64(bitPattern: value) ^ 0x9E37_79B9_7F4A_7C15)
  }
}

/// 64 bits of some bytes.
@inline(__always)
func hashBytes(_ start: UnsafeRawPointer, _ count: Int, seed: UInt64) -> UInt64 {
  var hash = seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(count)
  var at = 0
  while at + 8 <= count {
    hash = (hash ^ (unsafe start.loadUnaligned(fromByteOffset: at, as: UInt64.self))) &* 0xD6E8_FEB8_6659_FD93
    hash ^= hash >> 32
    at += 8
  }
  var tail: UInt64 = 0
  while at < count {
    tail = tail << 8 | UInt64(unsafe start.load(fromByteOffset: at, as: UInt8.self))
    at += 1
  }
  return scrambled(hash ^ tail)
}

/// SplitMix64's last step: every bit depends on every other.
@inline(__always)
private func scrambled(_ bits: UInt64) -> UInt64 {
  var bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
  return bits ^ bits >> 31
}
