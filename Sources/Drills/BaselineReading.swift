package import Checks
package import Platform
internal import Record

extension Baseline {
  /// Reads what an earlier run measured: `run` is its report's folder, its `report.json` or another file that holds
  /// the record, or its id, which names a folder in `reports`. Throws `Failure` of kind `usage`.
  package static func read(_ run: String, reports: String) throws(Failure) -> Baseline {
    let file = try file(of: run, reports)
    let record = try DrillRecord(reportAt: file, try Files.read(file, limit: largest))
    return Baseline(run: record.runID, record.checks)
  }

  /// The most bytes that a report may have.
  private static let largest = 256 << 20

  private static func file(of run: String, _ reports: String) throws(Failure) -> String {
    for path in [run, run.contains("/") ? nil : Files.join(reports, run)].compactMap(\.self) {
      if Files.isDirectory(path) {
        let file = Files.join(path, "report.json")
        if Files.exists(file) { return file }
      } else if Files.exists(path) {
        return path
      }
    }
    throw .noBaseline(run, reports)
  }
}

extension Failure {
  static func noBaseline(_ run: String, _ reports: String) -> Failure {
    Failure(
      .usage, "no-baseline", "there is no report of a run at \(run), and no run of that name in \(reports)",
      hint: "Give a report's folder, its report.json, or a run's id.")
  }
}
