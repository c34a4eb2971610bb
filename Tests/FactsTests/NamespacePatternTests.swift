import BSON
import Facts
import Testing

@Suite("A namespace pattern")
struct NamespacePatternTests {
  @Test(
    "matches from the first byte to the last",
    arguments: [
      ("shop.orders", "shop.orders", true), ("shop.orders", "shop.orders2", false),
      ("shop.*", "shop.orders", true), ("shop.*", "shop.a.b", true), ("shop.*", "shopping.a", false),
      ("shop", "shop.orders", true), ("shop", "shopping.orders", false), ("*.orders", "a.orders", true),
      ("*.orders", "a.b.orders", true), ("*.orders", "a.orders.old", false), ("*", "a.b", true),
      ("shop.o*s", "shop.orders", true), ("shop.o*s", "shop.order", false), ("shop.*a*", "shop.bab", true),
      (#"shop.\*"#, "shop.*", true), (#"shop.\*"#, "shop.orders", false), (#"shop.a\\b"#, #"shop.a\b"#, true),
    ])
  func matches(pattern: String, name: String, expected: Bool) throws {
    #expect(NamespacePattern(pattern).matches(try #require(Namespace(name))) == expected)
  }

  @Test("tells two spellings of one character apart, as the server does")
  func bytes() {
    let composed = Namespace("shop", "caf\u{E9}")
    let decomposed = Namespace("shop", "cafe\u{301}")
    #expect(NamespacePattern("shop.caf\u{E9}").matches(composed))
    #expect(!NamespacePattern("shop.caf\u{E9}").matches(decomposed))
    #expect(composed != decomposed)
  }

  @Test("gives as little as possible to each star, from left to right")
  func captures() {
    #expect(NamespacePattern("*.*").captures(in: Namespace("a", "b.c")) == ["a", "b.c"])
    #expect(NamespacePattern("x.*-*").captures(in: Namespace("x", "1-2-3")) == ["1", "2-3"])
    #expect(NamespacePattern("*_new.*").filled(with: ["shop", "orders"]) == "shop_new.orders")
  }
}
