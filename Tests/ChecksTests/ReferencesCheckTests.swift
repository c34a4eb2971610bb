import BSON
import Checks
import Platform
import Record
import Testing

@Suite("references", .tags(.mongod), .timeLimit(.minutes(10)))
struct ReferencesCheckTests {
  private func decimal(_ text: String) throws -> Value {
    try #require(try Document(extendedJSON: "{\"v\": {\"$numberDecimal\": \"\(text)\"}}")["v"])
  }

  @Test("all resolve: pass, with what was counted")
  func pass() throws {
    let database = try TestDatabase()
    try database.insert("customers", numbered(10))
    try database.insert("orders", numbered(100) { ["customerId": .int32(Int32($0 % 10 + 1))] })
    let outcome = try database.check("orders", "references: {field: customerId, to: DB.customers}")
    #expect(outcome.result == .pass, "\(outcome)")
    #expect(outcome.message == "100 references, each to a document of \(database.name).customers")
    #expect(outcome.measured["references"] == 100)
  }

  @Test("dangling ones fail, with samples and a query; missing and null values are counted apart")
  func fail() throws {
    let database = try TestDatabase()
    try database.insert("customers", numbered(10))
    try database.insert("orders", numbered(20) { ["customerId": .int32(Int32($0))] })
    try database.insert("orders", [["_id": "m1"], ["_id": "m2"], ["_id": "n", "customerId": .null]])
    let outcome = try database.check(
      "orders", "{references: {field: customerId, to: DB.customers}, samples: 3}")
    #expect(outcome.result == .fail)
    #expect(outcome.message == "10 of 20 references (10 values) to no document of \(database.name).customers")
    #expect(
      outcome.measured == [
        "references": 20, "dangling": 10, "dangling_values": 10, "missing": 2, "null": 1,
      ])
    #expect(outcome.samples.count == 3)
    #expect(outcome.samples.allSatisfy { (11...20).contains(Int($0) ?? 0) })
    #expect(
      outcome.query?.hasPrefix(
        "db.getSiblingDB(\"\(database.name)\").getCollection(\"orders\").find({customerId: {$in: [") == true)
  }

  @Test(
    "thresholds judge the dangling references, also in percent",
    arguments: [
      ("warn_if: '> 0', error_if: '> 100'", .warn), ("error_if: '> 9'", .fail), ("error_if: '> 10'", .pass),
      ("error_if: '>= 50%'", .fail), ("error_if: '> 50%'", .pass), ("severity: warn", .warn),
      ("where: {customerId: {$lte: 10}}", .pass),
    ] as [(String, Outcome.Result)])
  func thresholds(keys: String, result: Outcome.Result) throws {
    let database = try TestDatabase()
    try database.insert("customers", numbered(10))
    try database.insert("orders", numbered(20) { ["customerId": .int32(Int32($0))] })
    #expect(
      try database.check("orders", "{references: {field: customerId, to: DB.customers}, \(keys)}").result
        == result)
  }

  @Test("arrays and fields within fields are looked into, arrays of arrays of documents too")
  func arrays() throws {
    let database = try TestDatabase()
    try database.insert("products", numbered(3))
    try database.insert(
      "orders",
      [
        ["_id": "a", "lines": [["product": ["id": 1]], ["product": ["id": 2]]], "tags": [1, 2, 9]],
        ["_id": "b", "lines": [["product": ["id": 3]], ["product": ["id": 4]], ["note": "x"]], "tags": []],
        ["_id": "c", "lines": [], "tags": 3],
        ["_id": "d", "lines": ["product": ["id": [1, 5]]]],
      ])
    let lines = try database.check("orders", "references: {field: lines.product.id, to: DB.products}")
    #expect(
      lines.measured == ["references": 6, "dangling": 2, "dangling_values": 2, "missing": 2, "null": 0],
      "\(lines)")
    #expect(Set(lines.samples) == ["\"b\"", "\"d\""])
    let tags = try database.check("orders", "references: {field: tags, to: DB.products}")
    #expect(
      tags.measured == ["references": 4, "dangling": 1, "dangling_values": 1, "missing": 2, "null": 0],
      "\(tags)")
  }

  @Test("a number is the same key in every numeric type")
  func numbers() throws {
    let database = try TestDatabase()
    try database.insert(
      "customers", [["_id": 1], ["_id": .double(2)], ["_id": .int64(3)], ["_id": try decimal("4.0")]])
    let values: [Value] = [1, 2, 3, 4].flatMap { [.int32($0), .int64(Int64($0)), .double(Double($0))] }
    let decimals = try [decimal("1"), decimal("2.0"), decimal("3.00"), decimal("4E0")]
    try database.insert("orders", (values + decimals).map { ["customerId": $0] })
    let sound = try database.check("orders", "references: {field: customerId, to: DB.customers}")
    #expect(sound.result == .pass, "\(sound)")
    #expect(sound.measured["references"] == 16)
    try database.insert(
      "orders", [["customerId": "1"], ["customerId": .double(1.5)], ["customerId": ["a": 1]]])
    #expect(
      try database.check("orders", "references: {field: customerId, to: DB.customers}").measured["dangling"]
        == 3)
  }

  @Test("the collation of the collection that is referred to decides, not that of the one that refers")
  func collations() throws {
    let database = try TestDatabase()
    let german: Document = ["collation": ["locale": "de", "strength": 1]]
    try database.create("loose", german)
    try database.insert("loose", [["_id": "Ä"]])
    try database.insert("strict", [["_id": "Ä"]])
    try database.create("orders", german)
    try database.insert(
      "orders", ["Ä", "ä", "a", "b"].enumerated().map { ["_id": .int32(Int32($0)), "to": .string($1)] })
    let loose = try database.check("orders", "references: {field: to, to: DB.loose}")
    #expect(loose.samples == ["3"], "\(loose)")
    let strict = try database.check("orders", "references: {field: to, to: DB.strict}")
    #expect(Set(strict.samples) == ["1", "2", "3"], "\(strict)")
    #expect(strict.query?.hasSuffix(".collation({locale: \"simple\"})") == true)
  }

  @Test("another field may be referred to, within arrays, without an index, in another database")
  func otherField() throws {
    let one = try TestDatabase()
    let two = try TestDatabase()
    try two.insert("customers", [["mails": [["at": "a"], ["at": "b"]]], ["mails": ["at": "c"]]])
    try one.insert("orders", ["a", "b", "c", "d"].map { ["mail": .string($0)] })
    let outcome = try one.check(
      "orders", "references: {field: mail, to: \(two.name).customers, to_field: mails.at}")
    #expect(outcome.measured["dangling"] == 1, "\(outcome)")
    #expect(
      outcome.message == "1 of 4 references (1 value) to no document of \(two.name).customers, field mails.at"
    )
  }

  @Test("a DBRef's id is a field like others")
  func dbRef() throws {
    let database = try TestDatabase()
    try database.insert("customers", numbered(1))
    try database.insert("orders", [1, 2].map { ["customer": ["$ref": "customers", "$id": .int32($0)]] })
    let outcome = try database.check("orders", "references: {field: customer.$id, to: DB.customers}")
    #expect(outcome.measured["dangling"] == 1, "\(outcome)")
  }

  @Test("values beyond one batch are all asked for")
  func batches() throws {
    let database = try TestDatabase()
    try database.insert("customers", numbered(45_000))
    try database.insert("orders", numbered(50_000) { ["customerId": .int32(Int32($0))] })
    let outcome = try database.check("orders", "references: {field: customerId, to: DB.customers}")
    #expect(outcome.measured["dangling"] == 5000, "\(outcome)")
    #expect(outcome.samples.count == 5)
  }

  @Test("a field that no document has is no data")
  func noData() throws {
    let database = try TestDatabase()
    try database.insert("customers", numbered(1))
    try database.insert("orders", numbered(5))
    let outcome = try database.check("orders", "references: {field: custmerId, to: DB.customers}")
    #expect(outcome.result == .error)
    #expect(outcome.message == "no data: no document has a value in `custmerId`")
    #expect(
      try database.check("orders", "{references: {field: x, to: DB.customers}, allow_empty: true}").result
        == .pass)
  }

  @Test(
    "without the collection that is referred to all dangle, whatever the thresholds say; as with an empty one"
  )
  func noTarget() throws {
    let database = try TestDatabase()
    try database.insert("orders", [["_id": 1, "customerId": 1], ["_id": 2], ["_id": 3, "customerId": 1]])
    let outcome = try database.check("orders", "references: {field: customerId, to: DB.customers}")
    #expect(outcome.result == .fail && outcome.samples == ["1", "3"], "\(outcome)")
    #expect(outcome.message == "2 references to \(database.name).customers, which does not exist")
    #expect(outcome.measured["dangling"] == 2 && outcome.measured["dangling_values"] == 1)
    for keys in ["{field: customerId, to: DB.customers}, error_if: '> 5'", "{field: x, to: DB.customers}"] {
      #expect(try database.check("orders", "{references: \(keys)}").result == .fail)
    }
    try database.create("customers")
    #expect(try database.check("orders", "references: {field: customerId, to: DB.customers}").result == .fail)
  }

  @Test("several fields are one key; with a missing or null part it refers to nothing, arrays have no answer")
  func compound() throws {
    let database = try TestDatabase()
    try database.insert("p", [["t": 1, "k": ["n": "a"]], ["t": .double(2), "k": ["n": "b"]], ["t": 1]])
    try database.insert(
      "c",
      [
        ["_id": 1, "t": 1, "n": "a"], ["_id": 2, "t": .int64(2), "n": "b"], ["_id": 3, "t": 1, "n": "b"],
        ["_id": 4, "t": 1], ["_id": 5, "t": .null, "n": "a"], ["_id": 6, "n": .null],
        ["_id": 7, "t": "1", "n": "a"],
      ])
    let item = "references: {fields: [t, n], to: DB.p, to_fields: [t, k.n]}"
    let outcome = try database.check("c", item)
    #expect(
      outcome.measured == ["references": 4, "dangling": 2, "dangling_values": 2, "missing": 2, "null": 1],
      "\(outcome)")
    #expect(outcome.samples == ["3", "7"])
    #expect(
      outcome.query?.hasSuffix(".find({$or: [{t: 1, n: \"b\"}, {t: \"1\", n: \"a\"}]})") == true, "\(outcome)"
    )
    #expect(outcome.message.hasSuffix("to no document of \(database.name).p, fields t, k.n"))
    try database.insert("p", [["_id": "x", "t": 1, "k": .list([["n": "c"]])]])
    let arrays = try database.check("c", item)
    #expect(arrays.result == .error && arrays.message.hasPrefix("`k.n` leads to an array in document \"x\""))
    try database.create("de", ["collation": ["locale": "de"]])
    #expect(
      try database.check("c", "references: {fields: [t, n], to: DB.de, to_fields: [t, n]}").result == .error)
  }

  @Test("a view may refer and be referred to")
  func views() throws {
    let database = try TestDatabase()
    try database.insert("customers", numbered(10) { ["active": .bool($0 < 6)] })
    try database.create("active", ["viewOn": "customers", "pipeline": [["$match": ["active": true]]]])
    try database.insert("orders", numbered(10) { ["customerId": .int32(Int32($0))] })
    try database.create("recent", ["viewOn": "orders", "pipeline": [["$match": ["_id": ["$lte": 7]]]]])
    let outcome = try database.check("recent", "references: {field: customerId, to: DB.active}")
    #expect(outcome.measured["dangling"] == 2, "\(outcome)")
    #expect(outcome.samples.count == 2)
  }
}
