import BSON
import Platform
import TestSupport
import Testing

@Suite("The shop, at each of its points", .tags(.mongod), .timeLimit(.minutes(10)))
struct ShopTests {
  /// With `scripts/test --full` each of its forms.
  @Test(
    "from each form of its base, one after the other in one sandbox", .needsFixtures,
    arguments: isFullRun ? Shop.forms : ["dump", "full.archive.gz"])
  func sweep(form: String) throws {
    let shop = try Shop.history.get()
    try shop.expectRecovery(of: Shop.path(form), to: shop.points)
  }

  @Test("straight from the base", .needsFixtures)
  func single() throws {
    let shop = try Shop.history.get()
    try withSandbox { sandbox in
      for point in Shop.points {
        try shop.expectRecovery(of: Shop.path("dump"), to: [shop.point(point)], in: sandbox)
        try sandbox.empty()
      }
    }
  }
}

/// The backup set of a web shop: a base in four forms, eight slices, eight points.
enum Shop {
  static let forms = ["dump", "dump-gzip", "full.archive", "full.archive.gz"]
  static let points = [
    "after-base", "ordinary-writes", "transactions", "ddl", "before-accident", "after-delete",
    "after-corruption", "after-drop",
  ]
  static func path(_ form: String) -> String { "\(History.fixtures)/shop/base/\(form)" }

  static let history = Result {
    let folder = History.fixtures + "/shop"
    let truth = try Document(extendedJSON: Files.text(of: folder + "/truth.json"))
    let slices = try #require(truth["slices"]?.elements).compactMap(\.document).map { slice in
      let file = "\(folder)/\(slice["dir"]?.string ?? "")/local/oplog.rs.bson"
      return slice["gzip"] == true ? file + ".gz" : file
    }
    let points = try #require(truth["points"]?.elements).compactMap(\.document).map { point in
      let ts = point["ts"]?.elements?.compactMap(\.integer) ?? []
      return History.Point(
        name: point["name"]?.string ?? "",
        timestamp: Timestamp(seconds: UInt32(ts[0]), increment: UInt32(ts[1])), truth: try Truth(point))
    }
    return History(
      bases: forms.map(path), slices: slices, entries: try History.entries(slices), points: points)
  }
}
