import BSON
import Configuration
import Platform
import Testing

/// Parses `text` and gives the node with what was wrong.
func parse(_ text: String) -> (node: Node?, problems: [String]) {
  let diagnostics = Diagnostics()
  let node = Node.parse(text, file: "s.yaml", diagnostics)
  return (node, diagnostics.sorted.map(\.description))
}

@Suite("YAML")
struct YAMLTests {
  @Test("every node and key knows its line and column, counted in characters")
  func places() throws {
    let node = try #require(parse("ä: 1\nlist:\n  - x\n  - {k: 'é', z: 2}\n").node)
    #expect(node["ä"]?.place.description == "s.yaml:1:4")
    let entry = try #require(node["list"]?.elements?[1].entries?[1])
    #expect(entry.place.description == "s.yaml:4:14")
    #expect(entry.value.place.description == "s.yaml:4:17")
  }

  @Test("a mark of UTF-8 before it changes nothing, and one of UTF-16 is refused")
  func marks() throws {
    let (node, problems) = parse("\u{FEFF}a: 1\nb: [")
    #expect(node == nil && problems.first?.hasPrefix("s.yaml:3:1: ") == true, "\(problems)")
    #expect(try #require(parse("\u{FEFF}ab: 1\n").node)["ab"]?.place.description == "s.yaml:1:5")
    let diagnostics = Diagnostics()
    #expect(Node.parse([0xFF, 0xFE, 0x61, 0], file: "s.yaml", diagnostics) == nil)
    #expect(diagnostics.sorted.map(\.description).first?.contains("invalid leading UTF-8 octet") == true)
  }

  @Test(
    "plain scalars are typed by YAML 1.2's core schema",
    arguments: [
      ("no", .string("no")), ("on", .string("on")), ("1:30", .string("1:30")),
      ("2024-01-01", .string("2024-01-01")),
      ("1_000", .string("1_000")), ("0x1F", .integer(31)), ("0o17", .integer(15)), ("017", .integer(17)),
      ("+12", .integer(12)), ("-0", .integer(0)), ("1.5", .float(1.5)), ("-.5e3", .float(-500)),
      ("2.", .float(2)),
      ("1e3", .float(1000)), (".inf", .float(.infinity)), ("-.INF", .float(-.infinity)), ("~", .null),
      ("Null", .null), ("TRUE", .bool(true)), ("tRUE", .string("tRUE")), (".", .string(".")),
      ("1.2.3", .string("1.2.3")),
      ("0xZZ", .string("0xZZ")), ("1e", .string("1e")), ("-", .string("-")),
      ("9223372036854775807", .integer(.max)),
      ("9223372036854775808", .hugeInteger), ("0o8", .string("0o8")), ("nan", .string("nan")),
    ] as [(String, CoreValue)])
  func coreSchema(text: String, value: CoreValue) {
    #expect(Node.Scalar(text, isPlain: true).coreValue == value)
    #expect(Node.Scalar(text, isPlain: false).coreValue == .string(text))
  }

  @Test("not a number is one")
  func notANumber() {
    guard case .float(let value) = Node.Scalar(".nan", isPlain: true).coreValue else {
      Issue.record("no float")
      return
    }
    #expect(value.isNaN)
  }

  @Test(
    "says where malformed text is malformed",
    arguments: [
      ("a: [1, 2", "s.yaml:2:1: not valid YAML: did not find expected ',' or ']'"),
      ("a: 1\n\tb: 2\n", "s.yaml:2:1: not valid YAML: found a tab character that violates indentation"),
      ("a: b: c\n", "s.yaml:1:5: not valid YAML: mapping values are not allowed in this context"),
      ("a: 'x\n", "s.yaml:2:1: not valid YAML: found unexpected end of stream"),
      ("", "s.yaml:1:1: not valid YAML: the file is empty"),
      ("# nothing\n", "s.yaml:1:1: not valid YAML: the file is empty"),
      ("a: &x 1\n", "s.yaml:1:4: an anchor is not supported here"),
      ("a: *x\n", "s.yaml:1:4: an alias is not supported here"),
      ("a: !!str 1\n", "s.yaml:1:4: a tag is not supported here"),
      ("a: 1\n---\nb: 2\n", "s.yaml:2:1: a second document is not supported here"),
      ("? [x]\n: 1\n", "s.yaml:1:3: a key that is a list is not supported here"),
      ("\"a\\0b\": 1\n", "s.yaml:1:1: a key with a NUL is not supported here"),
    ])
  func malformed(text: String, problem: String) {
    let (node, problems) = parse(text)
    #expect(node == nil)
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix(problem) == true, "\(problems)")
  }

  @Test("names every duplicate key, and where it stands first")
  func duplicates() {
    let diagnostics = Diagnostics()
    let node = Node.parse("a: 1\nb: {c: 1, c: 2}\na: 3\n", file: "s.yaml", diagnostics)
    #expect(
      diagnostics.failures.map(\.description) == [
        "s.yaml:2:11: duplicate key `c`", "s.yaml:3:1: duplicate key `a`",
      ])
    #expect(diagnostics.failures.last?.hint == "It stands first in line 1; keep one of the two.")
    #expect(node?["a"]?.text == "1")
  }

  @Test("keys that only look alike are two keys")
  func keysByBytes() {
    #expect(parse("\u{E9}: 1\ne\u{301}: 2\n").problems.isEmpty)
  }

  @Test("a tab gets its own hint")
  func tab() {
    let diagnostics = Diagnostics()
    _ = Node.parse("a:\n  b: 1\n\tc: 2\n", file: "s.yaml", diagnostics)
    #expect(diagnostics.failures.first?.hint == "Indent with spaces: YAML allows no tabs there.")
    #expect(diagnostics.failures.first?.kind == .invalidScenario)
  }

  @Test("names the place of a byte that is not UTF-8")
  func invalidUTF8() {
    let diagnostics = Diagnostics()
    #expect(Node.parse(Array("a: 1\nb: é".utf8) + [0xFF], file: "s.yaml", diagnostics) == nil)
    #expect(diagnostics.failures.first?.place?.description == "s.yaml:2:5")
  }

  @Test("refuses what is too deep, too large or not there")
  func limits() {
    let deep = parse(String(repeating: "[", count: 5000))
    #expect(deep.problems.first?.hasPrefix("s.yaml:1:101: nesting deeper than 100") == true)
    let large = parse(String(repeating: "a", count: (1 << 20) + 1))
    #expect(large.problems == ["s.yaml:1:1: the file has 1048577 bytes; at most 1048576 are read"])
    let diagnostics = Diagnostics()
    #expect(Node.read("/nowhere/s.yaml", diagnostics) == nil)
    #expect(
      diagnostics.failures.first?.description
        == "/nowhere/s.yaml: cannot read the file: no such file or directory")
  }

  @Test("mutilated text is refused or read, never a crash")
  func mutilated() {
    let sound = Array(
      "a: {b: [1, 'x', \"\\u00e9\"], ? c : |\n  t\n}\nd:\n  - {$date: 2024-01-01T00:00:00Z}\n  - ${p}\n".utf8)
    for cut in 0...sound.count { _ = Node.parse(Array(sound[..<cut]), file: "s", Diagnostics()) }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      var bytes = sound
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      let diagnostics = Diagnostics()
      let node = Node.parse(bytes, file: "s", diagnostics)
      #expect(node != nil || !diagnostics.isEmpty)
      _ = node?.bsonValue(diagnostics)
      _ = node?.substituting([:], diagnostics)
    }
  }
}
