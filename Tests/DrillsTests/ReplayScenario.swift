import Drills
import Platform
import TestSupport

/// Where the slices of the shop's oplog lie.
let shopOplog = Files.join(Files.folder(of: shop), "oplog")

/// Moments of the shop; what was there is in Tests/Fixtures/shop/truth.json.
enum ShopMoment {
  static let dumpEnd = "1795259684:19"
  static let transactions = "1795259689:123"
  static let ddl = "1795259692:191"
  static let beforeAccident = "1795259694:300"
  static let afterDelete = "1795259696:310"
  static let end = "1795259700:2"
}

/// A scenario that restores the shop and goes on with `rest`.
func replayScenario(
  _ rest: String, restore: String = "{}", backup: String = "\(shop)/dump", oplog: String = shopOplog,
  in folder: TemporaryFolder
) throws -> Scenario {
  try shopScenario(
    "\(rest)\noplog: [\(oplog)]", restore: restore, backup: backup, in: folder)
}
