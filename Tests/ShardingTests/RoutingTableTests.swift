import BSON
import Sharding
import Testing

private let uuid = UUIDBytes("0123456789abcdef0123456789abcdef")!
private let epoch = ObjectID(bytes: Array(repeating: 7, count: 12))

/// Where chunks of `shop.orders`, by region, begin and end; nil is MinKey or MaxKey.
private func chunk(_ id: Int32, _ min: Value?, _ max: Value?, _ shard: String) -> Document {
  [
    "_id": .int32(id), "uuid": uuid.value, "min": ["region": min ?? .minKey],
    "max": ["region": max ?? .maxKey],
    "shard": .string(shard), "lastmod": .timestamp(Timestamp(seconds: 3, increment: UInt32(id))),
  ]
}

private func table(
  _ chunks: [Document], shards: [String] = ["a", "b"], key: Document = ["region": 1],
  with more: Document = [:]
) -> RoutingTable {
  var collection: Document = [
    "_id": "shop.orders", "lastmodEpoch": .objectID(epoch), "uuid": uuid.value, "key": .document(key),
    "unique": false,
  ]
  for element in more { collection = collection.setting(element.name, to: element.value) }
  return RoutingTable(
    shards: shards.map { ["_id": .string($0), "host": .string("\($0)/\($0):27018"), "state": 1] },
    databases: [["_id": "shop", "primary": "a", "partitioned": true]], collections: [collection],
    chunks: chunks)
}

private func words(_ table: RoutingTable) -> [String] { table.collections.flatMap(\.faults).map(\.text) }

@Suite("Chunks")
struct ChunkTests {
  @Test("that meet from MinKey to MaxKey are whole, in whatever order they come")
  func whole() throws {
    let found = table([chunk(3, "t", nil, "a"), chunk(1, nil, "m", "a"), chunk(2, "m", "t", "b")])
    #expect(words(found).isEmpty && found.faults.isEmpty)
    let orders = try #require(found.collection(Namespace("shop", "orders")))
    #expect(orders.owners == ["a", "b"] && orders.chunks(of: "a") == 2 && orders.chunks(of: "c") == 0)
    #expect(orders.chunks.map(\.shard) == ["a", "b", "a"])
  }

