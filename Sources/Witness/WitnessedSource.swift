internal import BSON
internal import Facts
internal import Mongo
internal import Platform

/// A source: what is asked of it besides its documents.
struct WitnessedSource: Sendable {
  let pool: ClientPool
  let description: WitnessRecord.Source
  /// Whether a `find` can be made at a cluster time.
  let hasSnapshots: Bool
  /// For how many seconds the server keeps what was.
  let window: Double

  /// Throws when it is no member of a replica set, or can't be read.
  init(_ pool: ClientPool) throws(Failure) {
    self.pool = pool
    let hello = try WitnessedSource.hello(pool)
    if hello["msg"]?.string == "isdbgrid" { throw .shardedSource() }
    guard let set = hello["setName"]?.string else { throw .noReplicaSet() }
    guard
      hello["isWritablePrimary"]?.isTrue == true || hello["ismaster"]?.isTrue == true
        || hello["secondary"]?.isTrue == true
    else { throw .sourceNotReadable("neither primary nor secondary") }
    let build = try asking("tell its version") { () throws(MongoError) in try pool.run(["buildInfo": 1]) }
    let version = build["version"]?.string ?? "0"
    // Members that can't become primary stand apart.
    var hosts = ["hosts", "passives"].flatMap { hello[$0]?.elements ?? [] }.compactMap(\.string)
    if hosts.isEmpty { hosts = [hello["me"]?.string].compactMap(\.self) }
    description = WitnessRecord.Source(hosts: hosts, set: set, version: version)
    hasSnapshots = ServerVersion(version).map { ServerTrait.snapshotReads.holds(for: $0) } ?? false
    // That takes a role that is not asked for (clusterMonitor); 300 s is the default.
    let name = "minSnapshotHistoryWindowInSeconds"
    let reply = try? pool.run(["getParameter": 1, name: 1])
    window = reply?[name]?.number ?? 300
  }

  /// Servers before 4.4.2 know it as `isMaster` only.
  private static func hello(_ pool: ClientPool) throws(Failure) -> Document {
    try asking("say what it is") { () throws(MongoError) in
      do throws(MongoError) { return try pool.run(["hello": 1]) } catch {
        guard error.code == 59 else { throw error }
        return try pool.run(["isMaster": 1])
      }
    }
  }

  /// A cluster time that the majority of the set has, not before any operation that is done now.
  func majorityTime() throws -> Timestamp {
    // After an election the connections are those to the old primary.
    if (try? WitnessedSource.hello(pool)) == nil { try Interruption.check() }
    let deadline = Clock.monotonic + 60
    var wanted: Timestamp?
    while true {
      try Interruption.check()
      let hello = try WitnessedSource.hello(pool)
      guard let write = hello["lastWrite"]?.document,
        let applied = write["opTime"]?.document?["ts"]?.timestamp,
        let committed = write["majorityOpTime"]?.document?["ts"]?.timestamp
      else { throw Failure.noReplicaSet() }
      let goal = wanted ?? applied
      wanted = goal
      if committed >= goal { return committed }
      guard Clock.monotonic < deadline else { throw Failure.majorityLags() }
      Interruption.sleep(0.02)
    }
  }

  /// Whether all databases can be listed, and not only those that the user may read.
  var listsAllDatabases: Bool {
    (try? pool.run(["listDatabases": 1, "nameOnly": true, "authorizedDatabases": false])) != nil
  }

  /// The catalogue, without counts, of what is selected.
  func catalogue(_ isSelected: (Namespace) -> Bool) throws -> Catalogue {
    var catalogue = try asking("list databases and collections") { try Catalogue(listedOn: pool) }
    for facts in catalogue.sorted {
      try Interruption.check()
      guard isSelected(facts.namespace) else {
        catalogue[facts.namespace] = nil
        continue
      }
      if facts.kind == .view { continue }
      do {
        catalogue[facts.namespace]?.indexes = try CollectionFacts.indexes(of: facts.namespace, on: pool)
      } catch let error as MongoError where error.code == 26 {
        // Dropped since it was listed.
        catalogue[facts.namespace] = nil
      } catch let error as MongoError {
        throw Failure.source(error, to: "list the indexes of \(facts.namespace)")
      }
    }
    return catalogue
  }

  /// What the server says of a collection's size; nil when it doesn't.
  func sizes(of facts: CollectionFacts) throws -> WitnessedCollection.Sizes? {
    guard facts.kind != .view else { return nil }
    let pipeline: Value = [["$collStats": ["storageStats": ["scale": 1]]]]
    do {
      let reply = try pool.all(
        ["aggregate": .string(facts.namespace.collection), "pipeline": pipeline, "cursor": [:]],
        on: facts.namespace.database)
      guard let stats = reply.first?["storageStats"]?.document else { return nil }
      func number(_ name: String) -> Int { Int(stats[name]?.integer ?? 0) }
      let buckets = stats["timeseries"]?.document?["bucketCount"]?.integer.map { Int($0) }
      return WitnessedCollection.Sizes(
        documents: buckets ?? number("count"), data: number("size"), storage: number("storageSize"),
        indexes: number("totalIndexSize"))
    } catch let error as MongoError {
      if error.isConnectionLoss { throw Failure.sourceLost(error) }
      return nil
    }
  }
}

/// Runs `body`; what the source refuses becomes a failure that says it was to `what`.
func asking<Result>(_ what: String, _ body: () throws -> Result) throws(Failure) -> Result {
  do { return try body() } catch let error as MongoError {
    throw .source(error, to: what)
  } catch {
    throw .wrapping(error)
  }
}
