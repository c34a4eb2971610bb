internal import Platform
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
    let slug = RunID.slug(scenario)
    let names = ((try? Files.names(in: folder)) ?? []).filter { name in
      guard let dash = name.firstIndex(of: "-") else { return false }
      let rest = name[name.index(after: dash)...]
      return rest == slug || rest.hasPrefix(slug + "-")
    }
    var records: [DrillRecord] = []
    for name in names.sorted(by: >) where records.count < EarlierRuns.most {
      let path = Files.join(Files.join(folder, name), "report.json")
      guard let bytes = try? Files.read(path, limit: 64 << 20),
        let record = try? DrillRecord(reportAt: path, bytes),
        record.scenario.name == scenario, record.status == .completed, record.resumed == nil
      else { continue }
      records.append(record)
    }
    count = records.count
    seconds = records.map(\.durationSeconds).median
    var all: [String: [Double]] = [:]
    for step in records.flatMap(\.steps) where step.status == .completed {
      all[step.id, default: []].append(step.seconds)
    }
    steps = all.compactMapValues(\.median)
  }
}

extension [Double] {
  /// The middle one, of an even number the mean of the two in the middle; nil when there is none.
  fileprivate var median: Double? {
    guard !isEmpty else { return nil }
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
