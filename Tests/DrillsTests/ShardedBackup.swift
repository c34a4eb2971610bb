import BSON
import Drills
import Glibc
import Mongo
import Platform
import TestSupport

/// The backups of one cluster, made once; tests work on copies of their files.
struct ShardedBackup: Sendable {
  let folder: String
  /// A moment that all parts reach, after everything.
  let end: Timestamp
  /// A moment at which a transaction is committed on `north` and not yet on `south`.
  let torn: Timestamp
  /// Where the oplog of `south` is cut in the folder `lagging`.
  let lag: Timestamp

  static let shared = Result { try ShardedBackup() }

  private init() throws {
    folder = "/tmp/mongodrill-sharded-\(getpid())"
    try Supervisor.shared.removeAtEnd(folder)
    try Files.createFolder(folder)
    let cluster = try LiveCluster()
    defer { cluster.stop() }
    let dumped = try cluster.dump(to: folder)
    // After the dumps: more documents, a chunk that is split, one that changes its place in the config alone.
    try LiveCluster.insert(
      "orders", [["_id": 500, "region": "east", "customerId": 3, "total": 1]], on: cluster.north)
    try cluster.south.pool.run(
      [
        "update": "products",
        "updates": [["q": ["_id": ["$gte": 100]], "u": ["$inc": ["price": 1000]], "multi": true]],
      ],
      on: "shop")
    try cluster.config.pool.run(
      [
        "update": "chunks",
        "updates": [
          [
            "q": ["uuid": LiveCluster.products.value, "min": ["_id": 100]],
            "u": ["$set": ["max": ["_id": 120]]],
          ]
        ],
      ], on: "config")
    let split = LiveCluster.chunk(3, LiveCluster.products, ["_id": 120], ["_id": .maxKey], "south")
    try cluster.config.pool.run(["insert": "chunks", "documents": [.document(split)]], on: "config")
    try cluster.tick()
    lag = try cluster.south.now()
    let times = Monitor(Timestamp(bits: 0))
    try cluster.transaction(900) {
      let now = try [cluster.config, cluster.north, cluster.south].map { try $0.now() }.max()
      times.withLock { $0 = now ?? $0 }
      let wall = WallTime.now.seconds
      while WallTime.now.seconds <= max(wall, Int(now?.seconds ?? 0)) { usleep(10_000) }
      try cluster.south.pool.run(["appendOplogNote": 1, "data": ["msg": "periodic noop"]])
    }
    torn = times.withLock(\.self)
    end = try cluster.slice(dumped)
  }

  /// The files of another set: a copy that a test may damage, and the scenario about it.
  final class Copy: Sendable {
    let folder: TemporaryFolder
    private let backup: ShardedBackup

    init() throws {
      backup = try ShardedBackup.shared.get()
      folder = try TemporaryFolder()
      for name in ["config", "north", "south"] {
        try Files.linkTree(Files.join(backup.folder, name), to: Files.join(folder.path, name)) { _ in true }
      }
    }

    /// Replaces the documents of a dumped collection: `north`, `shop.orders`.
    func change(_ part: String, _ name: String, _ body: ([Document]) -> [Document]) throws {
      let place = Namespace(name)!
      let file = Files.join(folder.path, "\(part)/dump/\(place.database)/\(place.collection).bson")
      let bytes = try Files.read(file, limit: 1 << 26)
      var documents: [Document] = []
      var at = 0
      while at < bytes.count {
        let length = Int(bytes[at]) | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2]) << 16
        documents.append(Document(validated: bytes[at..<at + length]))
        at += length
      }
      try Files.writeAtomically(body(documents).flatMap { Array($0.bytes) }, to: file)
    }

    /// Adds a collection that the dump doesn't hold.
    func add(_ part: String, _ name: String, _ documents: [Document]) throws {
      let place = Namespace(name)!
      let parent = Files.join(folder.path, "\(part)/dump/\(place.database)")
      try Files.createFolder(parent, parents: true)
      let uuid = UUIDBytes("d00000000000400080000000000000\(10 + name.utf8.count)")!
      let metadata =
        #"{"options":{},"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}],"uuid":"\#(uuid)","collectionName":"\#(place.collection)","type":"collection"}"#
      try Files.writeAtomically(metadata.utf8, to: Files.join(parent, "\(place.collection).metadata.json"))
      try Files.writeAtomically(
        documents.flatMap { Array($0.bytes) }, to: Files.join(parent, "\(place.collection).bson"))
    }

    /// Has each shard's dump say of which shard it is.
    func addIdentities() throws {
      for name in ["north", "south"] {
        try add(
          name, "admin.system.version",
          [
            ["_id": "shardIdentity", "shardName": .string(name), "clusterId": .objectID(LiveCluster.epoch)],
            ["_id": "featureCompatibilityVersion", "version": "6.0"],
          ])
      }
    }

    /// The scenario, with a replay to `target` (the end by default) and what follows.
    func scenario(to target: String? = nil, _ rest: String = "- {id: verify, check: []}") throws -> Scenario {
      let file = Files.join(folder.path, "scenario.yaml")
      let steps = """
        steps:
        - {id: restore, restore: {}}
        - {id: replay, replay: {to: "\(target ?? backup.end.description)"}}
        \(rest)
        """
      try Files.writeAtomically(LiveCluster.scenario(folder.path, steps).utf8, to: file)
      return try Scenario(file: file)
    }
  }
}
