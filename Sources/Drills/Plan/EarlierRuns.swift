internal import Readiness
internal import Record

/// What runs of the same scenario took before.
struct EarlierRuns: Sendable {
  /// At most so many of the newest are looked at.
  static let most = 10

  /// How many completed ones there are.
  let count: Int
  /// The median of their seconds from begin to end; nil without any.
  let seconds: Double?
  /// The median of each step's seconds, by its id.
  let steps: [String: Double]

  /// Looks at the reports that lie in `folder`. One that can't be read is passed over: it is an estimate.
  init(of scenario: String, in folder: String) {
    let runs = RunIndex.completed(scenario, in: folder, most: EarlierRuns.most)
    count = runs.count
    seconds = Distribution(runs.map(\.seconds))?.median
    var all: [String: [Double]] = [:]
    for step in runs.flatMap(\.steps) where step.status == DrillRecord.Step.Status.completed.rawValue {
      all[step.id, default: []].append(step.seconds)
    }
    steps = all.compactMapValues { Distribution($0)?.median }
  }
}
