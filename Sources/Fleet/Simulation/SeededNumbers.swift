internal import Glibc

/// Numbers that look like chance and are the same for the same seed, on every machine.
///
/// Source: SplitMix64, Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.
struct SeededNumbers: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// From 0 up to 1, without 1.
  mutating func share() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  /// Of the normal distribution with mean 0 and deviation 1 (Box and Muller).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - share())).squareRoot()
    return radius * cos(2 * Double.pi * share())
  }
}
