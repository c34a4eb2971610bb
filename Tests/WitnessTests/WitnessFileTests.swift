import BSON
import Facts
import Platform
import TestSupport
import Testing
import Witness

@Suite("A witness's file")
struct WitnessFileTests {
  static let record: WitnessRecord = {
    var digest = ContentDigest()
    for id in 1...3 { _ = (["_id": .int32(Int32(id))] as Document).withBytes { digest.add($0) } }
    let bounds: [Value?] = [nil] + mixedIDs.map(Optional.some) + [nil]
    let ranges = zip(bounds, bounds.dropFirst()).enumerated().map { index, bounds in
      WitnessedRange(
        batch: index % 2, range: IDRange(from: bounds.0, to: bounds.1), digest: digest,
        detail: index == 1
          ? DetailPlace(level: .fields, offset: 0, length: 7, sha256: String(repeating: "a", count: 64)) : nil
      )
    }
    let facts = CollectionFacts(
      Namespace("shop", "ör\"d.ers"), kind: .collection, options: ["validator": ["a": ["$regex": "^a"]]],
      uuid: UUIDBytes("00112233445566778899aabbccddeeff"),
      indexes: [IndexSpec(["v": 2, "key": ["_id": 1], "name": "_id_"])])
    return WitnessRecord(
      tool: "0.1.0", startedAt: WallTime(seconds: 1_795_000_000), endedAt: WallTime(seconds: 1_795_000_009),
      source: WitnessRecord.Source(hosts: ["a:27017", "b:27017"], set: "rs", version: "6.0.5"),
      selection: WitnessRecord.Selection(
        include: ["shop.*"], exclude: [], sharePerMillion: 10_000, seed: .max),
      batches: [
        WitnessRecord.Batch(Timestamp(seconds: 1_795_000_001, increment: 2)),
        WitnessRecord.Batch(Timestamp(seconds: 1_795_000_002, increment: .max)),
      ],
      collections: [
        WitnessedCollection(
          facts, sizes: WitnessedCollection.Sizes(documents: 3, data: 4, storage: 5, indexes: 6),
          way: .snapshot,
          changed: ["indexes"], cuts: 40, ranges: ranges),
        WitnessedCollection(CollectionFacts(Namespace("shop", "v"), kind: .view), reason: "a view"),
      ])
  }()

  static func text() throws -> [UInt8] {
    try withFolder { folder in
      let path = Files.join(folder, "w.json")
      try record.write(to: path)
      return try Files.read(path)
    }
  }

  static func failure(of bytes: [UInt8]) throws -> Failure? {
    try withFolder { folder in
      let path = Files.join(folder, "w.json")
      try Files.writeAtomically(bytes, to: path)
      do throws(Failure) {
        _ = try WitnessRecord.read(path)
        return nil
      } catch { return error }
    }
  }

  @Test("reads back what was written, bounds of every type among it")
  func roundTrip() throws {
    try withFolder { folder in
      let path = Files.join(folder, "w.json")
      var record = WitnessFileTests.record
      record.documentsFile = path + ".documents"
      try record.write(to: path)
      let read = try WitnessRecord.read(path)
      func keys(_ record: WitnessRecord) -> [[[UInt8]?]] {
        record.collections[0].ranges.map { [$0.range.min?.canonicalKey, $0.range.max?.canonicalKey] }
      }
      #expect(keys(read) == keys(record))
      // A NaN is not equal to itself.
      func withoutBounds(_ record: WitnessRecord) -> WitnessRecord {
        var record = record
        for index in record.collections[0].ranges.indices {
          record.collections[0].ranges[index].range = .whole
        }
        return record
      }
      #expect(withoutBounds(read) == withoutBounds(record))
    }
  }

  @Test("is damaged when it is cut short, wherever", arguments: [0, 1, 10, 100, 1000, 2000])
  func cutShort(length: Int) throws {
    let text = try WitnessFileTests.text()
    try #require(text.count > 2100)
    let failure = try #require(try WitnessFileTests.failure(of: Array(text.prefix(length))))
    #expect(failure.kind == .damagedBackup)
    #expect(failure.code == "damaged-witness")
    #expect(failure.place?.offset != nil)
  }

  @Test("is damaged when a digit of it has changed", arguments: 0..<20)
  func changed(part: Int) throws {
    var text = try WitnessFileTests.text()
    let digits = text.indices.filter { (0x30...0x39).contains(text[$0]) }
    let at = digits[digits.count * part / 20]
    text[at] = text[at] == 0x39 ? 0x38 : text[at] + 1
    let failure = try #require(try WitnessFileTests.failure(of: text))
    // The first of all digits is the version of the format.
    #expect(failure.code == "damaged-witness" || part == 0 && failure.code == "newer-witness")
  }

  @Test("may be formatted by another program")
  func formatted() throws {
    let json = try JSON.parse(WitnessFileTests.text())
    #expect(try WitnessFileTests.failure(of: Array(json.text(pretty: true).utf8)) == nil)
  }

  @Test("says what is wrong with it")
  func wrong() throws {
    #expect(
      try WitnessFileTests.failure(of: Array(#"{"schema_version":2}"#.utf8))?.code == "newer-witness")
    #expect(try WitnessFileTests.failure(of: Array("{}".utf8))?.cause == "schema_version is missing")
    #expect(try WitnessFileTests.failure(of: Array("[]".utf8))?.code == "damaged-witness")
    #expect(throws: Failure.self) { try WitnessRecord.read("/nonexistent/witness") }
  }

  @Test("is for its owner alone")
  func mode() throws {
    try withFolder { folder in
      let path = Files.join(folder, "w.json")
      try WitnessFileTests.record.write(to: path)
      #expect(try permissions(of: path) == 0o600)
    }
  }

  @Test("gives the catalogue with the numbers of what was read wholly in a batch")
  func catalogue() {
    var record = WitnessFileTests.record
    let name = Namespace("shop", "ör\"d.ers")
    #expect(record.catalogue()[name]?.documents == nil)
    #expect(record.catalogue(at: 0)[name]?.documents == nil)
    for index in record.collections[0].ranges.indices { record.collections[0].ranges[index].batch = 1 }
    record.collections[0].cuts = record.collections[0].ranges.count
    #expect(record.catalogue(at: 0)[name]?.documents == nil)
    #expect(record.catalogue(at: 1)[name]?.documents == 3 * record.collections[0].cuts)
    #expect(record.catalogue(at: 1)[Namespace("shop", "v")]?.documents == nil)
  }
}
