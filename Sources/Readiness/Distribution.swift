package import Platform

/// Figures of many runs in a few numbers.
package struct Distribution: Sendable, Hashable {
  package let count: Int
  package let mean: Double
  package let median: Double
  /// The smallest value that 95% of them don't exceed (nearest rank).
  package let p95: Double
  package let min: Double
  package let max: Double

  /// nil when there is none.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    count = sorted.count
    mean = sorted.reduce(0, +) / Double(sorted.count)
    // The middle one, of an even number the mean of the two in the middle.
    median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    p95 = sorted[Int((0.95 * Double(count)).rounded(.up)) - 1]
    (min, max) = (sorted[0], sorted[count - 1])
  }

  package var json: JSON {
    [
      "count": .integer(Int64(count)), "mean": .double(mean), "median": .double(median), "p95": .double(p95),
      "min": .double(min), "max": .double(max),
    ]
  }
}
