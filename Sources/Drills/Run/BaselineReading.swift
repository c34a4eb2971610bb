internal import BSON
package import Checks
package import Platform
internal import Record

extension Baseline {
  /// Reads what an earlier run measured: `run` is its report's folder, its `report.json` or another file that holds
  /// the record, or its id, which names a folder in `reports` (`latest` is the newest). Throws `Failure` of kind `usage`.
  package static func read(_ run: String, reports: String) throws(Failure) -> Baseline {
    guard let file = SavedRun.file(of: run, reports: reports) else { throw .noBaseline(run, reports) }
    let record = try DrillRecord(reportAt: file, try Files.read(file, limit: SavedRun.largest))
    let sources = record.backup.collections.compactMap { collection -> (Namespace, Namespace)? in
      guard let target = collection.target.flatMap({ Namespace($0) }),
        let source = Namespace(collection.source)
      else { return nil }
      return (target, source)
    }
    return Baseline(
      run: record.runID, record.checks, sources: Dictionary(sources, uniquingKeysWith: { first, _ in first }))
  }
}

extension Failure {
  static func noBaseline(_ run: String, _ reports: String) -> Failure {
    Failure(
      .usage, "no-baseline", "there is no report of a run at \(run), and no run of that name in \(reports)",
      hint: "Give a report's folder, its report.json, or a run's id.")
  }
}
