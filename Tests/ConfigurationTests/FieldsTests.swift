import BSON
import Configuration
import Platform
import Testing

private enum Colour: String, Sendable, CaseIterable {
  case red
  case green
}

private let count = Key("count", .integer(1...9), "How many.")
private let path = Key(required: "path", .string, "Where.")
private let colour = Key("colour", .choice(of: Colour.self), default: "green", "Which.")
private let wait = Key("wait", .duration, default: "1m30s", "How long.")
private let size = Key("size", .byteSize, "How large.")
private let share = Key("share", .percentage, "Which part.")
private let tags = Key("tags", .list(of: .string, orOne: true), "Names.")
private let filter = Key("where", .document, "Which documents.")
private let keep = Key("keep", .boolean, "Whether to.")
private let keys: [any DeclaredKey] = [count, path, colour, wait, size, share, tags, filter, keep]

@Suite("Declared keys")
struct FieldsTests {
  private func decode(_ text: String) -> (Fields?, Diagnostics) {
    let diagnostics = Diagnostics()
    let node = Node.parse(text, file: "s.yaml", diagnostics)
    return (node.flatMap { Fields.decode($0, of: "test", keys, diagnostics) }, diagnostics)
  }

  @Test("values come with their types; what is left out is nil or its default")
  func values() throws {
    let (fields, diagnostics) = decode(
      "path: no\nsize: 1.5MiB\nshare: 0.1%\ntags: x\nwhere: {a: {$gt: 1}}\nkeep: true\ncount: 3\n")
    let decoded = try #require(fields, "\(diagnostics.failures)")
    #expect(decoded[path] == "no")
    #expect(decoded[count] == 3)
    #expect(decoded[colour] == .green)
    #expect(decoded[wait] == 90)
    #expect(decoded[size] == 1_572_864)
    #expect(decoded[share] == 0.001)
    #expect(decoded[tags] == ["x"])
    #expect(decoded[filter] == ["a": ["$gt": 1]])
    #expect(decoded[keep] == true)
    #expect(!decoded.isGiven(wait))
    let bare = try #require(decode("path: x").0)
    #expect(bare[count] == nil && bare[tags] == nil && bare[filter] == nil)
  }

  @Test("everything that is wrong is said at once, each with its place")
  func all() {
    let (fields, diagnostics) = decode(
      "count: ten\ncoluor: red\ncolour: gren\nwait: 5\nsize: [1]\nshare: 0.1\ntags: [1]\nwhere: 3\nkeep: yes\n"
    )
    #expect(fields == nil)
    #expect(
      diagnostics.sorted.map(\.description) == [
        "s.yaml:1:1: `path` is missing: a string",
        "s.yaml:1:8: `count`: expected a whole number from 1 to 9, found the string \"ten\"",
        "s.yaml:2:1: unknown key `coluor`",
        "s.yaml:3:9: `colour`: expected one of `red`, `green`, found the string \"gren\"",
        "s.yaml:4:7: `wait`: expected a duration such as 30m, found the number 5",
        "s.yaml:5:7: `size`: expected a size such as 10GB, found a list",
        "s.yaml:6:8: `share`: expected a percentage such as 0.1%, found the number 0.1",
        "s.yaml:7:8: `tags`: expected a string, found the number 1",
        "s.yaml:8:8: `where`: expected a mapping, found the number 3",
        "s.yaml:9:7: `keep`: expected true or false, found the string \"yes\"",
      ])
    #expect(diagnostics.sorted[2].hint == "Did you mean \"colour\"?")
    #expect(diagnostics.sorted[3].hint == "Did you mean \"green\"?")
    #expect(diagnostics.failures.allSatisfy { $0.kind == .invalidScenario })
  }

  @Test(
    "a number out of range, and nothing at all, are wrong too",
    arguments: ["count: 0", "count: 10", "count:", "count: 1.5"])
  func range(line: String) {
    #expect(decode("path: x\n\(line)\n").1.failures.map(\.code) == ["wrong-type"])
  }

  @Test("the schema is drawn from the same declaration, and lets parameters stand for values")
  func schema() {
    let schema = KeySpec.schema(of: keys)
    #expect(schema["required"] == ["path"])
    #expect(schema["additionalProperties"] == false)
    #expect(schema["properties"]?["count"]?["minimum"] == 1)
    #expect(schema["properties"]?["count"]?["type"] == ["integer", "string"])
    #expect(schema["properties"]?["wait"]?["default"] == "1m30s")
    #expect(schema["properties"]?["colour"]?["anyOf"] == [["enum": ["red", "green"]], Schema.parameter])
  }

  @Test("records nest, and name their own unknown keys")
  func records() {
    struct Pair: Sendable { var path: String }
    let shape = Shape<[Named<Pair>]>.entries(of: .record("pair", [path]) { Pair(path: $0[path]) })
    let diagnostics = Diagnostics()
    let node = Node.parse("a: {path: x}\nb: {pth: y}\n", file: "s.yaml", diagnostics)!
    #expect(shape.decode(node, diagnostics) == nil)
    #expect(diagnostics.failures.map(\.code) == ["unknown-key", "missing-key"])
    let sound = Node.parse("a: {path: x}\n", file: "s.yaml", diagnostics)!
    #expect(shape.decode(sound, Diagnostics())?.first?.value.path == "x")
  }
}
