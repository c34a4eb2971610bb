package import BSON

extension ClientPool {
  /// Runs a command that answers with a cursor (`find`, `aggregate`, `listCollections`, `listIndexes`) and hands
  /// each document to `body`, batch after batch, until it returns false. Memory: one batch.
  package func forEach(
    _ command: Document, on database: String, batchSize: Int? = nil, _ body: (Document) throws -> Bool
  ) throws {
    try withClient { client in
      let session = try ClientSession(client)
      var reply = try session.run(command, on: database, with: client)
      var batch = "firstBatch"
      while let cursor = reply["cursor"]?.document {
        let id = cursor["id"]?.integer ?? 0
        // `ns` is `db.collection`; what getMore wants is the collection.
        let collection = Namespace(cursor["ns"]?.string ?? "")?.collection ?? ""
        var goesOn = true
        var failure: (any Error)?
        do {
          for element in cursor[batch]?.elements ?? [] where goesOn {
            goesOn = try element.document.map(body) ?? true
          }
        } catch {
          failure = error
        }
        if id == 0 || !goesOn || failure != nil {
          if id != 0 {
            let kill: Document = ["killCursors": .string(collection), "cursors": [.int64(id)]]
            _ = try? session.run(kill, on: database, with: client)
          }
          if let failure { throw failure }
          return
        }
        var more: [(String, Value)] = [("getMore", .int64(id)), ("collection", .string(collection))]
        if let batchSize { more.append(("batchSize", .int32(Int32(batchSize)))) }
        reply = try session.run(Document(more), on: database, with: client)
        batch = "nextBatch"
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
