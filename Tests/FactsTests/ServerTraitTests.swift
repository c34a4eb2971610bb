import BSON
import Facts
import Platform
import Testing

@Suite("What servers differ in")
struct ServerTraitTests {
  private static func version(_ text: String) throws -> ServerVersion {
    try #require(ServerVersion(text))
  }

  private static func collection(
    _ name: String, kind: CollectionFacts.Kind = .collection, _ options: Document = [:],
    indexes: [Document] = []
  ) throws -> CollectionFacts {
    CollectionFacts(
      try #require(Namespace("shop." + name)), kind: kind, options: options,
      indexes: indexes.map { IndexSpec($0) })
  }

  @Test("holds from its first version on, and until the one that lost it")
  func bounds() throws {
    let asked: [(ServerTrait, String, Bool)] = [
      (.updatesAsDiffs, "4.4.29", false), (.updatesAsDiffs, "5.0.0-rc1", true),
      (.upsertOption, "6.1.9", true),
      (.upsertOption, "6.2.0", false), (.upsertOption, "8.0", false), (.clusteredCollections, "5.2.1", false),
      (.clusteredCollections, "5.3", true), (.columnstoreIndexes, "6.3", true),
      (.columnstoreIndexes, "7.0", false),
    ]
    for (trait, text, expected) in asked {
      #expect(trait.holds(for: try Self.version(text)) == expected, "\(trait.name) in \(text)")
    }
  }

  @Test("is named once, and no version is between nothing and nothing")
  func table() {
    let names = ServerTrait.all.map { "\($0.area) \($0.name)" }
    #expect(Set(names).count == names.count)
    for trait in ServerTrait.all {
      if let since = trait.since, let before = trait.before { #expect(since < before, "\(trait.name)") }
      #expect(trait.treatment.hasSuffix(".") || trait.treatment.hasSuffix(".)"), "\(trait.treatment)")
    }
  }

  @Test(
    "is missed by the collections and indexes that need it, and by no others",
    arguments: [
      ("6.0.5", "6.0.5", []), ("6.0.5", "8.0.4", []),
      ("6.0.5", "5.3.1", ["collection shop.images", "index unique of shop.plain"]),
      (
        "6.0.5", "5.0.4",
        [
          "clustered collection shop.ledger", "collection shop.images", "index unique of shop.plain",
          "time series shop.metrics",
        ]
      ),
      (
        "6.0.5", "5.0.32",
        ["clustered collection shop.ledger", "collection shop.images", "index unique of shop.plain"]
      ),
      (
        "", "4.4.2",
        [
          "clustered collection shop.ledger", "collection shop.images", "index unique of shop.plain",
          "time series shop.metrics",
        ]
      ),
    ])
  func missing(source: String, server: String, expected: [String]) throws {
    let collections = [
      try Self.collection(
        "plain",
        indexes: [
          ["v": 2, "key": ["_id": 1], "name": "_id_"],
          ["v": 2, "key": ["a": 1], "name": "unique", "prepareUnique": true],
          ["v": 2, "key": ["$**": 1], "name": "wildcard"],
        ]),
      try Self.collection("ledger", ["clusteredIndex": ["key": ["_id": 1], "unique": true]]),
      try Self.collection("metrics", kind: .timeseries, ["timeseries": ["timeField": "t"]]),
      try Self.collection("images", ["changeStreamPreAndPostImages": ["enabled": true]]),
      try Self.collection("off", ["changeStreamPreAndPostImages": ["enabled": false]]),
      try Self.collection("view", kind: .view, ["viewOn": "plain", "pipeline": []]),
    ]
    let missing = try Self.version(server).lacks(collections, of: ServerVersion(source))
    #expect(missing.map { String($0.what.dropFirst("the ".count)) }.sorted() == expected)
  }

  @Test(
    "an index of a kind that a server has lost, or not yet, is told",
    arguments: [
      ("geoHaystack", "4.4.2", true), ("geoHaystack", "5.0.4", false), ("columnstore", "6.0.27", false),
      ("2dsphere", "4.4.2", true), ("text", "8.0", true),
    ])
  func kinds(kind: String, server: String, isKnown: Bool) throws {
    let facts = try Self.collection("places", indexes: [["key": ["at": .string(kind)], "name": "at"]])
    #expect(try Self.version(server).lacks([facts], of: nil).isEmpty == isKnown)
  }

  @Test(
    "an oplog goes into servers that take its updates; what is only read of servers is a doubt, and no refusal"
  )
  func oplog() throws {
    func missing(_ source: String, _ server: String) throws -> [MissingTrait] {
      try Self.version(server).lacksForOplog(of: ServerVersion(source))
    }
    for (source, server) in [
      ("4.4.2", "4.4.2"), ("4.4.2", "5.0.32"), ("4.4.2", "6.0.27"), ("6.0.5", "5.0.4"), ("5.0.4", "8.0"),
      ("", "4.4.2"),
    ] {
      #expect(try missing(source, server).isEmpty, "\(source) into \(server)")
    }
    let refused = try missing("6.0.5", "4.4.2")
    let failure = try #require(Failure.unfit(Self.version("4.4.2"), for: refused))
    #expect(failure.code == "server-unfit" && failure.kind == .noServer)
    #expect(failure.message.contains("the oplog of MongoDB 6.0.5"))
    #expect(
      failure.hint?.contains("of 5.0 or newer") == true && failure.hint?.contains("--no-replay") == true)
    let doubtful = try missing("4.4.2", "7.0.1")
    #expect(Failure.unfit(try Self.version("7.0.1"), for: doubtful) == nil)
    #expect(doubtful.compactMap(\.doubt).count == 1)
  }

  @Test(
    "a version that was never tried is said to be so",
    arguments: [
      ("4.4.2", false), ("4.4.29", false), ("5.0.1", false), ("6.0.99", false), ("6.3.0", true),
      ("7.0.2", true), ("8.0.0", true), ("4.2.6", true),
    ])
  func tried(text: String, isDoubtful: Bool) throws {
    #expect((TriedSeries.doubt(try Self.version(text)) != nil) == isDoubtful)
  }
}
