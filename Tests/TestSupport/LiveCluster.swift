package import BSON
import Glibc
import Mongo
import Platform

/// What the backups of a sharded cluster look like, without a mongos: a replica set of one for the config servers and for
/// each of two shards, with the documents of `config` written by hand, in the shapes of 5.0 and later.
///
/// - `shop.orders` by `{region: 1}`: regions below `m` on `north`, the others on `south`
/// - `shop.customers` by `{_id: "hashed"}`: half of the hashes on each
/// - `shop.products` by `{_id: 1}`: below 100 on `north`, the others on `south`
/// - `shop.settings`, not sharded, on `north`; `audit.log` on `south`
package final class LiveCluster: Sendable {
  package let config: LiveSource
  /// By their names in `config.shards`.
  package let shards: [String: LiveSource]

  package static let orders = UUIDBytes("a0000000000040008000000000000001")!
  package static let customers = UUIDBytes("a0000000000040008000000000000002")!
  package static let products = UUIDBytes("a0000000000040008000000000000003")!
  package static let epoch = ObjectID(bytes: Array(repeating: 0x5A, count: 12))

  /// Starts the three and fills them.
  package init() throws {
    let started = Monitor([LiveSource?](repeating: nil, count: 3))
    try Threads.concurrently(3) { at in
      let source = try LiveSource.start()
      started.withLock { $0[at] = source }
    }
    let sources = started.withLock { $0.compactMap(\.self) }
    config = sources[0]
    shards = ["north": sources[1], "south": sources[2]]
    try writeConfig()
    for (name, shard) in shards { try fill(shard, isNorth: name == "north") }
  }

  deinit { stop() }

  package func stop() {
    config.stop()
    for shard in shards.values { shard.stop() }
  }

  package var north: LiveSource { shards["north"]! }
  package var south: LiveSource { shards["south"]! }
  private var all: [LiveSource] { [config, north, south] }

  // MARK: What is in it

  /// A document of `config.chunks`.
  package static func chunk(
    _ number: UInt32, _ uuid: UUIDBytes, _ min: Document, _ max: Document, _ shard: String
  ) -> Document {
    let lastmod = Timestamp(seconds: 2, increment: number)
    return [
      "_id": .objectID(ObjectID(bytes: [UInt8](repeating: uuid.bytes[15], count: 11) + [UInt8(number)])),
      "uuid": uuid.value, "min": .document(min), "max": .document(max), "shard": .string(shard),
      "lastmod": .timestamp(lastmod),
      "onCurrentShardSince": .timestamp(Timestamp(seconds: 1_795_000_000, increment: 1)),
      "history": [
        ["validAfter": .timestamp(Timestamp(seconds: 1_795_000_000, increment: 1)), "shard": .string(shard)]
      ],
    ]
  }

  private func writeConfig() throws {
    func insert(_ name: String, _ documents: [Document]) throws {
      try config.pool.run(
        ["insert": .string(name), "documents": .list(documents.map { .document($0) })], on: "config")
    }
    func collection(_ name: String, _ uuid: UUIDBytes, _ key: Document) -> Document {
      [
        "_id": .string(name), "lastmodEpoch": .objectID(LiveCluster.epoch),
        "lastmod": .date(1_795_000_000_000),
        "timestamp": .timestamp(Timestamp(seconds: 1_795_000_000, increment: 1)), "uuid": uuid.value,
        "key": .document(key), "unique": false, "noBalance": false,
      ]
    }
    func database(_ name: String, _ primary: String) -> Document {
      [
        "_id": .string(name), "primary": .string(primary), "partitioned": false,
        "version": [
          "uuid": UUIDBytes("b0000000000040008000000000000001")!.value,
          "timestamp": .timestamp(Timestamp(seconds: 1_795_000_000, increment: 1)), "lastMod": 1,
        ],
      ]
    }
    try insert(
      "shards",
      ["north", "south"].map { name in
        ["_id": .string(name), "host": .string("\(name)/\(name).example:27018"), "state": 1]
      })
    try insert("databases", [database("shop", "north"), database("audit", "south")])
    try insert(
      "collections",
      [
        collection("shop.orders", LiveCluster.orders, ["region": 1]),
        collection("shop.customers", LiveCluster.customers, ["_id": "hashed"]),
        collection("shop.products", LiveCluster.products, ["_id": 1]),
      ])
    let chunk = LiveCluster.chunk
    try insert(
      "chunks",
      [
        chunk(1, LiveCluster.orders, ["region": .minKey], ["region": "e"], "north"),
        chunk(2, LiveCluster.orders, ["region": "e"], ["region": "m"], "north"),
        chunk(3, LiveCluster.orders, ["region": "m"], ["region": .maxKey], "south"),
        chunk(1, LiveCluster.customers, ["_id": .minKey], ["_id": .int64(0)], "north"),
        chunk(2, LiveCluster.customers, ["_id": .int64(0)], ["_id": .maxKey], "south"),
        chunk(1, LiveCluster.products, ["_id": .minKey], ["_id": 100], "north"),
        chunk(2, LiveCluster.products, ["_id": 100], ["_id": .maxKey], "south"),
      ])
    try config.pool.run(
      [
        "createIndexes": "chunks",
        "indexes": [["key": ["uuid": 1, "min": 1], "name": "uuid_1_min_1", "unique": true]],
      ],
      on: "config")
    try insert("settings", [["_id": "balancer", "mode": "off", "stopped": true]])
    try insert("version", [["_id": 1, "clusterId": .objectID(LiveCluster.epoch)]])
  }

  /// Creates a collection with the UUID that it has on all shards.
  package static func create(
    _ name: String, _ uuid: UUIDBytes, on shard: LiveSource, database: String = "shop"
  ) throws {
    let create: Document = [
      "op": "c", "ns": .string("\(database).$cmd"), "ui": uuid.value,
      "o": ["create": .string(name), "idIndex": ["v": 2, "key": ["_id": 1], "name": "_id_"]],
    ]
    try shard.pool.run(["applyOps": [.document(create)]])
  }

  private func fill(_ shard: LiveSource, isNorth: Bool) throws {
    try LiveCluster.create("orders", LiveCluster.orders, on: shard)
    try LiveCluster.create("customers", LiveCluster.customers, on: shard)
    try LiveCluster.create("products", LiveCluster.products, on: shard)
    func index(_ name: String, _ key: Document) throws {
      let spec: Document = [
        "key": .document(key),
        "name": .string(key.map { "\($0.name)_\($0.value.string ?? "1")" }.joined(separator: "_")),
      ]
      try shard.pool.run(["createIndexes": .string(name), "indexes": [.document(spec)]], on: "shop")
    }
    try index("orders", ["region": 1])
    try index("orders", ["customerId": 1])
    try index("customers", ["_id": "hashed"])
    let regions = isNorth ? ["east", "alps", "hills"] : ["north", "south", "west"]
    let first = isNorth ? 0 : 1000
    try LiveCluster.insert(
      "orders",
      (first..<first + 300).map { number in
        [
          "_id": .int32(Int32(number)), "region": .string(regions[number % regions.count]),
          "customerId": .int32(Int32(number % 200)), "total": .double(Double(number) / 4),
        ]
      }, on: shard)
    // Half of the hashes, whichever these are.
    try LiveCluster.insert(
      "customers", (0..<200).map { ["_id": .int32(Int32($0)), "name": .string("customer \($0)")] }, on: shard)
    let hashes = try shard.pool.all(
      ["find": "customers", "projection": ["h": ["$toHashedIndexKey": "$_id"]]], on: "shop")
    let others = hashes.filter { (($0["h"]?.integer ?? 0) < 0) != isNorth }.compactMap { $0["_id"] }
    try shard.pool.run(
      ["delete": "customers", "deletes": [["q": ["_id": ["$in": .list(others)]], "limit": 0]]], on: "shop")
    let products = isNorth ? 0..<100 : 100..<150
    try LiveCluster.insert(
      "products", products.map { ["_id": .int32(Int32($0)), "price": .int32(Int32($0 + 1))] }, on: shard)
    if isNorth {
      try LiveCluster.insert("settings", [["_id": "tax", "value": .double(0.2)]], on: shard)
    } else {
      try LiveCluster.insert("log", (0..<10).map { ["_id": .int32(Int32($0))] }, on: shard, database: "audit")
    }
  }

  /// Inserts documents.
  package static func insert(
    _ name: String, _ documents: [Document], on shard: LiveSource, database: String = "shop"
  ) throws {
    try shard.pool.run(
      ["insert": .string(name), "documents": .list(documents.map { .document($0) })], on: database)
  }

  // MARK: Its backups

  /// Where the dumps of `dump` ended.
  package struct Dumped: Sendable {
    package let folder: String
    package let ends: [String: Timestamp]
  }

  /// Dumps every part into a folder of its name, `config`, `north` and `south`, as mongodump does: of `config` what says
  /// where data lies, and what is in `more`.
  package func dump(to folder: String, more: [String] = []) throws -> Dumped {
    var ends: [String: Timestamp] = [:]
    for (name, source) in [("config", config), ("north", north), ("south", south)] {
      try Files.createFolder(Files.join(folder, name), parents: true)
      let databases =
        name == "config" ? ["config"] : ["shop", "audit", "other"] + (more.isEmpty ? [] : ["config"])
      let there = try source.pool.run(["listDatabases": 1, "nameOnly": true])["databases"]?.elements ?? []
      let names = Set(there.compactMap { $0.document?["name"]?.string })
      let place = Files.join(folder, "\(name)/dump")
      ends[name] = try source.dump(databases.filter(names.contains), to: place)
      try tick()
      let inConfig = Files.join(place, "config")
      guard Files.isDirectory(inConfig) else { continue }
      let kept =
        (name == "config" ? ["chunks", "collections", "databases", "settings", "shards", "version"] : [])
        + more
      for file in try Files.names(in: inConfig)
      where !kept.contains(where: { file == "\($0).bson" || file == "\($0).metadata.json" }) {
        try Files.removeTree(Files.join(inConfig, file))
      }
    }
    return Dumped(folder: folder, ends: ends)
  }

  /// Writes a no-op everywhere once the second has passed: what comes after it has a later timestamp on every part, as the
  /// gossip of a real cluster would see to.
  package func tick() throws {
    let start = try all.map { try $0.now().seconds }.max() ?? 0
    for source in all {
      repeat {
        usleep(50_000)
        try source.pool.run(["appendOplogNote": 1, "data": ["msg": "periodic noop"]])
      } while try source.now().seconds <= start
    }
  }

  /// Goes on to the next second everywhere, and saves the oplogs since the dumps; `until` ends some of them
  /// earlier. Returns a moment that all of them reach.
  @discardableResult
  package func slice(_ dumped: Dumped, until: [String: Timestamp] = [:]) throws -> Timestamp {
    let start = try all.map { try $0.now().seconds }.max() ?? 0
    try tick()
    for (name, source) in [("config", config), ("north", north), ("south", south)] {
      let end = try until[name] ?? source.now()
      let from = Timestamp(bits: (dumped.ends[name]?.bits ?? 1) - 1)
      let folder = Files.join(dumped.folder, "\(name)/slices")
      try Files.createFolder(folder, parents: true)
      try source.slice(after: from, through: end, to: Files.join(folder, "oplog.bson"))
    }
    return Timestamp(seconds: start + 1, increment: 0)
  }

  /// A scenario about them; `rest` follows.
  package static func scenario(_ folder: String, _ rest: String = "") -> String {
    func part(_ name: String) -> String {
      "{path: \(folder)/\(name)/dump, oplog: [\(folder)/\(name)/slices]}"
    }
    return """
      version: 1
      backup:
        sharded:
          config: \(part("config"))
          shards:
            north: \(part("north"))
            south: \(part("south"))
      \(rest)
      """
  }

  // MARK: Transactions of several shards

  /// Prepares a transaction that inserts one order on each shard, and commits it on `first`; then runs `between`, and
  /// commits it on the other one.
  package func transaction(_ id: Int32, first: String = "north", between: () throws -> Void) throws {
    let session: Document = ["id": UUIDBytes((0..<16).map { _ in UInt8.random(in: 0...255) }).value]
    let connections = try shards.mapValues { try BareConnection(port: $0.port) }
    func run(_ command: Document, _ shard: String, on database: String = "admin") throws -> Document {
      var command = command
      for (name, value) in [
        ("lsid", Value.document(session)), ("txnNumber", .int64(1)), ("autocommit", false),
      ] {
        command = command.setting(name, to: value)
      }
      return try connections[shard]!.run(command, on: database)
    }
    var agreed = Timestamp(bits: 0)
    for (shard, region, number) in [("north", "east", id), ("south", "west", id + 1)] {
      let insert: Document = [
        "insert": "orders",
        "documents": [["_id": .int32(number), "region": .string(region), "customerId": 1, "total": 1.5]],
        "startTransaction": true,
      ]
      _ = try run(insert, shard, on: "shop")
      let prepared = try run(["prepareTransaction": 1, "writeConcern": ["w": "majority"]], shard)
      agreed = max(agreed, prepared["prepareTimestamp"]?.timestamp ?? agreed)
    }
    func commit(_ name: String) throws {
      let shard = shards[name]!
      while try shard.now() <= agreed {
        usleep(50_000)
        try shard.pool.run(["appendOplogNote": 1, "data": ["msg": "periodic noop"]])
      }
      _ = try run(["commitTransaction": 1, "commitTimestamp": .timestamp(agreed)], name)
    }
    try commit(first)
    try between()
    try commit(first == "north" ? "south" : "north")
  }
}
