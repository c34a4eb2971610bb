internal import Platform
internal import Record

/// What a number that is counted may be.
struct NumberLimits: Sendable {
  var min: Int?
  var max: Int?
  var equals: Int?
  /// How far it may be from what it is compared with, as a share of that.
  var tolerance: Double

  /// Whether there is no limit.
  var isEmpty: Bool { min == nil && max == nil && equals == nil }

  /// Whether it was said how many there should be at least, so that none is an answer.
  var expectsSome: Bool { min != nil || equals != nil }

  /// What is wrong with a number.
  func complaints(_ count: Int, expected: Int?, _ counterpart: Counterpart?) -> [String] {
    var complaints: [String] = []
    if let min, count < min { complaints.append("fewer than \(Count.text(min))") }
    if let max, count > max { complaints.append("more than \(Count.text(max))") }
    if let equals, count != equals { complaints.append("not \(Count.text(equals))") }
    if let expected, let counterpart {
      let difference = (count - expected).magnitude
      if Double(difference) > tolerance * Double(expected) {
        complaints.append(
          "\(Count.text(Int(difference))) \(count < expected ? "fewer" : "more") than in \(counterpart.words)"
        )
      }
    }
    return complaints
  }

  /// What it should be, in words; nil when thresholds alone judge.
  func wish(_ noun: String, expected: Int?, _ counterpart: Counterpart?) -> String? {
    var parts: [String] = []
    if let min { parts.append("at least \(Count.text(min, noun))") }
    if let max { parts.append("at most \(Count.text(max, noun))") }
    if let equals { parts.append(Count.text(equals, noun)) }
    if let expected, let counterpart {
      let share = tolerance == 0 ? "" : " ± \(Decimals.format(tolerance * 100, 3))%"
      parts.append("\(Count.text(expected, noun))\(share), as in \(counterpart.words)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
