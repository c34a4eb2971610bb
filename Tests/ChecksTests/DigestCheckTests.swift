import BSON
import Checks
import Facts
import Platform
import Record
import Testing
import Witness

@Suite("digest", .tags(.mongod), .timeLimit(.minutes(10)))
struct DigestCheckTests {
  /// What a backup with these documents says.
  private func facts(_ namespace: Namespace, _ documents: [Document]) -> Catalogue {
    var digest = ContentDigest()
    for document in documents { _ = unsafe document.withBytes { unsafe digest.add($0) } }
    var facts = CollectionFacts(namespace, documents: documents.count)
    facts.digest = digest
    return Catalogue([facts])
  }

  static let documents = numbered(30_000) { ["n": .double(Double($0)), "text": .string("t\($0)")] }

  @Test(
    "notices whatever is not the same, byte for byte",
    arguments: [
      (nil, .pass, "30,000 documents, byte for byte as in the backup"),
      (
        ["q": ["_id": 7], "u": ["$set": ["n": .int32(7)]], "multi": false], .fail,
        "30,000 documents, as many as in the backup, but not the same"
      ),
      (
        ["q": ["_id": 7], "u": ["n": 7.0, "text": "t7", "more": .null], "multi": false], .fail,
        "30,000 documents, as many as in the backup, but not the same"
      ),
    ] as [(Document?, Outcome.Result, String)])
  func content(update: Document?, result: Outcome.Result, message: String) throws {
    var database = try TestDatabase()
    try database.insert("c", Self.documents)
    database.expected = facts(Namespace(database.name, "c"), Self.documents)
    if let update { try database.run(["update": "c", "updates": .list([.document(update)])]) }
    let outcome = try database.check("c", "digest")
    #expect(outcome.result == result, "\(outcome)")
    #expect(outcome.message == message)
    #expect(outcome.measured["documents"] == 30_000)
  }

  @Test("a document that is missing and one that is twice there under another _id are no match")
  func swapped() throws {
    var database = try TestDatabase()
    try database.insert("c", Self.documents)
    database.expected = facts(Namespace(database.name, "c"), Self.documents)
    try database.run(["delete": "c", "deletes": .list([["q": ["_id": 1], "limit": 1]])])
    #expect(try database.check("c", "digest").message == "29,999 documents, 30,000 in the backup")
    try database.insert("c", [["_id": 0, "n": 1.0, "text": "t1"]])
    #expect(try database.check("c", "digest").result == .fail)
  }

  @Test("two empty collections are the same; without a backup, or after a replay, there is no answer")
  func nothing() throws {
    var database = try TestDatabase()
    try database.create("c")
    #expect(try database.check("c", "digest").message == "there is no backup to compare with")
    database.expected = facts(Namespace(database.name, "c"), [])
    #expect(try database.check("c", "digest").result == .pass)
    database.expected = Catalogue([CollectionFacts(Namespace(database.name, "c"), documents: 0)])
    let outcome = try database.check("c", "digest")
    #expect(outcome.result == .error)
    #expect(outcome.message.contains("can't be computed from the backup"))
  }

  @Test(
    "with a witness that is a sample never passes; where much less is there than the source counted, it fails",
    arguments: [
      (0, nil, .warn, "isn't noticed"),
      (0, 30_000, .warn, "30,000 documents in all, as many as the source had"),
      (2000, nil, .warn, "isn't noticed"),
      (2000, 30_000, .warn, "28,000 documents in all, and the source had 30,000 by its own count"),
      (9000, 30_000, .fail, "21,000 documents in all, and the source had 30,000 by its own count"),
    ] as [(Int, Int?, Outcome.Result, String)])
  func sample(lost: Int, counted: Int?, result: Outcome.Result, message: String) throws {
    var database = try TestDatabase()
    try database.insert("c", Array(Self.documents.dropFirst(lost)))
    var digest = ContentDigest()
    for document in Self.documents[20_000...] { _ = unsafe document.withBytes { unsafe digest.add($0) } }
    let collection = WitnessedCollection(
      CollectionFacts(Namespace(database.name, "c")),
      sizes: counted.map { WitnessedCollection.Sizes(documents: $0, data: 0, storage: 0, indexes: 0) },
      way: .snapshot, cuts: 3,
      ranges: [WitnessedRange(batch: 0, range: IDRange(from: 20_001), digest: digest)])
    let record = witness(of: [collection])
    database.server = { $0.witnessed = WitnessedContent(record, standing: 0) }
    let outcome = try database.check("c", "digest: {compare: witness}")
    #expect(outcome.result == result, "\(outcome)")
    #expect(
      outcome.message.hasPrefix(
        "10,000 documents, byte for byte as on the source (1 of 3 ranges); 2 ranges of 3"))
    #expect(outcome.message.contains(message), "\(outcome.message)")
    #expect(outcome.leftOut?.contains("a sample") == true)
    #expect(outcome.measured["count"] == (counted == nil ? nil : .integer(Int64(30_000 - lost))))
  }

  private func witness(of collections: [WitnessedCollection]) -> WitnessRecord {
    WitnessRecord(
      tool: "0", startedAt: WallTime(seconds: 1), endedAt: WallTime(seconds: 2),
      source: WitnessRecord.Source(hosts: ["h"], set: "s", version: "6.0.5"),
      selection: WitnessRecord.Selection(include: [], exclude: [], sharePerMillion: 200_000, seed: 1),
      batches: [WitnessRecord.Batch(Timestamp(seconds: 1, increment: 1))], collections: collections)
  }
}
