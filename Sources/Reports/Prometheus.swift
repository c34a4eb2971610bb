package import Platform
package import Record

extension Renderer {
  /// For the textfile collector of Prometheus' node_exporter.
  package static let prometheus = Renderer(
    name: "prometheus", summary: "gauges in the text format of Prometheus", fileName: "metrics.prom",
    draw: { Metrics($0, lastSuccess: nil).prometheus })

  /// For GitLab's metrics reports, and whatever else reads OpenMetrics.
  package static let openmetrics = Renderer(
    name: "openmetrics", summary: "the same gauges as OpenMetrics 1.0, for GitLab's metrics reports",
    fileName: "metrics.txt", draw: { Metrics($0, lastSuccess: nil).openMetrics })
}

/// The file of one scenario in a folder that Prometheus' node_exporter reads (`--collector.textfile.directory`).
package enum TextfileCollector {
  /// Writes the gauges of a run over those of the scenario's run before it. When the last success was is taken over
  /// from there, if this run is none. The file takes the place of the old one at once, and others may read it: it
  /// holds no names from the data. Throws `Failure` of kind `incomplete`.
  @discardableResult
  package static func write(_ record: DrillRecord, in folder: String) throws(Failure) -> String {
    let path = Files.join(folder, fileName(record.scenario.name))
    do throws(Failure) {
      try write(record, to: path)
    } catch {
      throw .noMetrics(path, error)
    }
    return path
  }

  /// The same, to a file whose name is given.
  package static func write(_ record: DrillRecord, to path: String) throws(Failure) {
    let previous = Files.exists(path) ? try Files.text(of: path) : ""
    let text = Metrics(record, lastSuccess: lastSuccess(in: previous)).prometheus
    try Files.writeAtomically(text.utf8, to: path, mode: 0o644)
  }

  /// `mongodrill-shop.prom`; of names that can't stand in a file's name as they are, with a few digits that tell
  /// them apart.
  static func fileName(_ scenario: String) -> String {
    let slug = RunID.slug(scenario)
    let isSame = slug.utf8.elementsEqual(scenario.utf8)
    return "mongodrill-\(slug)\(isSame ? "" : "-" + SHA256.hex(of: Array(scenario.utf8)).prefix(8)).prom"
  }

  /// When the scenario last succeeded, from the text of an earlier run.
  static func lastSuccess(in text: String) -> Double? {
    for line in text.split(separator: "\n") where line.hasPrefix("mongodrill_last_success_timestamp_seconds{")
    {
      if let value = line.split(separator: " ").last.flatMap({ Double($0) }), value > 0, value.isFinite {
        return value
      }
    }
    return nil
  }
}

extension Failure {
  static func noMetrics(_ path: String, _ failure: Failure) -> Failure {
    Failure(
      .incomplete, "metrics-not-written", "cannot write the metrics to \(path)",
      hint: "Give a folder that exists and may be written with --prometheus.",
      cause: failure.cause ?? failure.message)
  }
}
