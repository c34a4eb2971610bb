import BSON
import Facts
import Mongo
import Platform
import Record
import TestSupport
import Testing
import Witness

@Suite("The comparison with a witness", .tags(.mongod), .timeLimit(.minutes(10)))
struct ComparisonTests {
  /// Records a witness of 2,000 documents, changes a copy, and compares the two.
  static func compare(
    _ documents: [Document] = (0..<2000).map {
      ["_id": .int32($0), "n": .int32($0), "in": ["a": 1, "b": ["x"]], "t": .string("t\($0)")]
    },
    _ request: (inout WitnessRequest) -> Void = { $0.rangeDocuments = 200 }, limit: Int = 5,
    changing change: (borrowing RestoredDatabase) throws -> Void,
    between: (WitnessRecord) throws -> Void = { _ in }
  ) throws -> CollectionComparison {
    try withFolder { folder in
      let database = try SourceDatabase()
      try database.insert("c", documents)
      let record = try database.witness(in: folder, request)
      try between(record)
      let copy = try RestoredDatabase()
      try database.copy("c", to: copy)
      try change(copy)
      let name = copy.name
      let compared = try record.compare(
        batch: 0, with: copy.pool, renamed: { Namespace(name, $0.collection) }, limit: limit)
      return try #require(compared.first)
    }
  }

  static func update(_ id: Value, _ change: Value, _ database: borrowing RestoredDatabase) throws {
    let reply = try database.pool.run(
      ["update": "c", "updates": [["q": ["_id": id], "u": change]]], on: database.name)
    try #require(reply["nModified"]?.integer == 1)
  }

  static func delete(_ id: Value, _ database: borrowing RestoredDatabase) throws {
    let reply = try database.pool.run(
      ["delete": "c", "deletes": [["q": ["_id": id], "limit": 1]]], on: database.name)
    try #require(reply["n"]?.integer == 1)
  }

