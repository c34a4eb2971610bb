/// The versions of MongoDB that mongodrill is made for, and those of them that its tests were run with.
package struct TriedSeries: Sendable, Hashable {
  /// Such as 6.0.
  package let series: ServerVersion
  /// The versions that the tests were run with, the oldest first; empty for a series that was never tried.
  package let tried: [ServerVersion]

  init(_ series: ServerVersion, tried: [ServerVersion] = []) {
    self.series = series
    self.tried = tried
  }

  /// All of them, the oldest first. What 7.0 and 8.0 do is from their documentation and source: no build of them could
  /// be had where this was written.
  package static let all = [
    TriedSeries(ServerVersion(4, 4), tried: [ServerVersion(4, 4, 2)]),
    TriedSeries(ServerVersion(5, 0), tried: [ServerVersion(5, 0, 32)]),
    TriedSeries(ServerVersion(6, 0), tried: [ServerVersion(6, 0, 5), ServerVersion(6, 0, 27)]),
    TriedSeries(ServerVersion(7, 0)),
    TriedSeries(ServerVersion(8, 0)),
  ]

  /// The newest version that was tried.
  package static let newest = all.flatMap(\.tried).max() ?? ServerVersion(6, 0)

  /// What a person should know of a version that the tests were never run with; nil for one of a series that they were.
  package static func doubt(_ version: ServerVersion) -> String? {
    let known = all.filter { !$0.tried.isEmpty }
    if known.contains(where: { version.isOfSeries($0.series) }) { return nil }
    let series = known.map(\.series.series).joined(separator: ", ")
    let isOlder = known.first.map { version < $0.series } ?? false
    return isOlder
      ? "MongoDB \(version) is older than any that mongodrill is made for (tried: \(series))"
      : "mongodrill was never tried with MongoDB \(version.series) (tried: \(series)): how it differs is known from its "
        + "documentation alone"
  }
}
