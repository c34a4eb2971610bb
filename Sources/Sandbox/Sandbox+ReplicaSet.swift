internal import BSON
internal import Mongo
package import Platform

/// What it took to make a replica set of a standalone server.
package struct ReplicaSetSetup: Sendable, Hashable {
  /// Seconds to shut the standalone server down.
  package var stopSeconds = 0.0
  /// Seconds until its files were the first member's.
  package var initiateSeconds = 0.0
  /// Seconds to copy its files for the other members, and their bytes; 0 without others.
  package var copySeconds = 0.0
  package var copiedBytes = 0
  /// Seconds from the start of all members until they had a primary and the same data.
  package var joinSeconds = 0.0

  /// All of it.
  package var seconds: Double { stopSeconds + initiateSeconds + copySeconds + joinSeconds }
}

extension Sandbox {
  /// How long each wait for the set may take, in seconds. Nothing there depends on the data's size.
  private static let patience = 120.0

  /// Makes the standalone server the first member of a replica set, and copies of its files the others.
  ///
  /// `pool` and `uri` are the set's then; those of before lead nowhere. The steps are those of the manual ("Restore a
  /// Replica Set from MongoDB Backups"): the first member is restarted with a name and initiated alone; after a clean
  /// shutdown its files are copied, which is much faster than an initial sync; each copy is added then.
  package func becomeReplicaSet(_ plan: ReplicaSetPlan) throws(Failure) -> ReplicaSetSetup {
    var setup = ReplicaSetSetup()
    var start = Clock.monotonic
    func lap() -> Double {
      defer { start = Clock.monotonic }
      return Clock.monotonic - start
    }
    guard set == nil, let old = servers.first else { throw .stopped() }
    try prepareForSet()
    old.shutDown()
    setup.stopSeconds = lap()

    let key = MemberKey()
    let keyFile = SandboxFiles.key(directory)
    try key.write(to: keyFile)
    let name = OwnedFolder.newName()
    let membership = Server.Membership(setName: name, keyFile: keyFile, key: key)
    let network = plan.hasRelays ? try MemberNetwork(members: plan.members) : nil
    var members: [Server] = []
    for index in 0..<plan.members {
      members.append(
        Server(
          program, at: .port(try LocalPort.free(), membership), data: SandboxFiles.data(directory, index),
          log: SandboxFiles.log(directory, index), options: options, memory: memory.divided(by: plan.members),
          announce: { port, pid in network?.member(index, port: port, pid: pid) }))
    }
    try replaceServers(with: members)
    try members[0].start(choosingPort: true)
    try initiate(members[0], as: name, plan, network)
    setup.initiateSeconds = lap()

    if plan.members > 1 {
      members[0].shutDown()
      setup.copiedBytes = try copyFiles(of: members[0], to: Array(members.dropFirst()))
      setup.copySeconds = lap()
      try startAll(members)
    }
    let set = ReplicaSet(
      name: name, members: members, key: key, network: network,
      seed: plan.keepsSeed ? SandboxFiles.seed(directory) : nil)
    if plan.members > 1 { try add(Array(members.indices.dropFirst()), to: set) }
    try set.waitUntilSteady(atMost: Self.patience)
    if let seed = set.seed { try set.copyFiles(of: members[plan.members - 1], to: seed) }
    try become(set)
    setup.joinSeconds = lap()
    return setup
  }

  /// Takes away what a physical copy knows of the set that it is from, as the manual has it. And says by which schema
  /// users are kept, as the server does itself when it makes its first one (5: SCRAM alone, since 3.0): users that were
  /// restored come without, and a member that finds such users refuses its initial sync.
  private func prepareForSet() throws(Failure) {
    do throws(MongoError) {
      try pool.run(["dropDatabase": 1], on: "local")
      try pool.run([
        "update": "system.version",
        "updates": [
          ["q": ["_id": "authSchema"], "u": ["$setOnInsert": ["currentVersion": 5]], "upsert": true]
        ],
      ])
    } catch {
      throw explain(error)
    }
  }

  /// Makes a member that nobody knows yet a set of its own.
  private func initiate(
    _ member: Server, as name: String, _ plan: ReplicaSetPlan, _ network: MemberNetwork?
  ) throws(Failure) {
    let pool = try member.pool
    let set = ReplicaSet(name: name, members: [member], key: MemberKey(), network: network)
    let configuration: Document = [
      "_id": .string(name),
      "members": [["_id": 0, "host": .string(set.host(0))]] as Value,
      "settings": [
        "electionTimeoutMillis": .int64(Int64(plan.electionTimeout * 1000)),
        "heartbeatIntervalMillis": .int64(plan.heartbeatMilliseconds),
      ],
    ]
    do throws(MongoError) {
      try pool.run(["replSetInitiate": .document(configuration)])
    } catch {
      throw explain(error)
    }
    _ = try set.waitForPrimary(atMost: Self.patience)
  }

  /// Copies the files of one that is shut down. Returns the bytes of one copy.
  private func copyFiles(of source: Server, to others: [Server]) throws(Failure) -> Int {
    do {
      try Threads.concurrently(others.count) { index in
        try ServerFiles.copy(source.dataPath, to: others[index].dataPath)
      }
    } catch {
      throw .wrapping(error)
    }
    return Files.diskUsage(of: others[0].dataPath)
  }

  private func startAll(_ members: [Server]) throws(Failure) {
    do {
      // The first one's port stands in the configuration already.
      try Threads.concurrently(members.count) { index in try members[index].start(choosingPort: index > 0) }
    } catch {
      throw .wrapping(error)
    }
  }

  /// Adds members to the set's configuration, one at a time, as the server wants it.
  private func add(_ indices: [Int], to set: ReplicaSet) throws(Failure) {
    let end = Clock.monotonic + Self.patience
    _ = try set.waitForPrimary(atMost: Self.patience, among: [0])
    let pool = try set.members[0].pool
    for index in indices {
      while true {
        try Interruption.check()
        do throws(MongoError) {
          let reply = try pool.run(["replSetGetConfig": 1])
          guard let old = reply["config"]?.document else {
            throw MongoError(code: 0, codeName: "", message: "no config")
          }
          try pool.run(["replSetReconfig": .document(old.adding(index, host: set.host(index)))])
          break
        } catch {
          // The one before is not committed yet (109, ConfigurationInProgress; 308, CurrentConfigNotCommittedYet), or
          // the primary is not through with its own election.
          if Clock.monotonic > end { throw explain(error) }
          Interruption.sleep(0.02)
        }
      }
    }
  }
}

extension Document {
  /// A set's configuration with one more member.
  fileprivate func adding(_ index: Int, host: String) -> Document {
    let members = (self["members"]?.elements ?? []) + [["_id": .int32(Int32(index)), "host": .string(host)]]
    return setting("members", to: .list(members))
      .setting("version", to: .int64((self["version"]?.integer ?? 1) + 1))
  }
}
