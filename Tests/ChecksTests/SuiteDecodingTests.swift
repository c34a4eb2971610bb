import BSON
import Checks
import Configuration
import Facts
import Platform
import Testing

@Suite("Checks in a scenario")
struct SuiteDecodingTests {
  private func decode(_ text: String) -> ([Checks.Suite]?, [Failure]) {
    let diagnostics = Diagnostics()
    let suites = Node.parse(text, file: "s.yaml", diagnostics).flatMap { Suite.decode($0, diagnostics) }
    return (suites, diagnostics.sorted)
  }

  @Test("a kind may stand alone, with an empty value or with keys")
  func forms() throws {
    let (suites, problems) = decode(
      """
      core:
        shop.orders:
          - validate
          - validate:
          - validate: {}
          - {count: {min: 5}, name: enough, severity: warn, timeout: 5m}
        "*": [indexes]
        shop: [count]
      """)
    let core = try #require(suites?.first, "\(problems)")
    #expect(core.checks.map(\.name) == ["validate", "validate", "validate", "enough", "indexes", "count"])
    #expect(core.checks[0].subject == .collection(Namespace("shop", "orders")))
    #expect(core.checks[3].common.timeout == 300)
    #expect(core.checks[3].common.severity == .warn)
    #expect(core.checks[4].subject == .everything)
    #expect(core.checks[5].subject == .database("shop"))
    #expect(core.checks[3].place?.description == "s.yaml:6:7")
  }

