import BSON
import Checks
import Configuration
import Drafting
import Facts
import Platform
import TestSupport
import Testing

@Suite("A draft")
struct DraftTests {
  /// Kinds of checks, so that what is expected doesn't grow with them.
  static let kinds: Set<String> = [
    "count", "digest", "indexes", "options", "validate", "references", "unique", "freshness", "missing",
    "types", "users",
    "gridfs", "schema",
  ]

  private func drafted(
    isReplayed: Bool = false, _ make: (HandmadeBackup) throws -> Void
  ) throws -> [String] {
    try withFolder { folder in
      let backup = try HandmadeBackup(in: folder)
      try make(backup)
      return try backup.draft(isReplayed: isReplayed, kinds: Self.kinds).items.map {
        "\($0.isSure ? "+" : "-") \($0.subject) \($0.text)"
      }
    }
  }

  @Test("every collection is asked for the facts of the backup")
  func facts() throws {
    #expect(
      try drafted { try $0.add("shop.notes", numbered(3)) } == [
        "+ * count: {compare: backup}", "+ * digest: {compare: backup}", "+ * options: {compare: backup}",
        "+ * indexes: {compare: backup}", "+ * validate",
      ])
  }

  @Test("after a replay the dump's documents are not what is compared with")
  func replayed() throws {
    let items = try drafted(isReplayed: true) { try $0.add("shop.notes", numbered(3)) }
    #expect(items == ["+ * options: {compare: backup}", "+ * indexes: {compare: backup}", "+ * validate"])
  }

  @Test("a witness of a selection is asked of each of its collections, also of those that the backup lacks")
  func selectedWitness() throws {
    let notes = CollectionFacts(Namespace("shop", "notes"), documents: 3)
    var sources = Draft.Sources(Catalogue([notes]), kinds: Self.kinds)
    sources.witnessed = [notes.namespace, Namespace("shop", "orders")]
    func witnessed() -> [String] {
      Draft(sources).items.filter { $0.text == "digest: {compare: witness}" }.map(\.subject.description)
    }
    #expect(witnessed() == ["shop.notes", "shop.orders"])
    // `collections: {compare: witness}` misses what isn't there.
    sources.witnessesAll = true
    #expect(witnessed() == ["shop.notes"])
  }

  @Test("a backup without a collection is asked nothing")
  func nothing() throws {
    let draft = Draft(Draft.Sources(Catalogue()))
    #expect(draft.items.isEmpty)
    #expect(try draft.suite().checks.isEmpty)
    // A suite that asks nothing would be refused: its lines are comments.
    let text = ScenarioDraft(draft, title: "t", backup: "dump").yaml
    #expect(text.contains("\n  # - {id: verify, check: [standard]}\n# checks:\n"), "\(text)")
    let diagnostics = Diagnostics()
    let scenario = try #require(Node.parse(text, file: "s.yaml", diagnostics))
    #expect(scenario["checks"] == nil && scenario["steps"]?.elements?.count == 1)
  }

  @Test("unique indexes are keys; partial, sparse and collated ones say less")
  func unique() throws {
    func index(_ key: Document, _ more: Document = [:]) -> Document {
      var index: Document = [
        "v": 2, "key": .document(key), "name": .string(key.names.joined()), "unique": true,
      ]
      for option in more { index = index.setting(option.name, to: option.value) }
      return index
    }
    let items = try drafted { backup in
      try backup.add(
        "shop.notes", numbered(3),
        indexes: [
          index(["a": 1]), index(["b": 1, "c.d": -1]), index(["e": 1], ["sparse": true]),
          index(["f": 1], ["partialFilterExpression": ["f": ["$gt": 1]]]),
          index(["g": 1], ["collation": ["locale": "en"]]), index(["h": 1], ["unique": false]),
        ])
    }
    #expect(
      items.filter { $0.contains("unique") } == [
        "+ shop.notes unique: {field: a}", "+ shop.notes unique: {fields: [b, c.d]}",
      ])
  }

  @Test("of several fields with an array no one key can be made", arguments: [nil, 200])
  func arrays(wide: Int?) throws {
    let index: Document = ["v": 2, "key": ["a": 1, "b.c": 1], "name": "a_1_b.c_1", "unique": true]
    func isSure(_ odd: Document) throws -> [Bool] {
      try withFolder { folder in
        let backup = try HandmadeBackup(in: folder)
        try backup.add(
          "shop.notes", numbered(40) { $0 == 39 ? odd : ["a": .int32(Int32($0)), "b": ["c": 1]] },
          indexes: [index])
        var limits = Survey.Limits()
        limits.wide = wide ?? limits.wide
        return try backup.draft(limits: limits, kinds: ["unique"]).items.map(\.isSure)
      }
    }
    #expect(try isSure(["a": 99, "b": ["c": 2]]) == [true])
    #expect(try isSure([:]) == [true])
    #expect(try isSure(["a": [1, 2], "b": ["c": 2]]) == [false])
    #expect(try isSure(["a": 1, "b": [["c": 2]]]) == [false])
    #expect(try isSure(["a": 1, "b": ["c": [1]]]) == [false])
  }

  @Test("what sounds and looks like one of a kind is a guess; what repeats is not even that")
  func soundsUnique() throws {
    let items = try drafted { backup in
      try backup.add(
        "shop.people",
        numbered(40) { number in
          [
            "email": .string("p\(number)@example.org"), "number": .int32(Int32(number % 39)),
            "name": .string("name \(number)"), "passId": .int32(Int32(number * 7)),
          ]
        })
    }
    #expect(
      items.filter { $0.contains("unique") } == [
        "- shop.people unique: {field: email}", "- shop.people unique: {field: passId}",
      ])
  }

  @Test("the newest date tells how fresh a collection is; without one the ObjectIds do")
  func freshness() throws {
    try withFolder { folder in
      let backup = try HandmadeBackup(in: folder)
      try backup.add(
        "shop.orders",
        numbered(30) {
          [
            "placedAt": .date(1_767_225_600_000 + Int64($0) * 1000), "bornAt": .date(0),
          ]
        })
      try backup.add("shop.events", (1...30).map { ["_id": id($0), "what": "x"] })
      let items = try backup.draft(kinds: ["freshness"]).items
      #expect(
        items.map { "\($0.isSure) \($0.subject) \($0.text): \($0.reason)" }
          == [
            "false shop.events freshness: {max: 24h}: the newest `_id` is of 2026-11-21T11:03:00Z; how old may it be?",
            "false shop.orders freshness: {field: placedAt, max: 24h}: the newest is 2026-01-01T00:00:30Z; how old may it be?",
          ].map { $0.replacing("2026-11-21T11:03:00Z", with: "\(WallTime(seconds: 0x6B01_0203).text)") })
    }
  }

  @Test("a bucket of files whose chunks fit is asked for; one that lost files is a guess")
  func buckets() throws {
    func bucket(files: Int) throws -> [String] {
      try drafted { backup in
        try backup.add(
          "shop.fs.files", (1...files).map { ["_id": id($0), "length": 10, "chunkSize": .int64(8)] })
        try backup.add(
          "shop.fs.chunks", numbered(60) { ["files_id": id(($0 - 1) / 2 + 1), "n": .int32(Int32($0 % 2))] })
      }.filter { $0.contains("gridfs") || $0.contains("chunks") && !$0.contains("count") }
    }
    #expect(try bucket(files: 30) == ["+ shop gridfs"])
    #expect(try bucket(files: 29) == ["- shop gridfs"])
  }

  @Test("what each document has is a guess, by its types")
  func shape() throws {
    let items = try drafted { backup in
      try backup.add(
        "shop.orders",
        numbered(30) { number in
          var fields: [(String, Value)] = [
            ("total", .double(1)), ("mixed", number == 3 ? 1 : "x"), ("state", "new"),
          ]
          if number != 5 { fields.append(("note", "n")) }
          if number == 9 { fields[2].1 = .null }
          return Document(fields)
        })
    }
    #expect(
      items.filter { $0.contains("missing") || $0.contains("types") } == [
        "- shop.orders types: {fields: {total: [double]}}"
      ])
  }

  @Test("names that are data make no fields")
  func maps() throws {
    let items = try drafted { backup in
      try backup.add("shop.customers", numbered(30))
      try backup.add(
        "shop.visits",
        numbered(300) {
          [
            "perDay": ["d\($0)": ["customerId": .int32(Int32($0 % 30 + 1))]], "byYear": ["2026": 1],
          ]
        })
    }
    #expect(!items.contains { $0.contains("perDay.") || $0.contains("2026") })
  }

  @Test("the sure ones are a suite, decoded as a scenario's; the text is read as the same checks")
  func suite() throws {
    try withFolder { folder in
      let backup = try HandmadeBackup(in: folder)
      try backup.add("shop.customers", numbered(30))
      try backup.add("shop.or: ders", numbered(40) { ["customer_id": .int32(Int32($0 % 30 + 1))] })
      let draft = try backup.draft(kinds: ["count", "references", "validate"])
      let suite = try draft.suite()
      let wanted = ["count *", "validate *", "references shop.or: ders"]
      #expect(suite.name == "standard")
      #expect(suite.checks.map { "\($0.name) \($0.subject)" } == wanted)
      let text = ScenarioDraft(draft, title: "t", backup: "dump").yaml
      let diagnostics = Diagnostics()
      let checks = try #require(Node.parse(text, file: "s.yaml", diagnostics)?["checks"])
      let read = try #require(Checks.Suite.decode(checks, diagnostics)?.first)
      #expect(diagnostics.isEmpty)
      #expect(read.checks.map { "\($0.name) \($0.subject)" } == wanted)
    }
  }

  @Test("a scenario is short, grouped by collection, and says why")
  func text() throws {
    try withFolder { folder in
      let backup = try HandmadeBackup(in: folder)
      try backup.add(
        "shop.customers", numbered(120) { ["email": .string("c\($0)@example.org")] },
        indexes: [["v": 2, "key": ["email": 1], "name": "email_1", "unique": true]])
      try backup.add(
        "shop.orders",
        numbered(200) { number in
          [
            "customerId": .int32(Int32(number % 120 + 1)), "placedAt": .date(1_767_225_600_000),
            "productId": .int32(Int32(number % 30 + 1)),
          ]
        })
      try backup.add("shop.products", numbered(29) { ["name": .string("p\($0)")] })
      let draft = try backup.draft(kinds: Self.kinds)
      let scenario = ScenarioDraft(
        draft, title: "Can shop be recovered?", backup: "backups/shop", notes: ["Drafted from backups/shop."])
      #expect(scenario.yaml == expectedText)
    }
  }

  @Test("a replay is a step of its own, and what was seen before it only warns")
  func replay() throws {
    try withFolder { folder in
      let backup = try HandmadeBackup(in: folder)
      try backup.add("shop.customers", numbered(30))
      try backup.add("shop.orders", numbered(40) { ["customerId": .int32(Int32($0 % 30 + 1))] })
      let draft = try backup.draft(isReplayed: true, kinds: ["count", "references"])
      let text = ScenarioDraft(draft, title: "t", backup: "dump", oplog: ["slices"], target: "1795258578:300")
        .yaml
      #expect(text.contains("\noplog: [{path: slices}]\n"))
      #expect(text.contains("\n  - {id: replay, replay: {to: \"1795258578:300\"}}\n"))
      #expect(
        text.hasSuffix(
          """
              shop.orders:
                - references: {field: customerId, to: shop.customers}  # all 40 values (30 different) are in shop.customers
                  severity: warn

          """), "\(text)")
    }
  }
}

