internal import BSON
internal import CMongoC

/// A session of the server's: a cursor lives in the one that it was made in, and every `getMore` has to name it.
///
/// Without one of its own a command gets any that is free, which is another as soon as several threads run
/// commands: the server refuses the `getMore` then (50738).
@safe struct ClientSession: ~Copyable {
  private let handle: OpaquePointer
  /// The number of the server that answers; 0 for the primary.
  private let server: UInt32

  /// Throws `MongoError` when the server has no sessions or can't be reached.
  init(_ client: borrowing Client) throws(MongoError) {
    var error = bson_error_t()
    var failed: Int32 = 0
    server = unsafe mongodrill_server(client.handle, &failed, &error)
    guard failed == 0 else { throw unsafe Client.failure(&error, [:]) }
    guard let handle = unsafe mongodrill_session(client.handle, &error) else {
      throw unsafe Client.failure(&error, [:])
    }
    unsafe self.handle = handle
  }

  deinit { unsafe mongoc_client_session_destroy(handle) }

  /// Runs a command in it; see `Client.run`. `client` is the one that it was made for.
  @discardableResult
  borrowing func run(
    _ command: Document, on database: String, with client: borrowing Client
  ) throws(MongoError) -> Document {
    try unsafe client.run(command, on: database, session: handle, server: server)
  }

  /// The same, with the reply where libbson put it.
  borrowing func reply(
    to command: Document, on database: String, with client: borrowing Client
  ) throws(MongoError) -> Reply {
    try unsafe client.reply(to: command, on: database, session: handle, server: server)
  }
}
