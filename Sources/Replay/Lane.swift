internal import BSON
internal import Backups
internal import Mongo
internal import Platform
internal import Synchronization

/// One of several threads that apply operations; all operations on one document go through the same lane, in order.
final class Lane: Sendable {
  /// What a lane is given.
  enum Work: Sendable {
    case batch(LaneBatch)
    /// Tells that everything before it is done.
    case barrier(Monitor<Int>)
  }

  /// An update whose document was not there, and no delete of it has come since.
  struct MissingDocument: Sendable, Hashable {
    let collection: SourceCatalogue.ID
    /// The `_id`, its type in front.
    let id: ArraySlice<UInt8>
  }

  /// An operation that the server refused.
  struct Refusal: Sendable {
    let address: LaneBatch.Address
    let timestamp: Timestamp
    let message: String
  }

  struct State: Sendable {
    /// With the timestamp of the first such update.
    var missing: [MissingDocument: Timestamp] = [:]
    /// Updates of documents that a partial base doesn't hold: there may be any number of them, so none is kept.
    var outsideBase = 0
    var explained = 0
    var refusals: [Refusal] = []
    var refusalCount = 0
    var applied = 0
  }

  let channel = Channel<Work>(capacity: 3)
  private let pool: ClientPool
  /// Whether the base is declared to hold a part of the documents only.
  private let isPartial: Bool
  private let state = Mutex(State())

  init(pool: ClientPool, isPartial: Bool) {
    self.pool = pool
    self.isPartial = isPartial
  }

  /// What it has found so far.
  var findings: State { state.withLock { $0 } }

  /// Takes work until the channel is closed. Throws `MongoError` when the server is gone.
  func run() throws {
    while let work = channel.receive() {
      try Interruption.check()
      switch work {
      case .barrier(let monitor): monitor.update { $0 += 1 }
      case .batch(let batch): try apply(batch)
      }
    }
  }

  private func apply(_ batch: LaneBatch) throws {
    var from = 0
    while from < batch.count {
      let reply: Document
      do throws(MongoError) {
        reply = try pool.run(batch.command(from..<batch.count))
      } catch {
        // The operations before a refused one have been applied, and `results` tells which those are: one that
        // throws ends the command, one whose status is returned doesn't.
        guard !error.isConnectionLoss, let results = error.reply["results"]?.elements, !results.isEmpty else {
          throw error
        }
        for (index, result) in results.enumerated() where !result.isTrue {
          try settle(batch, from + index, ran: from + results.count)
        }
        from += results.count
        continue
      }
      _ = reply
      from = batch.count
    }
    noteDeletes(batch)
    state.withLock { $0.applied += batch.count }
  }

  /// An operation that failed: an update of a document that isn't there is remembered, everything else is tried
  /// again alone, for the server's words. `ran` is the number of operations of the batch that the server has taken by now.
  private func settle(_ batch: LaneBatch, _ index: Int, ran: Int) throws {
    let operation = batch.operations[index]
    let later = batch.operations[(index + 1)...].filter { $0.isSame(operation) }
    // What came after it on the same document is there already: it must not be done again on top of that.
    let isOver = batch.operations[(index + 1)..<max(ran, index + 1)].contains { $0.isSame(operation) }
    if operation.kind == .update {
      let next = later.first { $0.kind != .update }?.kind
      // An insert says that the document was gone before it.
      if try next == .delete || (next == .insert && isOver) || !exists(operation) {
        return note(operation, isDeleted: next == .delete)
      }
    }
    var message = "the server refused it, and took later operations on the same document"
    if !isOver {
      let refused = try refusal { () throws(MongoError) in _ = try pool.run(batch.command(index..<index + 1))
      }
      guard let refused else { return }
      message = refused.reply["errmsg"]?.string ?? refused.description
    }
    state.withLock { state in
      state.refusalCount += 1
      if state.refusals.count < 20 {
        state.refusals.append(
          Refusal(address: operation.address, timestamp: operation.timestamp, message: message))
      }
    }
  }

  /// Takes down an update whose document was not there.
  private func note(_ update: LaneBatch.Operation, isDeleted: Bool) {
    let missing = MissingDocument(collection: update.address.id, id: update.id)
    state.withLock { state in
      if isDeleted {
        state.explained += 1
      } else if isPartial {
        state.outsideBase += 1
      } else if state.missing[missing] == nil {
        state.missing[missing] = update.timestamp
      }
    }
  }

  private func exists(_ operation: LaneBatch.Operation) throws -> Bool {
    let name = operation.address.name
    guard let first = operation.id.first, let type = ElementType(rawValue: first) else { return false }
    var writer = DocumentWriter()
    writer.append(raw: operation.id.dropFirst(), type: type, "$eq")
    return try !pool.all(
      [
        "find": .string(name.collection), "filter": ["_id": .document(writer.finished())],
        "projection": ["_id": 1], "limit": 1,
      ], on: name.database
    ).isEmpty
  }

  /// A delete explains the updates before it that found nothing.
  private func noteDeletes(_ batch: LaneBatch) {
    state.withLock { state in
      if state.missing.isEmpty { return }
      for operation in batch.operations where operation.kind == .delete {
        let missing = MissingDocument(collection: operation.address.id, id: operation.id)
        // At the same time: both in one transaction, and what was deleted there cannot be updated after it.
        if let since = state.missing[missing], since <= operation.timestamp {
          state.missing[missing] = nil
          state.explained += 1
        }
      }
    }
  }
}

extension LaneBatch.Operation {
  /// Whether it is about the same document.
  fileprivate func isSame(_ other: LaneBatch.Operation) -> Bool {
    address.id == other.address.id && id == other.id
  }
}