private let expectedText = """
  # Drafted from backups/shop.
  # Lines that are commented out are guesses, each with what keeps it from being sure; remove the `# ` of those
  # that hold. `mongodrill lint` says whether the file is right.
  version: 1
  title: "Can shop be recovered?"
  backup: {path: backups/shop}
  # objectives:
  #   rto: {max: 30m, warn: 20m}  # from the first byte read to the checks passed
  steps:
    - {id: restore, restore: {}}
    - {id: verify, check: [standard]}
  checks:
    standard:
      # Facts of the backup, asked of each of its 3 collections.
      "*":
        - count: {compare: backup}
        - digest: {compare: backup}
        - options: {compare: backup}
        - indexes: {compare: backup}
        - validate
      # 120 documents, 4.93 kB
      shop.customers:
        # - count: {min: 100}  # of 120; what a backup lacks, only a limit of your own shows
        - unique: {field: email}  # index email_1 is unique
        # - types: {fields: {email: [string]}}  # so in all 120 documents
      # 200 documents, 12.6 kB
      shop.orders:
        # - count: {min: 180}  # of 200; what a backup lacks, only a limit of your own shows
        - references: {field: customerId, to: shop.customers}  # all 200 values (120 different) are in shop.customers
        # - references: {field: productId, to: shop.products}  # 97% of 200 values are in shop.products
        # - freshness: {field: placedAt, max: 24h}  # the newest is 2026-01-01T00:00:00Z; how old may it be?
        # - types: {fields: {customerId: [int], placedAt: [date], productId: [int]}}  # so in all 200 documents
      # 29 documents, 803 B
      # shop.products:
      #   - types: {fields: {name: [string]}}  # so in all 29 documents

  """
