package import BSON
internal import CMongoC

/// One connection, lent by a pool to one thread.
@safe package struct Client: ~Copyable {
  let handle: OpaquePointer?

  init(handle: OpaquePointer?) { unsafe self.handle = handle }

  /// Runs one command on `database` and returns the reply. Throws `MongoError` when the server refuses and when it
  /// is gone. Of a command that writes, the reply may hold `writeErrors`.
  @discardableResult
  package borrowing func run(_ command: Document, on database: String = "admin") throws(MongoError)
    -> Document
  {
    unsafe try run(command, on: database, session: nil, server: 0)
  }

  /// The same in a session, which may be none, on a server by its number, which may be 0.
  borrowing func run(
    _ command: Document, on database: String, session: OpaquePointer?, server: UInt32
  ) throws(MongoError) -> Document {
    try unsafe reply(to: command, on: database, session: session, server: server).document
  }

  /// The same, with the reply's bytes as libbson allocated them.
  borrowing func reply(
    to command: Document, on database: String, session: OpaquePointer?, server: UInt32
  ) throws(MongoError) -> Reply {
    var error = bson_error_t()
    var bytes: UnsafeMutablePointer<UInt8>?
    var length: UInt32 = 0
    let ok = unsafe command.withBytes { command in
      unsafe mongodrill_command(
        handle, session, server, database, command.baseAddress?.assumingMemoryBound(to: UInt8.self),
        command.count,
        &bytes, &length, &error)
    }
    let reply = unsafe Reply(bytes, length)
    if ok == 0 { throw unsafe Client.failure(&error, reply.document) }
    return reply
  }

  static func failure(_ error: UnsafeMutablePointer<bson_error_t>, _ reply: Document) -> MongoError {
    // libmongoc: domain 17 is MONGOC_ERROR_SERVER (the server answered and refused), 13 server selection, 2 stream.
    let domain = unsafe error.pointee.domain
    let lost =
      domain == MONGOC_ERROR_STREAM.rawValue || domain == MONGOC_ERROR_SERVER_SELECTION.rawValue
      || domain == MONGOC_ERROR_CLIENT.rawValue
    return MongoError(
      code: Int(unsafe error.pointee.code), codeName: reply["codeName"]?.string ?? "",
      message: unsafe ClientPool.text(of: error), isConnectionLoss: lost, reply: reply)
  }
}
