import Commands
import Record
import Testing

@Suite("The live area")
struct LiveTests {
  @Test("shows the share, amounts, rates and the time left, then the collections")
  func whole() {
    let progress = Progress(
      phase: "restore", done: Amount(documents: 1_234_567, bytes: 250_000_000),
      total: Amount(bytes: 1_000_000_000), current: ["shop.orders", "shop.customers"])
    let rate = Amount(documents: 550_000, bytes: 125_000_000)
    #expect(
      Live.lines(progress, total: progress.total, rate: rate) == [
        "restore  █████░░░░░░░░░░░░░░░  25%  6 s left · 250 MB of 1 GB · 550,000/s, 125 MB/s · 1,234,567 documents",
        "  shop.orders", "  shop.customers",
      ])
  }

  @Test("shows how far each collection has come")
  func parts() {
    let progress = Progress(
      phase: "restore", done: Amount(documents: 3, bytes: 3000), total: nil, current: ["a.b", "a.longer"],
      parts: [
        .init("a.b", done: Amount(documents: 1, bytes: 1000), total: Amount(bytes: 4000), seconds: 2),
        .init("a.longer", done: Amount(documents: 2, bytes: 2000), total: nil, seconds: 0.1),
      ])
    #expect(
      Live.lines(progress, total: nil, rate: nil) == [
        "restore  3 kB · 3 documents",
        "  a.b        25%  6 s left · 1 kB of 4 kB · 0/s, 500 B/s · 1 document",
        "  a.longer  2 kB · 2 documents",
      ])
  }

  @Test("doesn't guess what it can't know")
  func unknown() {
    let progress = Progress(phase: "read", done: Amount(documents: 1, bytes: 500), total: nil)
    #expect(Live.lines(progress, total: nil, rate: nil) == ["read  500 B · 1 document"])
    let indexes = Progress(phase: "indexes", done: Amount(documents: 2), total: Amount(documents: 4))
    #expect(
      Live.lines(indexes, total: indexes.total, rate: Amount()) == [
        "indexes  ██████████░░░░░░░░░░  50%  2 of 4"
      ])
  }

  @Test("says what is left by the later half of the time, whatever a pause or a slow start did")
  func left() {
    var left = TimeLeft(begun: 100)
    #expect(left.seconds(of: 1000) == nil)
    // 100 s at 10 a second, 100 s at 20, ten updates a second; a stop of 5 s at the end.
    for tick in 1...1000 { left.add(tick, at: 100 + Double(tick) / 10) }
    #expect(abs((left.seconds(of: 2000) ?? 0) - 100) < 1)
    for tick in 1...1000 { left.add(1000 + tick * 2, at: 200 + Double(tick) / 10) }
    #expect(abs((left.seconds(of: 5000) ?? 0) - 100) < 1)
    left.add(3000, at: 305)
    #expect(abs((left.seconds(of: 5000) ?? 0) - 105) < 2)
    #expect(left.seconds(of: 2000) == 0)
  }

  @Test("measures the rate over the last seconds, not since the beginning")
  func rate() {
    var meter = RateMeter()
    #expect(meter.perSecond == nil)
    for second in 0...20 {
      let documents = second <= 10 ? 0 : (second - 10) * 100
      meter.add(Amount(documents: documents, bytes: documents * 10), at: Double(second))
    }
    #expect(meter.perSecond == Amount(documents: 100, bytes: 1000))
  }
}

@Suite("Columns")
struct ColumnsTests {
  @Test(
    "are counted as a terminal shows them", arguments: [("abc", 3), ("ünï", 3), ("日本", 4), ("e\u{301}", 1)])
  func width(text: String, width: Int) { #expect(Columns.width(of: text) == width) }

  @Test(
    "are cut where the terminal ends",
    arguments: [("shop.orders", 6, "shop.…"), ("日本語", 4, "日…"), ("ab", 2, "ab")])
  func cut(text: String, width: Int, expected: String) { #expect(Columns.cut(text, to: width) == expected) }

  @Test("of a table line up, and a long name has a line of its own")
  func table() {
    var table = Table(["NAME": .left, "COUNT": .right])
    table.add("short", "12,345")
    table.add(String(repeating: "x", count: 50), "7")
    #expect(
      table.text == """
        NAME    COUNT
        short  12,345
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                    7

        """)
  }
}
