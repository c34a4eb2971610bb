internal import BSON

/// The times of the first and of the last entry that passed by.
struct OplogTimes: Sendable {
  private(set) var first: Timestamp?
  private(set) var last: Timestamp?

  /// Takes note of a run of entries, back to back, each of which was checked.
  mutating func note(_ entries: UnsafeRawBufferPointer) {
    var at = 0
    var lastEntry = 0
    while at < entries.count {
      lastEntry = at
      at += unsafe Int(Int32(littleEndian: entries.loadUnaligned(fromByteOffset: at, as: Int32.self)))
    }
    guard at > 0 else { return }
    if first == nil { first = unsafe Self.time(of: UnsafeRawBufferPointer(rebasing: entries[0...])) }
    last = unsafe Self.time(of: UnsafeRawBufferPointer(rebasing: entries[lastEntry...]))
  }

  /// The `ts` of an entry; nil when it has none.
  private static func time(of entry: UnsafeRawBufferPointer) -> Timestamp? {
    guard let base = entry.baseAddress else { return nil }
    var at = 4
    while let element = unsafe elementOfValidBSON(base, at: at) {
      if element.type == .timestamp, unsafe entry[element.name].elementsEqual("ts".utf8) {
        let bits = unsafe entry.loadUnaligned(fromByteOffset: element.value.lowerBound, as: UInt64.self)
        return Timestamp(bits: UInt64(littleEndian: bits))
      }
      at = element.value.upperBound
    }
    return nil
  }
}
