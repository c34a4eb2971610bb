import BSON
import Facts
import Mongo
import Platform
import Record
import TestSupport
import Testing
import Witness

@Suite("A source that asks for credentials", .tags(.mongod), .timeLimit(.minutes(10)))
struct ReadOnlyTests {
  /// Records a witness as a user with some roles; the messages that it gave.
  static func witness(
    _ source: LiveSource, roles: [Value], database: String = "admin", in folder: String,
    include: [String] = []
  ) throws -> (record: WitnessRecord, warnings: [String]) {
    let user = "u\(UInt32.random(in: 0 ... .max))"
    try source.pool.run(["createUser": .string(user), "pwd": "p", "roles": .list(roles)])
    let warnings = Monitor<[String]>([])
    var request = WitnessRequest()
    request.include = include
    let pool = try ClientPool(uri: source.uri(user: user, password: "p", options: "authSource=admin"))
    let record = try WitnessReading(
      request, from: pool,
      events: { event in if case .warning(let text) = event { warnings.update { $0.append(text) } } }
    ).record(to: Files.join(folder, user))
    return (record, warnings.withLock { $0 })
  }

  @Test(
    "is read with roles that only read, by commands that only read",
    .needs(ServerVersion(5, 0), "time series"))
  func roles() throws {
    try withFolder { folder in
      let source = try LiveSource.start(password: "secret")
      defer { source.stop() }
      for name in ["shop", "other"] {
        try insert((0..<3000).map { ["_id": .int32($0)] }, into: Namespace(name, "c"), on: source.pool)
        try source.pool.run(["create": "ts", "timeseries": ["timeField": "t"]], on: name)
        try insert([["t": .date(0), "v": 1]], into: Namespace(name, "ts"), on: source.pool)
        try source.pool.run(["create": "cap", "capped": true, "size": 10_000], on: name)
        try insert([["_id": 1]], into: Namespace(name, "cap"), on: source.pool)
        try source.pool.run(["profile": 2], on: name)
      }
      let all = try ReadOnlyTests.witness(source, roles: ["readAnyDatabase"], in: folder)
      #expect(all.record.collections.count == 6)
      #expect(all.warnings == [])
      #expect(all.record[Namespace("shop", "ts")]?.content == .buckets)
      // What one user may do is no more than what another did.
      let one = try ReadOnlyTests.witness(
        source, roles: [["role": "read", "db": "shop"]], in: folder)
      #expect(one.record.collections.map(\.facts.namespace.database) == ["shop", "shop", "shop"])
      #expect(one.warnings == ["the user sees only the databases that it may read: there may be others"])
      let series = try #require(one.record[Namespace("shop", "ts")])
      #expect(series.content == .measurements)
      #expect(series.reason != nil)
      #expect(try one.record.compare(batch: 0, with: source.pool).allSatisfy { $0.isEqual })

      var commands: Set<String> = []
      for name in ["shop", "other"] {
        try source.pool.run(["profile": 0], on: name)
        try source.pool.forEach(["find": "system.profile"], on: name) { entry in
          guard entry["user"]?.string?.hasPrefix("u") == true else { return true }
          commands.insert(entry["command"]?.document?.names.first ?? entry["op"]?.string ?? "?")
          return true
        }
      }
      #expect(commands.isSuperset(of: ["find", "aggregate", "listIndexes", "getMore"]))
      #expect(
        commands.isSubset(of: [
          "find", "aggregate", "listIndexes", "listCollections", "getMore", "killCursors",
        ]))
    }
  }

  @Test("says what is lacking")
  func refused() throws {
    try withFolder { folder in
      let source = try LiveSource.start(password: "secret")
      defer { source.stop() }
      try insert([["_id": 1]], into: Namespace("shop", "c"), on: source.pool)
      func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
      }
      #expect(code { _ = try ReadOnlyTests.witness(source, roles: [], in: folder) } == "nothing-to-witness")
      #expect(
        code {
          _ = try ReadOnlyTests.witness(source, roles: ["readAnyDatabase"], in: folder, include: ["no.*"])
        } == "nothing-to-witness")
      func record(_ uri: String) throws {
        _ = try WitnessReading(WitnessRequest(), from: ClientPool(uri: uri)).record(
          to: Files.join(folder, "w"))
      }
      #expect(code { try record(source.uri(user: "root", password: "wrong")) } == "bad-credentials")
      #expect(code { try record(source.uri()) } == "not-allowed")
      #expect(
        code { try record("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300") } == "source-lost")
      #expect(try Files.names(in: folder) == [])
    }
  }
}
