/// A number of any of BSON's four types by its exact value: equal numbers are equal here, whatever their type.
enum Number: Hashable, Sendable {
  /// Every whole number that fits, `-0.0` and `Decimal128("1.00")` too.
  case integer(Int64)
  /// Any other that a double can hold: fractions, large numbers, infinities, one NaN.
  case double(bits: UInt64)
  /// `±coefficient × 10^exponent` that neither can hold; the coefficient doesn't end in a zero.
  case decimal(isNegative: Bool, coefficient: UInt128, exponent: Int)

  init(_ value: Double) {
    if let integer = Int64(exactly: value) {
      self = .integer(integer)
    } else {
      self = .double(bits: value.isNaN ? Double.nan.bitPattern : value.bitPattern)
    }
  }

  /// Reads a Decimal128 in the binary integer encoding (IEEE 754-2008; the BSON specification).
  init(decimalLow low: UInt64, high: UInt64) {
    let isNegative = high >> 63 == 1
    var exponent = Int(high >> 49 & 0x3FFF) - 6176
    var coefficient = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
    if high >> 61 & 3 == 3 {
      switch high >> 58 & 0x1F {
      case 0x1E: self = .double(bits: (isNegative ? -Double.infinity : .infinity).bitPattern)
      case 0x1F: self = .double(bits: Double.nan.bitPattern)
      // A coefficient of more than 34 digits, which counts as zero.
      default: self = .integer(0)
      }
      return
    }
    if coefficient == 0 || coefficient > Self.largestCoefficient {
      self = .integer(0)
      return
    }
    while coefficient % 10 == 0 {
      coefficient /= 10
      exponent += 1
    }
    let decimal = Number.decimal(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
    let double = Number(decimal.nearestDouble)
    self = decimal.isExactly(double) ? double : Self.integer(isNegative, coefficient, exponent) ?? decimal
  }

  private static let largestCoefficient = (1...34).reduce(UInt128(1)) { power, _ in power * 10 } - 1

  /// A whole number above what a double holds exactly, and within 64 bits.
  private static func integer(_ isNegative: Bool, _ coefficient: UInt128, _ exponent: Int) -> Number? {
    guard 0...18 ~= exponent else { return nil }
    let power = (0..<exponent).reduce(UInt128(1)) { power, _ in power * 10 }
    let (magnitude, overflows) = coefficient.multipliedReportingOverflow(by: power)
    guard !overflows, let whole = Int128(exactly: magnitude) else { return nil }
    return Int64(exactly: isNegative ? -whole : whole).map { .integer($0) }
  }

  /// The double that is nearest; an infinity where it is beyond them.
  private var nearestDouble: Double {
    switch self {
    case .integer(let value): Double(value)
    case .double(let bits): Double(bitPattern: bits)
    case .decimal(let isNegative, let coefficient, let exponent):
      Double("\(isNegative ? "-" : "")\(coefficient)e\(exponent)") ?? .nan
    }
  }

  private var isNegative: Bool {
    switch self {
    case .integer(let value): value < 0
    case .double(let bits): bits >> 63 == 1
    case .decimal(let isNegative, _, _): isNegative
    }
  }

  private func isExactly(_ other: Number) -> Bool {
    if case .double(let bits) = other, !Double(bitPattern: bits).isFinite { return false }
    return isNegative == other.isNegative && Magnitude.compare(magnitude, other.magnitude) == 0
  }

  /// By value; NaN is below all others and equal to itself, as the server has it.
  static func compare(_ left: Number, _ right: Number) -> Int {
    if left == right { return 0 }
    if case .integer(let left) = left, case .integer(let right) = right { return left < right ? -1 : 1 }
    let (x, y) = (left.nearestDouble, right.nearestDouble)
    if x.isNaN || y.isNaN { return x.isNaN ? -1 : 1 }
    // Rounding keeps the order; what it makes equal is compared exactly.
    if x != y { return x < y ? -1 : 1 }
    // A double that is infinite is beyond any decimal that was only rounded to it.
    if case .double(let bits) = left, Double(bitPattern: bits).isInfinite { return x > 0 ? 1 : -1 }
    if case .double(let bits) = right, Double(bitPattern: bits).isInfinite { return x > 0 ? -1 : 1 }
    if left.isNegative != right.isNegative, x == 0 { return left.isNegative ? -1 : 1 }
    let order = Magnitude.compare(left.magnitude, right.magnitude)
    return left.isNegative ? -order : order
  }

  private var magnitude: Magnitude {
    switch self {
    case .integer(let value): Magnitude(factor: UInt128(value.magnitude), twos: 0, tens: 0)
    case .double(let bits):
      // A subnormal has the exponent of the smallest normal one and no hidden bit.
      Magnitude(
        factor: UInt128(bits & (1 << 52 - 1) | (bits >> 52 & 0x7FF == 0 ? 0 : 1 << 52)),
        twos: Int(max(1, bits >> 52 & 0x7FF)) - 1075, tens: 0)
    case .decimal(_, let coefficient, let exponent): Magnitude(factor: coefficient, twos: 0, tens: exponent)
    }
  }
}

/// `factor × 2^twos × 10^tens`.
private struct Magnitude {
  var factor: UInt128
  var twos: Int
  var tens: Int

  static func compare(_ left: Magnitude, _ right: Magnitude) -> Int {
    let twos = min(left.twos, right.twos)
    let tens = min(left.tens, right.tens)
    let (left, right) = (left.limbs(twos: twos, tens: tens), right.limbs(twos: twos, tens: tens))
    if left.count != right.count { return left.count < right.count ? -1 : 1 }
    for (left, right) in zip(left.reversed(), right.reversed()) where left != right {
      return left < right ? -1 : 1
    }
    return 0
  }

  /// The whole number `factor × 2^(self.twos − twos) × 10^(self.tens − tens)`, the lowest 32 bits first.
  private func limbs(twos: Int, tens: Int) -> [UInt32] {
    var limbs: [UInt32] = []
    var rest = factor
    while rest > 0 {
      limbs.append(UInt32(truncatingIfNeeded: rest))
      rest >>= 32
    }
    func multiply(_ by: UInt64) {
      var carry: UInt64 = 0
      for index in limbs.indices {
        let product = UInt64(limbs[index]) * by + carry
        limbs[index] = UInt32(truncatingIfNeeded: product)
        carry = product >> 32
      }
      if carry > 0 { limbs.append(UInt32(carry)) }
    }
    for _ in 0..<(self.tens - tens) / 9 { multiply(1_000_000_000) }
    for _ in 0..<(self.tens - tens) % 9 { multiply(10) }
    for _ in 0..<(self.twos - twos) / 31 { multiply(1 << 31) }
    multiply(1 << UInt64((self.twos - twos) % 31))
    return limbs
  }
}
