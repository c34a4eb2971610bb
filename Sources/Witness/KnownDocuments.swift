package import BSON

/// What `DocumentDetails` wrote down of a range's documents, to be looked up by `_id`.
package struct KnownDocuments {
  /// One document.
  package struct Entry {
    /// Its `_id`; nil where it has none.
    package var id: Value?
    package var digest: UInt64
    /// Its leaves, as paths and checksums; nil when they aren't known.
    fileprivate var leaves: Range<Int>?
  }

  package private(set) var entries: [Entry] = []
  /// By the canonical key of the `_id`.
  private(set) var places: [[UInt8]: Int] = [:]
  private var paths: [[UInt8]] = []
  /// For each leaf the number of its path, from 1, and its checksum.
  private var leaves: [(path: Int, checksum: UInt32)] = []

  /// Nil when the bytes are not what `DocumentDetails` writes.
  package init?(_ bytes: [UInt8], _ level: DetailLevel) {
    var reader = DetailBytes(bytes: bytes)
    guard let pathCount = reader.varint(), pathCount <= DocumentDetails.mostPaths else { return nil }
    for _ in 0..<pathCount {
      guard let length = reader.varint(), let path = reader.take(length) else { return nil }
      paths.append(Array(path))
    }
    guard let count = reader.varint(), count <= bytes.count else { return nil }
    entries.reserveCapacity(count)
    for _ in 0..<count {
      guard let type = reader.take(1)?.first, let length = reader.varint(), let value = reader.take(length)
      else { return nil }
      var id: Value?
      if type != 0 {
        // The shortest way to a value is through a document that holds it.
        let size = UInt32(4 + 2 + value.count + 1)
        let document = (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [type, 0] + value + [0]
        guard let first = (try? Document(document[...]))?.first(where: { _ in true }) else { return nil }
        id = first.value
        places[first.value.canonicalKey] = entries.count
      }
      entries.append(Entry(id: id, digest: 0))
    }
    for index in entries.indices {
      guard let digest = reader.take(8) else { return nil }
      entries[index].digest = digest.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard level == .fields else { return }
    for index in entries.indices {
      guard let isKnown = reader.take(1)?.first else { return nil }
      if isKnown == 0 { continue }
      guard let found = reader.varint(), found <= bytes.count else { return nil }
      let start = leaves.count
      for _ in 0..<found {
        guard let number = reader.varint(), 1...paths.count ~= number else { return nil }
        leaves.append((number, 0))
      }
      entries[index].leaves = start..<leaves.count
    }
    for index in leaves.indices {
      guard let checksum = reader.take(4) else { return nil }
      leaves[index].checksum = checksum.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  /// The paths of a document's leaves (as bytes: to Swift two spellings of one character are the same text) with their
  /// checksums; nil when they aren't known.
  package func leaves(of entry: Entry) -> [[UInt8]: [UInt32]]? {
    guard let range = entry.leaves else { return nil }
    var all: [[UInt8]: [UInt32]] = [:]
    for leaf in leaves[range] { all[paths[leaf.path - 1], default: []].append(leaf.checksum) }
    return all
  }
}

private struct DetailBytes {
  let bytes: [UInt8]
  var at = 0

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= bytes.count - at else { return nil }
    defer { at += count }
    return bytes[at..<at + count]
  }

  mutating func varint() -> Int? {
    var number: UInt64 = 0
    for shift in stride(from: 0, to: 63, by: 7) {
      guard let byte = take(1)?.first else { return nil }
      number |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte & 0x80 == 0 { return Int(exactly: number) }
    }
    return nil
  }
}
