package import BSON

extension ClientPool {
  /// Runs a command that answers with a cursor (`find`, `aggregate`, `listCollections`, `listIndexes`) and hands
  /// each document to `body`, batch after batch, until it returns false. Memory: one batch.
  package func forEach(
    _ command: Document, on database: String, batchSize: Int? = nil, _ body: (Document) throws -> Bool
  ) throws {
    try unsafe scan(command, on: database, batchSize: batchSize) { bytes in
      try body(Document(validated: unsafe ArraySlice(bytes)))
    }
  }

  /// The same with each document where it lies in the reply, which is well-formed and valid until `body` returns:
  /// nothing is copied.
  package func scan(
    _ command: Document, on database: String, batchSize: Int? = nil,
    _ body: (UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    try withClient { client in
      let session = try ClientSession(client)
      var cursor = Reply.Cursor()
      var reply = try session.reply(to: command, on: database, with: client)
      while true {
        let goesOn: Bool
        do { goesOn = try unsafe reply.forEach(&cursor, body) } catch {
          session.kill(cursor, on: database, with: client)
          throw error
        }
        if cursor.id == 0 { return }
        guard goesOn else { return session.kill(cursor, on: database, with: client) }
        // `ns` is `db.collection`; what getMore wants is the collection.
        let collection = Namespace(cursor.namespace)?.collection ?? ""
        var more: [(String, Value)] = [("getMore", .int64(cursor.id)), ("collection", .string(collection))]
        if let batchSize { more.append(("batchSize", .int32(Int32(batchSize)))) }
        reply = try session.reply(to: Document(more), on: database, with: client)
      }
    }
  }

  /// All documents of a cursor at once; for the short answers of the catalogue commands.
  package func all(_ command: Document, on database: String) throws -> [Document] {
    var documents: [Document] = []
    try forEach(command, on: database) { document in
      documents.append(document)
      return true
    }
    return documents
  }
}

extension ClientSession {
  /// Closes a cursor that isn't read to its end.
  fileprivate borrowing func kill(_ cursor: Reply.Cursor, on database: String, with client: borrowing Client)
  {
    guard cursor.id != 0 else { return }
    let collection = Namespace(cursor.namespace)?.collection ?? ""
    let kill: Document = ["killCursors": .string(collection), "cursors": [.int64(cursor.id)]]
    _ = try? run(kill, on: database, with: client)
  }
}