  @Test("names a changed document with its fields, a deleted one and an added one")
  func named() throws {
    let comparison = try ComparisonTests.compare(changing: { copy in
      try ComparisonTests.update(
        700, ["$set": ["in.a": 2, "in.c": 1], "$unset": ["t": ""], "$push": ["in.b": "y"]], copy)
      try ComparisonTests.delete(3, copy)
      try copy.insert("c", [["_id": "new"]])
    })
    #expect(comparison.isEqual == false)
    #expect((comparison.changed, comparison.missing, comparison.extra) == (1, 1, 1))
    #expect(comparison.isCounted)
    #expect(comparison.differingRanges == 3)
    #expect(comparison.found.documents == 2000)
    #expect(
      comparison.samples == [
        DocumentDifference(
          700,
          .changed([
            FieldDifference("in.a", .changed), FieldDifference("in.b", .changed),
            FieldDifference("in.c", .added),
            FieldDifference("t", .removed),
          ])),
        DocumentDifference(3, .missing), DocumentDifference("new", .extra),
      ])
    #expect(
      comparison.samples.map(\.description) == [
        "700: changed: in.a, in.b; added: in.c; removed: t", "3: missing", "\"new\": extra",
      ])
  }

  @Test(
    "sees each byte",
    arguments: [
      (["_id": 1, "b": 1, "a": 1], "changed: the order of its fields"),
      (["_id": 1, "a": .int64(1), "b": 1], "changed: a"),
      (["_id": 1, "a": 1, "b": ["x": 1]], "added: b.x; removed: b"),
      (["_id": 1.0, "a": 1, "b": 1], "changed: _id"), (["_id": 1, "a": 1, "b": 1, "b": 1], "changed: b"),
      (["_id": 1, "a": 1, "b": 1, "e\u{301}": 1], "added: e\u{301}"),
    ] as [(Document, String)])
  func bytes(document: Document, text: String) throws {
    let comparison = try ComparisonTests.compare([["_id": 1, "a": 1, "b": 1]]) { copy in
      try ComparisonTests.delete(1, copy)
      try copy.insert("c", [document])
    }
    #expect(comparison.samples.map(\.kind.description) == [text])
  }

  @Test("finds documents with _ids of all types")
  func types() throws {
    try withFolder { folder in
      let database = try SourceDatabase()
      try database.insert("c", mixedIDs.map { ["_id": $0, "a": 1] })
      let record = try database.witness(in: folder) { $0.rangeDocuments = 3 }
      let copy = try RestoredDatabase()
      try database.copy("c", to: copy)
      let name = copy.name
      for id in mixedIDs {
        try ComparisonTests.update(id, ["$set": ["a": 2]], copy)
        let compared = try record.compare(
          batch: 0, with: copy.pool, renamed: { Namespace(name, $0.collection) }, limit: 5)
        let comparison = try #require(compared.first)
        #expect(comparison.differing == 1)
        #expect(comparison.samples.first?.id.canonicalKey == id.canonicalKey)
        #expect(comparison.samples.first?.kind == .changed([FieldDifference("a", .changed)]))
        try ComparisonTests.update(id, ["$set": ["a": 1]], copy)
      }
    }
  }

  @Test("counts all and names as many as asked for, of each kind some")
  func limit() throws {
    let comparison = try ComparisonTests.compare(
      limit: 4,
      changing: { copy in
        for id: Int32 in 0..<20 { try ComparisonTests.update(.int32(id * 50), ["$set": ["n": -1]], copy) }
        for id: Int32 in 0..<30 { try ComparisonTests.delete(.int32(id * 50 + 1), copy) }
        try copy.insert("c", [["_id": -1]])
      })
    #expect((comparison.changed, comparison.missing, comparison.extra) == (20, 30, 1))
    #expect(comparison.samples.count == 4)
    #expect(Set(comparison.samples.map { "\($0.kind)" }) == ["changed: n", "missing", "extra"])
  }

  @Test("tells as much as is known", arguments: WitnessRequest.Detail.allCases)
  func levels(detail: WitnessRequest.Detail) throws {
    let comparison = try ComparisonTests.compare(
      (0..<1000).map { ["_id": .int32($0), "a": 1] },
      {
        $0.rangeDocuments = 100
        $0.detail = detail
      },
      changing: { copy in
        try ComparisonTests.update(50, ["$set": ["a": 2]], copy)
        try ComparisonTests.delete(950, copy)
      })
    #expect(comparison.differingRanges == 2)
    switch detail {
    case .auto, .fields:
      #expect(comparison.samples.first?.kind == .changed([FieldDifference("a", .changed)]))
      #expect(comparison.isCounted)
    case .documents:
      #expect(comparison.samples.first?.kind == .changed(nil))
      #expect(comparison.isCounted && comparison.differing == 2)
    case .ranges:
      #expect(comparison.samples == [])
      #expect(!comparison.isCounted)
      #expect(comparison.unknownRanges.count == 2)
    }
  }

  @Test("keeps to the room for details")
  func room() throws {
    let documents: [Document] = (0..<3000).map { ["_id": .int32($0), "a": .int32($0), "b": .int32($0)] }
    for (room, level) in [(100, nil), (45_000, DetailLevel.documents), (1_000_000, .fields)]
      as [(Int, DetailLevel?)]
    {
      _ = try ComparisonTests.compare(
        documents,
        {
          $0.rangeDocuments = 500
          $0.detailBytes = room
        }, changing: { _ in },
        between: { record in
          let places = record.collections.flatMap(\.ranges).compactMap(\.detail)
          #expect(places.reduce(0) { $0 + $1.length } <= room)
          #expect(places.map(\.level).allSatisfy { $0 == level })
          #expect((places.count == 6) == (level != nil))
          #expect((record.documentsFile == nil) == (level == nil))
        })
    }
  }

  @Test("says so when the file of documents is lost or another", arguments: [true, false])
  func lost(isGone: Bool) throws {
    let comparison = try ComparisonTests.compare(
      changing: { copy in try ComparisonTests.delete(5, copy) },
      between: { record in
        let path = try #require(record.documentsFile)
        #expect(try permissions(of: path) == 0o600)
        if isGone {
          try Files.removeTree(path)
        } else {
          try Files.writeAtomically(Files.read(path).map { $0 ^ 1 }, to: path)
        }
      })
    #expect(!comparison.isEqual)
    #expect(!comparison.isCounted)
    #expect(comparison.unknownRanges.count == 1)
    // One of them says that a witness of an older server has no moment.
    let isOld = ServerUnderTest.version.map { $0 < ServerVersion(5, 0) } ?? false
    #expect(comparison.notes.count == (isOld ? 2 : 1), "\(comparison.notes)")
  }

  @Test("of a collection that isn't there misses every document")
  func gone() throws {
    let comparison = try ComparisonTests.compare(changing: { copy in
      try copy.pool.run(["drop": "c"], on: copy.name)
    })
    #expect(comparison.missing == 2000)
    #expect(comparison.found == ContentDigest())
  }

  @Test("leaves out what it is told to")
  func selection() throws {
    try withFolder { folder in
      let database = try SourceDatabase()
      for name in ["a", "b", "c"] { try database.insert(name, [["_id": 1]]) }
      let record = try database.witness(in: folder) { $0.exclude = ["*.c"] }
      #expect(record.collections.map(\.facts.namespace.collection) == ["a", "b"])
      let only = try record.compare(batch: 0, with: database.pool, only: { $0.collection == "b" })
      #expect(only.map(\.namespace.collection) == ["b"])
      let renamed = try record.compare(
        batch: 0, with: database.pool, renamed: { $0.collection == "a" ? nil : $0 })
      #expect(renamed.map(\.namespace.collection) == ["b"])
    }
  }
}
