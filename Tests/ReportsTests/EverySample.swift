import Platform
import Record

/// A record with every part that a report draws, failures of every kind among them.
func everything() -> DrillRecord {
  var record = failingRecord()
  var replay = replayingRecord().replay ?? DrillRecord.Replay()
  replay.coverage.gaps = replay.coverage.unproven
  record.replay = replay
  record.objectives.rpo = DrillRecord.Objective(limit: 300, warn: 1, measured: 12)
  record.backup.notes = ["taken on a Saturday"]
  record.backup.slices = ["backups/oplog"]
  record.environment.sandbox?.kept = true
  record.environment.meta = [DrillRecord.Pair("ticket", "OPS-1")]
  record.reasons = record.reasons.map { DrillRecord.Reason($0.exitCode, $0.code, $0.message, hint: "Look.") }
  record.checks += [
    Outcome(
      kind: "users", suite: "core", namespace: nil, name: "users", result: .error, message: "no answer"),
    Outcome(
      kind: "gridfs", suite: "core", namespace: nil, name: "gridfs", result: .skipped, message: "not asked"),
  ]
  record.steps += [failoverStep(), faultStep()]
  record.steps[0].plannedSeconds = 60
  record.steps[0].approvedBy = "dba"
  record.steps[0].personSeconds = 5
  record.rollbacks[0].status = .failed
  record.rollbacks[0].output = "no mail"
  record.resumed = DrillRecord.Resumption(runID: "earlier", step: "check", directory: "/var/tmp/x")

  var runbook = DrillRecord.Runbook()
  runbook.severity = "critical"
  runbook.description = "the base is gone"
  runbook.detection = "calls"
  runbook.owner = "dba"
  runbook.contacts = ["dba@shop.example"]
  runbook.preflight = ["look"]
  runbook.followUp = ["tell"]
  record.scenario.runbook = runbook

  var collection = DrillRecord.ExportedCollection()
  collection.namespace = "shop.orders"
  collection.whole = false
  collection.later = 2
  collection.file = "shop/orders.bson"
  collection.sha256 = "00ff"
  var export = DrillRecord.Export()
  export.step = "lost"
  export.path = "exports/lost"
  export.moment = "100:2"
  export.changedThrough = "101:1"
  export.changes = ["d"]
  export.collections = [collection]
  record.exports = [export]

  var unnoticed = DrillRecord.Fault()
  unnoticed.kind = "documents-lost"
  unnoticed.namespace = "shop.orders"
  unnoticed.description = "12 of 1,200 documents deleted"
  unnoticed.noticed = false
  unnoticed.remedy = "count: {compare: backup}"
  var noticed = unnoticed
  noticed.noticed = true
  noticed.by = ["count", "digest"]
  record.damage = DrillRecord.Damage()
  record.damage?.faults = [unnoticed, noticed]
  var shard = DrillRecord.Shard()
  shard.name = "rs0"
  shard.path = "backups/rs0"
  shard.through = "100:2"
  shard.oplogEnd = "101:1"
  shard.orphans = 1
  record.shards = [shard]
  record.environment.sandbox?.seeding = DrillRecord.Seeding()
  return record
}

private func data() -> DrillRecord.MemberData {
  var data = DrillRecord.MemberData()
  data.members = 3
  data.differing = ["shop.orders of member 2"]
  return data
}

private func rolledBack() -> DrillRecord.RolledBack {
  var file = DrillRecord.RolledBack()
  file.documents = 2
  file.ids = ["1", "2"]
  return file
}

private func failoverStep() -> DrillRecord.Step {
  var step = DrillRecord.Step(id: "failover", kind: "failover", description: "take the primary away")
  step.status = .skipped
  var failover = DrillRecord.Failover()
  failover.how = "kill"
  failover.newPrimary = 1
  failover.comparison = data()
  failover.rolledBack = [rolledBack()]
  step.failover = failover
  return step
}

private func faultStep() -> DrillRecord.Step {
  var step = DrillRecord.Step(id: "fault", kind: "fault")
  step.status = .aborted
  step.message = "too slow"
  step.output = "line"
  var fault = DrillRecord.MemberFault()
  fault.action = "pause"
  fault.role = "secondary"
  fault.expected = "survives"
  fault.outcome = "it went on"
  fault.writes = DrillRecord.NumberedWrites()
  fault.writes?.lost = 2
  fault.comparison = data()
  fault.rolledBack = [rolledBack()]
  step.fault = fault
  return step
}
