package import BSON
package import Backups
internal import Facts
internal import Mongo
internal import Platform
package import Record
package import Replay
package import Sandbox
internal import Witness

/// Recovers a physical copy in a sandbox, inside the oplog that it holds; the copy itself is only read. To what lies past
/// that, slices go on (`CopyReplay`).
///
/// A member's files, opened by a server on its own, show the last stable checkpoint and not what its oplog holds after it.
/// So, as Percona Backup for MongoDB does it: a server is started only to clear what belongs to the replica set and to
/// say where the oplog is to be cut off; a second one, with `recoverFromOplogAsStandalone` and
/// `takeUnstableCheckpointOnShutdown`, applies the oplog and writes that down; the third one is for use.
package struct PhysicalRecovery {
  private let source: CopySource
  private let until: Timestamp?
  private let target: Target?
  private let slices: [String]
  private let options: SandboxOptions
  private let events: EventSink

  /// A server may have to apply hours of oplog before it answers.
  private static let patience = 7 * 86_400.0
  /// What the files may grow by while the oplog is applied, as a share of them.
  private static let growth = 0.2

  /// Bytes that the sandbox will need: the files, and room to recover them; of a compressed tar, what it needs at least.
  package static func neededBytes(_ source: CopySource) -> Int { neededBytes(source.bytes) }

  private static func neededBytes(_ bytes: Int) -> Int { Int(Double(bytes) * (1 + growth)) }

  /// `target` nil: the last entry that there is, or a standalone server's files as they are. `slices` are paths of what
  /// was saved of the oplog after the copy; `until` is the last entry that belongs to it, where something says so.
  package init(
    _ source: CopySource, to target: Target?, slices: [String] = [], until: Timestamp? = nil,
    options: SandboxOptions, events: @escaping EventSink
  ) {
    self.source = source
    self.until = until
    self.target = target
    self.slices = slices
    self.events = events
    var options = options
    options.neededBytes = Self.neededBytes(source)
    self.options = options
  }

  /// Copies the files, recovers them, and starts the server for use. Throws `Failure`: of kind `damagedBackup` where the
  /// copy is damaged, can't be opened or doesn't reach the target, with the slices. Nothing is left behind then.
  ///
  /// `started` gets the server before anything is done with it, for who wants to end it from another thread.
  package func run(started: (Server) -> Void = { _ in }) throws -> (
    sandbox: Sandbox, recovered: RecoveredCopy
  ) {
    try source.requireSound()
    var recovered = RecoveredCopy()
    let program = try MongodFinder(options.mongod).find()
    let sandbox = try Sandbox.start(options, program: program) { server in
      started(server)
      do { try prepare(server, &recovered) } catch {
        if Interruption.pending == nil, let file = server.missingFile {
          throw Failure.copyLacksFile(source.path, file)
        }
        guard let error = error as? MongoError else { throw error }
        throw Failure.recoveryRefused(source.path, "\(error)")
      }
    }
    do {
      recovered.catalogue = try Catalogue(of: sandbox.pool)
      try touch(recovered.catalogue, on: sandbox.pool)
      if let through = recovered.through, try CopyOplog.entry(on: sandbox.pool) != through {
        throw Failure.notAtTarget(source.path, through)
      }
    } catch {
      var failure = (error as? MongoError).map { sandbox.explain($0) } ?? Failure.wrapping(error)
      if failure.kind != .interrupted, let file = sandbox.servers.first?.missingFile {
        failure = .copyLacksFile(source.path, file)
      }
      try? sandbox.stop()
      throw failure
    }
    return (sandbox, recovered)
  }

  /// Asks for one entry of each collection and each index: mongod opens their files when they are first used, and ends
  /// when one isn't there. `validate` reads all of what this can't ask for.
  private func touch(_ catalogue: Catalogue, on pool: ClientPool) throws {
    for facts in catalogue.sorted where facts.kind != .view {
      let namespace = facts.kind == .timeseries ? facts.namespace.buckets : facts.namespace
      let hints: [Value] = [["$natural": 1]] + facts.indexes.map { .string($0.name) }
      for hint in hints {
        do {
          _ = try pool.all(
            ["find": .string(namespace.collection), "hint": hint, "limit": 1, "projection": ["_id": 1]],
            on: namespace.database)
        } catch {
          // Some indexes serve special queries alone (partial, wildcard, hidden): those are refused.
          guard let error = error as? MongoError, !error.isConnectionLoss else { throw error }
        }
      }
    }
  }

  private func prepare(_ server: Server, _ recovered: inout RecoveredCopy) throws {
    try phase("copy", bytes: source.bytes, &recovered) { recovered in
      recovered.copy = try takeFiles(to: server.dataPath)
    }
    server.use(recovered.copy?.arguments ?? [])
    try phase("open", &recovered) { recovered in
      try open(server)
      let pool = try server.pool
      recovered.compatibility = try pool.all(
        ["find": "system.version", "filter": ["_id": "featureCompatibilityVersion"]], on: "admin"
      ).first?["version"]?.string
      recovered.setName = try pool.all(["find": "system.replset"], on: "local").first?["_id"]?.string
      try requireSynced(pool)
      let end = until ?? recovered.copy?.end
      if let oplog = try CopyOplog(
        of: source.path, on: pool, checkpoint: server.recoveryTimestamp, until: end)
      {
        let through = try resolve(oplog, on: server, &recovered)
        recovered.oplog = oplog
        recovered.through = through
        recovered.next = try through < oplog.last ? CopyOplog.entry(on: pool, after: through) : nil
        recovered.entries = try oplog.entries(through: through, on: pool)
        try clear(pool, cuttingAfter: through)
      } else if !slices.isEmpty || end != nil || target.map({ $0 != .latest && $0 != .dumpEnd }) ?? false {
        throw Failure.noOplogInCopy(target ?? end.map(Target.through))
      }
      try server.shutDownWhole()
    }
    recovered.manner = manner(recovered)
    guard let through = recovered.through else { return }
    try phase("recover", documents: recovered.entries, &recovered) { _ in
      try server.start(
        parameters: ["recoverFromOplogAsStandalone=true", "takeUnstableCheckpointOnShutdown=true"],
        within: Self.patience)
      let newest = try CopyOplog.entry(on: server.pool)
      guard newest == through else { throw Failure.notAtTarget(source.path, through) }
      // What was applied is written at the end, and only if that comes in order.
      try server.shutDownWhole()
    }
  }

  /// Finds the entry through which the copy's own oplog is applied; where slices go on from there, `recovered` knows it.
  private func resolve(
    _ oplog: CopyOplog, on server: Server, _ recovered: inout RecoveredCopy
  ) throws -> Timestamp {
    let pool = try server.pool
    let target = target ?? .latest
    var isSearch = false
    if case .beforeFirst = target { isSearch = true }
    if slices.isEmpty, !isSearch { return try oplog.resolve(target, on: pool) }
    let tail = Files.join(Files.folder(of: server.dataPath), "oplog-of-copy.bson")
    try oplog.writeTail(to: tail, from: pool)
    let chain = try OplogChain.open(tail: tail, from: oplog.checkpoint, slices: slices)
    let resolved = try oplog.resolve(target, in: chain)
    recovered.chain = chain
    recovered.resolved = resolved
    if resolved.through > oplog.last {
      recovered.onward = PlannedReplay(chain, to: resolved, settledThrough: oplog.last)
      return oplog.last
    }
    guard let entry = try CopyOplog.entry(on: pool, through: resolved.through), entry >= oplog.checkpoint
    else { throw Failure.targetBeforeCopy(target, oplog) }
    return entry
  }

  private func manner(_ recovered: RecoveredCopy) -> String {
    let state =
      switch recovered.copy?.wasShutDown {
      case true?: "the node had been shut down"
      case false?: "the node was running, so its journal was recovered first"
      case nil: "the copy doesn't say whether the node was running"
      }
    guard let oplog = recovered.oplog, let through = recovered.through else {
      return "of a standalone server, opened as it is: \(state)"
    }
    return
      "\(state); \(Count.text(recovered.entries, "entry", plural: "entries")) of its oplog applied from the "
      + "checkpoint \(oplog.checkpoint) through \(through)"
  }

  /// Copies the files, or unpacks them, to a folder that is there and empty.
  private func takeFiles(to folder: String) throws -> PhysicalCopy {
    switch source {
    case .folder(let copy):
      for file in copy.files {
        let place = Files.join(folder, file.path)
        let parent = Files.folder(of: place)
        if !Files.exists(parent) { try Files.createFolder(parent, parents: true) }
        try Files.copy(Files.join(copy.path, file.path), to: place)
      }
      return copy
    case .tar(let tar):
      let unpacked = folder + ".tar"
      let copy = try tar.read(to: unpacked) { bytes in try requireRoom(bytes) }
      try copy.requireSound()
      for file in try Files.tree(Files.join(unpacked, copy.root)) where !PhysicalCopy.isNeeded(file.path) {
        try Files.removeTree(Files.join(unpacked, Files.join(copy.root, file.path)))
      }
      try Files.removeTree(folder)
      try Files.move(Files.join(unpacked, copy.root), to: folder)
      if !copy.root.isEmpty { try Files.removeTree(unpacked) }
      // What is there already counts no more.
      try requireRoom(Self.neededBytes(copy.bytes) - copy.bytes)
      return copy
    }
  }

  private func requireRoom(_ bytes: Int) throws(Failure) {
    var options = options
    options.neededBytes = bytes
    _ = try options.room()
  }

  private func open(_ server: Server) throws(Failure) {
    do throws(Failure) {
      try server.start(within: Self.patience)
    } catch {
      guard error.code == "mongod-wont-start" else { throw error }
      throw .copyNotOpened(source.path, error)
    }
  }

  /// A node in its initial sync holds a part of the data.
  private func requireSynced(_ pool: ClientPool) throws {
    let state = try pool.all(["find": "replset.minvalid"], on: "local").first
    if state?["doingInitialSync"]?.isTrue == true { throw Failure.copyMidSync(source.path) }
  }

  /// Empties what belongs to the replica set, and says where the oplog ends.
  private func clear(_ pool: ClientPool, cuttingAfter through: Timestamp) throws {
    for name in [
      "replset.minvalid", "replset.oplogTruncateAfterPoint", "replset.election", "system.replset",
    ] {
      let all: Value = [["q": [:], "limit": 0]]
      try pool.run(["delete": .string(name), "deletes": all], on: "local")
    }
    let minimum: Document = ["t": -1, "ts": .timestamp(Timestamp(seconds: 0, increment: 1))]
    let end: Document = [
      "_id": "oplogTruncateAfterPoint", "oplogTruncateAfterPoint": .timestamp(through),
    ]
    for (name, document) in [("replset.minvalid", minimum), ("replset.oplogTruncateAfterPoint", end)] {
      try pool.run(["insert": .string(name), "documents": .list([.document(document)])], on: "local")
    }
  }

  private func phase(
    _ name: String, documents: Int? = nil, bytes: Int? = nil, _ recovered: inout RecoveredCopy,
    _ body: (inout RecoveredCopy) throws -> Void
  ) throws {
    events(.phaseStarted(name, total: nil))
    let start = Clock.monotonic
    try body(&recovered)
    let phase = Phase(name, seconds: Clock.monotonic - start, documents: documents, bytes: bytes)
    events(.phaseEnded(phase))
    recovered.phases.append(phase)
  }
}

