internal import BSON
internal import Backups
internal import Facts
internal import Mongo
internal import Platform

/// Puts batches of one restore into the sandbox; used by all lanes at the same time.
struct DocumentLoader: Sendable {
  /// Where documents of one collection of the backup go.
  struct Target: Sendable {
    /// Its index into the backup's collections.
    let collection: Int
    /// What it is in the sandbox.
    let facts: CollectionFacts
    /// The file that its documents come from, for messages.
    let file: String
    /// The documents of a time series are its buckets.
    var namespace: Namespace { facts.kind == .timeseries ? facts.namespace.buckets : facts.namespace }
  }

  let pool: ClientPool
  /// By index into the backup's collections.
  let targets: [Int: Target]
  let problems: Problems
  let meter: LoadMeter
  let computesDigests: Bool

  /// Inserts one batch; documents that are refused become problems. Throws `MongoError` when the server is gone.
  func load(_ batch: DocumentBatch) throws {
    guard let target = targets[batch.collection] else { return }
    var digest = computesDigests ? ContentDigest() : nil
    try unsafe batch.withBytes { bytes in
      let scan = unsafe BatchScan(bytes, count: batch.count)
      if digest != nil {
        for index in 0..<batch.count { unsafe digest?.add(scan.document(index, of: bytes)) }
      }
      var refused: [InsertReply.WriteError] = []
      // Nearly always one piece: the documents between unfit ones.
      var next = 0
      for (index, reason) in scan.unfit {
        refused += try unsafe insert(bytes, next..<index, scan, target)
        let id = (try? unsafe Document(copying: scan.document(index, of: bytes)))?["_id"]
        let offset = batch.offset + UInt64(scan.starts[index])
        refuse(target, id, "the document at byte \(offset) of \(target.file) \(reason)")
        next = index + 1
      }
      refused += try unsafe insert(bytes, next..<batch.count, scan, target)
      // Those that are in become what they are before others are compared with them.
      let isOut = Set(refused.map(\.index))
      for index in scan.zeroTimestamps where !isOut.contains(index) {
        try keepZeroTimestamp(try unsafe Document(copying: scan.document(index, of: bytes)), target)
      }
      for error in refused {
        let document = try unsafe Document(copying: scan.document(error.index, of: bytes))
        if try settle(error, document, target) == .repeated {
          unsafe document.withBytes { bytes in unsafe digest?.remove(bytes) }
        }
      }
    }
    meter.inserted(batch, digest)
  }

  /// Inserts the documents of a range of the batch; returns those that were refused, by their index in the batch.
  private func insert(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ scan: BatchScan, _ target: Target
  ) throws -> [InsertReply.WriteError] {
    let ordered = target.facts.options["capped"]?.isTrue ?? false
    var refused: [InsertReply.WriteError] = []
    var rest = range
    while !rest.isEmpty {
      let part = unsafe UnsafeRawBufferPointer(
        rebasing: bytes[scan.starts[rest.lowerBound]..<scan.starts[rest.upperBound]])
      let reply = try pool.withClient { client in
        try unsafe client.insert(part, count: rest.count, into: target.namespace, ordered: ordered)
      }
      guard reply.accounts(for: rest.count, ordered: ordered) else {
        throw Failure.documentsUncounted(target.namespace, rest.count, reply)
      }
      for var error in reply.errors {
        error.index += rest.lowerBound
        refused.append(error)
      }
      // In order, the server stops at the first that it refuses.
      guard ordered, let last = refused.last, !reply.errors.isEmpty else { break }
      rest = last.index + 1..<rest.upperBound
    }
    return refused
  }

  /// A refused document: the same document twice in a backup taken under load is no loss, and mixed schemas of a
  /// time series can be allowed; anything else is a problem.
  private func settle(
    _ error: InsertReply.WriteError, _ document: Document, _ target: Target
  ) throws -> Settlement {
    let id = document["_id"]
    if error.code == ServerCode.duplicateKey, let id {
      let found = try pool.all(
        ["find": .string(target.namespace.collection), "filter": ["_id": ["$eq": id]], "limit": 2],
        on: target.namespace.database)
      if found == [document] {
        meter.repeated(target.collection)
        return .repeated
      }
    }
    if error.code == ServerCode.mixedSchemaBuckets {
      try pool.run(
        [
          "collMod": .string(target.facts.namespace.collection),
          "timeseriesBucketsMayHaveMixedSchemaData": true,
        ],
        on: target.facts.namespace.database)
      let reply = try pool.withClient { client in
        try unsafe document.withBytes { bytes in
          try unsafe client.insert(bytes, count: 1, into: target.namespace, ordered: true)
        }
      }
      guard reply.accounts(for: 1, ordered: true) else {
        throw Failure.documentsUncounted(target.namespace, 1, reply)
      }
      if reply.errors.isEmpty { return .inserted }
    }
    refuse(target, id, error.message)
    return .refused
  }

  /// What became of a document that the server refused at first.
  private enum Settlement { case repeated, inserted, refused }

  /// Puts the document's own zero timestamps back in place of the server's time. A replacement from a pipeline
  /// is not touched up as an insert is (TOOLS-3540).
  private func keepZeroTimestamp(_ document: Document, _ target: Target) throws {
    guard let id = document["_id"] else { return }
    let command: Document = [
      "update": .string(target.namespace.collection), "bypassDocumentValidation": true,
      "updates": [
        [
          "q": ["_id": ["$eq": id]],
          "u": [["$replaceRoot": ["newRoot": ["$literal": .document(document)]]]],
        ]
      ],
    ]
    var reply = Document()
    let refused = try refusal { () throws(MongoError) in
      reply = try pool.run(command, on: target.namespace.database)
    }
    if let message = refused?.description
      ?? reply["writeErrors"]?.elements?.first?.document?["errmsg"]?.string
    {
      refuse(target, id, message)
    }
  }

  private func refuse(_ target: Target, _ id: Value?, _ message: String) {
    meter.refused(target.collection)
    problems.report(
      .init(target.facts.namespace, "document", name: id?.extendedJSON(), message: message))
  }
}

extension Failure {
  static func documentsUncounted(_ namespace: Namespace, _ count: Int, _ reply: InsertReply) -> Failure {
    Failure(
      .incomplete, "documents-uncounted",
      "of \(count) documents for \(namespace) the server took \(reply.inserted) and refused \(reply.errors.count)",
      hint: "What became of the others isn't known. Run the drill again; the server's log may say more.")
  }
}

/// Error codes of the server that a restore acts on.
enum ServerCode {
  static let namespaceExists = 48
  static let duplicateKey = 11000
  static let mixedSchemaBuckets = 408
}
