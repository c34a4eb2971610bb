import Platform
import Testing

/// The answers are those of Python:
/// `sum(int.from_bytes(hashlib.sha256(p).digest(), "little") for p in pieces) % 2**256`, as 32 little-endian bytes.
@Suite("The sum of digests")
struct SHA256SumTests {
  static let pieces: [[UInt8]] = [
    [], Array("a".utf8), Array("abc".utf8), Array(0...255), Array(repeating: 0x78, count: 1000),
  ]

  static func sum(_ pieces: some Sequence<[UInt8]>) -> SHA256Sum {
    var sum = SHA256Sum()
    for piece in pieces { _ = piece.withUnsafeBytes { sum.add($0) } }
    return sum
  }

  @Test(
    "is what Python's hashlib makes of the pieces",
    arguments: [
      ([], "0000000000000000000000000000000000000000000000000000000000000000"),
      ([0], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ([2], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      ([1, 2], "841098d1591d8cb53c047291f8d1fe70578a509cab93c80e6e9176e7a1ef5d68"),
      ([2, 2], "74f12c7e1f039ed5838280bcbb5c45466007c2462d2ff4386921fec3e4012a5a"),
      ([0, 1, 2, 3, 4], "eb6885425998f6fbd7c6cd67f494e513b40b9c61665ce246397dc2d7cb85dbbd"),
    ])
  func known(picked: [Int], text: String) {
    #expect(SHA256SumTests.sum(picked.map { SHA256SumTests.pieces[$0] }).text == text)
  }

  @Test("carries over 2^256")
  func many() {
    let all = (0..<1000).flatMap { _ in SHA256SumTests.pieces }
    let text = "f8d521d9ab1c433bb0bbd07bb5dacdb86db78d49edef38e4bc27b9cf42a482a1"
    #expect(SHA256SumTests.sum(all).text == text)
    #expect(SHA256SumTests.sum(all.reversed()).text == text)
  }

  @Test("of two parts is that of the whole")
  func parts() {
    let pieces = (0..<50).map { [UInt8](repeating: UInt8($0), count: $0) }
    for cut in [0, 1, 7, 49, 50] {
      var sum = SHA256SumTests.sum(pieces[..<cut])
      sum.add(SHA256SumTests.sum(pieces[cut...]))
      #expect(sum == SHA256SumTests.sum(pieces))
    }
  }

  @Test("can be read from its text")
  func text() throws {
    let sum = SHA256SumTests.sum(SHA256SumTests.pieces)
    #expect(SHA256Sum(sum.text) == sum)
    #expect(SHA256Sum("") == nil)
    #expect(SHA256Sum(String(sum.text.dropLast())) == nil)
    #expect(SHA256Sum(String(sum.text.dropLast()) + "g") == nil)
    #expect(SHA256Sum(String(sum.text.dropLast(2)) + "+1") == nil)
  }
}
