import Checks
import Configuration
import Platform
import Testing

@Suite("What a check may ask")
struct ReadOnlyTests {
  private func problems(_ item: String, of subject: String = "shop.orders", for server: ServerKind)
    -> [String]
  {
    let diagnostics = Diagnostics()
    let node = Node.parse("core:\n  \(subject):\n    - \(item)\n", file: "c.yaml", diagnostics)
    let suites = node.flatMap { Suite.decode($0, diagnostics, for: server) }
    if suites != nil { return [] }
    return diagnostics.sorted.map(\.description)
  }

  @Test(
    "no stage that writes, however deep, on any server",
    arguments: [
      "failed_documents: {pipeline: [{$match: {}}, {$out: x}]}",
      "metric: {pipeline: [{$merge: {into: x}}]}",
      "metric: {pipeline: [{$lookup: {from: x, as: y, pipeline: [{$facet: {z: [{$unionWith: {coll: q, pipeline: [{$merge: x}]}}]}}]}}]}",
      "query: {pipeline: [{$out: {db: a, coll: b}}]}",
      "{failed_documents: , where: {$expr: {$out: 1}}}",
      "schema: {schema: {properties: {a: {$merge: 1}}}}",
      "document: {match: {$out: 1}}",
    ], [ServerKind.sandbox, .live])
  func writes(item: String, server: ServerKind) {
    let found = problems(item, for: server)
    #expect(found.count == 1)
    #expect(found.first?.hasSuffix(" writes, and a check only reads") == true, "\(found)")
  }

  @Test("the place of the stage is named")
  func place() {
    #expect(
      problems("metric: {pipeline: [{$count: n}, {$out: x}]}", for: .live) == [
        "c.yaml:3:41: `$out` writes, and a check only reads"
      ])
  }

  @Test(
    "code runs in a sandbox alone",
    arguments: [
      "{count: {min: 1}, where: {$where: 'true'}}",
      "{failed_documents: , where: {$expr: {$function: {body: 'f', args: [], lang: js}}}}",
      "metric: {pipeline: [{$group: {_id: null, n: {$accumulator: {}}}}]}",
      "metric: {pipeline: [{$lookup: {from: x, as: y, pipeline: [{$match: {$where: '1'}}]}}]}",
      "query: {find: {$and: [{$where: '1'}]}}",
    ])
  func code(item: String) {
    #expect(problems(item, for: .sandbox) == [])
    #expect(problems(item, for: .live).first?.contains("runs code on a server that others use") == true)
  }

  @Test(
    "values that only look like stages are values",
    arguments: [
      "document: {id: {$x: 1}, expect: {a: {$out: 1}}}", "accepted_values: {field: a, values: [{$merge: 1}]}",
    ].filter { item in CheckKinds.all.contains { item.hasPrefix($0.declaration.kind) } })
  func values(item: String) { #expect(problems(item, for: .live) == []) }

  @Test("there is no backup to compare with on a server that others use")
  func backup() {
    for item in ["count: {compare: backup}", "indexes: {compare: backup}", "options: {compare: backup}"] {
      #expect(problems(item, for: .sandbox) == [])
      #expect(
        problems(item, for: .live).first?.hasSuffix("`compare: backup` where there is no backup") == true)
    }
    #expect(problems("indexes: {compare: witness}", for: .live) == [])
  }

  @Test(
    "keys that don't fit together are named",
    arguments: [
      (
        "shop", "collections: {exact: [a], required: [b]}",
        "`required`: together with `exact`, which requires its own"
      ),
      ("shop", "collections: {exact: [a], compare: backup}", "`exact`: together with `compare`"),
      ("shop", "command: {argv: []}", "`argv`: there is no program in it"),
      ("shop", "command: {argv: [x], output: '('}", "`output`: not a regular expression"),
      ("shop", "gridfs: {bucket: ''}", "`bucket`: a bucket has a name"),
      ("shop.a", "users", "`users` is asked of a whole database, not of a collection"),
      ("shop.a", "options: {compare: backup, equals: {capped: true}}", "`equals`: together with `compare`"),
      ("shop.a", "options: {equals: {}}", "`equals`: no option is named"),
      ("shop.a", "schema: {schema: {$jsonSchema: {}}}", "`schema`: `$jsonSchema` goes without saying"),
      ("shop.a", "failed_documents", "`pipeline`: nothing says which documents should not be"),
      (
        "shop.a", "failed_documents: {pipeline: []}",
        "`pipeline`: it is empty: every document would be a failed one"
      ),
      ("shop.a", "metric: {pipeline: [{$count: n}], min: 5, max: 4}", "`min`: 5 is above the `max` of 4"),
      ("shop.a", "metric: {pipeline: [{$count: n}], min: x}", #"`min`: expected a number, found "x""#),
      (
        "shop.a", "metric: {pipeline: [{$count: n}], tolerance: 1%}",
        "`tolerance`: there is nothing that it is a part of"
      ),
      ("shop.a", "metric: {pipeline: []}", "`pipeline`: it is empty"),
      ("shop.a", "document: {expect: {a: 1}}", "`id`: nothing says which document is meant"),
      ("shop.a", "document: {id: 1, match: {a: 1}}", "`match`: together with `id`"),
      ("shop.a", "storage: {data: 10%}", "`data`: there is nothing that it is a part of"),
      ("shop.a", "storage: {compare: witness}", "`compare`: no size is named"),
      ("shop.a", "query: {index: a}", "`find`: there is no query"),
      ("shop.a", "query: {find: {}, pipeline: []}", "`pipeline`: together with `find`"),
      ("shop.a", "query: {pipeline: [], sort: {a: 1}}", "`sort`: it goes with `find`"),
      (
        "shop.a", "indexes: {compare: baseline}",
        "`compare`: expected one of backup, witness, found the string \"baseline\""
      ),
    ])
  func together(subject: String, item: String, message: String) {
    let found = problems(item, of: subject, for: .sandbox)
    #expect(found.contains { $0.hasSuffix(message) }, "\(found)")
  }
}
