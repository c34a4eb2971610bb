import Platform
import Record
import Testing

/// A record with every part filled.
func fullRecord() -> DrillRecord {
  var record = DrillRecord()
  record.tool = DrillRecord.Tool(version: "0.1.0")
  record.runID = "20261121T130449Z-shop"
  record.scenario = DrillRecord.Scenario(
    name: "shop", title: "Shop, whole", path: "scenarios/shop/scenario.yaml", sha256: "00ff",
    resolved: ["version": 1])
  record.status = .completed
  record.startedAt = WallTime(rfc3339: "2026-11-21T13:04:49.250Z")!
  record.endedAt = WallTime(rfc3339: "2026-11-21T13:04:52.750Z")!
  record.environment.host = "db-7"
  record.environment.cores = 2
  record.environment.mongod = DrillRecord.Mongod(path: "/usr/bin/mongod", version: "6.0.5")
  record.environment.sandbox = DrillRecord.Sandbox(directory: "/var/tmp/m", kept: true)
  record.environment.meta = [DrillRecord.Pair("ticket", "OPS-1")]
  record.backup.path = "backups/base"
  record.backup.form = "dump directory"
  record.backup.bytes = 1_234_567
  record.backup.oplog = "backups/base/oplog.bson"
  record.backup.collections = [
    DrillRecord.Collection(
      source: "shop.orders", target: "shop.orders", documents: 5000, bytes: 900_000, inserted: 5000,
      indexes: 2),
    DrillRecord.Collection(
      source: "admin.system.version", target: nil, note: "the server's own", documents: 1, bytes: 59,
      inserted: 0, indexes: 0),
  ]
  record.backup.problems = [
    DrillRecord.Problem(namespace: "shop.orders", subject: "index", name: "a_1", message: "bad plugin")
  ]
  record.backup.problemCount = 1
  record.backup.slices = ["backups/oplog"]
  record.backup.collections[0].atTarget = 5321
  record.replay = fullReplay()
  record.objectives.rto = DrillRecord.Objective(limit: 1800, warn: 1200, measured: 3.25)
  record.objectives.rpo = DrillRecord.Objective(limit: 300, measured: 12)
  record.phases = [
    Phase("restore", seconds: 0.5, documents: 5000, bytes: 900_000), Phase("cleanup", seconds: 0),
  ]
  var step = DrillRecord.Step(id: "smoke", kind: "run", description: "ask the shop")
  step.status = .failed
  step.startedAt = record.startedAt
  step.attempts = 2
  step.exitStatus = 3
  step.output = "no\n"
  record.steps = [step]
  record.checks = [check(.pass), check(.fail, message: "2 fewer")]
  record.checks[1].samples = [#"{"$oid": "00"}"#]
  record.checks[1].measured = ["documents": 4998]
  record.notVerified = [DrillRecord.NotVerified("oplog", "the oplog was not replayed")]
  record.rollbacks = [DrillRecord.Step(id: "rollback-1", kind: "run")]
  var export = DrillRecord.Export()
  export.step = "lost"
  export.path = "exports/lost"
  export.moment = "100:2"
  export.changedThrough = "110:1"
  export.changes = ["d", "u"]
  export.collections = [DrillRecord.ExportedCollection()]
  export.collections[0].namespace = "shop.orders"
  export.collections[0].sha256 = String(repeating: "0", count: 64)
  record.exports = [export]
  record.backup.files = [DrillRecord.FileDigest(path: "backups/base/a.bson", bytes: 5, sha256: "00ff")]
  record.backup.fileCount = 1
  record.backup.filesSHA256 = "11ff"
  record.objectives.rto?.regression = DrillRecord.Regression(
    limit: 0.25, runs: 10, medianSeconds: 3, measured: 3.25)
  record.recommendations = [DrillRecord.Recommendation("low-disk", "little is free", advice: "Look.")]
  record.previousRun = DrillRecord.PreviousRun(runID: "20261114T130449Z-shop", sha256: "22ff")
  var evidence = Judgement.Evidence()
  evidence.checks = record.checks
  let judgement = Judgement(evidence)
  (record.verdict, record.exitCode, record.reasons) = (
    judgement.verdict, judgement.exitCode, judgement.reasons
  )
  return record
}

/// A replay to two targets, the second of which was searched for.
func fullReplay() -> DrillRecord.Replay {
  var first = DrillRecord.Replay()
  first.step = "replay"
  first.requested = "before:100:3"
  first.resolved = "up to 100:3, without it"
  first.through = "100:2"
  first.firstApplied = "90:1"
  first.lastApplied = "100:2"
  first.nextEntry = "100:3"
  first.entries = 40
  first.applied = ["shop.orders": ["insert": 20, "update": 3], "shop.b": ["delete": 1]]
  first.skipped = ["no-op": ["": 16]]
  first.coverage.windowStart = "90:1"
  first.coverage.unproven = [
    DrillRecord.Seam(
      before: DrillRecord.SeamEdge(timestamp: "95:1", file: "a", offset: 7),
      after: DrillRecord.SeamEdge(timestamp: "96:1", file: "b", offset: nil), reason: nil)
  ]
  var last = first
  last.step = "search"
  last.proven = false
  last.problemCount = 1
  last.problems = [
    DrillRecord.OperationProblem(
      namespace: "shop.orders", id: "7", timestamp: "101:1", message: "no document")
  ]
  last.warnings = ["an unproven seam"]
  var bad = DrillRecord.Entry()
  bad.timestamp = "103:1"
  bad.wallTime = WallTime(rfc3339: "2026-11-21T13:04:49.250Z")
  bad.operation = "delete"
  bad.namespace = "shop.customers"
  bad.id = "17"
  var bisect = DrillRecord.Bisect()
  bisect.suites = ["core"]
  bisect.from = "100:2"
  bisect.to = "110:1"
  bisect.candidates = 12
  bisect.rounds = 2
  bisect.lastGood = "102:9"
  bisect.firstBad = bad
  bisect.probes = [DrillRecord.Probe(through: "110:1", round: 1, failed: ["count of shop.orders: none"])]
  last.bisect = bisect
  last.earlier = [first]
  return last
}

@Suite("The record")
struct DrillRecordTests {
  @Test("has the keys of the design, in its order")
  func keys() throws {
    guard case .object(let members) = fullRecord().json else { throw Unexpected() }
    #expect(
      members.map(\.key) == [
        "schema_version", "tool", "run_id", "scenario", "status", "verdict", "exit_code", "reasons",
        "started_at",
        "ended_at", "duration_seconds", "environment", "backup", "replay", "objectives", "phases", "steps",
        "checks", "damage", "summary", "rating", "recommendations", "not_verified", "rollbacks", "exports",
        "resumed", "shards", "previous_run",
      ])
  }

  @Test("comes back the same from its text", arguments: [true, false])
  func roundTrip(pretty: Bool) throws {
    let record = fullRecord()
    let bytes = Array(record.json.text(pretty: pretty).utf8)
    #expect(try DrillRecord(reportAt: "report.json", bytes) == record)
  }

  @Test("writes what follows from the rest")
  func derived() {
    let json = fullRecord().json
    #expect(json["duration_seconds"] == .double(3.5))
    #expect(json["objectives"]?["rto"]?["margin_seconds"] == .double(1796.75))
    #expect(json["objectives"]?["rto"]?["met"] == true)
    #expect(json["objectives"]?["rpo"]?["met"] == true)
    #expect(json["summary"]?["documents"] == 5321)
    #expect(json["summary"]?["failed"] == 1)
    #expect(json["summary"]?["sentence"] == "1 of 2 checks failed: count of shop.orders: 2 fewer.")
    guard case .array(let phases) = json["phases"] else { return }
    #expect(phases.map { $0["documents_per_second"] } == [.double(10_000), .null])
  }

  @Test("by itself claims nothing")
  func empty() {
    let record = DrillRecord()
    #expect(record.verdict == .inconclusive && record.exitCode == .notVerified && record.status == .failed)
  }

  @Test("of an earlier version, without keys that came later, is read")
  func earlier() throws {
    let text = fullRecord().json.text().replacing(#""slices":["backups/oplog"],"#, with: "")
      .replacing(#""at_target":5321,"#, with: "").replacing(#""at_target":null,"#, with: "")
    let record = try DrillRecord(reportAt: "r.json", Array(text.utf8))
    #expect(record.backup.slices == [] && record.backup.collections[0].atTarget == nil)
  }

  @Test("passes over keys of later versions, and nulls for what is absent")
  func additive() throws {
    guard case .object(var members) = fullRecord().json else { throw Unexpected() }
    members.append(JSON.Member("weather", ["rain": true]))
    members.removeAll { $0.key == "previous_run" || $0.key == "replay" }
    var expected = fullRecord()
    expected.replay = nil
    expected.previousRun = nil
    #expect(try DrillRecord(json: .object(members)) == expected)
  }

  @Test(
    "is refused when it isn't one, with the place",
    arguments: [
      ("", "not a report of mongodrill: the text ends where a value should stand"),
      ("[]", "not a report of mongodrill: a record should be an object"),
      ("{}", "not a report of mongodrill: tool should be an object"),
      (#"{"schema_version": 2}"#, "the report has version 2 of the schema, this mongodrill reads 1"),
    ])
  func refused(text: String, message: String) {
    #expect { try DrillRecord(reportAt: "r.json", Array(text.utf8)) } throws: { error in
      (error as? Failure)?.description.hasSuffix(message) == true
    }
  }

  @Test("shows the replay by the keys of the design, the last of several with the others in it")
  func replay() throws {
    let replay = try #require(fullRecord().json["replay"])
    guard case .object(let members) = replay else { throw Unexpected() }
    #expect(
      members.map(\.key) == [
        "step", "requested", "resolved", "through", "proven", "first_applied", "last_applied", "next_entry",
        "entries", "bytes", "applied", "skipped", "explained_updates", "updates_outside_base",
        "problem_count",
        "problems", "warnings", "coverage", "bisect", "earlier",
      ])
    #expect(replay["applied"]?.text() == #"{"shop.b":{"delete":1},"shop.orders":{"insert":20,"update":3}}"#)
    #expect(fullReplay().all.map(\.step) == ["replay", "search"])
    #expect(fullReplay().appliedCount == 24 && fullReplay().skippedCount == 16)
  }

  @Test("says what a search found in one sentence")
  func search() throws {
    var bisect = try #require(fullReplay().bisect)
    #expect(
      bisect.sentence
        == "core: passes through 102:9, and the entry at 103:1 breaks it: delete in shop.customers, _id 17.")
    bisect.firstBad = nil
    #expect(bisect.sentence == "core: nothing breaks it through 102:9.")
    bisect.lastGood = nil
    #expect(bisect.sentence == "core: passes at no moment that was asked.")
    var entry = DrillRecord.Entry()
    entry.operation = "drop"
    entry.namespace = "shop.products"
    #expect(entry.title == "drop of shop.products")
    (entry.operation, entry.operations) = ("transaction", 3)
    #expect(entry.title == "transaction of 3 operations, the first of shop.products")
  }

  @Test("names the key that is wrong")
  func wrongKey() throws {
    let text = fullRecord().json.text().replacing(#""result":"fail""#, with: #""result":"failed""#)
    #expect { try DrillRecord(reportAt: "r.json", Array(text.utf8)) } throws: { error in
      (error as? Failure)?.cause == "checks[1].result should be one of pass, warn, fail, error, skipped"
    }
  }
}

struct Unexpected: Error {}

@Suite("A run's id")
struct RunIDTests {
  @Test(
    "sorts by time and can be a folder's name",
    arguments: [
      ("shop-pitr", "shop-pitr"), ("Shop: point in time", "Shop-point-in-time"), ("../..", "drill"),
      ("", "drill"),
      ("a/b\u{0}c", "a-b-c"), ("é", "drill"), ("..x", "x"), ("last.dump.", "last.dump"), ("a..b", "a.-b"),
    ])
  func names(scenario: String, slug: String) throws {
    let time = try #require(WallTime(rfc3339: "2026-11-21T13:04:49Z"))
    #expect(RunID.make(scenario, at: time) == "20261121T130449Z-\(slug)")
    #expect(RunID.make(scenario, at: time, attempt: 2) == "20261121T130449Z-\(slug)-2")
  }
}
