import BSON
import Compression
import Mongo
import Sandbox
import TestSupport
import Testing

@Suite("Histories of a real server", .tags(.mongod), .timeLimit(.minutes(10)))
struct HistoryTests {
  /// Each is a folder of `Fixtures/histories`; `themes.py` there says what happens in it.
  static let themes = [
    "options", "indexes", "names", "documents", "transactions", "time-series", "views", "users", "window",
  ]

  @Test("at each of their points, one after the other in one sandbox", .needsFixtures, arguments: themes)
  func sweep(theme: String) throws {
    let history = try History(theme)
    try history.expectRecovery(of: history.bases[0], to: history.points)
  }

  /// With `scripts/test --full` each of their points, and not every other one.
  @Test("at their points, straight from the base", .needsFixtures, arguments: themes)
  func single(theme: String) throws {
    let history = try History(theme)
    let points = history.points.enumerated().filter { isFullRun || !$0.offset.isMultiple(of: 2) }
    try #require(!points.isEmpty)
    try withSandbox { sandbox in
      for point in points.map(\.element) {
        try history.expectRecovery(of: history.bases[0], to: [point], in: sandbox)
        try sandbox.empty()
      }
    }
  }
}

extension History {
  /// Reads one of the folders that `Fixtures/histories/make` makes.
  init(_ theme: String) throws {
    let folder = "\(History.fixtures)/histories/\(theme)"
    let text = try openDecompressed(folder + "/truth.json.gz").readAll(limit: 64 << 20)
    let truth = try Document(extendedJSON: String(decoding: text, as: UTF8.self))
    bases = [folder + "/base.archive.gz"]
    slices = [folder + "/oplog.bson.gz"]
    entries = try History.entries(slices)
    points = try #require(truth["points"]?.elements).compactMap(\.document).map { point in
      Point(
        name: "\(theme): \(point["name"]?.string ?? "")", timestamp: try #require(point["ts"]?.timestamp),
        truth: try Truth(point))
    }
  }
}
