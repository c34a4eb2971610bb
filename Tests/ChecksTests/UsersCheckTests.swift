import BSON
import Checks
import Facts
import Mongo
import Platform
import Record
import Sandbox
import Testing
import Witness

@Suite("users", .tags(.mongod), .timeLimit(.minutes(10)))
struct UsersCheckTests {
  @Test("roles that exist pass, those that don't are named, with who has them; users that have to be there")
  func users() throws {
    // Users belong to the whole server, so to one of the test's own.
    let server = try Sandbox.start(SandboxOptions())
    defer { try? server.stop() }
    let database = try TestDatabase(on: server)
    func check(_ yaml: String) throws -> Outcome { try #require(try database.checks(yaml).first) }
    #expect(try check("s: {DB: [users]}").message.hasPrefix("no data: 0 users, 0 roles"))

    try database.run(["createRole": "reader", "privileges": [], "roles": ["read"]])
    try database.run(["createUser": "app", "pwd": "x", "roles": ["reader", "readWrite"]])
    try database.pool.run(["createUser": "root", "pwd": "x", "roles": ["root"]])
    #expect(try check("s: {DB: [users]}").message == "1 user, 1 role; each role that they have exists")
    #expect(try check("s: {'*': [users]}").message == "2 users, 1 role; each role that they have exists")
    #expect(try check("s: {DB: [users: {required: [app, DB.app]}]}").result == .pass)
    #expect(try check("s: {'*': [users: {required: [root, admin.root, DB.app, app]}]}").result == .pass)
    let missing = try check("s: {DB: [users: {required: [app, root]}]}")
    #expect(missing.result == .fail)
    #expect(missing.message == "missing: root")
    #expect(try check("s: {nodb: [users: {required: [app]}]}").result == .fail)

    // As a restore would leave them: the documents alone.
    try database.pool.run([
      "insert": "system.users",
      "documents": [
        [
          "_id": "x.lone", "user": "lone", "db": .string(database.name), "credentials": [:],
          "roles": [
            ["role": "gone", "db": .string(database.name)], ["role": "root", "db": "shop"],
            ["role": "read", "db": "shop"],
          ],
        ]
      ],
    ])
    try database.pool.run([
      "insert": "system.roles",
      "documents": [
        [
          "_id": "y.heir", "role": "heir", "db": .string(database.name), "privileges": [],
          "roles": [["role": "gone", "db": "z"]],
        ]
      ],
    ])
    let dangling = try check("s: {DB: [users]}")
    #expect(dangling.result == .fail)
    #expect(
      dangling.message == """
        user \(database.name).lone with roles shop.root, \(database.name).gone, which don't exist; \
        role \(database.name).heir with role z.gone, which doesn't exist
        """
        || dangling.message == """
          user \(database.name).lone with roles \(database.name).gone, shop.root, which don't exist; \
          role \(database.name).heir with role z.gone, which doesn't exist
          """
    )
    #expect(dangling.samples == ["\"\(database.name).lone\"", "\"\(database.name).heir\""])
    #expect(try check("s: {DB: [{users: , warn_if: '> 0', error_if: '> 2'}]}").result == .warn)
  }
}
