import BSON
import Backups
import Glibc
import Platform
import Testing

@Suite("the oplog chain")
struct OplogChainTests {
  @Test("gives every entry of the real slices once and in order, as often as it is read")
  func fixture() throws {
    let chain = try OplogChain.open(
      base: openBackup(Fixture.gzippedArchive), slices: [Fixture.shop + "/oplog"])
    var expected = OplogSlices.real[0]
    for slice in OplogSlices.real.dropFirst() {
      #expect(slice.first == expected.last, "the fixture's slices share their seams")
      expected += slice.dropFirst()
    }
    #expect(expected.count == 8057)
    for _ in 0..<2 {
      let cursor = try chain.cursor()
      var count = 0
      while let entry = try cursor.next() {
        let isSame =
          count < expected.count
          && Document(validated: entry.operation.bytes).withBytes { read in
            expected[count].withBytes {
              memcmp(read.baseAddress!, $0.baseAddress!, min(read.count, $0.count)) == 0
            }
          }
        try #require(isSame, "entry \(count) at \(cursor.place) is another")
        count += 1
      }
      #expect(count == expected.count)
    }
    #expect(chain.coverage.seams.isEmpty)
    #expect(chain.coverage.provenEnd == Timestamp("1795259700:2"))
    #expect(chain.coverage.end == chain.coverage.provenEnd)
  }

  @Test("is the base's own oplog alone where no slice is given", arguments: Fixture.forms)
  func baseAlone(form: String) throws {
    let chain = try OplogChain.open(base: openBackup(form), slices: [])
    #expect(!chain.hasSlices)
    #expect(chain.coverage.end == chain.coverage.dumpEnd)
    #expect(chain.coverage.windowStart < chain.coverage.dumpEnd)
    let times = try chain.timestamps()
    #expect(times.first == chain.coverage.windowStart.description)
    #expect(times.last == chain.coverage.dumpEnd.description)
  }

  @Test("begins in the middle of a slice that is older than the dump, whose entries agree")
  func windowWithinSlice() throws {
    let scratch = try Scratch()
    let all = OplogSlices.inserts("5:1", "5:2", "6:1", "6:2", "7:1", "7:2")
    let chain = try scratch.chain(Array(all[2...3]), [all])
    #expect(try chain.timestamps() == ["5:1", "5:2", "6:1", "6:2", "7:1", "7:2"])
    #expect(chain.coverage.windowStart == Timestamp("6:1"))
    #expect(chain.coverage.dumpEnd == Timestamp("6:2"))
    #expect(chain.coverage.provenEnd == Timestamp("7:2"))
  }

  @Test("leaves out slices from before the dump, whatever gaps they have, and says so")
  func earlySlices() throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("50:1", "50:2"),
      [
        OplogSlices.inserts("5:1", "5:9"), OplogSlices.inserts("9:4", "9:5"),
        OplogSlices.inserts("50:2", "51:1"),
      ])
    #expect(try chain.timestamps() == ["50:1", "50:2", "51:1"])
    #expect(chain.coverage.seams.isEmpty)
    #expect(chain.coverage.provenEnd == Timestamp("51:1"))
    #expect(chain.notes.contains { $0 == "2 slices end before the dump began and are not replayed" })
  }

  @Test("says of one slice from before the dump that it is not replayed")
  func earlySlice() throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("50:1", "50:2"),
      [OplogSlices.inserts("5:1", "5:9"), OplogSlices.inserts("50:2", "51:1")])
    #expect(chain.notes.contains("1 slice ends before the dump began and is not replayed"))
  }

  @Test("takes slices in any order, that overlap, repeat and lie within each other")
  func overlaps() throws {
    let all = OplogSlices.inserts("5:1", "5:2", "6:1", "6:2", "7:1", "7:2", "8:1")
    let scratch = try Scratch()
    let chain = try scratch.chain(
      Array(all[...1]),
      [Array(all[4...]), Array(all[1...4]), Array(all[1...4]), Array(all[2...2]), Array(all[3...5]), all])
    #expect(try chain.timestamps() == ["5:1", "5:2", "6:1", "6:2", "7:1", "7:2", "8:1"])
    #expect(chain.coverage.seams.isEmpty)
  }

  @Test("gives the place of the entry that it gave last")
  func place() throws {
    let scratch = try Scratch()
    let all = OplogSlices.inserts("5:1", "5:2", "6:1")
    let cursor = try scratch.chain([all[0]], [Array(all[0...1]), Array(all[1...])]).cursor()
    var places: [Place] = []
    while try cursor.next() != nil { places.append(cursor.place) }
    let size = UInt64(all[0].bytes.count)
    #expect(places.map(\.offset) == [0, size, size])
    #expect(places.map { Files.name(of: $0.file) } == ["oplog.bson", "0.bson", "1.bson"])
  }

  @Test("needs a base with an oplog of its own")
  func withoutOplog() throws {
    let scratch = try Scratch()
    _ = try scratch.writeBase([])
    try scratch.remove("base/oplog.bson")
    try scratch.write(OplogSlices.inserts("5:1"), to: "slice.bson")
    let base = try openBackup(scratch["base"])
    let failure = #expect(throws: Failure.self) {
      try OplogChain.open(base: base, slices: [scratch["slice.bson"]])
    }
    #expect(failure?.code == "base-without-oplog")
    #expect(failure?.kind == .damagedBackup)
  }

  @Test("refuses a base whose own oplog is empty: mongodump writes one entry at least")
  func emptyOplog() throws {
    let base = try Scratch()
    let backup = try base.writeBase([])
    let failure = #expect(throws: Failure.self) { try OplogChain.open(base: backup, slices: []) }
    #expect(failure?.code == "base-oplog-empty")
  }

  @Test("notices a slice that changes while it is used")
  func changed() throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("5:1"), [OplogSlices.inserts("5:1", "5:2"), OplogSlices.inserts("5:2", "6:1")])
    try scratch.write(OplogSlices.inserts("6:1"), to: "slices/1.bson")
    let failure = #expect(throws: Failure.self) { try chain.timestamps() }
    #expect(failure?.code == "slice-changed")
  }
}
