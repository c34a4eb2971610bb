import BSON
import Facts
import Testing

private let orders = Namespace("shop", "orders")

private func facts(
  options: Document = [:], indexes: [Document] = [], kind: CollectionFacts.Kind = .collection,
  documents: Int? = nil,
  uuid: UUIDBytes? = nil
) -> CollectionFacts {
  CollectionFacts(
    orders, kind: kind, options: options, uuid: uuid, indexes: indexes.map(IndexSpec.init),
    documents: documents)
}

private func said(_ differences: [Difference]) -> [String] {
  differences.map { "\($0.subject): \($0.expected ?? "-") → \($0.found ?? "-")" }
}

@Suite("Comparison of facts")
struct ComparisonTests {
  @Test("collections that are missing or were not expected are named, in order")
  func collections() {
    let expected = Catalogue([
      CollectionFacts(Namespace("b", "x")), CollectionFacts(Namespace("a", "x"), kind: .view),
    ])
    let found = Catalogue([CollectionFacts(Namespace("c", "x"))])
    let differences = found.differences(from: expected)
    #expect(differences.map(\.namespace.description) == ["a.x", "b.x", "c.x"])
    #expect(
      said(differences) == [
        "collection: view → -", "collection: collection → -", "collection: - → collection",
      ])
    #expect(found.differences(from: expected, comparing: [.options]).isEmpty)
  }

  @Test("a meta field that was not asked for is no default; the bounds of buckets are")
  func metaField() {
    let asked = facts(options: ["timeseries": ["timeField": "t"]], kind: .timeseries)
    let filledIn: Document = ["timeField": "t", "granularity": "seconds", "bucketMaxSpanSeconds": 3600]
    let same = facts(options: ["timeseries": .document(filledIn)], kind: .timeseries)
    #expect(same.differences(from: asked, comparing: .options).isEmpty)
    let other = facts(options: ["timeseries": ["timeField": "t", "metaField": "m"]], kind: .timeseries)
    #expect(other.differences(from: asked, comparing: .options).map(\.subject) == ["option timeseries"])
  }

  @Test(
    "options that mean the same are equal",
    arguments: [
      (["capped": true, "size": 4096], ["size": .int64(4096), "capped": true]),
      (["capped": true, "size": 4096], ["size": 4096.0, "capped": true]),
      (
        ["validator": ["a": 1]],
        ["validator": ["a": .int64(1)], "validationLevel": "strict", "validationAction": "error"]
      ),
      (["autoIndexId": true, "temp": true], [:]),
      (
        ["timeseries": ["timeField": "t", "granularity": "hours"]],
        ["timeseries": ["granularity": "hours", "timeField": "t", "bucketMaxSpanSeconds": 2_592_000]]
      ),
      (
        ["collation": ["locale": "de", "strength": 1, "version": "57.1"]],
        ["collation": ["strength": .int64(1), "locale": "de", "version": "153.14", "backwards": false]]
      ),
      (["collation": ["locale": "simple"]], [:]),
      (
        ["collation": ["locale": "de"]],
        [
          "collation": [
            "locale": "de", "caseLevel": false, "caseFirst": "off", "strength": 3, "numericOrdering": false,
            "alternate": "non-ignorable", "maxVariable": "punct", "normalization": false, "backwards": false,
            "version": "57.1",
          ]
        ]
      ),
      (
        ["collation": ["locale": "fr_CA"]],
        ["collation": ["locale": "fr_CA", "strength": 3, "backwards": true, "version": "57.1"]]
      ),
    ] as [(Document, Document)])
  func sameOptions(expected: Document, found: Document) {
    #expect(said(facts(options: found).differences(from: facts(options: expected))) == [])
  }

  @Test(
    "options that differ are named one by one",
    arguments: [
      (["capped": true], [:], ["option capped: true → -"]),
      ([:], ["validator": ["a": 1]], ["option validator: - → { \"a\" : 1 }"]),
      (["size": 1], ["size": 2], ["option size: 1 → 2"]),
      (
        ["pipeline": [["$match": ["a": 1, "b": 1]]]], ["pipeline": [["$match": ["b": 1, "a": 1]]]],
        [
          "option pipeline: [ { \"$match\" : { \"a\" : 1, \"b\" : 1 } } ] → [ { \"$match\" : { \"b\" : 1, \"a\" : 1 } } ]"
        ]
      ),
      (["validationLevel": "moderate"], [:], ["option validationLevel: \"moderate\" → -"]),
      (
        ["collation": ["locale": "de"]], ["collation": ["locale": "fr"]],
        ["option collation: { \"locale\" : \"de\" } → { \"locale\" : \"fr\" }"]
      ),
      (
        ["collation": ["locale": "de"]], ["collation": ["locale": "de", "strength": 1]],
        ["option collation: { \"locale\" : \"de\" } → { \"locale\" : \"de\", \"strength\" : 1 }"]
      ),
      (
        ["collation": ["locale": "fr"]], ["collation": ["locale": "fr", "backwards": true]],
        ["option collation: { \"locale\" : \"fr\" } → { \"locale\" : \"fr\", \"backwards\" : true }"]
      ),
    ] as [(Document, Document, [String])])
  func otherOptions(expected: Document, found: Document, differences: [String]) {
    #expect(said(facts(options: found).differences(from: facts(options: expected))) == differences)
  }

  private static let plain: Document = ["v": 2, "key": ["a": 1, "b": -1], "name": "i"]

  @Test(
    "an index that means the same is equal",
    arguments: [
      ["name": "i", "v": .int64(2), "key": ["a": 1.0, "b": .int64(-1)]],
      ["v": 2, "key": ["a": 1, "b": -1], "name": "i", "ns": "shop.orders", "background": true],
      ["v": 2, "key": ["a": 1, "b": -1], "name": "i", "sparse": false, "unique": false, "hidden": false],
    ] as [Document])
  func sameIndex(found: Document) {
    #expect(said(facts(indexes: [found]).differences(from: facts(indexes: [Self.plain]))) == [])
  }

  @Test(
    "every option of an index counts, and the order of its key",
    arguments: [
      (["v": 2, "key": ["b": -1, "a": 1], "name": "i"], "key"),
      (["v": 1, "key": ["a": 1, "b": -1], "name": "i"], "v"),
      (plain.setting("unique", to: true), "unique"), (plain.setting("hidden", to: true), "hidden"),
      (plain.setting("sparse", to: true), "sparse"),
      (plain.setting("expireAfterSeconds", to: 5), "expireAfterSeconds"),
      (plain.setting("partialFilterExpression", to: ["a": ["$gt": 1]]), "partialFilterExpression"),
      (plain.setting("collation", to: ["locale": "fr"]), "collation"),
      (plain.setting("wildcardProjection", to: ["a": 1]), "wildcardProjection"),
    ] as [(Document, String)])
  func otherIndex(found: Document, option: String) {
    let differences = facts(indexes: [found]).differences(from: facts(indexes: [Self.plain]))
    #expect(differences.map(\.subject) == ["index i"])
    #expect(differences.first?.found?.hasPrefix("\(option): ") == true, "\(differences)")
    #expect(differences.first?.expected?.hasPrefix("\(option): ") == true)
  }

  @Test("missing and extra indexes are named; the one on _id need not be written down")
  func missingIndex() {
    let id: Document = ["v": 2, "key": ["_id": 1], "name": "_id_"]
    let other: Document = ["v": 2, "key": ["c": 1], "name": "c_1"]
    let differences = facts(indexes: [id, other]).differences(from: facts(indexes: [Self.plain]))
    #expect(differences.map(\.subject) == ["index i", "index c_1"])
    #expect(differences.map { $0.found == nil } == [true, false])
  }

  @Test("names that only look alike are two names")
  func namesByBytes() {
    let nfc: Document = ["v": 2, "key": ["\u{E9}": 1], "name": "\u{E9}"]
    let nfd: Document = ["v": 2, "key": ["e\u{301}": 1], "name": "e\u{301}"]
    #expect(facts(indexes: [nfd]).differences(from: facts(indexes: [nfc])).count == 2)
  }

  @Test("kinds, UUIDs and counts are compared where both sides know them")
  func others() {
    let one = UUIDBytes([UInt8](repeating: 1, count: 16))
    let two = UUIDBytes([UInt8](repeating: 2, count: 16))
    let differences = facts(kind: .view, documents: 4, uuid: two)
      .differences(from: facts(documents: 5, uuid: one))
    #expect(differences.map(\.subject) == ["kind", "uuid", "documents"])
    #expect(facts(documents: 4, uuid: nil).differences(from: facts(documents: nil, uuid: one)).isEmpty)
  }

  @Test("a lifetime that is no number is the largest on the server")
  func notANumber() {
    let old = Self.plain.setting("expireAfterSeconds", to: .double(.nan))
    let new = Self.plain.setting("expireAfterSeconds", to: 2_147_483_647)
    #expect(facts(indexes: [new]).differences(from: facts(indexes: [old])).isEmpty)
  }
}
