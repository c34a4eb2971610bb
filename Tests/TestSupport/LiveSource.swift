package import BSON
import Glibc
package import Mongo
import Platform
import Sandbox

/// A replica set of one member on 127.0.0.1: a source to take backups and witnesses of. It ends with the process that
/// started it, at the latest, and leaves nothing behind.
package final class LiveSource: Sendable {
  /// The name of its set.
  package static let set = "live"

  /// Where it listens.
  package let port: UInt16
  /// Connections with all rights.
  package let pool: ClientPool
  private let running: Monitor<Child>
  private var child: Child { running.withLock { $0 } }
  private let spec: ChildSpec
  private let folder: String

  /// The address, for a user of `admin` where there is one.
  package func uri(user: String? = nil, password: String = "", options: String = "") -> String {
    let login = user.map { "\($0):\(password)@" } ?? ""
    return
      "mongodb://\(login)127.0.0.1:\(port)/?replicaSet=\(LiveSource.set)\(options.isEmpty ? "" : "&\(options)")"
  }

  /// Starts one. With a password it asks for credentials, and has a user `root`.
  package static func start(password: String? = nil, arguments: [String] = []) throws -> LiveSource {
    var last: any Error = Failure(.internal, "no-port", "no port is free")
    // Another process may take the port between its choice and its use.
    for _ in 0..<5 {
      do { return try LiveSource(password, arguments) } catch { last = error }
    }
    throw last
  }

  private init(_ password: String?, _ arguments: [String]) throws {
    let program = try MongodFinder().find()
    let folder = "/tmp/mongodrill-live-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let port = try LiveSource.freePort()
    try Supervisor.shared.removeAtEnd(folder)
    try Files.createFolder(folder)
    var all = [
      program.path, "--dbpath", folder, "--port", "\(port)", "--bind_ip", "127.0.0.1", "--nounixsocket",
      "--replSet", LiveSource.set, "--oplogSize", "128", "--wiredTigerCacheSizeGB", "0.256", "--setParameter",
      "enableTestCommands=1", "--setParameter", "diagnosticDataCollectionEnabled=false", "--setParameter",
      "ttlMonitorEnabled=false",
    ]
    if password != nil {
      let key = Files.join(folder, "key")
      try Files.writeAtomically(Array("a9Zk3Yb7Qw".utf8), to: key, mode: 0o600)
      all += ["--keyFile", key]
    }
    let log = Files.join(folder, "log")
    spec = ChildSpec(
      all + arguments, environment: ["LC_ALL": "C"], workingDirectory: folder, output: .file(log),
      errorOutput: .file(log), isServer: true)
    let child = try Supervisor.shared.spawn(spec)
    self.port = port
    self.folder = folder
    running = Monitor(child)
    do {
      let first = try LiveSource.primary(port, child)
      if let password {
        try first.run(["createUser": "root", "pwd": .string(password), "roles": ["root"]])
        pool = try ClientPool(
          uri: "mongodb://root:\(password)@127.0.0.1:\(port)/?replicaSet=\(LiveSource.set)")
      } else {
        pool = try ClientPool(uri: "mongodb://127.0.0.1:\(port)/?replicaSet=\(LiveSource.set)")
      }
      try pool.run(["ping": 1])
    } catch {
      child.kill()
      try? Supervisor.shared.remove(folder)
      throw error
    }
  }

  deinit { stop() }

  /// Kills it, as a power cut would; its files stay until `stop`.
  package func kill() { child.kill() }

  /// Shuts it down in order; its files stay until `stop`.
  package func shutDown() throws {
    child.signal(SIGTERM)
    guard child.wait(timeout: 120) == .exited(0) else {
      throw Failure(.internal, "live-source-not-shut-down", "the replica set did not shut down in order")
    }
  }

  /// Starts it again on its files, and waits until it is primary.
  package func restart() throws {
    let child = try Supervisor.shared.spawn(spec)
    running.update { $0 = child }
    _ = try LiveSource.primary(port, child, isInitiated: true)
  }

  /// Copies its dbPath as an atomic snapshot has it, while it is held up in the middle of its work.
  package func copyDataAtOnce(to folder: String) throws {
    child.signal(SIGSTOP)
    defer { child.signal(SIGCONT) }
    let pid = child.pid
    guard eventually({ LiveSource.standsStill(pid) }) else {
      throw Failure(.internal, "live-source-not-stopped", "the replica set goes on though it was held up")
    }
    try copyData(to: folder)
  }

  /// Whether each thread of a process is stopped.
  private static func standsStill(_ pid: Int32) -> Bool {
    let threads = (try? Files.names(in: "/proc/\(pid)/task")) ?? []
    return !threads.isEmpty
      && threads.allSatisfy { thread in
        let stat = (try? Files.text(of: "/proc/\(pid)/task/\(thread)/stat")) ?? ""
        return stat.lastIndex(of: ")").map { stat[$0...].hasPrefix(") T") } ?? false
      }
  }

  /// Copies its dbPath as it is, for one that is killed, shut down or locked (`fsyncLock`).
  package func copyData(to folder: String) throws {
    try Files.linkTree(self.folder, to: folder) { ["log", "key"].contains($0) ? nil : true }
  }

  /// Kills it and removes its files.
  package func stop() {
    child.kill()
    try? Supervisor.shared.remove(folder)
  }

  /// Waits until it answers, makes it a set, and waits until it is its primary.
  private static func primary(_ port: UInt16, _ child: Child, isInitiated: Bool = false) throws -> ClientPool
  {
    let pool = try ClientPool(
      uri: "mongodb://127.0.0.1:\(port)/?directConnection=true&serverSelectionTimeoutMS=1000")
    let deadline = Clock.monotonic + 60
    var isInitiated = isInitiated
    while child.isAlive, Clock.monotonic < deadline {
      if !isInitiated {
        let member: Document = ["_id": 0, "host": .string("127.0.0.1:\(port)")]
        let config: Document = ["_id": .string(set), "members": [.document(member)]]
        isInitiated = (try? pool.run(["replSetInitiate": .document(config)])) != nil
      } else if (try? pool.run(["hello": 1]))?["isWritablePrimary"]?.isTrue == true {
        return pool
      }
      usleep(10_000)
    }
    throw Failure(.internal, "no-live-source", "the replica set did not start")
  }

  /// A port of 127.0.0.1 that nobody listens on now, and which the system gives to no connection: below its own.
  package static func freePort() throws -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 10_000..<20_000)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      defer { close(descriptor) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let isFree = withUnsafeMutablePointer(to: &address) { address in
        let pointer = UnsafeMutableRawPointer(address).assumingMemoryBound(to: sockaddr.self)
        return bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
      if isFree { return port }
    }
    throw Failure(.internal, "no-port", "no port is free")
  }
}

