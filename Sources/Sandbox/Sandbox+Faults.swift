package import BSON
internal import Mongo
package import Platform

/// What damage to the files of a server came to.
package struct FileDamage: Sendable, Hashable {
  /// The collection whose file was damaged.
  package var namespace: Namespace
  /// How many blocks of the file got a wrong byte.
  package var blocks = 0
  /// Whether the server, or its own `validate`, noticed.
  package var isNoticed = false
  /// What became of the server, as a clause: `it does not start: …`.
  package var outcome = ""
}

extension Sandbox {
  /// Damages the file of a collection of one server: shuts it down, changes a byte in every block but the first, starts
  /// it again and has it read the collection. The server is left as it then is. `namespace` is nil for the largest
  /// collection.
  package func damageFiles(of server: Server, _ namespace: Namespace?) throws(Failure) -> FileDamage {
    let (place, file) = try dataFile(of: namespace, on: server)
    var damage = FileDamage(namespace: place)
    server.shutDown()
    damage.blocks = try ServerFiles.damage(Files.join(server.dataPath, file))
    do throws(Failure) {
      try server.start()
    } catch {
      guard error.code == "mongod-wont-start" else { throw error }
      damage.isNoticed = true
      damage.outcome = "it does not start: \(error.cause ?? error.message)"
      return damage
    }
    // From now on it may end at any time.
    server.expectEnd()
    do throws(MongoError) {
      let reply = try server.livePool().run(
        ["validate": .string(place.collection), "full": true], on: place.database)
      damage.isNoticed = reply["valid"]?.isTrue != true
      damage.outcome =
        "it starts, and its validate \(damage.isNoticed ? "finds the damage" : "finds nothing")"
    } catch {
      server.waitForEnd(atMost: 5)
      damage.isNoticed = true
      damage.outcome =
        server.condition == .down
        ? "it starts, and ends when it reads the collection: \(server.endOfLog(lines: 1).first ?? "")"
        : "it starts, and can't read the collection: \(error)"
    }
    return damage
  }

  /// The file of a collection, by the server's own account (`collStats`); of the largest when none is named.
  private func dataFile(of namespace: Namespace?, on server: Server) throws(Failure) -> (Namespace, String) {
    let pool = try server.pool
    var best: (namespace: Namespace, size: Int64, file: String)?
    do {
      for place in try namespace.map({ [$0] }) ?? ServerFiles.collections(on: pool) {
        let reply = try pool.run(["collStats": .string(place.collection)], on: place.database)
        // `statistics:table:collection-7--123456`, with folders where databases have their own.
        guard let uri = reply["wiredTiger"]?.document?["uri"]?.string,
          let table = uri.split(separator: ":").last, let size = reply["storageSize"]?.integer,
          size > best?.size ?? -1
        else { continue }
        best = (place, size, "\(table).wt")
      }
    } catch {
      throw (error as? MongoError).map { explain($0) } ?? .wrapping(error)
    }
    guard let best else { throw .noFileToDamage(namespace) }
    return (best.namespace, best.file)
  }
}

extension ReplicaSet {
  /// How a lost member gets its data again.
  package enum RebuildSource: String, Sendable, Hashable, CaseIterable {
    /// It starts empty, and the server itself copies every document from another member.
    case initialSync = "initial_sync"
    /// The files of another member, which is locked (`fsync`) while they are copied.
    case copy
    /// A copy of the files as they were when the set was made of what the backup gave; the member catches up by the
    /// oplog of the others.
    case backup
  }

  /// Has a member that is a secondary take over, and waits for that. Throws `replica-set-not-ready`.
  package func makePrimary(_ index: Int, atMost seconds: Double) throws(Failure) {
    let end = Clock.monotonic + seconds
    while !isWritable(index) {
      // It has to have caught up first, or the others don't vote for it.
      _ = try? members[index].pool.run(["replSetStepUp": 1])
      _ = try? waitForPrimary(atMost: 0.5, among: [index])
      try Interruption.check()
      if Clock.monotonic > end { throw .setNotReady("another primary", seconds: seconds, description) }
    }
  }

