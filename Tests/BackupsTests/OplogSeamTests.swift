import BSON
import Backups
import Platform
import Testing

@Suite("a seam between two slices")
struct OplogSeamTests {
  @Test("is a gap when a slice of those that share their seams is missing", arguments: 1...6)
  func missingSlice(missing: Int) throws {
    let scratch = try Scratch()
    for (index, slice) in OplogSlices.thin.enumerated() where index != missing {
      try scratch.write(slice, to: "in/\(index).bson")
    }
    let chain = try OplogChain.open(base: openBackup(Fixture.dump), slices: [scratch["in"]])
    let gap = try #require(chain.coverage.gaps.first)
    let (before, after) = (OplogSlices.thin[missing - 1], OplogSlices.thin[missing + 1])
    #expect(chain.coverage.gaps.count == 1)
    #expect(chain.coverage.unproven.isEmpty)
    // Behind slice 2 there is the rest of a transaction that begins in it, which says even more.
    let start = Timestamp(seconds: 1_795_259_689, increment: 122)
    #expect(gap.verdict == .gap(missing == 2 ? .reference(to: start) : .otherSeamsShare(5)))
    #expect(gap.before.timestamp == before.last?["ts"]?.timestamp)
    #expect(gap.before.place.file == scratch["in/\(missing - 1).bson"])
    #expect(gap.before.place.offset == UInt64(before.dropLast().map(\.self).joinedBytes.count))
    #expect(gap.after.timestamp == after.first?["ts"]?.timestamp)
    #expect(gap.after.place == Place(scratch["in/\(missing + 1).bson"], offset: 0))
    #expect(chain.coverage.provenEnd == gap.before.timestamp)
    #expect(chain.coverage.end == gap.before.timestamp)
    #expect(chain.coverage.last == Timestamp("1795259700:2"))
  }

  @Test("is a gap when the first slice after the dump is missing")
  func missingFirst() throws {
    let scratch = try Scratch()
    for (index, slice) in OplogSlices.thin.enumerated().dropFirst() {
      try scratch.write(slice, to: "in/\(index).bson")
    }
    let chain = try OplogChain.open(base: openBackup(Fixture.dump), slices: [scratch["in"]])
    #expect(chain.coverage.end == chain.coverage.dumpEnd)
    #expect(chain.coverage.gaps.count == 1)
  }

  @Test("is no gap in slices that never share one, and proven where no timestamp lies between")
  func exclusive() throws {
    let scratch = try Scratch()
    for (index, slice) in OplogSlices.thin.enumerated() {
      try scratch.write(Array(slice.dropFirst(index == 0 ? 0 : 1)), to: "in/\(index).bson")
    }
    let chain = try OplogChain.open(base: openBackup(Fixture.dump), slices: [scratch["in"]])
    #expect(chain.coverage.gaps.isEmpty)
    #expect(chain.coverage.seams.count == 7)
    for seam in chain.coverage.seams {
      let (before, after) = (seam.before.timestamp, seam.after.timestamp)
      let isAdjacent = before.seconds == after.seconds && before.increment + 1 == after.increment
      #expect(seam.verdict == (isAdjacent ? .proven(.adjacent) : .unproven), "\(seam.description)")
    }
    #expect(chain.coverage.end == Timestamp("1795259700:2"))
    #expect(chain.coverage.provenEnd == chain.coverage.unproven.first?.before.timestamp)
  }

