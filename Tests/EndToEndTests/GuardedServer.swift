import BSON
import Mongo
import Sandbox
import TestSupport

/// A server with access control, a database `shop`, and a user who may only read it.
final class GuardedServer: Sendable {
  private let sandbox: Sandbox
  let owner: ClientPool
  /// The address for the reader of `shop`.
  let reader: String

  init(in folder: String) throws {
    var options = SandboxOptions(extraArguments: ["--auth"])
    options.directory = folder
    options.cacheBytes = 256 << 20
    sandbox = try Sandbox.start(options)
    try sandbox.pool.run(["createUser": "owner", "pwd": "ownersecret", "roles": ["root"]])
    owner = try ClientPool(uri: GuardedServer.address(sandbox, "owner:ownersecret", "admin"))
    try owner.run(["createUser": "reader", "pwd": "hunter22", "roles": ["read"]], on: "shop")
    reader = GuardedServer.address(sandbox, "reader:hunter22", "shop")
    let orders = (1...50).map { number -> Value in
      [
        "_id": .int32(Int32(number)), "total": .int32(Int32(number * 10)),
        "customerId": .int32(Int32(number % 5)),
      ]
    }
    try owner.run(["insert": "orders", "documents": .list(orders)], on: "shop")
    try owner.run(
      ["createIndexes": "orders", "indexes": [["key": ["customerId": 1], "name": "by_customer"]]], on: "shop")
  }

  private static func address(_ sandbox: Sandbox, _ user: String, _ database: String) -> String {
    sandbox.uri.replacing("mongodb://", with: "mongodb://\(user)@") + "?authSource=\(database)"
  }

  /// As it is told, without credentials.
  var name: String {
    String(sandbox.uri.dropFirst("mongodb://".count).dropLast()).replacing("%2F", with: "/")
  }

  func stop() { try? sandbox.stop() }
}

/// Runs a body beside such a server, which ends with it.
func withServer(_ body: (GuardedServer, _ folder: String) throws -> Void) throws {
  try withFolder { folder in
    let server = try GuardedServer(in: folder)
    defer { server.stop() }
    try body(server, folder)
  }
}