  /// Rebuilds a member from another, or from the backup: what it has is removed, if it runs it is killed. Returns when it is started; it
  /// isn't a secondary then yet.
  package func rebuild(_ index: Int, by source: RebuildSource) throws(Failure) {
    let member = members[index]
    member.kill()
    try Files.removeTree(member.dataPath)
    switch source {
    case .initialSync: try Files.createFolder(member.dataPath)
    case .copy:
      let others = look().filter { $0.index != index }
      guard
        let other = others.first(where: { $0.state == "SECONDARY" })
          ?? others.first(where: { $0.state == "PRIMARY" })
      else { throw .setNotReady("no member to copy", seconds: 0, description) }
      try copyFiles(of: members[other.index], to: member.dataPath)
    case .backup:
      guard let seed else { throw .setNotReady("no files of the backup", seconds: 0, description) }
      try ServerFiles.copy(seed, to: member.dataPath)
    }
    try member.start()
  }

  /// Copies the files of a member that runs; it is locked meanwhile.
  func copyFiles(of source: Server, to path: String) throws(Failure) {
    let pool = try source.pool
    do throws(MongoError) {
      try pool.run(["fsync": 1, "lock": true])
    } catch {
      throw .refused(error.description)
    }
    defer { _ = try? pool.run(["fsyncUnlock": 1]) }
    try ServerFiles.copy(source.dataPath, to: path)
  }
}

extension Server {
  /// Lets it run on a small disk until `moveBack`: shuts it down, copies its files there and starts it again.
  package func move(to disk: SmallDisk) throws(Failure) {
    shutDown()
    let path = Files.join(disk.path, "db")
    try ServerFiles.copy(dataPath, to: path)
    changeDataPath(to: path)
    try start()
  }

  /// Has it write what it holds in memory to its disk. False when it can't.
  package func checkpoint() -> Bool {
    guard let pool = try? pool else { return false }
    return (try? pool.run(["fsync": 1])) != nil
  }

  /// Ends its run on a small disk: what lies there is its data, as after a crash.
  package func moveBack(to path: String) throws(Failure) {
    kill()
    try Files.removeTree(path)
    try ServerFiles.copy(dataPath, to: path)
    changeDataPath(to: path)
    try start()
  }

  /// Its connections; throws `MongoError` where they are gone.
  fileprivate func livePool() throws(MongoError) -> ClientPool {
    guard let pool = try? pool else {
      throw MongoError(code: 0, codeName: "", message: "it is down", isConnectionLoss: true)
    }
    return pool
  }
}

extension ServerFiles {
  /// The size of WiredTiger's blocks.
  private static let block = 4096

  /// Changes a byte in every block of a data file but the first, which describes the file. Returns how many.
  static func damage(_ path: String) throws(Failure) -> Int {
    let blocks = try Files.size(of: path) / block
    for at in 1..<max(2, blocks) { try Files.flipBit(of: path, at: at * block + block / 2) }
    return max(1, blocks - 1)
  }

  /// The collections of everybody but the server itself.
  static func collections(on pool: ClientPool) throws -> [Namespace] {
    let databases = try pool.run(["listDatabases": 1, "nameOnly": true])["databases"]?.elements ?? []
    return try databases.compactMap { $0.document?["name"]?.string }
      .filter { !["admin", "config", "local"].contains($0) }
      .flatMap { database in
        try pool.all(["listCollections": 1, "filter": ["type": "collection"]], on: database)
          .compactMap { $0["name"]?.string }.map { Namespace(database, $0) }
      }
  }
}

extension Failure {
  static func noFileToDamage(_ namespace: Namespace?) -> Failure {
    Failure(
      .incomplete, "no-file-to-damage",
      namespace.map { "\($0) has no file of its own to damage" }
        ?? "there is no collection whose file could be damaged")
  }
}
