import BSON
import Backups
import Platform
import Testing

@Suite("the oplog chain")
struct OplogChainTests {
  @Test(
    "gives every entry of the fixture once, in order, from each form of the base", arguments: Fixture.forms)
  func fixture(form: String) throws {
    let chain = try OplogChain.open(base: openBackup(form), slices: [Fixture.shop + "/oplog"])
    let slices = try OplogSlices.real()
    var expected = slices[0]
    for slice in slices.dropFirst() {
      #expect(slice.first == expected.last, "the fixture's slices share their seams")
      expected += slice.dropFirst()
    }
    for _ in 0..<2 {
      let cursor = try chain.cursor()
      var count = 0
      while let entry = try cursor.next() {
        guard count < expected.count, entry.operation.bytes == expected[count].bytes else {
          Issue.record("entry \(count) at \(cursor.place) is another")
          return
        }
        count += 1
      }
      #expect(count == expected.count)
    }
    #expect(chain.coverage.gaps.isEmpty)
    #expect(chain.coverage.unproven.isEmpty)
    #expect(chain.coverage.provenEnd == Timestamp("1795259700:2"))
    #expect(chain.coverage.end == chain.coverage.provenEnd)
    #expect(chain.damage.isEmpty)
  }

  @Test("holds the base's own oplog alone where no slice is given", arguments: Fixture.forms)
  func baseAlone(form: String) throws {
    let chain = try OplogChain.open(base: openBackup(form), slices: [])
    #expect(!chain.hasSlices)
    #expect(chain.coverage.end == chain.coverage.dumpEnd)
    #expect(chain.coverage.windowStart < chain.coverage.dumpEnd)
    let times = try chain.timestamps()
    #expect(times.first == chain.coverage.windowStart)
    #expect(times.last == chain.coverage.dumpEnd)
  }
}
