import Platform
import Testing

@Suite("Dates in names")
struct WrittenDateTests {
  @Test(
    "are found as tools write them",
    arguments: [
      ("2026-11-21", "2026-11-21T00:00:00Z"), ("shop-20261121T143000Z.archive.gz", "2026-11-21T14:30:00Z"),
      ("backup_2026-11-21_14-30-05", "2026-11-21T14:30:05Z"), ("2026.11.21", "2026-11-21T00:00:00Z"),
      ("dump-2026-11-21T15:30:00+01:00", "2026-11-21T14:30:00Z"),
      ("20261121-1430.gz", "2026-11-21T14:30:00Z"),
      ("v2-db1-2026-11-21.bson", "2026-11-21T00:00:00Z"), ("2026/11/21/dump", "2026-11-21T00:00:00Z"),
    ])
  func found(text: String, time: String) { #expect(WrittenDate.find(in: text)?.text == time) }

  @Test(
    "are not made up",
    arguments: ["", "shop", "2026-13-01", "2026-02-30", "v6.0.5", "1795271400", "nightly-7"])
  func none(text: String) { #expect(WrittenDate.find(in: text) == nil) }
}
