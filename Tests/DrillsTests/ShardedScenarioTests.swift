import Configuration
import Drills
import Platform
import Testing

private let set =
  "version: 1\nbackup: {sharded: {config: c, shards: {a: {path: a, oplog: [s, {path: t}]}, b: b}}}\n"

@Suite("A scenario of a sharded set")
struct ShardedScenarioTests {
  @Test("names each part, with the slices of its own oplog")
  func reads() throws {
    let read = try scenario(set + "steps: [{restore: {}}, {replay: {to: latest}}, {check: []}]\n")
    let parts = try #require(read.set)
    #expect(read.isOfSet && parts.config.path.hasSuffix("c") && parts.config.oplog.isEmpty)
    #expect(parts.shards.map(\.name) == ["a", "b"])
    #expect(parts.shards[0].value.oplog.map(Files.name(of:)) == ["s", "t"])
    #expect(parts.all.map(\.shard) == [nil, "a", "b"])
  }

  @Test("needs the config servers and at least one shard")
  func parts() {
    for text in [
      "backup: {sharded: {shards: {a: a}}}", "backup: {sharded: {config: c}}",
      "backup: {sharded: {config: c, shards: {}}}",
      "backup: {sharded: {config: c, shards: {a: {oplog: s}}}}",
      "backup: {sharded: {config: c, shards: {a: a}}, path: x}",
    ] {
      #expect(problems("version: 1\n\(text)\n").count == 1, "\(text)")
    }
  }

  @Test(
    "is refused what can't be had of one",
    arguments: [
      ("oplog: [s]\n", "not-for-sets"), ("witness: w.json\n", "not-for-sets"),
      ("sandbox: {topology: {replica_set: 1}}\n", "not-for-sets"),
      ("steps: [{restore: {include: [shop.*]}}]\n", "not-for-sets"),
      ("steps: [{restore: {no_replay: true}}]\n", "not-for-sets"),
      ("steps: [{restore: {}}, {id: r, restore: {}}]\n", "not-for-sets"),
      ("steps: [{restore: {}}, {check: []}, {replay: {}}]\n", "not-for-sets"),
      ("steps: [{restore: {}}, {replay: {to: witness}}]\n", "not-for-sets"),
      ("steps: [{restore: {}}, {replay: {skip: {op: d, ns: a.b}}}]\n", "not-for-sets"),
      ("steps: [{restore: {}}, {export: {to: x}}]\n", "not-for-sets"),
      ("steps: [{restore: {}}, {run: {argv: [echo, \"${sandbox.uri}\"]}}]\n", "not-for-sets"),
      ("checks: {s: {a.b: [{count: {compare: backup}}]}}\n", "not-on-sets"),
      ("checks: {s: {a.b: [count]}}\n", "not-on-sets"),
      ("checks: {s: {a.b: [{metric: {pipeline: [{$count: n}], max: 1}}]}}\n", "not-on-sets"),
      ("checks: {s: {a.b: [{failed_documents: {pipeline: [{$group: {_id: $x}}]}}]}}\n", "not-on-sets"),
      ("checks: {s: {a.b: [digest]}}\n", "not-on-sets"), ("checks: {s: {a: [gridfs]}}\n", "not-on-sets"),
      ("checks: {s: {a.b: [{storage: {compare: baseline, data: 20%}}]}}\n", "not-on-sets"),
      ("checks: {s: {a.b: [{query: {find: {}}}]}}\n", "not-on-sets"),
      ("checks: {s: {a.b: [{indexes: {compare: witness}}]}}\n", "not-on-sets"),
    ])
  func refuses(rest: String, code: String) {
    let found = problems(set + rest)
    #expect(found.map { String($0.place.split(separator: " ").last ?? "") } == [code], "\(found)")
  }

  @Test("takes what can be had")
  func takes() throws {
    _ = try scenario(
      set
        + "checks: {s: {a.b: [{count: {min: 1}}, {count: {compare: baseline}, name: b}, indexes, options, validate, {unique: {field: x}}, "
        + "{failed_documents: {where: {x: 1}}}, {freshness: {max: 1h}}], a: [collections], \"*\": [users]}}\n"
    )
  }

  @Test("is what the schema says")
  func schema() throws {
    let folder = try TemporaryFolder()
    let schema = Files.join(folder.path, "scenario.schema.json")
    try Files.writeAtomically(scenarioSchema.text(pretty: true).utf8, to: schema)
    let file = Files.join(folder.path, "scenario.yaml")
    try Files.writeAtomically(set.utf8, to: file)
    #expect(try validate(file, schema: schema) == "")
    try Files.writeAtomically(set.replacing("config:", with: "configs:").utf8, to: file)
    #expect(try validate(file, schema: schema) != "")
  }
}
