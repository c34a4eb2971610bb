package import BSON
internal import Backups
internal import Mongo
internal import Platform
internal import Replay

/// The oplog that a physical copy holds, and what it reaches from the checkpoint that its files were opened at.
package struct CopyOplog: Sendable, Hashable {
  /// The oldest entry.
  package let first: Timestamp
  /// The stable checkpoint that WiredTiger recovers to: the earliest target.
  package let checkpoint: Timestamp
  /// The last entry before which none is missing: the latest target. What a node wrote in parallel after it, it throws away
  /// itself when it starts.
  package let last: Timestamp

  /// Reads it from a server that was started on the files alone; nil where there is none. `end` is the last entry that
  /// belongs to the copy at `path`, where something beside it says so.
  init?(
    of path: String, on server: ClientPool, checkpoint: Timestamp?, until end: Timestamp? = nil
  ) throws {
    let found = try server.all(["listCollections": 1, "filter": ["name": "oplog.rs"]], on: "local")
    if found.isEmpty { return nil }
    guard let first = try Self.entry(on: server, newest: false), let newest = try Self.entry(on: server)
    else { throw Failure.copyOplogEmpty() }
    guard let checkpoint, checkpoint.bits > 0 else { throw Failure.copyWithoutCheckpoint() }
    if let end, end < checkpoint { throw Failure.copyPastItsEnd(end, checkpoint: checkpoint) }
    var last = newest
    let cut = try server.all(["find": "replset.oplogTruncateAfterPoint"], on: "local").first
    if let point = cut?["oplogTruncateAfterPoint"]?.timestamp, point.bits > 0, point < last {
      guard let kept = try Self.entry(on: server, through: point) else { throw Failure.copyOplogEmpty() }
      last = kept
    }
    if let end {
      guard end <= last else { throw Failure.copyShortOfItsEnd(path, end, last: last) }
      guard let kept = try Self.entry(on: server, through: end) else { throw Failure.copyOplogEmpty() }
      last = kept
    }
    guard first <= checkpoint, checkpoint <= last else {
      throw Failure.copyOplogTorn(first: first, checkpoint: checkpoint, last: last)
    }
    (self.first, self.checkpoint, self.last) = (first, checkpoint, last)
  }

  /// The oldest entry's timestamp, or that of the newest (through a timestamp).
  static func entry(
    on server: ClientPool, newest: Bool = true, through limit: Timestamp? = nil
  ) throws -> Timestamp? {
    let filter: Document = limit.map { limit -> Document in ["ts": ["$lte": .timestamp(limit)]] } ?? [:]
    let find: Document = [
      "find": "oplog.rs", "filter": .document(filter), "sort": ["$natural": newest ? -1 : 1], "limit": 1,
      "projection": ["ts": 1],
    ]
    return try server.all(find, on: "local").first?["ts"]?.timestamp
  }

  /// The first entry after a timestamp; nil at the end.
  static func entry(on server: ClientPool, after start: Timestamp) throws -> Timestamp? {
    let find: Document = [
      "find": "oplog.rs", "filter": ["ts": ["$gt": .timestamp(start)]], "sort": ["$natural": 1], "limit": 1,
      "projection": ["ts": 1],
    ]
    return try server.all(find, on: "local").first?["ts"]?.timestamp
  }

  /// Finds the entry through which a target goes. Throws `Failure`: of kind `damagedBackup` where it lies before the
  /// checkpoint, which the server would ignore without a word, or past what there is.
  func resolve(_ target: Target, on server: ClientPool) throws -> Timestamp {
    let limit: Timestamp
    switch target {
    case .latest, .dumpEnd: return last
    case .through(let timestamp):
      guard timestamp <= last else { throw Failure.targetPastCopy(target, self) }
      limit = timestamp
    case .before, .second, .beforeSecond:
      limit = target.bound ?? last
      // Nothing else proves that no other entry was to come.
      guard limit.bits < last.bits else { throw Failure.targetPastCopy(target, self) }
    // Resolved in a chain, where entries can be searched.
    case .beforeFirst: throw Failure(.internal, "target-without-oplog", "a match can't be found like this")
    }
    guard limit >= checkpoint, let entry = try Self.entry(on: server, through: limit), entry >= checkpoint
    else { throw Failure.targetBeforeCopy(target, self) }
    return entry
  }

  /// Writes, to a file, its entries from before everything that was not committed at the checkpoint through the last one:
  /// what slices have to go on from. A transaction that was open then says in `config.transactions` when it began.
  func writeTail(to file: String, from server: ClientPool) throws {
    let open: Document = [
      "find": "transactions", "filter": ["state": ["$in": ["prepared", "inProgress"]]],
      "projection": ["startOpTime": 1],
    ]
    let starts = try server.all(open, on: "config").compactMap {
      $0["startOpTime"]?.document?["ts"]?.timestamp
    }
    let start = max(first, starts.reduce(checkpoint, min))
    let output = try DumpFile(file, isCompressed: false)
    let find: Document = [
      "find": "oplog.rs", "filter": ["ts": ["$gte": .timestamp(start), "$lte": .timestamp(last)]],
      "sort": ["$natural": 1],
    ]
    try unsafe server.scan(find, on: "local") { entry in
      try Interruption.check()
      try unsafe output.append(entry)
      return true
    }
    _ = try output.finish()
  }

  /// Finds the target in its own entries and in the slices that follow them. Throws `Failure` like `resolve`, and where the
  /// slices don't go on from its last entry.
  func resolve(_ target: Target, in chain: OplogChain) throws(Failure) -> ResolvedTarget {
    if let bound = target.bound, bound < checkpoint { throw .targetBeforeCopy(target, self) }
    return try (target == .dumpEnd ? .through(last) : target).resolve(in: chain)
  }

  /// How many entries lie after the checkpoint and through a timestamp: those that recovery applies.
  func entries(through end: Timestamp, on server: ClientPool) throws -> Int {
    let range: Document = ["ts": ["$gt": .timestamp(checkpoint), "$lte": .timestamp(end)]]
    let pipeline: [Value] = [["$match": .document(range)], ["$count": "n"]]
    let count: Document = ["aggregate": "oplog.rs", "pipeline": .list(pipeline), "cursor": [:]]
    return try server.all(count, on: "local").first?["n"]?.integer.map { Int($0) } ?? 0
  }
}