  @Test("a suite or a list without checks is no question")
  func nothingAsked() {
    let (suites, problems) = decode("core: {}\nlate:\n  shop.orders: []\n")
    #expect(suites == nil)
    #expect(problems.map(\.code) == ["nothing-asked", "nothing-asked"])
    #expect(
      problems.map(\.description) == [
        "s.yaml:1:1: the suite `core` asks nothing", "s.yaml:3:3: nothing is asked of `shop.orders`",
      ], "\(problems)")
  }

  @Test("an empty schema, which every document fits, is refused")
  func emptySchema() {
    #expect(
      decode("core: {shop.orders: [{schema: {schema: {}}}]}").1.map(\.message) == [
        "`schema`: it is empty: every document fits"
      ])
  }

  @Test(
    "what is wrong is named with its place",
    arguments: [
      ("- cuont: {}", "s.yaml:3:7: unknown check `cuont`", "Did you mean \"count\"?"),
      ("- cuont", "s.yaml:3:7: unknown check `cuont`", "Did you mean \"count\"?"),
      ("- count: {mni: 5}", "s.yaml:3:15: unknown key `mni`", "Did you mean \"min\"?"),
      ("- {count: {}, severty: warn}", "s.yaml:3:19: unknown key `severty`", "Did you mean \"severity\"?"),
      (
        "- {count: {}, indexes: {}}", "s.yaml:3:19: `count` and `indexes` in one check",
        "Make two items of the list of them."
      ),
      ("- {name: x}", "s.yaml:3:7: a check without a kind", "Write the kind as a key: count: {min: 5000}."),
      ("- [count]", "s.yaml:3:7: expected a check, found a list", nil),
      (
        "- references: {to: a.b}", "s.yaml:3:19: `field`: no field is named", "Give `field` or `fields`."
      ),
      (
        "- references: {fields: [x, y], to: a.b}",
        "s.yaml:3:28: `fields`: 2 fields can't refer to 1 field",
        "Name as many fields in `to_fields` as in `fields`."
      ),
      (
        "- references: {field: x, to: a.b, to_fields: [y, z]}",
        "s.yaml:3:50: `to_fields`: 1 field can't refer to 2 fields",
        "Name as many fields in `to_fields` as in `fields`."
      ),
      (
        "- unique: {field: x, fields: [y]}", "s.yaml:3:34: `fields`: together with `field`",
        "Keep one of the two."
      ),
      (
        "- references: {field: $x, to: a.b}", "s.yaml:3:27: `field`: `$x` is no path of a field",
        "Write address.city, without a `$`."
      ),
      (
        "- references: {field: x, to: ab}",
        "s.yaml:3:34: `to`: expected a collection such as shop.orders, found the string \"ab\"",
        "Write the database, a dot and the collection."
      ),
      ("- count: {min: 5, max: 4}", "s.yaml:3:20: `min`: 5 is above the `max` of 4", nil),
      (
        "- count: {compare: bakcup}",
        "s.yaml:3:24: `compare`: expected one of backup, witness, baseline, step:ID, found the string \"bakcup\"",
        "Did you mean \"backup\"?"
      ),
      (
        "- {count: {}, where: {a: 1}}",
        "s.yaml:3:15: `compare`: a `where` can't be compared with the backup, which is counted as a whole",
        "Give `min`, `max` or `equals`, or compare with the baseline."
      ),
      (
        "- count: {min: 5, tolerance: 1%}", "s.yaml:3:34: `tolerance`: there is nothing that it is a part of",
        "Add `compare: backup`."
      ),
      ("- {validate: {}, where: {a: 1}}", "s.yaml:3:29: `validate` does not take `where`", nil),
      (
        "- {count: {min: 1}, warn_if: '~ 5'}",
        "s.yaml:3:34: `warn_if`: expected a condition such as \"> 0\" or \">= 1%\", found the string \"~ 5\"",
        "Write >, >=, <, <=, == or !=, then a number, a percentage or a duration, in quotes."
      ),
      (
        "- indexes: {list: [{unique: true}]}",
        "s.yaml:3:23: `list`: an index without a `key`: { \"unique\" : true }", nil
      ),
    ] as [(String, String, String?)])
  func problems(item: String, problem: String, hint: String?) {
    let (suites, problems) = decode("core:\n  shop.orders:\n    \(item)\n")
    #expect(suites == nil)
    #expect(problems.map(\.description) == [problem])
    #expect(problems.first?.hint == hint)
  }

  @Test("all problems of all suites come at once")
  func all() {
    let (suites, problems) = decode("a:\n  .x: []\n  shop.a: [cout]\nb: [1]\nc: {shop: {}}\n")
    #expect(suites == nil)
    #expect(problems.map(\.code) == ["not-a-namespace", "unknown-check", "wrong-type", "wrong-type"])
  }

  @Test("a check of a view that cannot be one is known before the drill")
  func views() throws {
    let catalogue = Catalogue([CollectionFacts(Namespace("shop", "open"), kind: .view)])
    let suites = try #require(decode("core:\n  shop.open: [validate, count]\n").0)
    #expect(
      suites[0].problems(in: catalogue).map(\.description) == [
        "s.yaml:2:15: `validate` cannot be asked of shop.open, which is a view"
      ])
  }

  @Test(
    "every kind's example is one, and every default can be read",
    arguments: CheckKinds.all.map { $0.declaration.kind })
  func examples(kind: String) throws {
    let declaration = try #require(CheckKinds.kind(kind)).declaration
    let (suites, problems) = decode(
      "core:\n  \(declaration.scope == .database ? "shop" : "shop.orders"):\n    - \(declaration.example)\n")
    #expect(suites?[0].checks.map(\.declaration.kind) == [kind], "\(problems)")
    for key in declaration.keys + CommonKeys.keys where !key.spec.isRequired {
      let diagnostics = Diagnostics()
      #expect(key.decodeBoxed(nil, in: .plain(""), diagnostics) != nil, "\(key.spec.name)")
      #expect(key.spec.summary.hasSuffix("."))
    }
  }

  @Test("the schema names every kind and key")
  func schema() throws {
    let object = try #require(
      Suite.itemSchema["anyOf"].flatMap { if case .array(let items) = $0 { items.last } else { nil } })
    for kind in CheckKinds.all {
      let keys = object["properties"]?[kind.declaration.kind]?["anyOf"]
      guard case .array(let forms)? = keys else {
        Issue.record("no \(kind.declaration.kind)")
        continue
      }
      for key in kind.declaration.keys { #expect(forms[0]["properties"]?[key.spec.name] != nil) }
    }
    for key in CommonKeys.keys { #expect(object["properties"]?[key.spec.name]?["description"] != nil) }
  }
}
