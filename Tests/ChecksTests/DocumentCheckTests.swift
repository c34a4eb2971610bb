import BSON
import Checks
import Facts
import Platform
import Record
import Testing

@Suite("document", .tags(.mongod), .timeLimit(.minutes(10)))
struct DocumentCheckTests {
  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert(
      "c",
      [
        [
          "_id": 1, "status": "paid", "total": .int64(5), "at": .date(1000), "none": .null,
          "lines": [["p": "a", "q": 1], ["p": "b", "q": 2]], "a.b": 1, "a": ["c": 2, "$d": 3],
        ], ["_id": .objectID(ObjectID(bytes: Array(repeating: 7, count: 12))), "status": "new"],
        ["_id": "xyz"],
      ])
    return database
  }

  @Test(
    "a document's fields, and how they differ",
    arguments: [
      ("{id: 1}", .pass, "it is there"),
      ("{id: 1, expect: {status: paid, total: 5.0}}", .pass, "it is there, with 2 fields as expected"),
      (
        "{id: 1, expect: {lines.1.q: 2, lines.0: {p: a, q: 1}}}", .pass,
        "it is there, with 2 fields as expected"
      ),
      ("{id: 1, expect: {a.b: 1, a.c: 2, a.$d: 3}}", .pass, "it is there, with 3 fields as expected"),
      (
        "{id: 1, expect: {at: {$date: {$numberLong: '1000'}}, none: null}}", .pass,
        "it is there, with 2 fields as expected"
      ),
      ("{id: 1, expect: {status: new, lines.2: 1}}", .fail, "differs in status, lines.2"),
      ("{id: 1, expect: {lost: null}}", .fail, "differs in lost"),
      ("{id: 1, absent: [lost, a.x, lines.5]}", .pass, "it is there, with 3 fields as expected"),
      ("{id: 1, absent: [status, a.b]}", .fail, "differs in status, a.b"),
      (
        "{id: {$oid: '070707070707070707070707'}, expect: {status: new}}", .pass,
        "it is there, with 1 field as expected"
      ),
      ("{id: {$x: 1}}", .fail, "the document is not there"),
      ("{id: {$regularExpression: {pattern: ^x, options: ''}}}", .fail, "the document is not there"),
      ("{id: 2}", .fail, "the document is not there"),
      ("{match: {status: paid}, expect: {_id: 1}}", .pass, "it is there, with 1 field as expected"),
      ("{match: {status: {$exists: true}}}", .error, "more than one document matches; name one by its `id`"),
      ("{match: {status: lost}}", .fail, "the document is not there"),
    ] as [(String, Outcome.Result, String)])
  func fields(keys: String, result: Outcome.Result, message: String) throws {
    let outcome = try filled().check("c", "document: \(keys)")
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.message == message)
  }

  @Test(
    "what differs is shown on both sides, long values cut; a missing document fails whatever the thresholds say"
  )
  func shown() throws {
    let database = try filled()
    try database.insert("c", [["_id": 5, "t": .string(String(repeating: "y", count: 500))]])
    let outcome = try database.check("c", "document: {id: 5, expect: {t: x}, absent: [_id]}")
    #expect(outcome.expected == #"t: "x"; _id: missing"#)
    #expect(outcome.observed?.hasPrefix(#"t: "yyy"#) == true)
    #expect(outcome.observed?.hasSuffix("…; _id: 5") == true)
    #expect(outcome.samples == ["5"])
    #expect(
      outcome.query == #"db.getSiblingDB("\#(database.name)").getCollection("c").find({_id: {$eq: 5}})"#)
    #expect(try database.check("c", "{document: {id: 5, expect: {t: x}}, warn_if: '> 0'}").result == .warn)
    #expect(try database.check("c", "{document: {id: 6, expect: {t: x}}, warn_if: '> 0'}").result == .fail)
    try database.create("v", ["viewOn": "c", "pipeline": [["$project": ["t": "z"]]]])
    #expect(try database.check("v", "document: {id: 5, expect: {t: z}}").result == .pass)
  }
}
