internal import BSON

/// Hashes of keys and how often each was seen, in bounded memory: when there is no room for more, the table lets go of
/// half of all hashes and counts the other half alone. What it let go of has to be read again.
@safe final class KeyTable: @unchecked Sendable {
  // Sendable: written by one thread, then only read.

  private struct Slot {
    var high: UInt64
    var low: UInt32
    /// 0 in an empty slot.
    var count: UInt32
  }

  /// The hashes that it counts.
  private(set) var part: HashPart
  /// How many different ones it holds.
  private(set) var keys = 0
  /// Slots, empty ones among them: positions are below this. A power of two, or 0.
  private(set) var positions = 0
  private let memory: KeyMemory
  private var claim: KeyMemory.Claim?
  /// Open addressing, linear probing.
  private var slots: UnsafeMutablePointer<Slot>?

  private static let smallest = 4096

  init(_ memory: KeyMemory, of part: HashPart = .all) {
    self.memory = memory
    self.part = part
  }

  deinit { unsafe slots?.deallocate() }

  /// Forgets everything, and gives its memory back.
  func letGo() {
    unsafe slots?.deallocate()
    unsafe slots = nil
    claim = nil
    (keys, positions) = (0, 0)
  }

  /// How often the key at a position was seen; 0 where there is none.
  func count(at position: Int) -> Int {
    precondition(position < positions)
    return unsafe slots.map { unsafe Int($0[position].count) } ?? 0
  }

  /// Where a key lies; nil when it isn't there.
  func position(of hash: KeyHash) -> Int? {
    guard let slots = unsafe slots else { return nil }
    let at = unsafe KeyTable.place(of: hash, slots, positions - 1)
    return unsafe slots[at].count > 0 ? at : nil
  }

  /// Counts a key, if it belongs to the part.
  func add(_ hash: KeyHash, _ times: UInt32 = 1) throws(Unanswerable) {
    guard part.contains(hash) else { return }
    // Three quarters full at the most.
    if keys >= positions - positions / 4 {
      try makeRoom()
      guard part.contains(hash) else { return }
    }
    guard let slots = unsafe slots else { return }
    let at = unsafe KeyTable.place(of: hash, slots, positions - 1)
    let (sum, overflows) = unsafe slots[at].count.addingReportingOverflow(times)
    guard !overflows else { throw Unanswerable("a key occurs more than \(UInt32.max) times") }
    if unsafe slots[at].count == 0 { keys += 1 }
    unsafe slots[at] = Slot(high: hash.high, low: hash.low, count: sum)
  }

  /// Takes what another counted, which is empty then.
  func append(_ next: KeyTable) throws(Unanswerable) {
    while part.bits < next.part.bits { try keepHalf() }
    for at in 0..<next.positions {
      guard let slot = unsafe next.slots?[at], slot.count > 0 else { continue }
      try add(KeyHash(high: slot.high, low: slot.low), slot.count)
    }
    next.letGo()
  }

  /// The slot that holds it, or the empty one where it would lie.
  @inline(__always)
  private static func place(of hash: KeyHash, _ slots: UnsafeMutablePointer<Slot>, _ mask: Int) -> Int {
    var at = Int(truncatingIfNeeded: hash.high) & mask
    while unsafe slots[at].count > 0, unsafe slots[at].high != hash.high || slots[at].low != hash.low {
      at = (at + 1) & mask
    }
    return at
  }

  private func makeRoom() throws(Unanswerable) {
    let count = max(KeyTable.smallest, positions * 2)
    if let claim = memory.claim(count * MemoryLayout<Slot>.stride, regardless: positions == 0) {
      rehash(into: count)
      self.claim = claim
    } else {
      while keys >= positions / 2 { try keepHalf() }
    }
  }

  private func keepHalf() throws(Unanswerable) {
    guard part.bits < 16 else { throw Unanswerable("the keys don't fit into memory") }
    part = part.half
    rehash(into: positions)
  }

  /// Moves what belongs to the part.
  private func rehash(into count: Int) {
    guard count > 0 else { return }
    let new = UnsafeMutablePointer<Slot>.allocate(capacity: count)
    unsafe new.initialize(repeating: Slot(high: 0, low: 0, count: 0), count: count)
    keys = 0
    for at in 0..<positions {
      guard let slot = unsafe slots?[at], slot.count > 0 else { continue }
      let hash = KeyHash(high: slot.high, low: slot.low)
      guard part.contains(hash) else { continue }
      unsafe new[KeyTable.place(of: hash, new, count - 1)] = slot
      keys += 1
    }
    unsafe slots?.deallocate()
    unsafe slots = new
    positions = count
  }
}
