import BSON
import Backups
import Facts
import Platform
import Testing

/// Names of collections, and the files that mongodump 100.18 made for them.
@Suite("file names")
struct FileNameTests {
  private func collections(_ files: [String: String]) throws -> [CollectionFacts] {
    let scratch = try Scratch()
    for (name, content) in files { try scratch.write(content, to: "dump/d/" + name) }
    return try openBackup(scratch["dump"]).collections.map(\.facts)
  }

  private func metadata(_ name: String, type: String = "collection") -> String {
    #"{"indexes":[],"collectionName":"\#(name)","type":"\#(type)"}"#
  }

  @Test(
    "are unescaped once",
    arguments: [
      ("100%25+%2B+1%2F2+%C3%BCn%C3%AF~%2A%28%21%29", "100% + 1/2 ünï~*(!)"),
      ("a%2F..%2F..%2F..%2Fevil", "a/../../../evil"), ("newline%0Aname", "newline\nname"),
      ("a%252B", "a%2B"), ("100%", "100%"), ("%zz", "%zz"),
    ])
  func escaping(stem: String, name: String) throws {
    // The file's name alone tells.
    let facts = try collections([stem + ".bson": "", stem + ".metadata.json": #"{"indexes":[]}"#])
    #expect(facts.map(\.namespace) == [Namespace("d", name)])
  }

  @Test("of NFC and NFD are two collections")
  func normalization() throws {
    let facts = try collections([
      "caf%C3%A9.bson": "", "caf%C3%A9.metadata.json": metadata("caf\u{E9}"),
      "cafe%CC%81.bson": "", "cafe%CC%81.metadata.json": metadata("cafe\u{301}"),
    ])
    #expect(facts.count == 2)
  }

  @Test("that were cut and hashed are told by the metadata, those of buckets have another hash")
  func cut() throws {
    let two = String(repeating: "%C3%B6", count: 34) + "%C3%"
    let buckets = "system.buckets." + String(repeating: "%C3%B6", count: 32) + "%"
    let inside = String(repeating: "x", count: 206) + "%2"
    let facts = try collections([
      two + "%24RU431pIGBqMVRm4Nu4-aAMLLtfA.metadata.json":
        metadata(String(repeating: "ö", count: 100), type: "timeseries"),
      buckets + "%24mlDh6UQ2k5x0Eix-D6zhUsxW-tY.bson": "",
      inside + "%24QWx78UZiDsoVDUfhF7JSkGdZWlQ.bson": "",
      inside + "%24QWx78UZiDsoVDUfhF7JSkGdZWlQ.metadata.json":
        metadata(String(repeating: "x", count: 206) + String(repeating: "%", count: 12)),
    ])
    #expect(
      facts.map(\.namespace.collection) == [
        String(repeating: "x", count: 206) + String(repeating: "%", count: 12),
        String(repeating: "ö", count: 100),
      ])
    #expect(facts.last?.kind == .timeseries)
  }

  @Test("that were cut, with metadata of another collection, are refused")
  func cutMismatch() throws {
    let stem = String(repeating: "x", count: 206) + "%2%24QWx78UZiDsoVDUfhF7JSkGdZWlQ"
    for content in [#"{"indexes":[]}"#, metadata(String(repeating: "x", count: 250))] {
      let scratch = try Scratch()
      try scratch.write("", to: "dump/d/\(stem).bson")
      try scratch.write(content, to: "dump/d/\(stem).metadata.json")
      let codes = try faults(scratch["dump"]).map(\.code)
      #expect(codes == ["collection-name-unknown"] || codes == ["metadata-mismatch"])
    }
  }
}
