internal import Platform

/// A run whose record was saved.
package enum SavedRun {
  /// The most bytes that a record may have.
  package static let largest = 256 << 20

  /// The newest run, in place of a run's id.
  package static let latest = "latest"

  /// The file of a run's record: `run` is its report's folder, its `report.json` or another file that holds the
  /// record, its id, which names a folder in `reports`, or `latest`, the one there that began last. What there is at
  /// that path goes before an id. Nil when there is none.
  package static func file(of run: String, reports: String) -> String? {
    for path in [run, run.contains("/") ? nil : Files.join(reports, run)].compactMap(\.self) {
      if Files.isDirectory(path) {
        let file = Files.join(path, "report.json")
        if Files.exists(file) { return file }
      } else if Files.exists(path) {
        return path
      }
    }
    return run == latest ? newest(in: reports) : nil
  }

  /// Ids begin with the time, so that the last one by its bytes is the newest.
  private static func newest(in reports: String) -> String? {
    let names = ((try? Files.names(in: reports)) ?? []).filter(isID)
      .sorted { $1.utf8.lexicographicallyPrecedes($0.utf8) }
    return names.lazy.map { Files.join(Files.join(reports, $0), "report.json") }.first(where: Files.exists)
  }

  /// `20261121T130449Z-shop`.
  private static func isID(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count > 17, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
      bytes[16] == UInt8(ascii: "-")
    else { return false }
    return (bytes[..<8] + bytes[9..<15]).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