extension Failure {
  static func copyNotOpened(_ path: String, _ failure: Failure) -> Failure {
    let words = failure.cause ?? failure.message
    // Files of another version than mongod's say so; all else is damage.
    let isOfOther = ["UPGRADE", "featureCompatibilityVersion", "unsupported WiredTiger"].contains {
      words.contains($0)
    }
    return Failure(
      isOfOther ? .noServer : .damagedBackup, "copy-not-opened", "mongod doesn't open the copy",
      at: Place(path),
      hint: isOfOther
        ? "Name a mongod of the version that wrote it by --mongod."
        : "Its files are damaged or not of one moment, or encrypted, or of another version than mongod's (--mongod).",
      cause: words)
  }

  static func copyLacksFile(_ path: String, _ name: String) -> Failure {
    Failure(
      .damagedBackup, "copy-lacks-file", "the copy lacks \(name), which its own catalogue names",
      at: Place(Files.join(path, name)),
      hint: "Copy all of the dbPath, from one snapshot or from a node that is stopped.")
  }

  static func copyMidSync(_ path: String) -> Failure {
    Failure(
      .damagedBackup, "copy-mid-sync", "the node was in its initial sync: it holds a part of the data",
      at: Place(path), hint: "Copy a node that is primary or secondary.")
  }

  static func recoveryRefused(_ path: String, _ words: String) -> Failure {
    Failure(
      .incomplete, "copy-recovery-refused", "the server that recovers the copy refused a command",
      at: Place(path), cause: words)
  }

  static func notAtTarget(_ path: String, _ through: Timestamp) -> Failure {
    Failure(
      .incomplete, "copy-not-at-target", "after the recovery the oplog doesn't end at \(through)",
      at: Place(path),
      hint: "This version of mongod recovers in another way than those that it was tried with.")
  }
}
