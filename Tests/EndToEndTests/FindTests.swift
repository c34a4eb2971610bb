import Platform
import TestSupport
import Testing

@Suite("mongodrill find")
struct FindTests {
  /// The shop's folder, so that paths are short.
  private let shop = Files.folder(of: Fixture.base)

  @Test("lists what happened to the shop, each with the target just before it")
  func shopHistory() throws {
    let run = try Mongodrill.run("find", "base/dump", "--oplog", "oplog", in: shop)
    #expect(
      run.output == """
        TIME                  WHAT              NAMESPACE                                COUNT  DETAILS                                                        TO JUST BEFORE IT
        2026-11-21T11:14:44Z  updates           shop.orders                                470  _id ea1844dc3282064bb49f4677, 1ae236be4e8c6ebce8098152, 664…   before the dump's end
        2026-11-21T11:14:48Z  mass update       shop.ledger                                208  _id 1, 3, 4, …                                                 --to before:1795259688:346
        2026-11-21T11:14:49Z  transaction       -                                          121  shop.invoices 40, shop.orders 40, shop.products 40 and 1 more  --to before:1795259689:1
        2026-11-21T11:14:49Z  transaction       -                                          158  shop.orders 134, shop.blobs 24                                 --to before:1795259689:123
        2026-11-21T11:14:52Z  dropIndexes       shop.orders                                  -  promo_1                                                        --to before:1795259692:6
        2026-11-21T11:14:52Z  collMod           shop.invoices                                -  validator                                                      --to before:1795259692:12
        2026-11-21T11:14:52Z  collMod           shop.sessions                                -  index lastSeen_1                                               --to before:1795259692:13
        2026-11-21T11:14:52Z  collMod           shop.orders                                  -  index lines.productId_1                                        --to before:1795259692:14
        2026-11-21T11:14:52Z  renameCollection  shop.temp_import                             -  to shop.imported                                               --to before:1795259692:121
        2026-11-21T11:14:52Z  renameCollection  shop.promotions_new                         10  to shop.promotions, in place of what was there                 --to before:1795259692:146
        2026-11-21T11:14:52Z  drop              shop.short_lived                             1                                                                 --to before:1795259692:149
        2026-11-21T11:14:52Z  dropDatabase      scratch                                     20  collections a                                                  --to before:1795259692:171
        2026-11-21T11:14:52Z  renameCollection  crm.contacts                                 -  to crm.people                                                  --to before:1795259692:175
        2026-11-21T11:14:52Z  renameCollection  shop.tmpUiDTN.convertToCapped.empty_one      0  to shop.empty_one, in place of what was there                  --to before:1795259692:177
        2026-11-21T11:14:56Z  mass delete       shop.customers                             310  _id effe97eebfdad6265cb80e0a, 849a5ed711a30adc1bfe143c, 07c…   --to before:1795259696:1
        2026-11-21T11:14:58Z  mass update       shop.orders                              5,779  _id b7fe3acfd1b334835cc633de, 721bf0c7d543980192792110, b60…   --to before:1795259698:1
        2026-11-21T11:15:00Z  drop              shop.products                              300                                                                 --to before:1795259700:1

        17 findings in 8,051 entries, 1795259684:11 through 1795259700:2.

        """)
    #expect(
      withoutTimes(run.errorOutput) == """
        oplog: 8,073 entries, 33.8 MB in …
        search: 8,057 entries, 26.3 MB in …

        """)
    #expect(run.status == 0)
  }

  @Test("narrows down to each operation on one collection from a moment on")
  func narrow() throws {
    let run = try Mongodrill.run(
      "find", "base/dump", "--oplog", "oplog", "-q", "--ns", "shop.customers", "--op", "d", "--since",
      "1795259696:308", "--min", "1", "--limit", "2", in: shop)
    #expect(
      run.output == """
        TIME                  WHAT    NAMESPACE       COUNT  DETAILS                       TO JUST BEFORE IT
        2026-11-21T11:14:56Z  delete  shop.customers      1  _id ec4ee7561ffab5f69890f799  --to before:1795259696:308
        2026-11-21T11:14:56Z  delete  shop.customers      1  _id 4a2e6d6f7545e958d77debc6  --to before:1795259696:309

        3 findings in 5,785 entries, 1795259696:308 through 1795259700:2.
        The first 2 are listed. --since, --ns and --op narrow it down; --limit lists more.

        """)
    #expect(run.status == 0)
  }

  @Test("gives a program the same, with times, samples and the coverage")
  func json() throws {
    let run = try Mongodrill.run(
      "find", "base/dump", "--oplog", "oplog", "-q", "--output", "json", "--op", "dropDatabase", "--op", "d",
      "--until", "2026-11-21T11:14:56Z", in: shop)
    let json = try JSON.parse(Array(run.output.utf8))
    #expect(json["total"] == 2)
    #expect(json["last_entry"] == "1795259696:310")
    #expect(json["coverage"]?["dump_end"] == "1795259684:19")
    guard case .array(let findings)? = json["findings"], findings.count == 2 else {
      Issue.record("\(run.output)")
      return
    }
    #expect(
      findings[0] == [
        "what": "dropDatabase", "op": "dropDatabase", "namespace": "scratch", "first": "1795259692:171",
        "last": "1795259692:172", "time": "2026-11-21T11:14:52Z", "wall_time": "2026-11-21T11:14:52.338Z",
        "operations": 1, "documents": 20, "samples": [], "details": "collections a",
        "target": "before:1795259692:171", "proven": true,
      ])
    #expect(findings[1]["operations"] == 310)
    #expect(findings[1]["last"] == "1795259696:310")
    guard case .array(let samples)? = findings[1]["samples"] else {
      Issue.record("no samples")
      return
    }
    #expect(samples.count == 5)
    #expect(samples.first == ["$oid": "effe97eebfdad6265cb80e0a"])
    #expect(run.status == 0)
  }

  @Test("says of a dump alone that nothing happened in its window")
  func nothing() throws {
    let run = try Mongodrill.run("find", "base/dump", "-q", in: shop)
    #expect(run.output == "Nothing found in 9 entries, 1795259684:11 through 1795259684:19.\n")
    #expect(run.status == 0)
  }

  @Test("marks what lies behind an unproven seam")
  func unproven() throws {
    let run = try Mongodrill.run(
      "find", "base/dump", "--oplog", "oplog/005", "--progress", "none", in: shop)
    #expect(
      run.output == """
        TIME                  WHAT         NAMESPACE       COUNT  DETAILS                                                       TO JUST BEFORE IT
        2026-11-21T11:14:56Z  mass delete  shop.customers    310  _id effe97eebfdad6265cb80e0a, 849a5ed711a30adc1bfe143c, 07c…  --to before:1795259696:1 (unproven)

        1 finding in 320 entries, 1795259684:11 through 1795259696:310.

        """)
    #expect(
      run.errorOutput == """
        warning: unproven seam: base/dump/oplog.bson ends at 1795259684:19, oplog/005/local/oplog.rs.bson begins \
        at 1795259694:300: nothing proves that no entry lies between them

        """)
    #expect(run.status == 0)
  }

  @Test("searches up to a gap, says so, and ends in 65")
  func gap() throws {
    let run = try Mongodrill.run(
      "find", "base/dump", "--oplog", "oplog/000", "--oplog", "oplog/001", "--oplog", "oplog/003", "-q",
      "--op", "drop", in: shop)
    #expect(run.output == "Nothing found in 1,466 entries, 1795259684:11 through 1795259688:554.\n")
    #expect(
      run.errorOutput == """
        mongodrill: oplog/003/local/oplog.rs.bson.gz at byte 0: what lies behind a gap of the oplog, through \
        1795259692:191, was not searched: oplog/001/local/oplog.rs.bson ends at 1795259688:554, \
        oplog/003/local/oplog.rs.bson.gz begins at 1795259689:123: an entry after it continues one at \
        1795259689:122, which is missing
        HINT: A slice is missing; add it with --oplog.

        """)
    #expect(run.status == 65)
  }

  @Test("refuses what is no moment, and no word for an operation (64)")
  func usage() throws {
    let moment = try Mongodrill.run("find", "base/dump", "--since", "latest", in: shop)
    #expect(
      moment.errorOutput == """
        mongodrill: --since "latest" is no moment to search from or to
        HINT: Give SECONDS:INCREMENT, a time such as 2026-11-21T14:30:00Z, or Unix seconds.

        """)
    #expect(moment.status == 64)
    for option in ["--since", "--until"] {
      let day = try Mongodrill.run("find", "base/dump", option, "yesterday", "--output=json", in: shop)
      #expect(try JSON.parse(day.output)["error"]?["code"] == "invalid-moment")
      #expect(day.status == 64)
      #expect(day.errorOutput.contains("HINT: Give SECONDS:INCREMENT, "))
    }
    let zone = try Mongodrill.run("find", "base/dump", "--since", "2026-11-21T14:00:00", in: shop)
    #expect(zone.errorOutput.contains("HINT: Add Z for UTC, "), "\(zone.errorOutput)")
    let word = try Mongodrill.run("find", "base/dump", "--op", "dropIndex", in: shop)
    #expect(word.errorOutput.contains(#"HINT: Did you mean "dropIndexes"?"#), "\(word.errorOutput)")
    #expect(word.status == 64)
  }

  @Test("refuses a base that took no oplog along (65)")
  func withoutOplog() throws {
    let run = try Mongodrill.run("find", "base/dump/shop", "--oplog", "oplog", in: shop)
    #expect(run.output == "")
    #expect(
      run.errorOutput.contains("mongodrill: base/dump/shop: the base holds no oplog of its own\nHINT: "))
    #expect(run.status == 65)
  }

  @Test("names an oplog that isn't there, and what may be meant (66)")
  func oplogAbsent() throws {
    let run = try Mongodrill.run("find", "base/dump", "--oplog", "opolg", in: shop)
    #expect(run.output == "")
    #expect(
      run.errorOutput.contains(
        """
        mongodrill: opolg: there is nothing at this path of an oplog
        HINT: Did you mean "oplog"? In this folder there are:
        """), "\(run.errorOutput)")
    #expect(run.status == 66)
  }
}