  @Test(
    "with something wrong say what",
    arguments: [
      ([chunk(1, nil, "m", "a"), chunk(2, "n", nil, "b")], #"a gap from "m" to "n""#),
      ([chunk(1, "a", "m", "a"), chunk(2, "m", nil, "b")], #"a gap from { "$minKey" : 1 } to "a""#),
      ([chunk(1, nil, "m", "a"), chunk(2, "m", "t", "b")], #"a gap from "t" to { "$maxKey" : 1 }"#),
      (
        [chunk(1, nil, "n", "a"), chunk(2, "m", nil, "b")],
        #"[{ "$minKey" : 1 } to "n") of a and ["m" to { "$maxKey" : 1 }) of b overlap"#
      ),
      (
        [chunk(1, nil, "m", "a"), chunk(2, "m", nil, "c")],
        #"["m" to { "$maxKey" : 1 }) of c is owned by a shard that the cluster doesn't have"#
      ),
      ([], "there is no chunk"),
      (
        [chunk(1, nil, "m", "a"), chunk(2, "m", "m", "a"), chunk(3, "m", nil, "b")],
        #"["m" to "m") of a is empty"#
      ),
    ])
  func faults(chunks: [Document], message: String) {
    #expect(words(table(chunks)) == [message])
  }

  @Test("that lie within others overlap with them, and hide no gap behind")
  func nested() {
    let chunks = [chunk(1, nil, "p", "a"), chunk(2, "c", "d", "b"), chunk(3, "q", nil, "b")]
    #expect(words(table(chunks)).count == 2)
    #expect(words(table(chunks))[1] == #"a gap from "p" to "q""#)
  }

  @Test("of another key, another epoch or the same version are faults")
  func strange() {
    let other: Document = ["_id": 2, "uuid": uuid.value, "min": ["x": 1], "max": ["x": 2], "shard": "a"]
    #expect(words(table([chunk(1, nil, nil, "a"), other])) == ["the chunk 2 cannot be read"])
    let old = chunk(1, nil, nil, "a").setting(
      "lastmodEpoch", to: .objectID(ObjectID(bytes: Array(repeating: 8, count: 12))))
    #expect(
      words(table([old])).count == 1
        && words(table([old]))[0].hasSuffix("is of another epoch than its collection"))
    let same = chunk(2, "m", nil, "b").setting("lastmod", to: chunk(1, nil, nil, "a")["lastmod"]!)
    #expect(words(table([chunk(1, nil, "m", "a"), same]))[0].hasSuffix("have the same version"))
  }

  @Test("of servers before 5.0 are found by their namespace")
  func byNamespace() throws {
    let chunks = [("a", Value.minKey, Value.int32(0)), ("b", .double(0), .maxKey)].enumerated().map {
      at, chunk -> Document in
      [
        "_id": .string("shop.orders-region_\(at)"), "ns": "shop.orders", "min": ["region": chunk.1],
        "max": ["region": chunk.2], "shard": .string(chunk.0), "lastmodEpoch": .objectID(epoch),
        "lastmod": .timestamp(Timestamp(seconds: 1, increment: UInt32(at))),
      ]
    }
    // 0 and 0.0 are the same bound.
    let found = table(chunks, with: ["dropped": false])
    #expect(words(found).isEmpty && found.faults.isEmpty && found.collections[0].chunks.count == 2)
    // What was dropped is no collection any more, and what it leaves behind belongs to none.
    let dropped = table(chunks, with: ["dropped": true])
    #expect(dropped.collections.isEmpty && dropped.faults == ["2 chunks of shop.orders, which isn't there"])
  }
}

@Suite("Ownership")
struct OwnershipTests {
  @Test(
    "goes by the server's order of values",
    arguments: [
      (Value.string("a"), "a"), ("m", "b"), ("lzz", "a"), (.null, "a"), (.int32(5), "a"),
      (.objectID(epoch), "b"),
      (.maxKey, ""), ("z", "b"),
    ])
  func owner(value: Value, shard: String) {
    let orders = table([chunk(1, nil, "m", "a"), chunk(2, "m", nil, "b")]).collections[0]
    let point = KeyPoint([value])
    #expect(["a", "b"].filter { orders.isOwned(point, by: $0) } == (shard.isEmpty ? [] : [shard]))
    #expect(orders.isOwned(point) != shard.isEmpty)
  }

  @Test("of overlapping ranges is shared, and of a gap is nobody's")
  func unclear() {
    let orders = table([chunk(1, nil, "p", "a"), chunk(2, "c", "d", "b"), chunk(3, "q", nil, "b")])
      .collections[0]
    func owners(_ text: String) -> [String] {
      ["a", "b"].filter { orders.isOwned(KeyPoint([.string(text)]), by: $0) }
    }
    #expect(owners("b") == ["a"] && owners("c") == ["a", "b"] && owners("d") == ["a"])
    #expect(owners("pp") == [] && owners("q") == ["b"])
  }

  @Test("by several fields compares them one after the other")
  func compound() {
    let key: Document = ["region": 1, "number": "hashed"]
    func bound(_ region: Value, _ number: Value) -> Value { ["region": region, "number": number] }
    let chunks: [Document] = [
      [
        "_id": 1, "uuid": uuid.value, "min": bound(.minKey, .minKey), "max": bound("m", .int64(0)),
        "shard": "a",
      ],
      [
        "_id": 2, "uuid": uuid.value, "min": bound("m", .int64(0)), "max": bound(.maxKey, .maxKey),
        "shard": "b",
      ],
    ]
    let orders = table(chunks, key: key).collections[0]
    #expect(orders.faults.isEmpty)
    #expect(
      orders.isOwned(KeyPoint(["m", .int64(-1)]), by: "a") && orders.isOwned(KeyPoint(["m", 0]), by: "b"))
    #expect(orders.key.expression == .list(["$region", ["$toHashedIndexKey": "$number"]]))
    #expect(!orders.key.isOfID)
  }

  @Test("of what isn't sharded is the primary shard's")
  func primary() {
    let found = table([chunk(1, nil, nil, "b")])
    #expect(found.owners(of: Namespace("shop", "orders")) == ["b"])
    #expect(found.owners(of: Namespace("shop", "settings")) == ["a"])
    #expect(found.owners(of: Namespace("other", "settings")) == [])
  }

  @Test("needs databases and collections that can be read")
  func unreadable() {
    let found = RoutingTable(
      shards: [["_id": "a"]], databases: [["_id": "shop", "primary": "z"], ["_id": "x"]],
      collections: [["_id": "shop.a", "key": ["a": 1]], ["_id": "shop.b"]],
      chunks: [["_id": 1, "min": [:], "max": [:], "shard": "a"], chunk(2, nil, nil, "a")])
    #expect(found.faults.count == 5, "\(found.faults)")
    #expect(found.collections.map(\.namespace.description) == ["shop.a"])
  }

  @Test("notes that a collection is being resharded or held still")
  func flags() {
    let one = table([chunk(1, nil, nil, "a")], with: ["reshardingFields": ["state": "applying"]]).collections[
      0]
    #expect(one.isResharding && one.allowsMigrations)
    let other = table([chunk(1, nil, nil, "a")], with: ["allowMigrations": false]).collections[0]
    #expect(!other.isResharding && !other.allowsMigrations)
  }
}

@Suite("Transactions of several shards")
struct SharedTransactionsTests {
  private func at(_ increment: UInt32) -> Timestamp { Timestamp(seconds: 100, increment: increment) }
  private let id = SharedTransactions.ID(session: [1, 2, 3], number: 7)

