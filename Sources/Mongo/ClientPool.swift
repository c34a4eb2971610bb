package import BSON
internal import CMongoC
internal import Platform
internal import Synchronization

/// Connections to one server, shared by threads: `withClient` lends one to a thread at a time. All calls block.
@safe package final class ClientPool: Sendable {
  /// The address, as given.
  package let uri: String
  /// How many connections it lends at one time.
  package let connections: Int
  private nonisolated(unsafe) let pool: OpaquePointer

  private static let isPrepared = Monitor(false)

  /// Prepares libmongoc once a process; its own log goes nowhere (errors come back as errors). Not by a global of type
  /// `Void`: an optimized build leaves out one that nobody looks at, and what it does.
  private static func prepare() {
    isPrepared.withLock { isPrepared in
      if isPrepared { return }
      mongoc_init()
      unsafe mongoc_log_set_handler({ _, _, _, _ in }, nil)
      isPrepared = true
    }
  }

  /// Opens no connection yet. `uri` is a `mongodb://` address; a socket's path in it is percent-encoded (see
  /// `uri(socket:)`). `connections` bounds how many are open at one time. A server that isn't found
  /// within `selectionTimeout` seconds counts as gone, unless the address says how long; nil for the driver's 30 s.
  /// Throws `MongoError` for a bad address.
  package init(uri: String, connections: Int = 16, selectionTimeout: Double? = nil) throws(MongoError) {
    ClientPool.prepare()
    var error = bson_error_t()
    guard let parsed = unsafe mongoc_uri_new_with_error(uri, &error) else {
      throw MongoError(code: Int(error.code), codeName: "", message: unsafe ClientPool.text(of: &error))
    }
    defer { unsafe mongoc_uri_destroy(parsed) }
    unsafe mongoc_uri_set_option_as_int32(parsed, MONGOC_URI_MAXPOOLSIZE, Int32(connections))
    if unsafe mongoc_uri_get_appname(parsed) == nil { unsafe mongoc_uri_set_appname(parsed, "mongodrill") }
    if let selectionTimeout, unsafe !mongoc_uri_has_option(parsed, MONGOC_URI_SERVERSELECTIONTIMEOUTMS) {
      unsafe mongoc_uri_set_option_as_int32(
        parsed, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, Int32(selectionTimeout * 1000))
    }
    guard let pool = unsafe mongoc_client_pool_new(parsed) else {
      throw MongoError(code: 0, codeName: "", message: "no connection pool for this address")
    }
    unsafe mongoc_client_pool_set_error_api(pool, 2)
    unsafe self.pool = pool
    self.uri = uri
    self.connections = connections
  }

  deinit {
    // libmongoc says goodbye to the server's sessions, and where the server is gone it looks for it until the
    // selection's time is over: 2 s at the end of every drill. Nobody has to wait for that.
    let pool = unsafe UncheckedPool(handle: self.pool)
    do { _ = try Threads.start { unsafe mongoc_client_pool_destroy(pool.handle) } } catch {
      unsafe mongoc_client_pool_destroy(pool.handle)
    }
  }

  /// Carries the handle to the thread that frees it, and that nobody else has then.
  @safe private struct UncheckedPool: @unchecked Sendable {
    let handle: OpaquePointer
  }

  /// The address of a server that listens on a Unix socket.
  package static func uri(socket path: String) -> String {
    var encoded = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default: encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return "mongodb://\(encoded)/"
  }

  /// Lends a connection to `body`; waits for one when all are lent.
  package func withClient<Result>(_ body: (borrowing Client) throws -> Result) rethrows -> Result {
    let client = unsafe Client(handle: mongoc_client_pool_pop(pool))
    defer { unsafe mongoc_client_pool_push(pool, client.handle) }
    return try body(client)
  }

  /// Runs one command; see `Client.run`.
  @discardableResult
  package func run(_ command: Document, on database: String = "admin") throws(MongoError) -> Document {
    let result: Result<Document, MongoError> = withClient { client in
      do throws(MongoError) { return .success(try client.run(command, on: database)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  static func text(of error: UnsafeMutablePointer<bson_error_t>) -> String {
    unsafe String(cString: mongodrill_error_text(error))
  }
}