  @Test("is unproven where nothing tells")
  func unproven() throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("5:1"), [OplogSlices.inserts("5:1", "5:2"), OplogSlices.inserts("6:1", "6:2")])
    #expect(chain.coverage.seams.map(\.verdict) == [.unproven])
    #expect(chain.coverage.provenEnd == Timestamp("5:2"))
    #expect(chain.coverage.end == Timestamp("6:2"))
    #expect(try chain.timestamps() == ["5:1", "5:2", "6:1", "6:2"])
  }

  @Test("is a gap when an entry continues one that would lie in it")
  func reference() throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("5:1"),
      [
        OplogSlices.inserts("5:1", "5:2"),
        [OplogSlices.insert("6:4"), OplogSlices.insert("6:5", previous: "5:7"), OplogSlices.insert("6:6")],
      ])
    #expect(
      chain.coverage.seams.map(\.verdict) == [.gap(.reference(to: Timestamp(seconds: 5, increment: 7)))])
  }

  @Test(
    "is no gap when what an entry continues lies before it or in its own slice",
    arguments: ["5:1", "5:2", "6:1"])
  func harmlessReference(previous: String) throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("5:1"),
      [
        OplogSlices.inserts("5:1", "5:2"),
        [OplogSlices.insert("6:1"), OplogSlices.insert("6:2", previous: previous)],
      ])
    #expect(chain.coverage.seams.map(\.verdict) == [.unproven])
  }

  @Test("is a gap when a term begins without its first entry", arguments: [true, false])
  func term(isThere: Bool) throws {
    let first =
      isThere ? OplogSlices.noop("6:1", term: 2, message: "new primary") : OplogSlices.insert("6:1", term: 2)
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("5:1"),
      [[OplogSlices.insert("5:1"), OplogSlices.noop("5:2")], [first, OplogSlices.insert("6:2", term: 2)]])
    #expect(chain.coverage.seams.map(\.verdict) == [isThere ? .unproven : .gap(.termWithoutStart(2))])
  }

  @Test("is a gap when a primary would have written something in so long a time")
  func silence() throws {
    let idle = (1...9).map { OplogSlices.noop("\($0 * 10):1") }
    let after = (20...25).map { OplogSlices.noop("\($0 * 10):1") }
    let scratch = try Scratch()
    let chain = try scratch.chain([idle[0]], [idle, after])
    #expect(chain.coverage.seams.map(\.verdict) == [.gap(.silence(seconds: 110))])
    let elected = [OplogSlices.noop("199:1", term: 2, message: "new primary")]
    let elsewhere = try Scratch()
    let later = try elsewhere.chain(
      [idle[0]], [idle, elected + after.map { $0.setting("t", to: .int64(2)) }])
    #expect(later.coverage.seams.map(\.verdict) == [.unproven], "there may have been no primary")
    let busy = (1...9).map { OplogSlices.insert("\($0 * 10):1") }
    let third = try Scratch()
    let other = try third.chain([busy[0]], [busy, [OplogSlices.insert("200:1")]])
    #expect(
      other.coverage.seams.map(\.verdict) == [.unproven], "no-ops may have been left out, or turned off")
  }

  @Test("is judged after a silence of any length") func longSilence() throws {
    let idle = ["10:1", "20:1", "2000000000:1"].map { OplogSlices.noop($0) }
    let scratch = try Scratch()
    let chain = try scratch.chain([idle[0]], [idle, [OplogSlices.noop("2000000100:1")]])
    #expect(chain.coverage.seams.map(\.verdict) == [.unproven])
  }

  @Test("is a gap when increments are left out there alone", arguments: [true, false])
  func increments(alone: Bool) throws {
    var entries = (1...1200).map { OplogSlices.insert("5:\($0)") }
    if !alone { entries.remove(at: 700) }
    let scratch = try Scratch()
    let chain = try scratch.chain([entries[0]], [entries, OplogSlices.inserts("6:4", "6:5")])
    #expect(chain.coverage.seams.map(\.verdict) == [alone ? .gap(.increment(skipped: 3)) : .unproven])
  }

  @Test("says where both edges lie, as text and for machines")
  func description() throws {
    let scratch = try Scratch()
    let chain = try scratch.chain(
      OplogSlices.inserts("5:1"), [OplogSlices.inserts("5:1", "5:2"), OplogSlices.inserts("6:1", "6:2")])
    let seam = try #require(chain.coverage.unproven.first)
    let (first, second) = (scratch["slices/0.bson"], scratch["slices/1.bson"])
    #expect(
      seam.description
        == "\(first) ends at 5:2, \(second) begins at 6:1: nothing proves that no entry lies between them")
    #expect(
      chain.coverage.lines == [
        "consistent at 5:1 (1970-01-01T00:00:05Z), the dump's end",
        "no entry is seen to be missing through 5:2 (1970-01-01T00:00:05Z)", "unproven: \(seam.description)",
        "past that, entries go on through 6:2 (1970-01-01T00:00:06Z)",
        "latest target: 6:2 (1970-01-01T00:00:06Z), of which only 5:2 (1970-01-01T00:00:05Z) is proven",
      ])
    let size = OplogSlices.insert("5:1").bytes.count
    #expect(
      chain.coverage.json.text()
        == #"{"window_start":"5:1","dump_end":"5:1","proven_end":"5:2","end":"6:2","last":"6:2","unproven":["#
        + #"{"before":{"timestamp":"5:2","file":"\#(first)","offset":\#(size)},"#
        + #""after":{"timestamp":"6:1","file":"\#(second)","offset":0},"reason":null}],"gaps":[]}"#)
  }

  @Test("is not read across when it is a gap, and what lies before it is")
  func reading() throws {
    let slices = [
      OplogSlices.inserts("5:1", "5:2"), OplogSlices.inserts("5:2", "6:1"), OplogSlices.inserts("8:1", "8:2"),
    ]
    let scratch = try Scratch()
    let chain = try scratch.chain(OplogSlices.inserts("5:1"), slices)
    #expect(chain.coverage.gaps.count == 1)
    let failure = #expect(throws: Failure.self) { try chain.timestamps() }
    #expect(failure?.code == "oplog-gap")
    #expect(failure?.kind == .damagedBackup)
    #expect(failure?.message.contains("between 6:1 and 8:1") == true)
    #expect(try chain.timestamps(through: Timestamp("6:1")) == ["5:1", "5:2", "6:1"])
    #expect(throws: Failure.self) { try chain.cursor(through: Timestamp("6:2")) }
  }
}
