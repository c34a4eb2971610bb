/// A search on a line of positions for the last one at which something holds, in rounds that each go forwards only:
/// going back costs a restore, going on costs little.
///
/// The first round asks both ends and points in between, to its end: so it shows where something fails and holds
/// again. Each later one asks points between the last position that holds and the next that doesn't, up to the first
/// that doesn't.
struct Bisection {
  /// Points in between that a round asks at most: with seven, a round leaves an eighth of the interval.
  static let pointsInRound = 7

  /// Positions are 0 through this one.
  let last: Int
  private var answers: [Int: Bool] = [:]

  init(last: Int) { self.last = last }

  /// The last position that was seen to hold.
  var good: Int? { answers.filter(\.value).keys.max() }
  /// The first one behind `good` that was seen not to.
  var bad: Int? {
    guard let good else { return nil }
    return answers.filter { !$0.value && $0.key > good }.keys.min()
  }

  /// Whether no position was seen to hold behind one that doesn't.
  var isMonotone: Bool {
    guard let good else { return true }
    return !answers.contains { !$0.value && $0.key < good }
  }

  /// The positions to ask next, in order; empty when the search is over.
  var round: [Int] {
    guard !answers.isEmpty else { return Array(Set([0, last] + Bisection.points(0, last))).sorted() }
    guard let good, let bad else { return [] }
    return Bisection.points(good, bad)
  }

  /// Whether the positions of the round are all asked, whatever the answers.
  var asksAll: Bool { answers.isEmpty }

  mutating func note(_ position: Int, holds: Bool) { answers[position] = holds }

  /// Points between two positions, at equal distances.
  private static func points(_ low: Int, _ high: Int) -> [Int] {
    let between = high - low - 1
    guard between > pointsInRound else { return Array((low + 1)..<max(high, low + 1)) }
    return (1...pointsInRound).map { low + (high - low) * $0 / (pointsInRound + 1) }
  }
}