  /// Prepared at 2 on `a` and at 3 on `b`, agreed at 3, committed at 5 on `a` and at 9 on `b`.
  private var transactions: SharedTransactions {
    var all = SharedTransactions()
    all.prepare(id, on: "a", at: at(2))
    all.prepare(id, on: "b", at: at(3))
    all.commit(id, on: "a", at: at(5), agreed: at(3))
    all.commit(id, on: "b", at: at(9), agreed: at(3))
    return all
  }

  @Test(
    "are torn between the commits, whole after both, and nowhere before",
    arguments: [(1, 0, []), (2, 0, []), (4, 1, []), (5, 1, ["a"]), (8, 1, ["a"]), (9, 0, []), (20, 0, [])]
      as [(UInt32, Int, [String])])
  func torn(target: UInt32, count: Int, applied: [String]) {
    let torn = transactions.torn(at: at(target))
    #expect(torn.count == count && transactions.count == 1)
    if count > 0 { #expect(torn[0].applied == applied && torn[0].agreed == at(3)) }
  }

  @Test("that are aborted on one shard and committed on the other are torn; aborted on both they are not")
  func aborted() {
    var all = SharedTransactions()
    all.prepare(id, on: "a", at: at(2))
    all.prepare(id, on: "b", at: at(2))
    all.abort(id, on: "b")
    #expect(all.torn(at: at(9)).isEmpty)
    all.commit(id, on: "a", at: at(5), agreed: at(2))
    #expect(all.torn(at: at(9)).map(\.open) == [["b"]])
    var both = SharedTransactions()
    both.prepare(id, on: "a", at: at(2))
    both.abort(id, on: "a")
    #expect(both.torn(at: at(9)).isEmpty && both.count == 0)
  }
}

@Suite("Notes of moves")
struct MovingTests {
  @Test(
    "stand in certain collections of config",
    arguments: [
      ("config.migrations", true), ("config.rangeDeletions", true), ("config.migrationCoordinators", true),
      ("config.reshardingOperations", true), ("config.localReshardingOperations.donor", true),
      ("config.chunks", false), ("shop.migrations", false),
    ])
  func names(text: String, isNoted: Bool) {
    #expect(Moving.isNoted(in: Namespace(text)!) == isNoted)
  }
}

@Suite("A shard's identity")
struct ShardIdentityTests {
  @Test("is found among the server's versions, or isn't there")
  func found() {
    let versions: [Document] = [
      ["_id": "featureCompatibilityVersion", "version": "6.0"],
      [
        "_id": "shardIdentity", "shardName": "a", "clusterId": .objectID(epoch),
        "configsvrConnectionString": "c/x:1",
      ],
    ]
    let identity = ShardIdentity(versions)
    #expect(identity?.shard == "a" && identity?.cluster == epoch)
    #expect(ShardIdentity([versions[0]]) == nil)
  }
}
