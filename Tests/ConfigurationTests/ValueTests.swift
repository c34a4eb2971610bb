import BSON
import Configuration
import Platform
import Testing

@Suite("BSON values in YAML")
struct ValueTests {
  func value(_ text: String) -> (Value?, [String]) {
    let diagnostics = Diagnostics()
    let node = Node.parse("v: \(text)\n", file: "s.yaml", diagnostics)
    return (node?["v"]?.bsonValue(diagnostics), diagnostics.failures.map(\.description))
  }

  @Test(
    "scalars and Extended JSON take their BSON types",
    arguments: [
      ("1", .int32(1)), ("3000000000", .int64(3_000_000_000)), ("1.0", .double(1)), ("no", .string("no")),
      ("'1'", .string("1")), ("null", .null), ("true", .bool(true)),
      ("{$numberLong: 5}", .int64(5)), ("{$numberLong: '5'}", .int64(5)), ("{$numberInt: 5}", .int32(5)),
      ("{$date: 2024-01-01T00:00:00Z}", .date(1_704_067_200_000)),
      ("{$date: {$numberLong: 5}}", .date(5)),
      (
        "{$oid: 0123456789abcdef01234567}",
        .objectID(ObjectID(bytes: [1, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 1, 0x23, 0x45, 0x67]))
      ),
      ("{$timestamp: {t: 5, i: 6}}", .timestamp(Timestamp(seconds: 5, increment: 6))),
      ("{$minKey: 1}", .minKey),
      ("[1, {a: 2}]", [1, ["a": 2]]),
      ("{total: {$lt: 0}, $or: [{a: 1}]}", ["total": ["$lt": 0], "$or": [["a": 1]]]),
      ("{name: {$regex: ^a, $options: i}}", ["name": ["$regex": "^a", "$options": "i"]]),
    ] as [(String, Value)])
  func values(text: String, expected: Value) {
    let (value, problems) = value(text)
    #expect(value == expected, "\(problems)")
  }

  @Test("a decimal keeps its digits")
  func decimal() {
    #expect(value("{$numberDecimal: 1.50}").0?.extendedJSON() == "{ \"$numberDecimal\" : \"1.50\" }")
  }

  @Test(
    "says where Extended JSON is wrong",
    arguments: [
      ("{a: {$oid: 12}}", "s.yaml:1:8: not valid Extended JSON"),
      ("{$date: soon}", "s.yaml:1:4: not valid Extended JSON"),
      ("99999999999999999999", "s.yaml:1:4: 99999999999999999999 is beyond 64 bits"),
    ])
  func wrong(text: String, problem: String) {
    let (value, problems) = value(text)
    #expect(value == nil)
    #expect(problems.first?.hasPrefix(problem) == true, "\(problems)")
  }
}

@Suite("Parameters")
struct SubstitutionTests {
  func substituted(_ text: String, deferred: Set<String> = []) -> (Node?, [Failure]) {
    let diagnostics = Diagnostics()
    let node = Node.parse("v: \(text)\n", file: "s.yaml", diagnostics)?
      .substituting(
        [
          "count": .init("5", isPlain: true), "name": .init("7", isPlain: false),
          "odd": .init("a${b}", isPlain: false),
        ],
        deferred: deferred, diagnostics)
    return (node?["v"], diagnostics.failures)
  }

  @Test("one that stands alone keeps its type, quoted or not", arguments: ["${count}", "\"${count}\""])
  func alone(text: String) {
    #expect(substituted(text).0?.scalar?.coreValue == .integer(5))
    #expect(substituted("${name}").0?.scalar?.coreValue == .string("7"))
  }

  @Test(
    "within other text it is text",
    arguments: [
      ("x${count}y", "x5y"), ("${count}${count}", "55"), ("a$${count}$", "a${count}$"), ("$$x $5", "$$x $5"),
    ])
  func within(text: String, result: String) {
    #expect(substituted(text).0?.scalar?.coreValue == .string(result))
  }

  @Test("an unknown one is named with its place and a suggestion")
  func unknown() {
    let failure = substituted("[1, '${cuont}']").1.first
    #expect(failure?.description == "s.yaml:1:8: unknown parameter `cuont`")
    #expect(failure?.hint == "Did you mean \"count\"?")
  }

  @Test("malformed ones are problems", arguments: ["'${count'", "'${1x}'", "'${}'"])
  func malformed(text: String) {
    #expect(substituted(text).1.map(\.code) == ["malformed-parameter"])
  }

  @Test("those known later stay, and the known ones' text is not read twice")
  func deferred() throws {
    let node = try #require(substituted("'${odd} $${x} ${verdict}'", deferred: ["verdict"]).0)
    let template = try #require(Shape.template.decode(node, Diagnostics()))
    #expect(template.names == ["verdict"])
    #expect(template.resolved(["verdict": "pass"]) == "a${b} ${x} pass")
    let settled = try #require(substituted("'$${x}'", deferred: ["verdict"]).0)
    #expect(try #require(Shape.template.decode(settled, Diagnostics())).resolved([:]) == "${x}")
  }
}
