import Platform
import Record

/// A drill of the shop that went well.
func passingRecord() -> DrillRecord {
  var record = DrillRecord()
  record.tool = DrillRecord.Tool(version: "0.1.0")
  record.runID = "20261121T130449Z-shop"
  record.scenario = DrillRecord.Scenario(
    name: "shop", title: "Shop, the whole base", path: "scenarios/shop/scenario.yaml", sha256: "9f86d081",
    resolved: ["version": 1])
  record.status = .completed
  record.startedAt = WallTime(rfc3339: "2026-11-21T13:04:49Z")!
  record.endedAt = WallTime(rfc3339: "2026-11-21T13:04:52.500Z")!
  record.environment.host = "db-7"
  record.environment.os = "Debian GNU/Linux 12 (bookworm)"
  record.environment.cores = 2
  record.environment.memoryBytes = 8_000_000_000
  record.environment.mongod = DrillRecord.Mongod(path: "/usr/bin/mongod", version: "6.0.5")
  record.environment.sandbox = DrillRecord.Sandbox(directory: "/var/tmp/mongodrill-7", kept: false)
  record.backup.path = "backups/base"
  record.backup.form = "dump directory"
  record.backup.bytes = 1_234_567
  record.backup.compressed = false
  record.backup.serverVersion = "6.0.5"
  record.backup.toolVersion = "100.18.0"
  record.backup.oplog = "backups/base/oplog.bson"
  record.backup.collections = [
    DrillRecord.Collection(
      source: "admin.system.version", target: nil, note: "it is the server's own", documents: 1, bytes: 59,
      inserted: 0, indexes: 0),
    DrillRecord.Collection(
      source: "shop.orders", target: "shop.orders", documents: 5000, bytes: 900_000, inserted: 5000,
      indexes: 2),
  ]
  record.objectives.rto = DrillRecord.Objective(limit: 1800, warn: 1200, measured: 3.25)
  record.phases = [
    Phase("sandbox", seconds: 0.5), Phase("restore", seconds: 2, documents: 5000, bytes: 900_000),
  ]
  record.steps = [step("restore", "restore", seconds: 2), step("check", "check", seconds: 0.25)]
  record.checks = [
    Outcome(
      kind: "count", suite: "core", namespace: "shop.orders", name: "count", result: .pass,
      message: "5,000 documents, as in the backup", measured: 5000, seconds: 0.002)
  ]
  record.notVerified = [DrillRecord.NotVerified("oplog", "the dump's own oplog was not replayed")]
  judge(&record)
  return record
}

/// One in which much went wrong, with names and values that would like to be Markdown.
func failingRecord() -> DrillRecord {
  var record = passingRecord()
  record.scenario.title = "# <b>Shop</b> | *bold*"
  record.backup.path = "back ups/it's"
  record.backup.collections[1] = DrillRecord.Collection(
    source: "shop.a|b`c\n# d", target: "shop.a|b`c\n# d", documents: 5000, bytes: 900_000, inserted: 4999,
    indexes: 1)
  record.backup.problems = [
    DrillRecord.Problem(
      namespace: "shop.a|b`c\n# d", subject: "document", name: #"{"$oid":"0011"}"#,
      message: "<script>alert(1)</script> & [link](http://evil.example)")
  ]
  record.backup.problemCount = 3
  record.objectives.rto = DrillRecord.Objective(limit: 2, measured: 3.25)
  record.checks.append(
    Outcome(
      kind: "failed_documents", suite: "core", namespace: "shop.orders", name: "no negative totals",
      result: .fail, message: "2 documents match {\"total\": {\"$lt\": 0}}", measured: 2,
      expected: "0 documents",
      observed: "2 documents | ``` \u{202E}\u{7}", samples: ["1", "2", "3", "4", "5", "6"],
      query: "db.getSiblingDB(\"shop\").orders.find({\n  \"total\": {\"$lt\": 0} // ```\n})", seconds: 0.25))
  record.checks.append(
    Outcome(
      kind: "indexes", suite: "core", namespace: "shop.low_stock", name: "indexes", result: .warn,
      message: "_id_ alone", seconds: 0.01))
  record.steps[1].status = .failed
  record.steps[1].message = "1 check failed"
  record.steps[1].output = "line 1\n```\n<i>line 3</i>\n"
  record.rollbacks = [step("rollback-1", "run", seconds: 0.1)]
  judge(&record)
  return record
}

/// One that replayed to a target and searched on from there.
func replayingRecord() -> DrillRecord {
  var record = passingRecord()
  record.backup.collections[1].atTarget = 5837
  var first = DrillRecord.Replay()
  first.step = "replay"
  first.requested = "1795259692:191"
  first.resolved = "through 1795259692:191"
  first.through = "1795259692:191"
  first.lastApplied = "1795259692:191"
  first.nextEntry = "1795259694:1"
  first.entries = 1957
  first.applied = ["shop.orders": ["insert": 1000, "update": 200]]
  first.skipped = ["no-op": ["": 3], "not selected": ["crm.a|b": 5, "crm.people": 299]]
  var last = first
  last.step = "search"
  last.requested = "latest"
  last.resolved = "through 1795259694:300"
  last.lastApplied = "1795259694:300"
  last.nextEntry = nil
  last.entries = 300
  last.applied = ["shop.orders": ["insert": 300]]
  last.skipped = ["no-op": ["": 1]]
  last.coverage.dumpEnd = "1795259684:19"
  last.coverage.provenEnd = "1795259688:554"
  last.coverage.end = "1795259700:2"
  last.coverage.unproven = [
    DrillRecord.Seam(
      before: DrillRecord.SeamEdge(timestamp: "1795259688:554", file: "a.bson", offset: 7),
      after: DrillRecord.SeamEdge(timestamp: "1795259688:560", file: "b*.bson", offset: 0), reason: nil)
  ]
  var bad = DrillRecord.Entry()
  bad.timestamp = "1795259696:1"
  bad.operation = "delete"
  bad.namespace = "shop.customers"
  bad.id = "17"
  var bisect = DrillRecord.Bisect()
  bisect.suites = ["core"]
  bisect.from = "1795259692:191"
  bisect.to = "1795259700:2"
  bisect.candidates = 6392
  bisect.rounds = 5
  bisect.lastGood = "1795259694:300"
  bisect.firstBad = bad
  bisect.monotone = false
  last.bisect = bisect
  last.earlier = [first]
  record.replay = last
  return record
}

private func step(_ id: String, _ kind: String, seconds: Double) -> DrillRecord.Step {
  var step = DrillRecord.Step(id: id, kind: kind)
  step.status = .completed
  step.attempts = 1
  step.seconds = seconds
  return step
}

private func judge(_ record: inout DrillRecord) {
  var evidence = Judgement.Evidence()
  evidence.checks = record.checks
  evidence.objectives = record.objectives
  evidence.collections = record.backup.collections
  evidence.problems = record.backup.problems
  evidence.problemCount = record.backup.problemCount
  let judgement = Judgement(evidence)
  (record.verdict, record.exitCode, record.reasons) = (
    judgement.verdict, judgement.exitCode, judgement.reasons
  )
}
