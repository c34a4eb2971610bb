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
  private var hashes: [UInt64] = []
  private var counts: [UInt32] = []
  private let largest: Int
  private let memory: MemoryShare

  /// At most `largest` hashes, a power of two.
  init(largest: Int, memory: MemoryShare) {
    self.largest = largest
    self.memory = memory
  }

  /// Takes one more value.
  mutating func insert(_ hash: UInt64) {
    let hash = max(hash, 1)
    guard isKept(hash) else { return }
    if count * 4 >= hashes.count * 3 {
      makeRoom()
      guard isKept(hash) else { return }
    }
    put(hash, 1)
  }

  /// Gives all its memory back.
  mutating func clear() {
    memory.give(max(0, hashes.count - Self.leastCapacity))
    (hashes, counts, count, occurrences) = ([], [], 0, 0)
  }

  /// How many of the values, of those that both samples can know, `other` holds as well.
  func found(in other: HashSample) -> (occurrences: Int, found: Int, values: Int, foundValues: Int) {
    let level = max(level, other.level)
    var result = (occurrences: 0, found: 0, values: 0, foundValues: 0)
    for (at, hash) in hashes.enumerated() where hash != 0 && Self.isKept(hash, level) {
      let count = Int(counts[at])
      result.occurrences += count
      result.values += 1
      if other.contains(hash) {
        result.found += count
        result.foundValues += 1
      }
    }
    return result
  }

  /// How many of the occurrences are not a value's first.
  var repeated: Int { occurrences - count }

  private func contains(_ hash: UInt64) -> Bool {
    guard !hashes.isEmpty else { return false }
    var at = slot(hash)
    while hashes[at] != 0 {
      if hashes[at] == hash { return true }
      at = (at + 1) & (hashes.count - 1)
    }
    return false
  }

  private func isKept(_ hash: UInt64) -> Bool { Self.isKept(hash, level) }

  private static func isKept(_ hash: UInt64, _ level: Int) -> Bool { level == 0 || hash >> (64 - level) == 0 }

  /// The lowest bits: the highest are all alike in a sample that was thinned.
  private func slot(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (hashes.count - 1) }

  private mutating func put(_ hash: UInt64, _ times: UInt32) {
    var at = slot(hash)
    while hashes[at] != 0, hashes[at] != hash { at = (at + 1) & (hashes.count - 1) }
    if hashes[at] == 0 {
      hashes[at] = hash
      count += 1
    }
    counts[at] = counts[at].addingReportingOverflow(times).overflow ? .max : counts[at] + times
    occurrences += Int(times)
  }

  private mutating func makeRoom() {
    let capacity = max(16, hashes.count * 2)
    if capacity <= Self.leastCapacity || capacity <= largest && memory.take(capacity - hashes.count) {
      return rebuild(capacity)
    }
    // Half of what there is, on average: more than one round is rare.
    repeat {
      level += 1
      rebuild(hashes.count)
    } while count * 2 > hashes.count
  }

  private mutating func rebuild(_ capacity: Int) {
    let (oldHashes, oldCounts) = (hashes, counts)
    hashes = [UInt64](repeating: 0, count: capacity)
    counts = [UInt32](repeating: 0, count: capacity)
    (count, occurrences) = (0, 0)
    for (at, hash) in oldHashes.enumerated() where hash != 0 && isKept(hash) { put(hash, oldCounts[at]) }
  }
}

/// What all samples together may take.
final class MemoryShare: Sendable {
  private static let bytesOfHash = 12
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
