import BSON
import Facts
import Mongo
import Platform
import Restore
import Sandbox
import TestSupport
import Testing

@Suite("A document", .tags(.mongod), .timeLimit(.minutes(10)))
struct DocumentTests {
  /// Ways in which a collection takes documents.
  static let kinds: [Document] = [
    [:], ["capped": true, "size": 1_000_000],
    ["clusteredIndex": ["v": 2, "key": ["_id": 1], "name": "_id_", "unique": true]],
    ["validator": ["never": ["$exists": true]]],
  ]

  @Test(
    "that the server refuses is named by its _id, and the others of its batch are in",
    .needs(ServerVersion(5, 3), "clustered collections"), arguments: kinds)
  func refused(options: Document) throws {
    let bad: [Document] = [["_id": ["an", "array"]], ["_id": .regex(pattern: "^a", options: "")]]
    let good = numbered(1...100)
    let all = good[..<50] + bad + good[50...]
    let (result, server, dump) = try Workbench.restore { try $0.add("c", Array(all), options: options) }
    let namespace = dump.namespace("c")
    #expect(result.problemCount == 2)
    #expect(result.problems.map(\.subject) == ["document", "document"])
    #expect(result.problems.map(\.namespace) == [namespace, namespace])
    #expect(
      result.problems.map(\.name) == [
        #"[ "an", "array" ]"#, #"{ "$regularExpression" : { "pattern" : "^a", "options" : "" } }"#,
      ])
    #expect(result.problems.allSatisfy { $0.message.contains("_id") })
    #expect(try server.documents(namespace) == good)
    #expect(result.collections.map(\.inserted) == [100])
    // A count against the backup must see that they are missing.
    #expect(result.expected[namespace]?.documents == 102)
  }

  @Test("without _id is named by its place, not given one") func withoutID() throws {
    let documents: [Document] = [["_id": 1], ["name": "nobody"], ["_id": 2], [:], ["_id": 3]]
    let (result, server, dump) = try Workbench.restore { try $0.add("c", documents) }
    #expect(result.problems.map(\.name) == [nil, nil])
    #expect(
      result.problems.first?.message
        == "the document at byte 14 of \(dump.file("c")) has no _id, and the server would invent one")
    #expect(try server.documents(dump.namespace("c")) == [["_id": 1], ["_id": 2], ["_id": 3]])
    #expect(result.collections.map(\.inserted) == [3])
  }

  @Test(
    "keeps a Timestamp(0,0), wherever it stands",
    .needs(ServerVersion(5, 3), "clustered collections, names of fields that begin with $"), arguments: kinds)
  func zeroTimestamp(
    options: Document
  )
    throws
  {
    let zero = Value.timestamp(Timestamp(seconds: 0, increment: 0))
    let documents: [Document] = [
      ["_id": 1, "first": zero, "x": "$y", "second": zero],
      ["_id": 2, "inner": ["ts": zero], "list": [zero]],
      ["_id": zero], ["_id": 4, "plain": true], ["_id": 5, "a.b": 1, "$c": 2, "": zero],
    ]
    let (result, server, dump) = try Workbench.restore { try $0.add("c", documents, options: options) }
    #expect(result.problems == [])
    expectSame(try server.documents(dump.namespace("c")), documents, "\(options)")
  }

  @Test("that comes twice, byte for byte, is no loss; with a difference it is") func twice() throws {
    let zero = Value.timestamp(Timestamp(seconds: 0, increment: 0))
    let documents: [Document] = [
      ["_id": 1, "a": 1], ["_id": 2, "a": 1], ["_id": 1, "a": 1], ["_id": 2, "a": 2], ["_id": 3, "ts": zero],
      ["_id": 3, "ts": zero], ["_id": 4, "a": 1], ["_id": 4, "ts": zero],
    ]
    let (result, server, dump) = try Workbench.restore { try $0.add("c", documents) }
    let namespace = dump.namespace("c")
    #expect(result.problems.map(\.name) == ["2", "4"])
    #expect(result.problems.allSatisfy { $0.message.contains("duplicate key") })
    expectSame(
      try server.documents(namespace),
      [["_id": 1, "a": 1], ["_id": 2, "a": 1], ["_id": 3, "ts": zero], ["_id": 4, "a": 1]], "duplicates")
    #expect(result.expected[namespace]?.documents == 6)
    #expect(result.collections.map(\.inserted) == [4])
  }

  @Test("of exactly 16 MiB goes in, and a larger one is named") func largest() throws {
    // `{_id: int32, b: binary}` takes 25 bytes besides the binary's own.
    func document(_ id: Int32, _ size: Int) -> Document {
      let document: Document = [
        "_id": .int32(id), "b": .binary(subtype: 0, [UInt8](repeating: 7, count: size - 22)),
      ]
      #expect(document.bytes.count == size)
      return document
    }
    let fitting = [["_id": 1], document(2, 16 << 20), ["_id": 3], document(4, (16 << 20) - 1)]
    let (result, server, dump) = try Workbench.restore {
      try $0.add("c", fitting + [document(5, (16 << 20) + 1), ["_id": 6]])
    }
    #expect(result.problems.map(\.name) == ["5"])
    #expect(result.problems.first?.message.contains("16777217 bytes") == true)
    expectSame(try server.documents(dump.namespace("c")), fitting + [["_id": 6]], "large documents")
  }

  @Test("that violates the validator is in, and the validator is there") func validator() throws {
    let options: Document = [
      "validator": ["$jsonSchema": ["required": ["total"]]], "validationLevel": "strict",
      "validationAction": "error",
    ]
    let (result, server, dump) = try Workbench.restore {
      try $0.add("c", numbered(1...300), options: options)
    }
    #expect(result.problems == [])
    #expect(try server.count(dump.namespace("c")) == 300)
    #expect(try server.options(dump.namespace("c"))["validator"] == options["validator"])
  }

  @Test("each of many that are refused is counted, the first hundred are named") func many() throws {
    let bad = numbered(1...250).map { Document([("_id", .list([$0["_id"] ?? .null]))]) }
    let (result, _, _) = try Workbench.restore { try $0.add("c", bad + numbered(1...10)) }
    #expect(result.problemCount == 250 && result.problems.count == 100)
    #expect(result.collections.map(\.inserted) == [10])
  }

  @Test(
    "whose bucket mixes types goes in, as mongorestore lets it",
    .needs(ServerVersion(6, 0), "buckets of mixed types"))
  func mixedSchema() throws {
    let id = Value.objectID(ObjectID(bytes: [0x69, 0x55, 0xB9] + [UInt8](repeating: 0, count: 9)))
    let times: Document = ["0": .date(1_767_225_600_000), "1": .date(1_767_225_601_000)]
    let bucket: Document = [
      "_id": id,
      "control": [
        "version": 1, "min": ["at": .date(1_767_225_600_000), "load": 1],
        "max": ["at": .date(1_767_225_601_000), "load": "high"],
      ], "meta": "a", "data": ["at": .document(times), "load": ["0": 1, "1": "high"]],
    ]
    let (result, server, dump) = try Workbench.restore {
      try $0.add(
        "c", [bucket],
        options: ["timeseries": ["timeField": "at", "metaField": "host", "granularity": "minutes"]],
        kind: .timeseries)
    }
    #expect(result.problems == [])
    #expect(try server.documents(dump.namespace("c").buckets) == [bucket])
    #expect(try server.count(dump.namespace("c")) == 2)
  }
}
