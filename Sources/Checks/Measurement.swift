internal import BSON
internal import Platform

/// A number that a check measured or was told, whole where it is whole.
struct Measurement: Sendable, Hashable, CustomStringConvertible {
  let value: Double
  /// Exactly; nil for fractions and what is beyond 64 bits.
  let whole: Int64?

  init(_ value: Double) {
    self.value = value
    whole = Int64(exactly: value)
  }

  init(_ whole: Int64) {
    value = Double(whole)
    self.whole = whole
  }

  /// A number of any of BSON's types; nil for what is none.
  init?(_ value: Value) {
    switch value {
    case .int32(let number): self.init(Int64(number))
    case .int64(let number): self.init(number)
    case .double(let number): self.init(number)
    case .decimal128:
      // `{ "$numberDecimal" : "1.5" }`
      let parts = value.extendedJSON(relaxed: false).split(separator: "\"")
      guard parts.count > 3 else { return nil }
      if let whole = Int64(parts[3]) {
        self.init(whole)
      } else {
        guard let number = Double(parts[3]) else { return nil }
        self.init(number)
      }
    default: return nil
    }
  }

  /// As it was recorded; nil for what is no number.
  init?(_ json: JSON?) {
    switch json {
    case .integer(let number)?: self.init(number)
    case .double(let number)?: self.init(number)
    default: return nil
    }
  }

  var json: JSON { whole.map { .integer($0) } ?? .double(value) }

  /// `1204311`, `12.5`.
  var description: String { whole.map { "\($0)" } ?? "\(value)" }

  static func < (left: Measurement, right: Measurement) -> Bool {
    if let left = left.whole, let right = right.whole { return left < right }
    return left.value < right.value
  }

  static func == (left: Measurement, right: Measurement) -> Bool {
    if let left = left.whole, let right = right.whole { return left == right }
    return left.value == right.value
  }

  func hash(into hasher: inout Hasher) { hasher.combine(value) }

  /// Whether it lies no further from `other` than a share of it.
  func isWithin(_ share: Double, of other: Measurement) -> Bool {
    self == other || (value - other.value).magnitude <= share * other.value.magnitude
  }

  /// How far from `other`, with a sign, in percent of it: `+12.5%`.
  func change(from other: Measurement) -> String {
    guard other.value != 0 else { return value == 0 ? "+0%" : "from 0" }
    let percent = (value - other.value) / other.value.magnitude * 100
    return (percent < 0 ? "" : "+") + Decimals.format(percent, 1) + "%"
  }
}
