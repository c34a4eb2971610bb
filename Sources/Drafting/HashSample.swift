internal import Synchronization

/// Hashes of values with how often each was seen, in bounded memory.
///
/// When there is no more room, only hashes whose highest `level` bits are 0 stay: a sample of the *values*, not of
/// the documents. Two samples, each thinned to the same level, hold the same part of all values, so that what one
/// says of the other is exact for that part.
struct HashSample: Sendable {
  /// The least room that each sample has, whatever the others take.
  private static let leastCapacity = 64

  private(set) var level = 0
  /// How many different hashes it holds.
  private(set) var count = 0
  /// How often those that it holds were seen.
  private(set) var occurrences = 0
  /// A hash (0 where there is none) and its count, side by side: each look is a miss of the processor's cache.
  private var slots: [Slot] = []
  private let largest: Int
  private let memory: MemoryShare

  private struct Slot: Sendable {
    var hash: UInt64 = 0
    var count: UInt32 = 0
  }

  /// At most `largest` hashes, a power of two.
  init(largest: Int, memory: MemoryShare) {
    self.largest = largest
    self.memory = memory
  }

  /// Takes one more value.
  mutating func insert(_ hash: UInt64) {
    let hash = max(hash, 1)
    guard isKept(hash) else { return }
    if count * 4 >= slots.count * 3 {
      makeRoom()
      guard isKept(hash) else { return }
    }
    put(hash, 1)
  }

  /// Gives all its memory back.
  mutating func clear() {
    memory.give(max(0, slots.count - Self.leastCapacity))
    (slots, count, occurrences) = ([], 0, 0)
  }

  /// How many of the values, of those that both samples can know, `other` holds as well.
  func found(in other: HashSample) -> (occurrences: Int, found: Int, values: Int, foundValues: Int) {
    let level = max(level, other.level)
    var result = (occurrences: 0, found: 0, values: 0, foundValues: 0)
    for slot in slots where slot.hash != 0 && Self.isKept(slot.hash, level) {
      result.occurrences += Int(slot.count)
      result.values += 1
      if other.contains(slot.hash) {
        result.found += Int(slot.count)
        result.foundValues += 1
      }
    }
    return result
  }

  /// How many of the occurrences are not a value's first.
  var repeated: Int { occurrences - count }

  private func contains(_ hash: UInt64) -> Bool {
    guard !slots.isEmpty else { return false }
    var at = place(hash)
    while slots[at].hash != 0 {
      if slots[at].hash == hash { return true }
      at = (at + 1) & (slots.count - 1)
    }
    return false
  }

  private func isKept(_ hash: UInt64) -> Bool { Self.isKept(hash, level) }

  private static func isKept(_ hash: UInt64, _ level: Int) -> Bool { level == 0 || hash >> (64 - level) == 0 }

  /// The lowest bits: the highest are all alike in a sample that was thinned.
  private func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (slots.count - 1) }

  private mutating func put(_ hash: UInt64, _ times: UInt32) {
    let mask = slots.count - 1
    var at = Int(truncatingIfNeeded: hash) & mask
    var isNew = false
    unsafe slots.withUnsafeMutableBufferPointer { slots in
      while unsafe slots[at].hash != hash {
        if unsafe slots[at].hash == 0 {
          unsafe slots[at].hash = hash
          isNew = true
          break
        }
        at = (at + 1) & mask
      }
      let (count, overflows) = unsafe slots[at].count.addingReportingOverflow(times)
      unsafe slots[at].count = overflows ? .max : count
    }
    if isNew { count += 1 }
    occurrences += Int(times)
  }

  private mutating func makeRoom() {
    let capacity = max(16, slots.count * 2)
    if capacity <= Self.leastCapacity || capacity <= largest && memory.take(capacity - slots.count) {
      return rebuild(capacity)
    }
    // Half of what there is, on average: more than one round is rare.
    repeat {
      level += 1
      rebuild(slots.count)
    } while count * 2 > slots.count
  }

  private mutating func rebuild(_ capacity: Int) {
    let old = slots
    slots = [Slot](repeating: Slot(), count: capacity)
    (count, occurrences) = (0, 0)
    for slot in old where slot.hash != 0 && isKept(slot.hash) { put(slot.hash, slot.count) }
  }
}

/// What all samples together may take.
final class MemoryShare: Sendable {
  private static let bytesOfHash = 16
  private let left: Atomic<Int>

  /// In bytes.
  init(_ bytes: Int) { left = Atomic(bytes / Self.bytesOfHash) }

  /// Takes room for so many hashes; false when that is more than half of what is left: the largest collection is not
  /// to leave nothing to those that come after it.
  func take(_ hashes: Int) -> Bool {
    if left.subtract(hashes, ordering: .relaxed).newValue >= hashes { return true }
    left.add(hashes, ordering: .relaxed)
    return false
  }

  func give(_ hashes: Int) { left.add(hashes, ordering: .relaxed) }
}
