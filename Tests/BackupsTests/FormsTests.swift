import BSON
import Backups
import Facts
import Platform
import Testing

@Suite("the four forms of one dump")
struct FormsTests {
  @Test("are sound, and hold what the source held then", arguments: Fixture.forms)
  func soundness(path: String) throws {
    let backup = try verifyBackup(path)
    #expect(backup.damage == [])
    #expect(backup.notes == [])
    #expect(backup.collections.count == 20)
    #expect(backup.oplog?.first != nil)
    // Orders came in while the dumps were taken; nothing else of this changed.
    let counts: [String: Int] = [
      "crm.contacts": 300, "shop.customers": 1000, "shop.empty_one": 0, "shop.invoices": 800,
      "shop.ledger": 400, "shop.metrics": 6, "shop.products": 300, "shop.types": 10,
    ]
    for collection in backup.collections {
      guard let count = counts["\(collection.facts.namespace)"] else { continue }
      #expect(collection.facts.documents == count, "\(collection.facts.namespace)")
    }
  }

  @Test(
    "name the same collections with the same options, indexes and UUIDs", arguments: Fixture.forms.dropFirst()
  )
  func metadata(path: String) throws {
    let reference = try openBackup(Fixture.dump).collections
    let other = try openBackup(path).collections
    #expect(reference.map(\.facts) == other.map(\.facts))
    #expect(reference.map(\.treatment) == other.map(\.treatment))
  }
}
