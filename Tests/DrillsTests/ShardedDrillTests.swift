import BSON
import Drills
import Facts
import Glibc
import Platform
import Record
import Reports
import TestSupport
import Testing

/// What the set's own checks came to: those that did not pass, by name and collection.
private func faults(_ record: DrillRecord) -> [String] {
  record.checks.filter { $0.result != .pass }.map { "\($0.result.rawValue) \($0.title)" }.sorted()
}

private func outcome(_ record: DrillRecord, _ name: String, _ namespace: String? = nil) throws -> Outcome {
  try #require(
    record.checks.first { $0.name == name && $0.namespace == namespace && $0.suite == "sharded set" },
    "\(record.reasons)")
}

@Suite("A drill of a sharded set", .needs(ServerVersion(5, 0), "$toHashedIndexKey"), .tags(.mongod))
struct ShardedDrillTests {
  @Test("that is whole passes, and says of each part where it stands")
  func whole() throws {
    let copy = try ShardedBackup.Copy()
    try copy.addIdentities()
    let record = drill(
      try copy.scenario(
        """
        - {id: verify, check: [shop]}
        checks:
          shop:
            shop.orders:
            - count: {equals: 603}
            - references: {field: customerId, to: shop.customers}
            - unique: {field: _id}
            - indexes
            - options
            - validate
            - failed_documents: {where: {total: {$lt: 0}}}
            - types: {field: region, types: [string]}
            shop.customers: [count: {equals: 200}]
            shop.products: [count: {equals: 150}, range: {field: price, min: 1, max: 1200}]
            audit.log: [count: {equals: 10}]
            shop: [collections: {exact: [orders, customers, products, settings]}]
            "*": [collections, validate]
        """))
    #expect(record.exitCode == .pass && record.verdict == .pass, "\(record.reasons)")
    #expect(faults(record).isEmpty)
    let count = try #require(record.checks.first { $0.kind == "count" && $0.namespace == "shop.orders" })
    #expect(count.measured["documents"] == .integer(603))
    #expect(record.shards.map(\.name) == ["config", "north", "south"])
    #expect(record.shards.map(\.role) == ["config", "shard", "shard"])
    #expect(record.shards.map(\.chunks) == [nil, 4, 4], "the chunk that was split after the dump counts")
    #expect(record.shards.map(\.orphans) == [nil, 0, 0])
    #expect(Set(record.shards.map(\.through)).count == 1 && record.shards[0].through != nil)
    #expect(try outcome(record, "chunks are whole", "shop.products").message.hasPrefix("3 chunks"))
    #expect(
      try outcome(record, "transactions of several shards are whole").message.hasPrefix("1 transaction"))
    // A whole backup of a dump can't know what it leaves out.
    #expect(record.notVerified.contains { $0.code == "sharding" })
    #expect(Renderer.markdown.draw(record).contains("## Shards\n"))
    try expectValid(record)
    #expect(try Files.names(in: copy.folder.path) == ["config", "north", "scenario.yaml", "south"])
  }

  @Test(
    "without checks and a moment of its own goes to the last that all parts reach, and is looked at as a set")
  func latest() throws {
    let copy = try ShardedBackup.Copy()
    let record = drill(try copy.scenario(to: "latest", ""))
    #expect(record.checks.allSatisfy { $0.suite == "sharded set" } && record.checks.count > 8)
    #expect(record.exitCode == .pass, "\(record.reasons)")
    #expect(record.replay?.requested == "latest")
    let ends = record.shards.compactMap { $0.oplogEnd.flatMap { Timestamp($0) } }
    #expect(record.shards.allSatisfy { $0.through == ends.min()?.description })
  }

  // MARK: Chunks

  @Test("notices a gap in the chunks and documents in it, an overlap, and an owner that isn't there")
  func chunks() throws {
    let copy = try ShardedBackup.Copy()
    try copy.change("config", "config.chunks") { chunks in
      chunks.map { chunk in
        switch (chunk["uuid"]?.uuid, chunk["shard"]?.string) {
        case (LiveCluster.orders?, "south"): chunk.setting("min", to: ["region": "n"])
        case (LiveCluster.products?, "north"): chunk.setting("max", to: ["_id": 101])
        case (LiveCluster.customers?, "south"): chunk.setting("shard", to: "west")
        default: chunk
        }
      }
    }
    try copy.change("south", "shop.orders") { $0 + [["_id": 4000, "region": "mm"]] }
    let record = drill(try copy.scenario())
    #expect(record.exitCode == .checkFailed)
    let faults = try ["orders", "products", "customers"].map {
      try outcome(record, "chunks are whole", "shop.\($0)")
    }
    #expect(faults.allSatisfy { $0.result == .fail && $0.measured["faults"] != .array([]) })
    #expect(faults[0].message == #"a gap from "m" to "n""#)
    #expect(faults[1].message.contains(" overlap") && faults[1].samples.count == 2)
    #expect(faults[2].message.contains("of west is owned by a shard that the cluster doesn't have"))
    let documents = try outcome(record, "each document on its shard", "shop.orders")
    #expect(documents.result == .fail && documents.measured["in_no_chunk"] == .integer(1))
    #expect(documents.samples == ["4000"])
  }

  @Test("notices a shard without a backup, another UUID, and an owner that doesn't have the collection")
  func owners() throws {
    let copy = try ShardedBackup.Copy()
    try copy.change("config", "config.shards") {
      $0 + [["_id": "west", "host": "west/west.example:27018", "state": 1]]
    }
    let other = UUIDBytes("c0000000000040008000000000000009")!
    for name in ["config.collections", "config.chunks"] {
      try copy.change("config", name) { documents in
        documents.map { $0["uuid"]?.uuid == LiveCluster.products ? $0.setting("uuid", to: other.value) : $0 }
      }
    }
    for name in ["customers.bson", "customers.metadata.json"] {
      try Files.removeTree(Files.join(copy.folder.path, "north/dump/shop/\(name)"))
    }
    let record = drill(try copy.scenario(to: "dump-end"))
    #expect(record.exitCode == .checkFailed)
    let shards = try outcome(record, "every shard is in the set")
    #expect(shards.result == .fail && shards.message == "no backup of shard west")
    let uuid = try outcome(record, "one UUID on every shard", "shop.products")
    #expect(uuid.result == .fail && uuid.expected == other.description)
    #expect(uuid.message.contains(LiveCluster.products.description))
    let absent = try outcome(record, "one UUID on every shard", "shop.customers")
    #expect(absent.result == .fail && absent.message == "not there on north, which owns 1 chunk of it")
    #expect(try outcome(record, "one UUID on every shard", "shop.orders").result == .pass)
  }

  @Test("notices backups that were swapped, by what they say of themselves and by their documents")
  func swapped() throws {
    let copy = try ShardedBackup.Copy()
    try copy.addIdentities()
    for (from, to) in [("north", "x"), ("south", "north"), ("x", "south")] {
      try #require(Glibc.rename(Files.join(copy.folder.path, from), Files.join(copy.folder.path, to)) == 0)
    }
    try copy.change("south", "admin.system.version") {
      $0.map { $0.setting("clusterId", to: .objectID(ObjectID(bytes: Array(1...12)))) }
    }
    let record = drill(try copy.scenario())
    #expect(record.exitCode == .checkFailed)
    let found = try outcome(record, "every shard is in the set")
    #expect(
      found.message.contains("the backup of north was taken of south; the backup of south was taken of north")
    )
    #expect(found.message.contains("another cluster"))
    let documents = try outcome(record, "each document on its shard", "shop.orders")
    #expect(documents.result == .fail && documents.measured["documents"] == .integer(0))
  }

  // MARK: Documents

  @Test("counts orphans, leaves them out, and warns")
  func orphans() throws {
    let copy = try ShardedBackup.Copy()
    try copy.change("south", "shop.orders") {
      $0 + [
        ["_id": 7, "region": "alps", "customerId": 3, "total": 1],
        ["_id": 7777, "region": "alps", "customerId": 99_999, "total": -5],
      ]
    }
    // Hashed keys: what south owns, north doesn't.
    var others: [Document] = []
    try copy.change("south", "shop.customers") {
      others = Array($0.prefix(8))
      return $0
    }
    try copy.change("north", "shop.customers") { $0 + others }
    try copy.add("south", "config.rangeDeletions", [Self.deletion("alps", "b")])
    let record = drill(
      try copy.scenario(
        """
        - {id: verify, check: [shop]}
        checks:
          shop:
            shop.orders: [count: {equals: 603}, references: {field: customerId, to: shop.customers}, failed_documents: {where: {total: {$lt: 0}}}]
        """))
    #expect(record.exitCode == .pass && record.verdict == .warn, "\(record.reasons)")
    let found = try outcome(record, "each document on its shard", "shop.orders")
    #expect(found.result == .warn && found.measured["orphans"] == .integer(2))
    #expect(found.measured["without_twin"] == .integer(1) && Set(found.samples) == ["7", "7777"])
    #expect(found.measured["to_be_deleted"] == .integer(1))
    #expect(
      found.message.hasSuffix(
        "(1 in ranges that are still to be deleted: the owner may have deleted its own since)"))
    #expect(record.shards[2].orphans == 2)
    let collection = record.backup.collections.first {
      $0.source == "shop.orders" && $0.note == "of shard south"
    }
    #expect(collection?.documents == 302 && collection?.atTarget == 301)
    let hashed = try outcome(record, "each document on its shard", "shop.customers")
    #expect(hashed.measured["orphans"] == .integer(8) && hashed.measured["without_twin"] == .integer(0))
    #expect(hashed.measured["documents"] == .integer(200))
    // A move that is over, but for these.
    let moved = try outcome(record, "nothing is being moved")
    #expect(moved.result == .warn && moved.message.contains("still to be deleted"))
  }

  /// A note that documents of orders are still to be deleted, as a shard makes it.
  private static func deletion(_ min: String, _ max: String) -> Document {
    [
      "_id": UUIDBytes("e0000000000040008000000000000001")!.value, "nss": "shop.orders",
      "collectionUuid": LiveCluster.orders.value, "donorShardId": "south",
      "range": ["min": ["region": .string(min)], "max": ["region": .string(max)]], "whenToClean": "now",
    ]
  }

  @Test(
    "takes no other document of the same _id for an orphan's twin: lost ones that lie wrong are no orphans")
  func sameID() throws {
    let copy = try ShardedBackup.Copy()
    // `_id`s repeat, as they may; and a chunk is given to the shard that doesn't have its documents.
    try copy.change("south", "shop.orders") { orders in
      orders.enumerated().map { $1.setting("_id", to: .int32(Int32($0))) }
    }
    try copy.change("config", "config.chunks") { chunks in
      chunks.map { $0["min"]?.document?["region"] == "e" ? $0.setting("shard", to: "south") : $0 }
    }
    let record = drill(try copy.scenario(to: "dump-end"))
    #expect(record.exitCode == .checkFailed, "\(record.reasons)")
    let found = try outcome(record, "each document on its shard", "shop.orders")
    #expect(found.result == .fail && found.measured["orphans"] == .integer(200))
    #expect(found.measured["without_twin"] == .integer(200) && found.measured["to_be_deleted"] == .integer(0))
    #expect(found.message.contains("the backup of north holds no config.rangeDeletions"))
  }

  @Test(
    "fails for a single orphan without a twin, unless its shard notes that it is still to be deleted",
    arguments: [nil, ("beta", "gamma", false), ("alps", "b", false), ("alps", "b", true)]
      as [(String, String, Bool)?])
  func lonely(deletion: (min: String, max: String, isOfProducts: Bool)?) throws {
    let copy = try ShardedBackup.Copy()
    try copy.change("south", "shop.orders") {
      $0 + [["_id": 7777, "region": "alps", "customerId": 3, "total": 1]]
    }
    if let deletion {
      let note = Self.deletion(deletion.min, deletion.max)
      let other = note.setting("collectionUuid", to: LiveCluster.products.value)
      try copy.add("south", "config.rangeDeletions", [deletion.isOfProducts ? other : note])
    }
    let record = drill(try copy.scenario(to: "dump-end"))
    let isExplained = deletion.map { $0.min == "alps" && !$0.isOfProducts } ?? false
    #expect(record.exitCode == (isExplained ? .pass : .checkFailed), "\(record.reasons)")
    let found = try outcome(record, "each document on its shard", "shop.orders")
    #expect(found.result == (isExplained ? .warn : .fail))
    #expect(found.message.contains("holds no config.rangeDeletions") == (deletion == nil), "\(found.message)")
  }

  @Test("warns of a database of which its primary shard holds nothing")
  func emptyDatabase() throws {
    let copy = try ShardedBackup.Copy()
    try Files.removeTree(Files.join(copy.folder.path, "south/dump/audit"))
    let record = drill(try copy.scenario(to: "dump-end"))
    #expect(record.verdict == .warn, "\(record.reasons)")
    let found = try outcome(record, "what isn't sharded is on the primary shard")
    #expect(
      found.result == .warn && found.message == "nothing of database audit on south, its primary shard")
  }

  @Test("fails for the same _id on two shards where the _id is the shard key, and warns where it isn't")
  func repeated() throws {
    let copy = try ShardedBackup.Copy()
    try copy.change("south", "shop.orders") {
      $0 + [["_id": 7, "region": "west", "customerId": 3, "total": 1]]
    }
    // Two shards own it only where chunks overlap.
    try copy.change("config", "config.chunks") { chunks in
      chunks.map { chunk in
        chunk["uuid"]?.uuid == LiveCluster.products && chunk["max"]?.document?["_id"] == 100
          ? chunk.setting("max", to: ["_id": 110]) : chunk
      }
    }
    try copy.change("north", "shop.products") { $0 + [["_id": .double(105), "price": 1]] }
    let record = drill(try copy.scenario())
    #expect(record.exitCode == .checkFailed)
    let lawful = try outcome(record, "each _id on one shard", "shop.orders")
    #expect(
      lawful.result == .warn && lawful.samples == ["7"] && lawful.message.contains("the cluster allows it"))
    let found = try outcome(record, "each _id on one shard", "shop.products")
    #expect(found.result == .fail && found.measured["repeated"] == .integer(1), "105 and 105.0 are the same")
  }

  // MARK: Collections

  @Test("notices a UUID that differs, and a collection that its owner doesn't have")
  func uuids() throws {
    let copy = try ShardedBackup.Copy()
    let other = UUIDBytes("c0000000000040008000000000000009")!
    let file = Files.join(copy.folder.path, "south/dump/shop/products.metadata.json")
    let text = try Files.text(of: file).replacing(LiveCluster.products.description, with: other.description)
    try Files.writeAtomically(text.utf8, to: file)
    // The oplog speaks of the old one, which is another fault: without it, the documents alone count.
    for name in ["customers.bson", "customers.metadata.json"] {
      try Files.removeTree(Files.join(copy.folder.path, "north/dump/shop/\(name)"))
    }
    let record = drill(try copy.scenario())
    // An oplog about a collection that the dump doesn't hold is damage already.
    #expect(record.exitCode == .damagedBackup && record.reasons[0].code == "unknown-collection")
    #expect(record.reasons[0].message.contains("shard south"))
  }

  // MARK: What is under way

  @Test("notices that data is on its way, held still, or on a shard where it doesn't belong")
  func moving() throws {
    let copy = try ShardedBackup.Copy()
    let notes = [
      ("config", "config.migrations"), ("config", "config.reshardingOperations"),
      ("north", "config.migrationCoordinators"), ("north", "config.localReshardingOperations.donor"),
      ("south", "config.rangeDeletions"),
    ]
    for (part, name) in notes {
      try copy.add(part, name, [["_id": 1, "nss": "shop.orders", "pending": true]])
    }
    try copy.change("config", "config.collections") { all in
      all.map { one in
        one["_id"] == "shop.orders"
          ? one.setting("allowMigrations", to: false).setting("reshardingFields", to: ["state": "applying"])
          : one
      }
    }
    try copy.add("south", "shop.rates", [["_id": 1]])
    try copy.add("north", "other.things", [["_id": 1]])
    let record = drill(try copy.scenario(to: nil, ""))
    #expect(
      faults(record) == ["fail nothing is being moved", "fail what isn't sharded is on the primary shard"],
      "\(record.reasons)")
    let moves = try outcome(record, "nothing is being moved")
    #expect(moves.measured["under_way"] == .integer(7))
    #expect(moves.message.hasPrefix("shop.orders is being resharded; shop.orders is held still"))
    let places = try outcome(record, "what isn't sharded is on the primary shard")
    #expect(places.measured["misplaced"] == .integer(2))
    #expect(places.message.contains("shop.rates (1 document) on south: the primary shard of shop is north"))
    #expect(places.message.contains("the cluster has no such database"))
  }

  @Test("notices a transaction that is committed on one shard only at the target")
  func torn() throws {
    let copy = try ShardedBackup.Copy()
    let torn = try ShardedBackup.shared.get().torn
    let record = drill(try copy.scenario(to: torn.description))
    #expect(faults(record) == ["fail transactions of several shards are whole"], "\(record.reasons)")
    let found = try outcome(record, "transactions of several shards are whole")
    #expect(found.message.contains("is applied on north and not on south"), "\(found.message)")
  }

  // MARK: The common moment

  @Test("refuses a target that one shard's oplog doesn't reach, and goes to an earlier one")
  func lagging() throws {
    let copy = try ShardedBackup.Copy()
    let backup = try ShardedBackup.shared.get()
    let file = Files.join(copy.folder.path, "south/slices/oplog.bson")
    let bytes = try Files.read(file, limit: 1 << 26)
    var (at, kept) = (0, 0)
    while at < bytes.count {
      let length = Int(bytes[at]) | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2]) << 16
      if let time = Document(validated: bytes[at..<at + length])["ts"]?.timestamp, time <= backup.lag {
        kept = at + length
      }
      at += length
    }
    try Files.writeAtomically(Array(bytes[..<kept]), to: file)
    let record = drill(try copy.scenario())
    #expect(record.exitCode == .damagedBackup && record.verdict == .fail)
    #expect(record.reasons[0].code == "target-past-end", "\(record.reasons)")
    #expect(record.reasons[0].message.hasPrefix("shard south: "))
    #expect(record.steps.allSatisfy { $0.attempts == 0 })
    let earlier = drill(try copy.scenario(to: "latest"))
    #expect(earlier.exitCode == .pass, "\(earlier.reasons)")
    #expect(earlier.shards.allSatisfy { $0.through == backup.lag.description })
    #expect(earlier.backup.notes.contains { $0.contains("where the oplog of the shard south ends") })
  }

  @Test("refuses parts whose oplogs have no moment in common")
  func nothingInCommon() throws {
    let copy = try ShardedBackup.Copy()
    // The config servers were dumped first, and the others' dumps ended later.
    try Files.writeAtomically(
      Files.read(Files.join(copy.folder.path, "config/dump/oplog.bson"), limit: 1 << 20),
      to: Files.join(copy.folder.path, "config/slices/oplog.bson"))
    let record = drill(try copy.scenario(to: "latest"))
    #expect(record.exitCode == .damagedBackup && record.reasons[0].code == "no-common-moment")
    #expect(record.reasons[0].message.contains("the oplog of the config servers ends"))
  }

  @Test("refuses parts without an oplog, without routing, and those that aren't there")
  func refused() throws {
    let copy = try ShardedBackup.Copy()
    try Files.removeTree(Files.join(copy.folder.path, "config/dump/config/chunks.bson"))
    try Files.removeTree(Files.join(copy.folder.path, "config/dump/config/chunks.metadata.json"))
    let record = drill(try copy.scenario())
    #expect(record.exitCode == .damagedBackup && record.reasons[0].code == "no-routing")
    try Files.removeTree(Files.join(copy.folder.path, "north/dump/oplog.bson"))
    let second = drill(try copy.scenario())
    #expect(
      second.exitCode == .damagedBackup && second.reasons[0].message.contains("shard north: "),
      "\(second.reasons)")
    try Files.removeTree(Files.join(copy.folder.path, "config/dump"))
    let third = drill(try copy.scenario())
    #expect(third.exitCode == .backupNotFound && third.reasons[0].message.contains("config servers: "))
  }
}
