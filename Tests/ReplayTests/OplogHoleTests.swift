import BSON
import Backups
import Facts
import Platform
import Replay
import Testing

/// What only an entry that isn't there can explain.
@Suite("An oplog with a hole that nobody sees by its entries' times") struct OplogHoleTests {
  private let orders = UUIDBytes(Array(repeating: 1, count: 16))
  private let other = UUIDBytes(Array(repeating: 2, count: 16))

  @Test("is refused where a command can't be true without the missing one", arguments: Case.all)
  func command(_ it: Case) throws {
    var catalogue = catalogue(exactAfter: Timestamp(seconds: 4, increment: 9))
    let entry = it.entry(orders, other)
    let failure = #expect(throws: Failure.self) { try follow(&catalogue, entry) }
    #expect(failure?.code == "oplog-contradicts" && failure?.kind == .damagedBackup, "\(it)")
    #expect(failure?.message.contains(it.message) == true, "\(failure?.message ?? "")")
    #expect(failure?.place == Place("oplog.bson", offset: 7))
    // In the base's window the same is no contradiction: a collection is listed as of a later moment.
    var window = self.catalogue(exactAfter: Timestamp(seconds: 5, increment: 1))
    _ = try follow(&window, entry)
  }

  @Test("is none where the entries agree with what is there") func agreeing() throws {
    var catalogue = catalogue(exactAfter: Timestamp(seconds: 4, increment: 9))
    let commands: [(Document, UUIDBytes?)] = [
      (["create": "fresh"], other), (["renameCollection": "shop.orders", "to": "shop.old"], orders),
      (["renameCollection": "shop.fresh", "to": "shop.old", "dropTarget": orders.value], other),
      (["collMod": "old", "validationLevel": "off"], other), (["drop": "old"], other),
      (["dropDatabase": 1], nil), (["create": "orders"], UUIDBytes(Array(repeating: 3, count: 16))),
    ]
    for (command, uuid) in commands {
      let entry: Document = ["op": "c", "ns": "shop.$cmd", "o": .document(command)]
      _ = try follow(&catalogue, uuid.map { entry.setting("ui", to: $0.value) } ?? entry)
    }
    #expect(catalogue.collections.map(\.isAlive) == [false, false, true])
  }

  /// One entry, on a catalogue of `shop.orders`.
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let message: String
    let command: Document?
    let isOfOrders: Bool

    func entry(_ orders: UUIDBytes, _ other: UUIDBytes) -> Document {
      let uuid = isOfOrders ? orders : other
      guard let command else { return ["op": "i", "ns": "shop.moved", "ui": uuid.value, "o": ["_id": 1]] }
      let entry: Document = ["op": "c", "ns": "shop.$cmd", "o": .document(command)]
      return command["dropDatabase"] == nil ? entry.setting("ui", to: uuid.value) : entry
    }

    static let all = [
      Case(
        description: "a namesake is made", message: "makes shop.orders, and shop.orders is there",
        command: ["create": "orders"], isOfOrders: false),
      Case(
        description: "it is made again", message: "makes shop.second, and shop.orders is there",
        command: ["create": "second"], isOfOrders: true),
      Case(
        description: "its database is dropped around it",
        message: "drops the database shop, and shop.orders is there", command: ["dropDatabase": 1],
        isOfOrders: true),
      Case(
        description: "another gets its name", message: "renames a collection to shop.orders, which is there",
        command: ["renameCollection": "shop.x", "to": "shop.orders"], isOfOrders: false),
      Case(
        description: "a document of it has another collection's name",
        message:
          "is about shop.moved, which is shop.orders by its UUID: an entry before it, a rename, is missing",
        command: nil, isOfOrders: true),
      Case(
        description: "a command names it otherwise", message: "is about shop.moved, which is shop.orders",
        command: ["drop": "moved"], isOfOrders: true),
    ]
  }

  /// One collection, `shop.orders`.
  private func catalogue(exactAfter: Timestamp) -> SourceCatalogue {
    let facts = CollectionFacts(
      Namespace("shop", "orders"), uuid: orders,
      indexes: [IndexSpec(["v": 2, "key": ["_id": 1], "name": "_id_"])])
    return SourceCatalogue(
      base: [BackedUpCollection(facts: facts, place: nil, fileBytes: 0)], exactAfter: exactAfter)
  }

  @discardableResult
  private func follow(_ catalogue: inout SourceCatalogue, _ operation: Document) throws -> Effect {
    let read = try #require(OplogOperation(validated: operation.bytes))
    return try catalogue.follow(
      read, Timestamp(seconds: 5, increment: 1), at: Place("oplog.bson", offset: 7))
  }
}
