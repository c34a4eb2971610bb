package import Platform
internal import Record

/// How long a recovery would take with a backup of another size, or on another machine, from what past drills measured.
///
/// Each past run is scaled by itself: phases that read or write data grow with the backup's size, the others stay. The
/// spread of the results is the interval. That is all there is to it: no curve is fitted.
package struct Projection: Sendable, Hashable {
  /// What a phase does when the backup grows.
  package enum Growth: String, Sendable, Hashable, CaseIterable {
    case withSize = "with-size"
    case constant
  }

  /// A phase as it was measured and as it is projected, in the middle of the runs.
  package struct Part: Sendable, Hashable {
    package let phase: String
    package let growth: Growth
    package let measured: Double
    package let projected: Double
  }

  /// Phases whose time has nothing to do with how much data there is, or where nobody knows that it has.
  static let constantPhases: Set<String> = [
    "sandbox", "replica_set", "approve", "failover", "fault", "run", "wait",
  ]
  /// Phases that lie before or after what an RTO counts.
  static let outside: Set<String> = ["cleanup", "damage", "bisect"]
  /// So many of the newest runs count.
  package static let mostRuns = 10

  package let scenario: String
  /// Bytes of the backup that is projected, and of those that were measured.
  package let bytes: Int
  package let measuredBytes: ClosedRange<Int>
  /// How many times as fast the machine is taken to be.
  package let speed: Double
  package let runs: [String]
  /// Seconds.
  package let median: Double
  package let interval: ClosedRange<Double>
  package let parts: [Part]

  /// nil where no run of the scenario came to its end, measured its RTO, and knows its backup's size.
  package init?(_ scenario: String, _ all: [RunSummary], bytes: Int, speed: Double = 1) {
    let runs = all.filter { run in
      run.scenario.utf8.elementsEqual(scenario.utf8) && run.kind == .drill && run.status == .completed
        && run.isSuccess && !run.isResumed && run.rto?.measuredSeconds != nil && run.backupBytes ?? 0 > 0
        && run.clock != .endsBeforeItBegins
    }.suffix(Projection.mostRuns)
    guard let totals = Distribution(runs.map { Projection.total($0, bytes, speed) }) else { return nil }
    let sizes = runs.compactMap(\.backupBytes)
    self.scenario = scenario
    self.bytes = bytes
    self.speed = speed
    self.runs = runs.map(\.runID)
    measuredBytes = (sizes.min() ?? 0)...(sizes.max() ?? 0)
    median = totals.median
    interval = totals.min...totals.max
    var names: [String] = []
    for phase in runs.flatMap(\.phases)
    where !names.contains(phase.name) && !Projection.outside.contains(phase.name) {
      names.append(phase.name)
    }
    parts = names.compactMap { name in
      let measured = runs.map { run in Projection.seconds(run, of: name) }
      let projected = runs.map { run in
        Projection.scaled(name, Projection.seconds(run, of: name), run, bytes, speed)
      }
      guard let before = Distribution(measured), let after = Distribution(projected) else { return nil }
      return Part(
        phase: name, growth: Projection.constantPhases.contains(name) ? .constant : .withSize,
        measured: before.median, projected: after.median)
    }
  }

  private static func seconds(_ run: RunSummary, of phase: String) -> Double {
    run.phases.filter { $0.name == phase }.reduce(0) { $0 + $1.seconds }
  }

  private static func scaled(
    _ phase: String, _ seconds: Double, _ run: RunSummary, _ bytes: Int, _ speed: Double
  ) -> Double {
    guard !constantPhases.contains(phase), let size = run.backupBytes else { return seconds }
    return seconds * Double(bytes) / Double(size) / speed
  }

  /// What the phases don't explain (steps of the user's own, pauses) is taken to stay as it is.
  private static func total(_ run: RunSummary, _ bytes: Int, _ speed: Double) -> Double {
    let counted = run.phases.filter { !outside.contains($0.name) }
    let rest = max(0, (run.rto?.measuredSeconds ?? 0) - counted.reduce(0) { $0 + $1.seconds })
    return counted.reduce(rest) { $0 + scaled($1.name, $1.seconds, run, bytes, speed) }
  }

  /// What it takes for given, one sentence each.
  package var assumptions: [String] {
    var all = [
      "Every phase but the start of servers and the steps approve, failover, fault, run and wait takes time in "
        + "proportion to the backup's size on disk; the replay, too, though it follows the oplog.",
      speed == 1
        ? "The machine, the server's version and what else runs there are as in the runs."
        : "The machine is \(Decimals.format(speed, 2)) times as fast in all of these phases.",
      "The data is of the same kind: documents, indexes and checks grow with the size.",
    ]
    if runs.count < 3 {
      all.append("\(Count.text(runs.count, "run")) make no spread: the interval says little.")
    }
    let factor = Double(bytes) / Double(max(1, measuredBytes.upperBound))
    if factor > 3 {
      all.append(
        "\(Decimals.format(factor, 1)) times the largest that was measured: what no longer fits into the server's cache "
          + "is slower than in proportion.")
    }
    return all
  }

  package var json: JSON {
    [
      "scenario": .string(scenario), "bytes": .integer(Int64(bytes)), "speed": .double(speed),
      "measured_bytes": [
        .integer(Int64(measuredBytes.lowerBound)), .integer(Int64(measuredBytes.upperBound)),
      ],
      "runs": .array(runs.map(JSON.string)), "rto_seconds": .double(median),
      "interval_seconds": [.double(interval.lowerBound), .double(interval.upperBound)],
      "phases": .array(
        parts.map { part in
          [
            "name": .string(part.phase), "grows": .string(part.growth.rawValue),
            "measured_seconds": .double(part.measured), "projected_seconds": .double(part.projected),
          ]
        }), "assumptions": .array(assumptions.map(JSON.string)),
    ]
  }
}
