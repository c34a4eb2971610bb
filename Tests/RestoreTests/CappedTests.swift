import BSON
import Facts
import Mongo
import Restore
import Sandbox
import Testing

@Suite("A capped collection", .tags(.mongod))
struct CappedTests {
  @Test(
    "that holds more in the backup than its options let in is a problem, and what is gone isn't counted",
    arguments: [["capped": true, "size": 4096], ["capped": true, "size": 1_000_000, "max": 33]] as [Document])
  func overflow(options: Document) throws {
    let documents = (1...1000).map { number -> Document in
      ["_id": .int32(Int32(number)), "pad": .string(String(repeating: "x", count: 90))]
    }
    let (result, server, dump) = try Workbench.restore {
      try $0.add("log", documents, options: options)
      try $0.add("plain", numbered(1...5))
    }
    let kept = try server.count(dump.namespace("log"))
    #expect(kept < 100)
    let log = try #require(result.collections.first { $0.source == dump.namespace("log") })
    #expect(log.documents == 1000 && log.inserted == kept)
    #expect(result.problemCount == 1)
    let problem = try #require(result.problems.first)
    #expect(problem.namespace == dump.namespace("log") && problem.subject == "capped")
    #expect(
      problem.message.hasPrefix("of 1,000 documents the server kept the newest \(kept): "),
      "\(problem.message)")
  }

  @Test(
    "that was full on a server comes back whole",
    arguments: [
      ("a", ["size": 4096]), ("b", ["size": 100_000]), ("c", ["size": 1_500_000]),
      ("d", ["size": 1_000_000, "max": 777]),
    ] as [(String, Document)])
  func full(name: String, limits: Document) throws {
    let pool = try Workbench.sandbox.pool
    let database = "full\(name)"
    defer { _ = try? pool.run(["dropDatabase": 1], on: database) }
    try pool.run(
      Document([("create", "log"), ("capped", true)] + limits.map { ($0.name, $0.value) }), on: database)
    for batch in 0..<20 {
      let documents = (0..<1000).map { number -> Value in
        // Of many sizes.
        let length = (batch * 1000 + number) * 7919 % 211
        return [
          "_id": .int32(Int32(batch * 1000 + number)), "pad": .string(String(repeating: "x", count: length)),
        ]
      }
      try pool.run(["insert": "log", "documents": .list(documents)], on: database)
    }
    let filled = try pool.all(["find": "log"], on: database)
    let listed = try pool.all(["listCollections": 1, "filter": ["name": "log"]], on: database)
    let options = try #require(listed.first?["options"]?.document)
    #expect(filled.count < 20_000 && !filled.isEmpty)
    let (result, server, dump) = try Workbench.restore { try $0.add("log", filled, options: options) }
    #expect(result.problems == [])
    #expect(try server.count(dump.namespace("log")) == filled.count)
  }
}
