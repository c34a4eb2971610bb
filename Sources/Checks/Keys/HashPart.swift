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

extension HashPart {
  /// Calls `body` with tables that together hold all keys: first with `first`, then with what `read` gives for the parts
  /// of the hashes that no table has held yet.
  static func passes(
    _ first: KeyTable, read: (HashPart) throws -> KeyTable, _ body: (KeyTable) throws -> Void
  ) throws {
    var left = first.part.rest(of: .all)
    try body(first)
    first.letGo()
    while let part = left.popLast() {
      let table = try read(part)
      left += table.part.rest(of: part)
      try body(table)
      table.letGo()
    }
  }
}
