import BSON
import Drills
import Platform
import Record
import TestSupport
import Testing

@Suite("References of the shop, at each of its points", .needsFixtures, .tags(.mongod))
struct OrphansTests {
  /// What the source itself counted, with a missing field as an orphan; an order without lines has none.
  private struct Point {
    let name: String
    let target: String
    let orphans: [String: Int64]
  }

  private static func points() throws -> [Point] {
    let fixture = Files.folder(of: shop)
    let truth = try Document(extendedJSON: Files.text(of: Files.join(fixture, "truth.json")))
    return try #require(truth["points"]?.elements).compactMap(\.document).map { point in
      let time = (point["ts"]?.elements ?? []).compactMap(\.integer)
      let orphans = (point["orphans"]?.document ?? [:]).map { ($0.name, $0.value.integer ?? -1) }
      return Point(
        name: point["name"]?.string ?? "", target: "\(time[0]):\(time[1])",
        orphans: Dictionary(uniqueKeysWithValues: orphans))
    }
  }

  @Test("are as broken as they were on the source")
  func orphans() throws {
    let points = try Self.points()
    #expect(points.count == 8)
    let folder = try TemporaryFolder()
    var script = ""
    for point in points {
      script += "- {id: to-\(point.name), replay: {to: \"\(point.target)\"}}\n"
      script += "- {id: check-\(point.name), check: [\(point.name)]}\n"
    }
    script += "checks:\n"
    for point in points {
      script += """
          \(point.name):
            shop.orders:
              - references: {field: customerId, to: shop.customers}
              - references: {field: lines.productId, to: shop.products}
                where: {"lines.0": {$exists: true}}

        """
    }
    script += "oplog: [\(Files.join(Files.folder(of: shop), "oplog"))]\n"
    let record = drill(try shopScenario(script, restore: "{}", backup: "\(shop)/dump", in: folder))
    #expect(record.checks.count == 16, "\(record.reasons)")
    for point in points {
      let checks = record.checks.filter { $0.suite == point.name }
      for (check, name) in zip(
        checks, ["orders.customerId -> customers._id", "orders.lines.productId -> products._id"])
      {
        var orphans: Int64 = 0
        for figure in ["dangling", "missing", "null"] {
          if case .integer(let count)? = check.measured[figure] { orphans += count }
        }
        #expect(orphans == point.orphans[name], "\(point.name): \(check)")
      }
    }
  }
}
