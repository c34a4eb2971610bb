internal import BSON
internal import Backups
internal import Platform
internal import Replay
internal import Sharding

/// What the oplogs of a set say beyond the documents that they change: transactions of several shards, and moves of data
/// that no dump holds.
struct SetOplog {
  /// A document in which a shard noted a move that had not ended at the target.
  struct Move {
    let part: String
    let namespace: Namespace
    let id: Value
    /// Whether documents are only to be deleted, the move itself being over.
    let isOver: Bool
    /// As it was inserted; nil where that was before the oplog.
    let document: Document?
  }

  private(set) var transactions = SharedTransactions()
  private(set) var moves: [Move] = []
  /// Where such notes are not in the backup, so that those from before its oplog aren't known.
  private(set) var isBlind = false

  /// Reads each part's oplog once, to its end.
  init(_ parts: [SetPlan.Part]) throws(Failure) {
    for part in parts { try read(part) }
  }

  private mutating func read(_ part: SetPlan.Part) throws(Failure) {
    let coverage = part.replay.chain.coverage
    let cursor = try part.replay.chain.cursor(through: coverage.end)
    let target = part.replay.target.through
    var open: [Namespace: [Value: (isPending: Bool, document: Document?)]] = [:]
    var count = 0
    while let entry = try cursor.next(), entry.timestamp <= coverage.end {
      count += 1
      if count.isMultiple(of: 4096) { try Interruption.check() }
      let operation = entry.operation
      switch operation.kind {
      case .command:
        if let shard = part.shard { take(entry, of: shard) }
      case .insert, .update, .delete:
        guard entry.timestamp <= target, operation.namespaceText.hasPrefix("config."),
          let namespace = operation.namespace, Moving.isNoted(in: namespace), !part.backup.holds(namespace),
          let id = (operation.kind == .update ? operation.object2 : operation.object)?["_id"]
        else { continue }
        switch operation.kind {
        case .delete: open[namespace]?[id] = nil
        case .insert:
          open[namespace, default: [:]][id] = (operation.object?["pending"]?.isTrue == true, operation.object)
        default: open[namespace, default: [:]][id] = (false, open[namespace]?[id]?.document)
        }
      case .noop, .unknown: continue
      }
    }
    for (namespace, ids) in open.sorted(by: { $0.key < $1.key }) {
      for (id, noted) in ids {
        moves.append(
          Move(
            part: part.title, namespace: namespace, id: id,
            isOver: namespace.collection == "rangeDeletions" && !noted.isPending, document: noted.document))
      }
    }
    let noted = part.shard == nil ? "migrations" : "migrationCoordinators"
    if !part.backup.holds(Namespace("config", noted)) { isBlind = true }
  }

  private mutating func take(_ entry: OplogEntry, of shard: String) {
    guard let session = entry.session, let command = entry.operation.object else { return }
    let id = SharedTransactions.ID(session: session.id, number: session.number)
    switch entry.operation.commandName {
    case "applyOps" where command["prepare"]?.isTrue == true:
      transactions.prepare(id, on: shard, at: entry.timestamp)
    case "commitTransaction":
      transactions.commit(id, on: shard, at: entry.timestamp, agreed: command["commitTimestamp"]?.timestamp)
    case "abortTransaction": transactions.abort(id, on: shard)
    default: return
    }
  }
}
