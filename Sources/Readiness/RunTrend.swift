package import Platform
internal import Record

/// How a figure went from run to run of one scenario.
package struct RunTrend: Sendable, Hashable {
  /// What a figure is counted in.
  package enum Unit: String, Sendable, Hashable, CaseIterable {
    case seconds
    case bytes
    case bytesPerSecond = "bytes_per_second"
    case documents
    case documentsPerSecond = "documents_per_second"
    case share
  }

  package let scenario: String
  /// What a person calls it.
  package let name: String
  package let unit: Unit
  /// The oldest first; nil where a run has none.
  package let values: [Double?]

  package var known: [Double] { values.compactMap(\.self) }
  package var last: Double? { known.last }
  /// Of all but the last, which is compared with it.
  package var median: Double? { Distribution(Array(known.dropLast()))?.median }
  /// How far the last lies from the median of those before, as a share of it.
  package var change: Double? {
    guard let last, let median, median > 0 else { return nil }
    return last / median - 1
  }

  /// The trends of one scenario's drills, those without a figure left out.
  package static func of(_ scenario: String, _ runs: [RunSummary]) -> [RunTrend] {
    let runs = runs.filter { $0.scenario == scenario && $0.kind == .drill && !$0.isResumed }
    func trend(_ name: String, _ unit: Unit, _ value: (RunSummary) -> Double?) -> RunTrend {
      RunTrend(scenario: scenario, name: name, unit: unit, values: runs.map(value))
    }
    return [
      trend("recovery time", .seconds) { $0.rto?.measuredSeconds },
      trend("data loss", .seconds) { $0.rpo?.measuredSeconds },
      trend("restore rate", .bytesPerSecond, \.bytesPerSecond),
      trend("documents a second", .documentsPerSecond, \.documentsPerSecond),
      trend("backup size", .bytes) { $0.backupBytes.map(Double.init) },
      trend("documents", .documents) { $0.documents > 0 ? Double($0.documents) : nil },
      trend("checks passed", .share) { run in
        run.checks.asked == 0 ? nil : Double(run.checks.passed) / Double(run.checks.asked)
      },
    ].filter { !$0.known.isEmpty }
  }

  package var json: JSON {
    [
      "scenario": .string(scenario), "name": .string(name), "unit": .string(unit.rawValue),
      "values": .array(values.map { $0.map(JSON.double) ?? .null }), "last": last.map(JSON.double) ?? .null,
      "median_before": median.map(JSON.double) ?? .null, "change": change.map(JSON.double) ?? .null,
    ]
  }
}

/// A row of bars, one a value, in a line of text.
package enum Sparkline {
  private static let blocks = Array("▁▂▃▄▅▆▇█")
  /// As a share of the largest value.
  private static let leastSpan = 0.1
  private static let letters = Array("_.-~=+*#")

  /// From the smallest to the largest; a value that isn't there is a blank. What varies by less than a tenth stays in the
  /// middle, so that noise doesn't look like a trend. Of more values than `width` the newest are drawn.
  package static func text(_ values: [Double?], width: Int = 52, isASCII: Bool = false) -> String {
    let values = values.suffix(width)
    let known = values.compactMap(\.self)
    guard let low = known.min(), let high = known.max() else { return "" }
    let bars = isASCII ? letters : blocks
    return String(
      values.map { value -> Character in
        guard let value else { return " " }
        let span = max(high - low, high.magnitude * leastSpan)
        guard span > 0 else { return bars[3] }
        let place = (value - (low + high) / 2) / span + 0.5
        return bars[min(bars.count - 1, Int(place * Double(bars.count - 1)))]
      })
  }
}