extension Failure {
  static func copyOplogEmpty() -> Failure {
    Failure(
      .damagedBackup, "copy-oplog-empty", "the copy's oplog holds no entry that its node would have kept")
  }

  static func copyWithoutCheckpoint() -> Failure {
    Failure(
      .damagedBackup, "copy-without-checkpoint",
      "the copy is of a replica set's member and has no stable checkpoint, which recovery starts from",
      hint: "The node was in its initial sync, or had just been made; copy it again.")
  }

  static func copyPastItsEnd(_ end: Timestamp, checkpoint: Timestamp) -> Failure {
    Failure(
      .damagedBackup, "copy-past-its-end",
      "the copy is said to end at \(end), and its files hold all through \(checkpoint) already",
      hint: "`until`, or its restoreInfo.txt, is of another snapshot.")
  }

  static func copyShortOfItsEnd(_ path: String, _ end: Timestamp, last: Timestamp) -> Failure {
    Failure(
      .damagedBackup, "copy-short-of-its-end",
      "the copy is said to end at \(end), and its oplog ends at \(last)", at: Place(path),
      hint:
        "What lies between was lost: files are damaged or missing, its journal's above all; or `until`, or its "
        + "restoreInfo.txt, is of another snapshot.")
  }

  static func copyOplogTorn(first: Timestamp, checkpoint: Timestamp, last: Timestamp) -> Failure {
    Failure(
      .damagedBackup, "copy-oplog-torn",
      "the copy's oplog, \(first) to \(last), doesn't hold its checkpoint, \(checkpoint)",
      hint: "Its files are not all of one moment: make the copy from one snapshot.")
  }

  static func targetBeforeCopy(_ target: Target, _ oplog: CopyOplog) -> Failure {
    Failure(
      .damagedBackup, "target-before-copy",
      "the copy is newer than the target, \(target): its files hold all through \(oplog.checkpoint) already",
      hint: "Take an earlier copy; this one reaches \(oplog.checkpoint) to \(oplog.last).")
  }

  static func targetPastCopy(_ target: Target, _ oplog: CopyOplog) -> Failure {
    Failure(
      .damagedBackup, "target-past-copy",
      "the copy's oplog ends at \(oplog.last), which doesn't prove \(target)",
      hint:
        "Give slices of the oplog (--oplog), or a later copy; this one reaches \(oplog.checkpoint) to \(oplog.last)."
    )
  }

  static func noOplogInCopy(_ target: Target?) -> Failure {
    Failure(
      .damagedBackup, "copy-without-oplog",
      "the copy is of a standalone server, without an oplog: it can't be recovered to "
        + (target.map { "\($0)" } ?? "what slices hold"),
      hint: "Without a target and slices it is restored as it is.")
  }
}
