import BSON
import Platform
import TestSupport
import Testing

@Suite("mongodrill verify, of an oplog")
struct VerifyOplogTests {
  /// The shop's folder, so that paths are short.
  private let shop = Files.folder(of: Fixture.base)

  /// What is written from the dump's own oplog on.
  private func end(_ run: Mongodrill.Run) -> String {
    let text = withoutTimes(run.output)
    return text.firstRange(of: "Its own oplog").map { String(text[$0.lowerBound...]) } ?? text
  }

  @Test("shows the window of a dump, and its end as the only target")
  func dumpAlone() throws {
    let run = try Mongodrill.run("verify", "base/dump", "-q", in: shop)
    #expect(
      end(run) == """
        Its own oplog: 9 entries, 1795259684:11 to 1795259684:19

        Coverage:
          consistent at 1795259684:19 (2026-11-21T11:14:44Z), the dump's end
          latest target: 1795259684:19 (2026-11-21T11:14:44Z)

        Read 8,604 documents, 2.88 MB in ….
        The backup is whole.

        """)
    #expect(run.status == 0)
  }

  @Test("lists the slices and says that a target can be reached")
  func reached() throws {
    let run = try Mongodrill.run(
      "verify", "base/dump", "--oplog", "oplog", "--to", "before:1795259696:1", "-q", in: shop)
    #expect(
      end(run) == """
        Its own oplog: 9 entries, 1795259684:11 to 1795259684:19

        FIRST            LAST             ENTRIES     SIZE  SLICE
        1795259684:6     1795259685:1         125  47.9 kB  oplog/000/local/oplog.rs.bson.gz
        1795259685:1     1795259688:554     1,347   601 kB  oplog/001/local/oplog.rs.bson
        1795259688:554   1795259689:123         4    24 MB  oplog/002/local/oplog.rs.bson.gz
        1795259689:123   1795259692:191       192  7.76 MB  oplog/003/local/oplog.rs.bson.gz
        1795259692:191   1795259694:300       301   191 kB  oplog/004/local/oplog.rs.bson.gz
        1795259694:300   1795259696:310       311  42.9 kB  oplog/005/local/oplog.rs.bson
        1795259696:310   1795259698:5780    5,781  1.11 MB  oplog/006/local/oplog.rs.bson.gz
        1795259698:5780  1795259700:2           3  1.51 kB  oplog/007/local/oplog.rs.bson.gz

        Coverage:
          consistent at 1795259684:19 (2026-11-21T11:14:44Z), the dump's end
          no entry is seen to be missing through 1795259700:2 (2026-11-21T11:15:00Z)
          latest target: 1795259700:2 (2026-11-21T11:15:00Z)

        The target before:1795259696:1 can be reached: up to 1795259696:1, without it.

        Read 8,604 documents, 2.88 MB in ….
        The backup is whole.

        """)
    #expect(run.status == 0)
  }

  @Test("names both edges of a gap and ends in 65, unless a target before it is asked for")
  func gap() throws {
    let slices = ["--oplog", "oplog/000", "--oplog", "oplog/001", "--oplog", "oplog/003"]
    func verify(_ more: String...) throws -> Mongodrill.Run {
      try Mongodrill.run(["verify", "base/dump", "-q"] + slices + more, in: shop)
    }
    let gap = """
        gap: oplog/001/local/oplog.rs.bson ends at 1795259688:554, oplog/003/local/oplog.rs.bson.gz begins at \
      1795259689:123: an entry after it continues one at 1795259689:122, which is missing
        entries past a gap, through 1795259692:191 (2026-11-21T11:14:52Z), can't be reached
        latest target: 1795259688:554 (2026-11-21T11:14:48Z)

      """
    let all = try verify()
    #expect(end(all).contains(gap), "\(all.output)")
    #expect(all.output.hasSuffix("\nThe backup is whole, but its oplog has a gap.\n"))
    #expect(all.status == 65)

    let before = try verify("--to", "1795259688:554")
    #expect(before.output.contains("\nThe target 1795259688:554 can be reached: through 1795259688:554.\n"))
    #expect(before.status == 0)

    let behind = try verify("--to", "latest")
    #expect(behind.output.hasSuffix("\nThe backup is whole, but the target can't be reached.\n"))
    #expect(
      behind.output.contains("\nThe target can't be reached: oplog/003/local/oplog.rs.bson.gz at byte 0: "))
    #expect(
      behind.output.contains(
        "\n  HINT: A slice is missing. Targets from 1795259684:19 (2026-11-21T11:14:44Z) through 1795259688:554 (2026-11-21T11:14:48Z) are proven.\n"
      ))
    #expect(behind.status == 65)
  }

  @Test("warns of an unproven seam")
  func unproven() throws {
    let run = try Mongodrill.run(
      "verify", "base/dump", "--oplog", "oplog/005", "--to", "latest", "-q", in: shop)
    #expect(
      run.output.contains(
        "\nThe target latest can be reached, but not all on the way is proven: through 1795259696:310.\n"))
    #expect(
      run.output.contains(
        "\n  latest target: 1795259696:310 (2026-11-21T11:14:56Z), of which only 1795259684:19 (2026-11-21T11:14:44Z) is proven\n"
      ))
    #expect(run.status == 0)
  }

  @Test("lists the damage of a slice with all else, and ends in 65")
  func damagedSlice() throws {
    try withFolder { folder in
      let whole = try Files.read(Files.join(shop, "oplog/005/local/oplog.rs.bson"))
      try Files.writeAtomically(whole.prefix(20_000), to: Files.join(folder, "cut.bson"))
      let run = try Mongodrill.run(
        "verify", Files.join(shop, "base/dump"), "--oplog", Files.join(shop, "oplog"), "--oplog", "cut.bson",
        "-q",
        in: folder)
      #expect(
        run.output.hasSuffix(
          """

          The backup is damaged: 1 fault.
            cut.bson at byte 19886: the data ends inside a document, after 114 of 136 bytes of it
              HINT: The copy or the dump was interrupted; compare the file's size with the original's.

          """), "\(run.output)")
      #expect(run.status == 65)
    }
  }

  @Test("names an entry of a kind that no replay knows, by file and byte, and ends in 65")
  func unknownKind() throws {
    try withFolder { folder in
      var bytes = try Files.read(Files.join(shop, "oplog/005/local/oplog.rs.bson"))
      func length(at entry: Int) -> Int {
        bytes[entry..<entry + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
      }
      // The letter of the third entry's `op`.
      let entry = length(at: 0) + length(at: length(at: 0))
      let name = [0x02] + Array("op".utf8) + [0, 2, 0, 0, 0]
      bytes[try #require(bytes[entry...].firstRange(of: name)).upperBound] = UInt8(ascii: "q")
      try Files.writeAtomically(bytes, to: Files.join(folder, "strange.bson"))
      for target in [[], ["--to", "latest"], ["--to", "dump-end"]] {
        let run = try Mongodrill.run(
          ["verify", Files.join(shop, "base/dump"), "--oplog", "strange.bson", "-q"] + target, in: folder)
        #expect(run.output.contains("\nThe backup is damaged: 1 fault.\n"), "\(run.output)")
        #expect(run.output.contains("\n  strange.bson at byte \(entry): the oplog entry at 17952596"))
        #expect(run.output.contains(" is of a kind that is not known\n    HINT: "))
        #expect(run.status == 65)
      }
    }
  }

  @Test("names an entry that can't be true without one that is missing, unless the target lies before it")
  func contradiction() throws {
    try withFolder { folder in
      var bytes = try Files.read(Files.join(shop, "oplog/005/local/oplog.rs.bson"))
      let place = bytes.count
      let uuid = Value.binary(subtype: 4, Array(repeating: 7, count: 16))
      bytes +=
        ([
          "op": "c", "ns": "shop.$cmd", "ui": uuid, "o": ["create": "orders"],
          "ts": .timestamp(Timestamp(seconds: 1_795_259_696, increment: 311)), "t": 1, "wall": .date(0),
          "v": 2,
        ] as Document).bytes
      try Files.writeAtomically(bytes, to: Files.join(folder, "strange.bson"))
      let slices = (0...4).flatMap { ["--oplog", Files.join(shop, "oplog/00\($0)")] }
      let all = ["verify", Files.join(shop, "base/dump")] + slices + ["--oplog", "strange.bson", "-q"]
      let run = try Mongodrill.run(all, in: folder)
      #expect(
        run.output.hasSuffix(
          """

          The backup is damaged: 1 fault.
            strange.bson at byte \(place): the oplog entry at 1795259696:311 makes shop.orders, and shop.orders is \
          there: an entry before it, its drop or rename, is missing
              HINT: The oplog has a hole, or is of another replica set: take the slices again.

          """), "\(run.output)")
      #expect(run.status == 65)
      let before = try Mongodrill.run(all + ["--to", "1795259696:310"], in: folder)
      #expect(before.status == 0, "\(before.output)")
    }
  }

  @Test("says that nothing can be replayed onto a base without an oplog, and ends in 65")
  func withoutOplog() throws {
    let run = try Mongodrill.run("verify", "base/dump/shop", "--oplog", "oplog/005", "-q", in: shop)
    #expect(
      run.output.contains(
        "\nNo oplog can be replayed onto it: base/dump/shop: the base holds no oplog of its own\n  HINT: "))
    #expect(run.output.hasSuffix("\nThe backup is whole, but no oplog can be replayed onto it.\n"))
    #expect(run.status == 65)
  }

  @Test("gives a program the coverage, the slices and the answer")
  func json() throws {
    func chain(_ target: String) throws -> (JSON?, Int32) {
      let run = try Mongodrill.run(
        "verify", "base/dump", "--oplog", "oplog", "--to", target, "-q", "--output", "json", in: shop)
      return (try JSON.parse(Array(run.output.utf8))["chain"], run.status)
    }
    let (reached, status) = try chain("2026-11-21T11:14:56Z")
    #expect(reached?["coverage"]?["proven_end"] == "1795259700:2")
    #expect(
      reached?["target"] == [
        "requested": "2026-11-21T11:14:56Z", "reached": true,
        "resolved": "through the last entry of 2026-11-21T11:14:56Z", "through": "1795259696:4294967295",
        "proven": true, "warnings": [],
      ])
    #expect(status == 0)
    let (early, refused) = try chain("1795259684:1")
    #expect(early?["target"]?["reached"] == false)
    #expect(early?["target"]?["error"]?["code"] == "target-before-dump")
    #expect(refused == 65)
  }
}
