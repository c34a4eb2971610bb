import Platform
import Testing

@Suite struct TextFormsTests {
  @Test(
    "reads sizes",
    arguments: [
      ("4096", 4096), ("10GB", 10_000_000_000), ("256MiB", 256 << 20), ("1.5 gb", 1_500_000_000), ("0", 0),
      ("1k", 1000), ("2TiB", 2 << 40), ("7B", 7),
    ])
  func sizes(text: String, bytes: Int) { #expect(ByteSize.parse(text) == bytes) }

  @Test(
    "refuses what is no size",
    arguments: [
      "", "GB", "-1", "1 2", "1GB1MB", "10 GX", "1.2.3GB", ".5GB", "1.", "9999999999TB", "1e3", "٣GB", "1GB ",
    ])
  func noSizes(text: String) { #expect(ByteSize.parse(text) == nil) }

  @Test(
    "quotes words for a shell where that is needed",
    arguments: [
      ("", "''"), ("dump", "dump"), ("a/b_c-d.e:f=g@h%i+j,k", "a/b_c-d.e:f=g@h%i+j,k"), ("a b", "'a b'"),
      ("it's", #"'it'\''s'"#), ("$x", "'$x'"), ("é", "'é'"), ("~", "'~'"), ("*", "'*'"),
    ])
  func shellWords(word: String, text: String) { #expect(ShellWord.quoted(word) == text) }

  @Test(
    "writes sizes with three digits",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1 kB"), (4_150_000, "4.15 MB"), (150_400_000, "150 MB"),
      (999_600, "1 MB"), (1_250_000_000, "1.25 GB"), (Int.max, "9223 PB"), (-1500, "-1.5 kB"),
    ])
  func writesSizes(bytes: Int, text: String) { #expect(ByteSize.format(bytes) == text) }

  @Test(
    "reads lengths of time",
    arguments: [
      ("30m", 1800), ("1h30m", 5400), ("2s", 2), ("500ms", 0.5), ("7d", 604_800), ("0", 0), ("1.5h", 5400),
      ("1m 30s", 90),
    ])
  func spans(text: String, seconds: Double) { #expect(TimeSpan.parse(text) == seconds) }

  @Test(
    "refuses what is no length of time", arguments: ["", "30", "m", "30m1h", "1h1h", "-1s", "1x", "1:30"])
  func noSpans(text: String) { #expect(TimeSpan.parse(text) == nil) }

  @Test(
    "writes lengths of time",
    arguments: [
      (0, "0 ms"), (0.34, "340 ms"), (0.9996, "1.0 s"), (7.24, "7.2 s"), (59.96, "1m 00s"), (1324, "22m 04s"),
      (3900, "1h 05m"), (273_600, "3d 04h"),
    ])
  func writesSpans(seconds: Double, text: String) { #expect(TimeSpan.format(seconds) == text) }

  @Test(
    "writes decimals", arguments: [(3.1, 2, "3.10"), (-0.004, 2, "0.00"), (0.055, 1, "0.1"), (12, 0, "12")])
  func decimals(value: Double, count: Int, text: String) { #expect(Decimals.format(value, count) == text) }

  @Test("suggests the nearest name, and nothing when none is near") func suggestions() {
    let names = ["count", "collections", "indexes", "references", "validate"]
    #expect(Suggestion.nearest(to: "cuont", among: names) == "count")
    #expect(Suggestion.nearest(to: "index", among: names) == nil)
    #expect(Suggestion.nearest(to: "Indexs", among: names) == "indexes")
    #expect(Suggestion.nearest(to: "frobnicate", among: names) == nil)
    #expect(Suggestion.hint(for: "refrences", among: names) == "Did you mean \"references\"?")
  }

  @Test(
    "writes moments",
    arguments: [
      (0, "1970-01-01T00:00:00Z", "19700101T000000Z"),
      (1_795_271_400, "2026-11-21T14:30:00Z", "20261121T143000Z"),
      (951_782_399, "2000-02-28T23:59:59Z", "20000228T235959Z"),
      (-1, "1969-12-31T23:59:59Z", "19691231T235959Z"),
    ])
  func moments(seconds: Int, text: String, compact: String) {
    let time = WallTime(seconds: seconds, nanoseconds: 45_999_999)
    #expect(time.text == text)
    #expect(time.textWithMilliseconds == text.dropLast() + ".045Z")
    #expect(time.compact == compact)
    #expect(WallTime(rfc3339: text) == WallTime(seconds: seconds))
  }

  @Test(
    "reads zones and fractions",
    arguments: [
      ("2026-11-21T15:30:00+01:00", 1_795_271_400, 0),
      ("2026-11-21t09:00:00.5-05:30", 1_795_271_400, 500_000_000),
      ("2026-11-21 14:30:00.1234567899Z", 1_795_271_400, 123_456_789),
    ])
  func zones(text: String, seconds: Int, nanoseconds: Int) {
    #expect(WallTime(rfc3339: text) == WallTime(seconds: seconds, nanoseconds: nanoseconds))
  }

  @Test(
    "refuses what is no moment",
    arguments: [
      "2026-11-21T14:30:00", "2026-11-21", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
      "2026-11-21T24:00:00Z",
      "2026-11-21T14:30:00.Z", "2026-11-21T14:30:00ZZ", "2026-11-21T14:30:60Z", "",
      "2026-11-21T14:30:00+1:00",
    ])
  func noMoments(text: String) { #expect(WallTime(rfc3339: text) == nil) }
}
