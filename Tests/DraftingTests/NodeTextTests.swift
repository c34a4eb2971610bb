import Configuration
import Drafting
import Platform
import Testing

@Suite("YAML of a draft")
struct NodeTextTests {
  static let texts = [
    "orders", "lines.productId", "customer.$id", "", " ", "a b", "*", "-", "- x", "#", "a #b", "a: b", "a:b",
    "{}", "[x]",
    "yes", "no", "On", "null", "~", "true", "False", "1", "1.5", "0x1F", "0o7", "1e3", ".5", ".inf", "-1",
    "+1", "1:30",
    "2026-01-01", "caf\u{E9}", "cafe\u{301}", "\u{FEFF}x", "a\nb", "a\tb", "a\rb", "a\u{85}b", "a\u{2028}b",
    "a\u{0}b",
    "a\u{7F}b", "\u{FFFE}", "\"q\"", "'q'", "back\\slash", "100%", "@a", "`a`", "!tag", "&a", "*a", "|", ">",
    "?", "%d", "😀",
    "${name}", "$${name}", "a$", "${", String(repeating: "x", count: 200),
  ]

  @Test("any text is read back as the same text", arguments: texts)
  func values(text: String) throws {
    let node = Node(.scalar(Node.Scalar(text, isPlain: false)), at: Place("test"))
    let read = try readBack("[\(node.scenarioText)]")
    let back = try #require(read.elements?.first?.scalar)
    #expect(back.coreValue == .string(back.text))
    #expect(back.text.utf8.elementsEqual(text.utf8), "\(node.scenarioText)")
  }

  @Test("any name is read back as the same key", arguments: texts.filter { !$0.contains("\0") })
  func keys(text: String) throws {
    let place = Place("test")
    let node = Node(
      .mapping([.init(text, at: place, Node(.scalar(.init("1", isPlain: true)), at: place))]), at: place)
    let entry = try #require(try readBack(node.scenarioText).entries?.first)
    #expect(entry.key.utf8.elementsEqual(text.utf8), "\(node.scenarioText)")
    #expect(entry.value.scalar?.coreValue == .integer(1))
  }

  @Test(
    "plain words stand without quotes",
    arguments: ["shop.orders", "lines.productId", "_id", "backups/base", "/a-b"])
  func plain(text: String) {
    #expect(Node(.scalar(Node.Scalar(text, isPlain: false)), at: Place("test")).scenarioText == text)
  }

  /// Reads YAML as a scenario is read: with parameters put in, of which there are none.
  private func readBack(_ yaml: String) throws -> Node {
    let diagnostics = Diagnostics()
    let node = try #require(Node.parse(yaml, file: "test", diagnostics), "\(diagnostics.failures)")
    let read = node.substituting([:], diagnostics)
    #expect(diagnostics.isEmpty, "\(diagnostics.failures)")
    return read
  }
}
