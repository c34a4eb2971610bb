package import Platform
internal import Record

/// What runs come to over time: a list of them, trends, figures over intervals.
package struct RunHistory: Sendable {
  package let index: RunIndex
  /// The newest that were asked for, the oldest first.
  package let shown: [RunSummary]
  /// Of each scenario among those shown.
  package let trends: [RunTrend]
  /// Over 1, 7, 30 and 90 days and all of the time, of all runs of the index.
  package let statistics: [RunStatistics]

  /// `last`: so many runs are shown and make the trends; `since`: and none that ended before.
  package init(_ index: RunIndex, last: Int?, since: WallTime?, now: WallTime = .now) {
    self.index = index
    var shown = index.runs
    // What has no time is not older than anything.
    if let since { shown.removeAll { run in run.time.map { $0 < since } ?? false } }
    if let last { shown = Array(shown.suffix(last)) }
    self.shown = shown
    var scenarios: [String] = []
    for run in shown where !scenarios.contains(run.scenario) { scenarios.append(run.scenario) }
    trends = scenarios.sorted().flatMap { RunTrend.of($0, shown) }
    statistics = (RunStatistics.windows.map { .some($0) } + [nil]).map {
      RunStatistics(index.runs, days: $0, now: now)
    }
  }

  /// `{folder, runs[], trends[], statistics[], unreadable[], unfinished[]}`.
  package var json: JSON {
    [
      "folder": .string(index.folder), "runs": .array(shown.map(\.json)),
      "trends": .array(trends.map(\.json)), "statistics": .array(statistics.map(\.json)),
      "unreadable": .array(
        index.unreadable.map { one in
          [
            "run_id": .string(one.runID), "code": .string(one.failure.code),
            "message": .string(one.failure.description),
          ]
        }),
      "unfinished": .array(
        index.unfinished.map { ["run_id": .string($0.runID), "started_at": $0.startedAt.recordJSON] }),
    ]
  }
}
