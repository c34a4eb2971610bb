package import BSON
internal import CMongoC

/// What the server made of a batch of inserts.
package struct InsertReply: Sendable {
  /// One document that was refused.
  package struct WriteError: Sendable {
    /// Its index in the batch.
    package var index: Int
    /// The server's error code.
    package var code: Int
    /// The server's words.
    package var message: String

    package init(index: Int, code: Int, message: String) {
      self.index = index
      self.code = code
      self.message = message
    }
  }

  /// How many documents went in.
  package var inserted: Int
  /// Those that didn't.
  package var errors: [WriteError]

  package init(inserted: Int, errors: [WriteError]) {
    self.inserted = inserted
    self.errors = errors
  }

  /// Whether each of `count` documents went in or was refused; in order, those behind the first that was refused were not
  /// tried.
  package func accounts(for count: Int, ordered: Bool) -> Bool {
    if ordered, let first = errors.first { return errors.count == 1 && inserted == first.index }
    return inserted + errors.count == count
  }
}

extension Client {
  /// Inserts documents that lie back to back in `bytes`, as they are and past validators, acknowledged but not
  /// journaled. Documents that are refused are in the reply; unordered, they don't hold up the others. Throws
  /// `MongoError` when the server gave no answer for the documents themselves.
  package borrowing func insert(
    _ bytes: UnsafeRawBufferPointer, count: Int, into namespace: Namespace, ordered: Bool
  ) throws(MongoError) -> InsertReply {
    let options: Document = [
      "ordered": .bool(ordered), "validate": false, "bypassDocumentValidation": true,
      "writeConcern": ["w": 1],
    ]
    var error = bson_error_t()
    var reply: UnsafeMutablePointer<UInt8>?
    var length: UInt32 = 0
    let ok = unsafe options.withBytes { options in
      unsafe mongodrill_insert(
        handle, namespace.database, namespace.collection,
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, count,
        options.baseAddress?.assumingMemoryBound(to: UInt8.self), options.count, &reply, &length, &error)
    }
    let answer = unsafe Reply(reply, length).document
    let errors = (answer["writeErrors"]?.elements ?? []).compactMap(\.document).map { error in
      InsertReply.WriteError(
        index: Int(error["index"]?.integer ?? 0), code: Int(error["code"]?.integer ?? 0),
        message: error["errmsg"]?.string ?? "refused")
    }
    if ok == 0 && errors.isEmpty { throw unsafe Client.failure(&error, answer) }
    return InsertReply(inserted: Int(answer["insertedCount"]?.integer ?? 0), errors: errors)
  }
}
