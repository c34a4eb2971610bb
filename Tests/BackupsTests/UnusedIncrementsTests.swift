import BSON
import Backups
import Platform
import Testing

@Suite("Increments of the oplog that no entry has") struct UnusedIncrementsTests {
  @Test("are counted, with the first place, and are no gap")
  func counted() throws {
    let scratch = try Scratch()
    var entries = (1...20).map { OplogSlices.insert("5:\($0)") } + [OplogSlices.insert("6:3")]
    let before = entries[..<9].reduce(0) { $0 + $1.bytes.count }
    entries.removeSubrange(9..<11)
    let chain = try scratch.chain([entries[0]], [entries])
    let unused = try #require(chain.coverage.unused)
    #expect(unused.count == 4 && unused.places == 2)
    #expect(unused.before == Timestamp("5:9") && unused.after.timestamp == Timestamp("5:12"))
    #expect(unused.after.place == Place(scratch["slices/0.bson"], offset: UInt64(before)))
    #expect(chain.coverage.gaps.isEmpty && chain.coverage.end == Timestamp("6:3"))
    #expect(chain.coverage.lines.contains(unused.sentence))
    #expect(unused.sentence.contains("4 increments of the slices have no entry and belong to no transaction"))
  }

  @Test(
    "are those of a transaction's operations, or of an image, where such an entry follows",
    arguments: [0, 1, 2, 3])
  func accountedFor(kind: Int) throws {
    let scratch = try Scratch()
    let session: [(String, Value)] = [("lsid", ["id": 1]), ("txnNumber", .int64(1))]
    let change = OplogSlices.insert("5:4")
    let last: Document =
      switch kind {
      case 0:
        session.reduce(change) { $0.setting($1.0, to: $1.1) }.setting("op", to: "c").setting(
          "o", to: ["applyOps": []])
      case 1: change.setting("op", to: "c").setting("o", to: ["applyOps": []]).setting("multiOpType", to: 1)
      case 2:
        change.setting("ts", to: .timestamp(Timestamp(seconds: 5, increment: 3))).setting(
          "needsRetryImage", to: "preImage")
      default: change
      }
    let chain = try scratch.chain([OplogSlices.insert("5:1")], [[OplogSlices.insert("5:1"), last]])
    #expect(chain.coverage.unused?.count == (kind == 3 ? 2 : nil))
  }

  @Test("are none in slices that lack nothing") func none() throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("5:1"), [OplogSlices.inserts("5:1", "5:2", "6:1", "6:2")])
    #expect(chain.coverage.unused == nil)
    #expect(chain.coverage.json["unused_increments"] == nil)
  }
}
