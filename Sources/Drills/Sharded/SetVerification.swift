internal import BSON
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Sharding
internal import Witness

/// Looks at the restored parts of a set together: whether they are one cluster, at one moment, with each document where it
/// belongs. Its answers are checks of the record, in a suite of their own.
struct SetVerification {
  /// The suite that they stand in, and their kind.
  static let suite = "sharded set"
  private static let kind = "sharding"

  let plan: SetPlan
  let config: ClientPool
  /// The shards that there are backups of.
  let shards: [RestoredShard]
  let routing: RoutingTable
  /// The cluster's id; nil where the config servers' backup doesn't say it.
  let cluster: ObjectID?
  /// Where replays went, by the part's title.
  let reached: [(title: String, through: String?, end: String)]
  var outcomes: [Outcome] = []
  /// Orphans of one collection on one shard.
  struct Strays {
    let shard: String
    let namespace: Namespace
    let count: Int
  }

  var strays: [Strays] = []
  /// Documents where they belong, and orphans, by shard.
  var documents: [String: Int] = [:]
  var orphans: [String: Int] = [:]
  /// Documents of sharded collections on the shards that own them.
  var owned = 0
  /// Whether sharded collections have documents, and not one of them lies on a shard that owns it.
  var isMisplaced: Bool { owned == 0 && orphans.values.contains { $0 > 0 } }
  /// Ranges that each shard has still to delete, by its name.
  private(set) var deletions: [String: [RangeDeletion]] = [:]
  /// Shards whose backups hold no `config.rangeDeletions`: of their ranges only the oplog tells.
  private(set) var withoutDeletions: Set<String> = []
  /// What stays unknown, as sentences.
  var doubts: [String] = []
  private let events: EventSink

  init(
    _ plan: SetPlan, config: ClientPool, shards: [RestoredShard],
    reached: [(title: String, through: String?, end: String)], events: @escaping EventSink
  ) throws {
    self.plan = plan
    self.config = config
    self.shards = shards
    self.reached = reached
    self.events = events
    func all(_ name: String) throws -> [Document] { try config.all(["find": .string(name)], on: "config") }
    routing = RoutingTable(
      shards: try all("shards"), databases: try all("databases"), collections: try all("collections"),
      chunks: try all("chunks"))
    if case .objectID(let id)? = try all("version").first?["clusterId"] {
      cluster = id
    } else {
      cluster = nil
    }
  }

  /// Asks everything. Orphans are removed from the sandboxes on the way.
  mutating func run() throws {
    let oplog = try SetOplog(plan.parts)
    try owners()
    moment()
    try readDeletions(oplog)
    let listed = try shards.map { ($0, try Catalogue(listedOn: $0.pool)) }
    for collection in routing.collections {
      chunks(of: collection)
      if collection.namespace == RoutingTable.sessions { continue }
      uuids(of: collection, listed)
      try documents(of: collection, listed)
    }
    try placement(listed)
    try moves(oplog)
    transactions(oplog)
  }

  /// Reads what the shards say that they have still to delete.
  private mutating func readDeletions(_ oplog: SetOplog) throws {
    let name = Namespace("config", "rangeDeletions")
    for (shard, part) in zip(shards, plan.shards) {
      var noted = oplog.moves.filter { $0.part == part.title && $0.namespace == name }.compactMap(\.document)
      if part.backup.holds(name) {
        noted += try shard.pool.all(["find": .string(name.collection)], on: name.database)
      } else {
        withoutDeletions.insert(shard.name)
      }
      deletions[shard.name] = noted.compactMap(RangeDeletion.init)
    }
  }

  mutating func tell(
    _ name: String, _ namespace: Namespace? = nil, since start: Double, _ result: Outcome.Result,
    _ message: String,
    _ measured: JSON, expected: String? = nil, observed: String? = nil, samples: [String] = [],
    query: String? = nil
  ) {
    let outcome = Outcome(
      kind: SetVerification.kind, suite: SetVerification.suite, namespace: namespace?.description, name: name,
      result: result, message: message, measured: measured, expected: expected, observed: observed,
      samples: Array(samples.prefix(5)), query: query, seconds: Clock.monotonic - start)
    outcomes.append(outcome)
    events(.checked(outcome))
  }

  func list(_ texts: [String]) -> String {
    let most = 5
    let first = texts.prefix(most).joined(separator: "; ")
    return texts.count > most ? "\(first); and \(Count.text(texts.count - most)) more" : first
  }

  func integer(_ number: Int) -> JSON { .integer(Int64(number)) }
}
