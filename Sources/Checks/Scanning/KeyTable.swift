internal import BSON

/// A part of all hashes: those whose first bits are so.
struct HashPart: Sendable, Hashable {
  private(set) var bits = 0
  private(set) var prefix: UInt64 = 0

  /// All hashes.
  static let all = HashPart()

  func contains(_ hash: KeyHash) -> Bool { bits == 0 || hash.high >> UInt64(64 - bits) == prefix }

  /// The first half of it.
  var half: HashPart { HashPart(bits: bits + 1, prefix: prefix << 1) }

  /// What is left of `whole`, of which this is a part, in parts as large as can be.
  func rest(of whole: HashPart) -> [HashPart] {
    (whole.bits..<bits).map { level in
      HashPart(bits: level + 1, prefix: prefix >> UInt64(bits - level - 1) ^ 1)
    }
  }
}

/// Hashes of keys and how often each was seen, in bounded memory: when there is no room for more, the table lets go of
/// half of the hashes and counts the other half alone. What it let go of has to be read again.
struct KeyTable: Sendable {
  private struct Slot: Sendable {
    var high: UInt64
    var low: UInt32
    /// 0 in an empty slot.
    var count: UInt32
  }

  /// The hashes that it counts.
  private(set) var part: HashPart
  /// How many different ones it holds.
  private(set) var keys = 0
  private let memory: KeyMemory
  private var claim: KeyMemory.Claim?
  /// Open addressing, linear probing; a power of two.
  private var slots: [Slot] = []
  private var mask = 0

  private static let smallest = 4096
  private static let empty = Slot(high: 0, low: 0, count: 0)

  init(_ memory: KeyMemory, of part: HashPart = .all) {
    self.memory = memory
    self.part = part
  }

  /// Slots, empty ones among them: positions are below this.
  var positions: Int { slots.count }

  /// How often the key at a position was seen; 0 where there is none.
  func count(at position: Int) -> Int { Int(slots[position].count) }

  /// Where a key lies; nil when it isn't there.
  func position(of hash: KeyHash) -> Int? {
    guard !slots.isEmpty else { return nil }
    var at = Int(truncatingIfNeeded: hash.high) & mask
    while slots[at].count > 0 {
      if slots[at].high == hash.high, slots[at].low == hash.low { return at }
      at = (at + 1) & mask
    }
    return nil
  }

  /// Counts a key, if it belongs to the part. True when it is the first of its kind.
  @discardableResult
  mutating func add(_ hash: KeyHash, _ times: UInt32 = 1) throws(Unanswerable) -> Bool {
    guard part.contains(hash) else { return false }
    // Three quarters full at the most.
    if keys >= slots.count - slots.count / 4 {
      try makeRoom()
      guard part.contains(hash) else { return false }
    }
    var at = Int(truncatingIfNeeded: hash.high) & mask
    while slots[at].count > 0 {
      if slots[at].high == hash.high, slots[at].low == hash.low {
        let (sum, overflows) = slots[at].count.addingReportingOverflow(times)
        guard !overflows else { throw Unanswerable("a key that occurs more than \(UInt32.max) times") }
        slots[at].count = sum
        return false
      }
      at = (at + 1) & mask
    }
    slots[at] = Slot(high: hash.high, low: hash.low, count: times)
    keys += 1
    return true
  }

  /// Takes what another counted.
  mutating func append(_ next: KeyTable) throws(Unanswerable) {
    while part.bits < next.part.bits { try keepHalf() }
    for slot in next.slots where slot.count > 0 {
      try add(KeyHash(high: slot.high, low: slot.low), slot.count)
    }
  }

  private mutating func makeRoom() throws(Unanswerable) {
    let count = max(KeyTable.smallest, slots.count * 2)
    let bytes = count * MemoryLayout<Slot>.stride
    if let claim = memory.claim(bytes, regardless: slots.isEmpty) {
      let old = slots
      slots = []
      rehash(old, into: count)
      self.claim = claim
    } else {
      while keys >= slots.count / 2 { try keepHalf() }
    }
  }

  private mutating func keepHalf() throws(Unanswerable) {
    guard part.bits < 16 else { throw Unanswerable("the keys don't fit into memory") }
    part = part.half
    let kept = slots.filter { $0.count > 0 && part.contains(KeyHash(high: $0.high, low: $0.low)) }
    let count = slots.count
    slots = []
    rehash(kept, into: count)
  }

  private mutating func rehash(_ old: [Slot], into count: Int) {
    slots = [Slot](repeating: KeyTable.empty, count: count)
    mask = count - 1
    keys = 0
    for slot in old where slot.count > 0 {
      var at = Int(truncatingIfNeeded: slot.high) & mask
      while slots[at].count > 0 { at = (at + 1) & mask }
      slots[at] = slot
      keys += 1
    }
  }
}