// MARK: - Backups of it

extension LiveSource {
  /// The timestamp of its newest operation.
  package func now() throws -> Timestamp {
    let write = try pool.run(["hello": 1])["lastWrite"]?.document
    guard let time = write?["opTime"]?.document?["ts"]?.timestamp else {
      throw Failure(.internal, "no-time", "the source tells no time")
    }
    return time
  }

  /// Dumps databases as `mongodump --oplog` does, with the operations that were made meanwhile; returns the timestamp of
  /// the newest of them. Views and collections are written, users are not.
  @discardableResult
  package func dump(_ databases: [String], to folder: String) throws -> Timestamp {
    let start = try now()
    for database in databases {
      let parent = Files.join(folder, database)
      try Files.createFolder(parent, parents: true)
      for listed in try pool.all(["listCollections": 1], on: database) {
        guard let name = listed["name"]?.string,
          !name.hasPrefix("system.") || name.hasPrefix("system.buckets.")
        else { continue }
        let type = listed["type"]?.string ?? "collection"
        var metadata: [(String, Value)] = [
          ("options", listed["options"] ?? [:]), ("indexes", []), ("collectionName", .string(name)),
          ("type", .string(type)),
        ]
        if let uuid = listed["info"]?.document?["uuid"]?.uuid {
          metadata.append(("uuid", .string(uuid.description)))
        }
        if type != "view" {
          let indexes = try pool.all(["listIndexes": .string(name)], on: database)
          metadata[1].1 = .list(indexes.map { .document($0) })
        }
        if name.hasPrefix("system.buckets.") { continue }
        try Files.writeAtomically(
          Document(metadata).extendedJSON().utf8, to: Files.join(parent, "\(name).metadata.json"))
        if type == "view" { continue }
        let place = type == "timeseries" ? "system.buckets.\(name)" : name
        try write(["find": .string(place)], on: database, to: Files.join(parent, "\(place).bson"))
      }
    }
    let end = try now()
    try slice(after: Timestamp(bits: start.bits - 1), through: end, to: Files.join(folder, "oplog.bson"))
    return end
  }

  /// Writes the oplog after one timestamp through another to a file.
  package func slice(after: Timestamp, through: Timestamp, to file: String) throws {
    try write(
      ["find": "oplog.rs", "filter": ["ts": ["$gt": .timestamp(after), "$lte": .timestamp(through)]]],
      on: "local", to: file)
  }

  private func write(_ find: Document, on database: String, to file: String) throws {
    var bytes: [UInt8] = []
    try pool.forEach(find, on: database) { document in
      bytes += document.bytes
      return true
    }
    try Files.writeAtomically(bytes, to: file)
  }
}
