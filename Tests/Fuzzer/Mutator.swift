/// A small generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The generator of one case: from the seed, the reader's name and the case's number alone, so that a case can be
  /// repeated by itself.
  init(seed: UInt64, reader: String, number: Int) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in reader.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    state = seed ^ hash ^ UInt64(number) &* 0x9E37_79B9_7F4A_7C15
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// Makes malformed input out of well-formed.
struct Mutator {
  private var random: SplitMix
  private let seeds: [[UInt8]]

  /// Lengths that lie: none, negative, huge, just beside what a document may have.
  private static let lengths: [Int32] = [
    0, 1, 4, 5, -1, -2, .max, .max - 1, .min, 16_777_216, 16_777_217, 16_793_600, 16_793_601,
  ]
  private static let numbers = [
    "0", "-0", "-1", "1e309", "-1e309", "0.5", "2147483647", "2147483648", "-2147483649", "4294967295",
    "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "18446744073709551615",
    "99999999999999999999", "1e18", "1e19", "NaN",
  ]
  private static let bytes: [UInt8] = [
    0, 1, 0x7F, 0x80, 0xC0, 0xED, 0xF5, 0xFF, 0x0A, 0x09, 0x20, 0x22, 0x27, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D,
    0x24, 0x26,
    0x2A, 0x2C, 0x2D, 0x2E, 0x2F, 0x3A,
  ]

  init(seeds: [[UInt8]], seed: UInt64, reader: String, number: Int) {
    self.seeds = seeds
    random = SplitMix(seed: seed, reader: reader, number: number)
  }

  /// The case's input.
  mutating func input() -> [UInt8] {
    var input = seeds.randomElement(using: &random) ?? []
    // Mostly one thing is wrong; much of what follows it is read only then.
    let count = [1, 1, 1, 2, 3, 6].randomElement(using: &random) ?? 1
    for _ in 0..<count { mutate(&input) }
    return input
  }

  private mutating func mutate(_ input: inout [UInt8]) {
    switch Int.random(in: 0..<33, using: &random) {
    case 0..<6: change(&input) { $0 ^= 1 << ($1.next() & 7) }
    case 6..<9: change(&input) { $0 = UInt8(truncatingIfNeeded: $1.next()) }
    case 9..<12: change(&input) { $0 = Self.bytes.randomElement(using: &$1) ?? 0 }
    case 12..<14: input.removeSubrange(place(in: input)...)
    case 14..<16: input.removeSubrange(range(in: input))
    case 16..<18:
      let more = (0..<Int.random(in: 1...8, using: &random)).map { _ in
        Self.bytes.randomElement(using: &random) ?? 0
      }
      input.insert(contentsOf: more, at: place(in: input))
    case 18..<20: input.insert(contentsOf: Array(input[range(in: input)]), at: place(in: input))
    case 20..<22: swapRanges(&input)
    case 22..<27: overwriteLength(&input)
    case 27..<30: overwriteNumber(&input)
    case 30..<32:
      // The beginning of one and the end of another.
      guard let other = seeds.randomElement(using: &random) else { return }
      input = Array(input[..<place(in: input)] + other[place(in: other)...])
    default:
      let byte = Self.bytes.randomElement(using: &random) ?? 0
      let count = [3, 40, 300, 10_000].randomElement(using: &random) ?? 3
      input.insert(contentsOf: [UInt8](repeating: byte, count: count), at: place(in: input))
    }
  }

  private mutating func place(in input: [UInt8]) -> Int {
    // Formats say much in their first bytes.
    Int.random(in: 0...(Bool.random(using: &random) ? input.count : min(input.count, 64)), using: &random)
  }

  private mutating func range(in input: [UInt8]) -> Range<Int> {
    let start = place(in: input)
    let most = min(input.count - start, [8, 64, 1024].randomElement(using: &random) ?? 8)
    return start..<start + Int.random(in: 0...most, using: &random)
  }

  private mutating func change(_ input: inout [UInt8], _ body: (inout UInt8, inout SplitMix) -> Void) {
    let at = place(in: input)
    if at < input.count { body(&input[at], &random) }
  }

  private mutating func swapRanges(_ input: inout [UInt8]) {
    let (first, second) = (range(in: input), range(in: input))
    guard first.upperBound <= second.lowerBound else { return }
    input =
      Array(input[..<first.lowerBound]) + input[second] + input[first.upperBound..<second.lowerBound]
      + input[first]
      + input[second.upperBound...]
  }

  private mutating func overwriteLength(_ input: inout [UInt8]) {
    guard input.count >= 4 else { return }
    let at = Int.random(in: 0...8, using: &random) == 0 ? 0 : min(place(in: input), input.count - 4)
    var value: Int32
    if Bool.random(using: &random) {
      value = Self.lengths.randomElement(using: &random) ?? 0
    } else {
      value = input[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int32($1) }
      value &+= [1, -1, 2, -4, 5, 256].randomElement(using: &random) ?? 1
    }
    for index in 0..<4 { input[at + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  /// Of a text, puts another number in a number's place.
  private mutating func overwriteNumber(_ input: inout [UInt8]) {
    let start = place(in: input)
    let isDigit = { (byte: UInt8) in 0x30...0x39 ~= byte }
    guard let first = input[start...].firstIndex(where: isDigit) else { return }
    let end = input[first...].firstIndex { !isDigit($0) } ?? input.count
    input.replaceSubrange(first..<end, with: (Self.numbers.randomElement(using: &random) ?? "0").utf8)
  }
}
