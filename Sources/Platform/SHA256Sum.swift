internal import CCrypto

/// The sum, modulo 2^256, of the SHA-256 digests of many pieces, each read as a number whose first byte is the lowest:
/// the same for the same pieces in whatever order, and, unlike an exclusive or, not blind to a piece that is there
/// twice. It finds accidents; against somebody who makes pieces up to fit it proves nothing.
///
/// Source: Bellare and Micciancio, A New Paradigm for Collision-Free Hashing (AdHash), 1997.
package struct SHA256Sum: Sendable, Hashable {
  /// 64 bits each, the lowest first.
  private var a: UInt64 = 0
  private var b: UInt64 = 0
  private var c: UInt64 = 0
  private var d: UInt64 = 0

  /// Of no piece.
  package init() {}

  /// Reads what `text` gave; nil when it is something else.
  package init?(_ text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 64 else { return nil }
    var words: [UInt64] = []
    for word in 0..<4 {
      var value: UInt64 = 0
      for byte in (0..<8).reversed() {
        let at = word * 16 + byte * 2
        guard let high = SHA256Sum.value(of: digits[at]), let low = SHA256Sum.value(of: digits[at + 1]) else {
          return nil
        }
        value = value << 8 | high << 4 | low
      }
      words.append(value)
    }
    (a, b, c, d) = (words[0], words[1], words[2], words[3])
  }

  private static func value(of digit: UInt8) -> UInt64? {
    switch digit {
    case 0x30...0x39: UInt64(digit - 0x30)
    case 0x61...0x66: UInt64(digit - 0x57)
    default: nil
    }
  }

  /// Adds a piece. Returns the first eight bytes of its digest, the first of them the lowest.
  @discardableResult
  package mutating func add(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var words: (UInt64, UInt64, UInt64, UInt64) = (a, b, c, d)
    let first = unsafe withUnsafeMutableBytes(of: &words) { words in
      unsafe mongodrill_sha256_add(
        bytes.baseAddress, bytes.count, words.baseAddress?.assumingMemoryBound(to: UInt64.self))
    }
    (a, b, c, d) = words
    return first
  }

  /// Adds the pieces of another sum.
  package mutating func add(_ other: SHA256Sum) {
    var carry = false
    func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
      let (first, isOver) = left.addingReportingOverflow(right)
      let (second, isOverAgain) = first.addingReportingOverflow(carry ? 1 : 0)
      carry = isOver || isOverAgain
      return second
    }
    a = sum(a, other.a)
    b = sum(b, other.b)
    c = sum(c, other.c)
    d = sum(d, other.d)
  }

  /// Takes a piece out that was added before.
  package mutating func remove(_ bytes: UnsafeRawBufferPointer) {
    var other = SHA256Sum()
    unsafe other.add(bytes)
    // The complement of two: what added to `other` gives 0.
    (other.a, other.b, other.c, other.d) = (~other.a, ~other.b, ~other.c, ~other.d)
    add(other)
    var one = SHA256Sum()
    one.a = 1
    add(one)
  }

  /// 64 lower-case hexadecimal digits, the lowest byte first.
  package var text: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for word in [a, b, c, d] {
      for byte in 0..<8 {
        let value = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte))
        text += [digits[Int(value >> 4)], digits[Int(value & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
