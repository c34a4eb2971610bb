import BSON
import Backups
import Facts
import Platform
import Replay
import Testing

/// Entries that no history holds: of servers before and after 6.0, of shards, and broken ones.
@Suite("Definitions followed through the oplog") struct SourceCatalogueTests {
  private let orders = UUIDBytes(Array(repeating: 1, count: 16))
  private let other = UUIDBytes(Array(repeating: 2, count: 16))

  @Test(
    "commands that cannot be replayed rightly are refused",
    arguments: [
      ["convertToCapped": "orders", "size": 4096], ["importCollection": "orders"],
      ["shardCollection": "orders"],
      ["upgradeDowngradeViewlessTimeseries": "orders"], ["noSuchCommand": "orders"],
    ] as [Document])
  func unsupported(command: Document) {
    expectFailure("unsupported-command", command)
  }

  @Test("operations of a kind that is not known are refused", arguments: ["ci", "cd", "cu", "km", "db", "x"])
  func unknownKind(kind: String) throws {
    var catalogue = catalogue()
    let operation = try #require(
      OplogOperation(
        validated: (["op": .string(kind), "ns": "shop.orders", "o": ["_id": 1]] as Document).bytes))
    let failure = #expect(throws: Failure.self) {
      try catalogue.follow(operation, Timestamp(seconds: 5, increment: 1), at: Place("oplog.bson", offset: 7))
    }
    #expect(failure?.code == "unknown-operation" && failure?.kind == .damagedBackup)
    #expect(failure?.place == Place("oplog.bson", offset: 7))
  }

  @Test(
    "commands without what they need are refused",
    arguments: [[:], ["drop": 5], ["renameCollection": "shop.orders"], ["create": ["x": 1]]] as [Document])
  func malformed(command: Document) {
    expectFailure("malformed-entry", command)
  }

  @Test("a change of a collection that nobody knows is refused when it has no UUID that a drop could explain")
  func unknownCollection() {
    expectFailure("unknown-collection", ["collMod": "nowhere"])
    var catalogue = catalogue()
    #expect(throws: Failure.self) {
      try catalogue.follow(["op": "i", "ns": "shop.nowhere", "o": ["_id": 1]])
    }
  }

  @Test("operations of a collection that is neither in the base nor created are its drop's to explain")
  func stranger() throws {
    var catalogue = catalogue()
    let insert: Document = ["op": "i", "ns": "shop.gone", "ui": other.value, "o": ["_id": 1]]
    #expect(try catalogue.follow(insert) == .stranger)
    #expect(catalogue.strangers.keys.contains(other))
    #expect(try catalogue.follow(command(["drop": "gone"], other)) == .definition)
    #expect(catalogue.strangers.isEmpty)
  }

  @Test("a late operation finds the collection that it was about, dropped as it is, not its namesake")
  func namesake() throws {
    var catalogue = catalogue()
    _ = try catalogue.follow(command(["drop": "orders"], orders))
    _ = try catalogue.follow(command(["create": "orders"], other))
    let old = try catalogue.follow(["op": "i", "ns": "shop.orders", "ui": orders.value, "o": ["_id": 1]])
    let new = try catalogue.follow(["op": "i", "ns": "shop.orders", "ui": other.value, "o": ["_id": 1]])
    #expect(old == .document(0) && new == .document(1))
    #expect(!catalogue[0].isAlive && catalogue[1].isAlive)
  }

  @Test(
    "what ends a collection by its name alone, before it was made, ends when an entry tells its UUID",
    arguments: [
      [["create": "orders"]], [["createIndexes": "orders", "v": 2, "key": ["a": 1], "name": "a_1"]],
      [["collMod": "orders", "validationLevel": "off"]],
      [["renameCollection": "shop.orders", "to": "shop.orders"]],
      [["create": "early"], ["renameCollection": "shop.early", "to": "shop.orders"]],
    ] as [[Document]], [true, false])
  func displaced(commands: [Document], byDatabase: Bool) throws {
    var catalogue = catalogue()
    if byDatabase {
      _ = try catalogue.follow(command(["dropDatabase": 1]))
    } else {
      _ = try catalogue.follow(command(["create": "orders"], other))
      _ = try catalogue.follow(command(["drop": "orders"], other))
    }
    #expect(!catalogue[0].isAlive)
    for change in commands { _ = try catalogue.follow(command(change, orders)) }
    #expect(catalogue[0].isAlive && catalogue[0].name == Namespace("shop", "orders"))
    #expect(catalogue.collections.filter(\.isAlive).count == 1)
  }

  @Test("and so does an operation on one of its documents", arguments: ["i", "u", "d"])
  func displacedDocument(kind: String) throws {
    var catalogue = catalogue()
    _ = try catalogue.follow(command(["dropDatabase": 1]))
    let operation: Document = [
      "op": .string(kind), "ns": "shop.early", "ui": orders.value, "o": ["_id": 1], "o2": ["_id": 1],
    ]
    #expect(try catalogue.follow(operation) == .document(0))
    #expect(catalogue[0].isAlive && catalogue[0].name == Namespace("shop", "early"))
  }

  @Test("a rename onto its later name does not end a collection") func renamedOntoLaterName() throws {
    var catalogue = catalogue()
    _ = try catalogue.follow(command(["create": "a"], other))
    _ = try catalogue.follow(command(["renameCollection": "shop.a", "to": "shop.orders"], other))
    _ = try catalogue.follow(command(["renameCollection": "shop.orders", "to": "shop.a"], other))
    _ = try catalogue.follow(command(["renameCollection": "shop.b", "to": "shop.orders"], orders))
    #expect(catalogue.collections.map(\.isAlive) == [true, true])
    #expect(catalogue.collections.map(\.name.collection) == ["orders", "a"])
  }

  @Test("a drop of its own UUID ends a collection for good, with its database or alone") func dropped() throws
  {
    var catalogue = catalogue()
    _ = try catalogue.follow(command(["drop": "orders"], orders))
    _ = try catalogue.follow(command(["dropDatabase": 1]))
    _ = try catalogue.follow(["op": "i", "ns": "shop.orders", "ui": orders.value, "o": ["_id": 1]])
    _ = try catalogue.follow(command(["collMod": "orders", "validationLevel": "off"], orders))
    #expect(!catalogue[0].isAlive)
    // Also when it was displaced before.
    var second = self.catalogue()
    _ = try second.follow(command(["dropDatabase": 1]))
    _ = try second.follow(command(["drop": "orders"], orders))
    _ = try second.follow(["op": "i", "ns": "shop.orders", "ui": orders.value, "o": ["_id": 1]])
    #expect(!second[0].isAlive)
  }

  @Test("one that is dropped and made again with its UUID begins anew, empty") func madeAgain() throws {
    var catalogue = catalogue()
    _ = try catalogue.follow(command(["drop": "orders"], orders))
    _ = try catalogue.follow(command(["create": "orders"], orders))
    let insert: Document = ["op": "i", "ns": "shop.orders", "ui": orders.value, "o": ["_id": 1]]
    #expect(try catalogue.follow(insert) == .document(1))
    #expect(catalogue.collections.map(\.isAlive) == [false, true])
    #expect(catalogue[1].origin == .created(Timestamp(seconds: 5, increment: 1)))
  }

  @Test("a rename of a collection that nobody knows drops what it names, too") func strangersRename() throws {
    var catalogue = catalogue()
    let rename: Document = ["renameCollection": "shop.gone", "to": "shop.orders", "dropTarget": orders.value]
    #expect(try catalogue.follow(command(rename, other)) == .stranger)
    #expect(!catalogue[0].isAlive)
  }

  @Test("entries without UUIDs, as servers before 3.6 wrote them, go by name") func byName() throws {
    var catalogue = catalogue()
    #expect(try catalogue.follow(["op": "d", "ns": "shop.orders", "o": ["_id": 1]]) == .document(0))
    _ = try catalogue.follow(
      command(["renameCollection": "shop.orders", "to": "crm.orders", "dropTarget": true]))
    #expect(catalogue[0].name == Namespace("crm", "orders"))
    #expect(try catalogue.follow(["op": "d", "ns": "crm.orders", "o": ["_id": 1]]) == .document(0))
  }

  @Test(
    "a rename drops the target that it names by UUID, or whatever has the name", arguments: [true, false])
  func renameOnto(hasUUID: Bool) throws {
    var catalogue = catalogue()
    _ = try catalogue.follow(command(["create": "old"], other))
    let drop: Value = hasUUID ? other.value : true
    _ = try catalogue.follow(
      command(["renameCollection": "shop.orders", "to": "shop.old", "dropTarget": drop], orders))
    #expect(catalogue.collections.map(\.isAlive) == [true, false])
    #expect(catalogue[0].name == Namespace("shop", "old"))
  }

  @Test(
    "index entries of old servers", arguments: ["dropIndexes", "dropIndex", "deleteIndexes", "deleteIndex"])
  func dropIndexes(name: String) throws {
    var catalogue = catalogue()
    let create: Document = ["createIndexes": "orders", "v": 1, "key": ["a": 1], "name": "a_1"]
    _ = try catalogue.follow(command(create, orders))
    _ = try catalogue.follow(command(create.setting("name", to: "b_1"), orders))
    #expect(catalogue[0].indexes.map(\.name) == ["_id_", "a_1", "b_1"])
    _ = try catalogue.follow(command([name: "orders", "index": "a_1"], orders))
    #expect(catalogue[0].indexes.map(\.name) == ["_id_", "b_1"])
    _ = try catalogue.follow(command([name: "orders", "index": "*"], orders))
    #expect(catalogue[0].indexes.map(\.name) == ["_id_"])
  }

  @Test(
    "indexes are dropped as `index` says",
    arguments: [
      (["index": "a_1"], ["b_1"]), (["index": "*"], []), ([:], []), (["index": ["a_1", "b_1"]], []),
      (["index": ["b_1"]], ["a_1"]), (["index": []], ["a_1", "b_1"]), (["index": "c_1"], ["a_1", "b_1"]),
      (["index": .document(["b": 1])], ["a_1"]), (["index": .document(["b": .int32(-1)])], ["a_1", "b_1"]),
      (["index": 1], nil), (["index": .null], nil), (["index": ["a_1", 1]], nil),
    ] as [(Document, [String]?)])
  func dropSome(what: Document, left: [String]?) throws {
    var catalogue = catalogue()
    for field in ["a", "b"] {
      _ = try catalogue.follow(
        command(
          [
            "createIndexes": "orders", "v": 2, "key": .document(([:] as Document).setting(field, to: 1)),
            "name": .string(field + "_1"),
          ], orders))
    }
    let drop = what.reduce(["dropIndexes": "orders"] as Document) { $0.setting($1.name, to: $1.value) }
    if let left {
      _ = try catalogue.follow(command(drop, orders))
      #expect(catalogue[0].indexes.map(\.name) == ["_id_"] + left)
    } else {
      let failure = #expect(throws: Failure.self) { try catalogue.follow(self.command(drop, self.orders)) }
      #expect(failure?.code == "malformed-entry")
    }
  }

  @Test("a capped collection that is emptied; checks, and builds that have not come to their end")
  func others() throws {
    var catalogue = catalogue()
    #expect(try catalogue.follow(command(["emptycapped": "orders"], orders)) == .emptied(0))
    #expect(try catalogue.follow(command(["dbCheck": "orders"], orders)) == .skipped(.check))
    for name in ["startIndexBuild", "abortIndexBuild"] {
      #expect(
        try catalogue.follow(command([name: "orders"], orders)) == .skipped(.indexBuildPhase))
    }
    #expect(catalogue[0].indexes.map(\.name) == ["_id_"])
  }

  @Test(
    "what is the server's own is left out",
    arguments: [
      ("config.transactions", .config), ("config.image_collection", .config), ("local.startup_log", .local),
      ("admin.system.version", .serverState), ("admin.system.keys", .serverState),
      ("shop.system.profile", .profile),
    ] as [(String, SkipReason)])
  func serversOwn(name: String, reason: SkipReason) throws {
    var catalogue = catalogue()
    let insert: Document = ["op": "i", "ns": .string(name), "ui": other.value, "o": ["_id": 1]]
    #expect(try catalogue.follow(insert) == .skipped(reason))
    let (database, collection) = (name.prefix { $0 != "." }, name.drop { $0 != "." }.dropFirst())
    let create: Document = [
      "op": "c", "ns": .string("\(database).$cmd"), "ui": other.value,
      "o": ["create": .string(String(collection))],
    ]
    #expect(try catalogue.follow(create) == .skipped(reason))
  }

  @Test(
    "a view changed by each form of update",
    arguments: [
      ["_id": "shop.v", "viewOn": "new", "pipeline": []],
      ["$v": 2, "diff": ["u": ["viewOn": "new", "pipeline": []]]],
      ["$v": 1, "$set": ["viewOn": "new", "pipeline": []]],
    ] as [Document])
  func view(update: Document) throws {
    var catalogue = catalogue()
    let view = Namespace("shop", "v")
    let pipeline: Value = [["$match": ["a": 1]]]
    _ = try catalogue.follow([
      "op": "i", "ns": "shop.system.views", "o": ["_id": "shop.v", "viewOn": "orders", "pipeline": pipeline],
    ])
    #expect(catalogue.views[view] == ["viewOn": "orders", "pipeline": pipeline])
    _ = try catalogue.follow([
      "op": "u", "ns": "shop.system.views", "o": .document(update), "o2": ["_id": "shop.v"],
    ])
    #expect(catalogue.views[view] == ["viewOn": "new", "pipeline": []])
    _ = try catalogue.follow(command(["drop": "system.views"], other))
    #expect(catalogue.views.isEmpty)
  }

  /// One collection, `shop.orders`.
  private func catalogue() -> SourceCatalogue {
    let facts = CollectionFacts(
      Namespace("shop", "orders"), uuid: orders,
      indexes: [IndexSpec(["v": 2, "key": ["_id": 1], "name": "_id_"])])
    return SourceCatalogue(base: [BackedUpCollection(facts: facts, place: nil, fileBytes: 0)])
  }

  private func command(_ command: Document, _ uuid: UUIDBytes? = nil) -> Document {
    let entry: Document = ["op": "c", "ns": "shop.$cmd", "o": .document(command)]
    return uuid.map { entry.setting("ui", to: $0.value) } ?? entry
  }

  private func expectFailure(
    _ code: String, _ command: Document, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var catalogue = catalogue()
    let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) {
      try catalogue.follow(self.command(command))
    }
    #expect(failure?.code == code && failure?.kind == .damagedBackup, sourceLocation: sourceLocation)
    #expect(failure?.place == Place("oplog.bson", offset: 7), sourceLocation: sourceLocation)
  }
}

extension SourceCatalogue {
  /// Follows a literal operation.
  fileprivate mutating func follow(_ operation: Document) throws -> Effect {
    let read = try #require(OplogOperation(validated: operation.bytes))
    return try follow(read, Timestamp(seconds: 5, increment: 1), at: Place("oplog.bson", offset: 7))
  }
}
