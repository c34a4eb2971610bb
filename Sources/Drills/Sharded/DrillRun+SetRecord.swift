internal import BSON
internal import Backups
internal import Facts
internal import Record
internal import Replay
internal import Sandbox

/// What the record says of a sharded set.
extension DrillRun {
  /// Tells what the parts are.
  func describe(_ plan: SetPlan) {
    record.backup.form = "sharded set"
    let bytes = plan.parts.reduce(0) { $0 + $1.backup.origin.bytes }
    record.backup.bytes = bytes == 0 ? nil : bytes
    record.backup.compressed = plan.parts.contains { $0.backup.origin.isCompressed }
    record.backup.serverVersion = plan.parts.lazy.compactMap(\.backup.origin.serverVersion).first
    record.backup.toolVersion = plan.parts.lazy.compactMap(\.backup.origin.toolVersion).first
    for note in plan.notes { events(.note(note)) }
    record.backup.notes += plan.notes
    for part in plan.parts {
      let notes = (part.backup.notes + part.replay.chain.notes).map { "\(part.title): \($0)" }
      for note in notes { events(.note(note)) }
      record.backup.notes += notes
      doubt(part.replay.chain, to: [part.replay.target.requested], part: part.title)
    }
  }

  /// Takes what the parts have come to into the record and the evidence.
  func takeParts() {
    guard let set else { return }
    var isFirst = true
    record.backup.collections = []
    record.backup.problems = []
    record.backup.problemCount = 0
    let known = record.shards
    record.shards = []
    for part in set.parts {
      let run = part.run
      record.phases += run.record.phases
      run.record.phases = []
      record.backup.collections += run.record.backup.collections.map { collection in
        var collection = collection
        collection.note = ["of \(part.plan.title)", collection.note].compactMap(\.self).joined(
          separator: "; ")
        return collection
      }
      record.backup.problems += run.record.backup.problems
      record.backup.problemCount += run.record.backup.problemCount
      for left in run.record.notVerified {
        let left = DrillRecord.NotVerified(left.code, "\(part.plan.title): \(left.message)")
        if !record.notVerified.contains(left) { record.notVerified.append(left) }
      }
      for left in run.evidence.unanswered where !evidence.unanswered.contains(left) {
        evidence.unanswered.append(left)
      }
      for warning in run.evidence.warnings {
        let warning = "\(part.plan.title): \(warning)"
        if !evidence.warnings.contains(warning) { evidence.warnings.append(warning) }
      }
      var shard = known.first { $0.path == part.plan.scenario.backup } ?? DrillRecord.Shard()
      shard.name = part.plan.shard ?? "config"
      shard.role = isFirst ? "config" : "shard"
      isFirst = false
      shard.path = part.plan.scenario.backup
      shard.slices = part.plan.scenario.oplog
      shard.directory = run.sandbox?.directory ?? shard.directory
      shard.dumpEnd = part.plan.replay.chain.coverage.dumpEnd.description
      shard.oplogEnd = part.plan.replay.chain.coverage.end.description
      shard.through = run.record.replay?.through
      shard.lastApplied = run.record.replay?.lastApplied
      record.shards.append(shard)
    }
    evidence.collections = record.backup.collections
    evidence.problems = record.backup.problems
    evidence.problemCount = record.backup.problemCount
  }

  /// The replays of all parts as one: the earliest last entry, and all that was applied.
  func takeReplay(_ set: SetRun) {
    let replays = set.parts.compactMap(\.run.record.replay)
    guard var all = replays.min(by: { $0.coverage.end < $1.coverage.end }) else { return }
    all.step = set.plan.replay ?? set.plan.restore
    all.requested = set.plan.requested.description
    all.lastApplied = lastApplied?.description
    all.nextEntry = replays.compactMap { $0.nextEntry.flatMap { Timestamp($0) } }.min()?.description
    all.proven = replays.allSatisfy(\.proven)
    all.entries = replays.reduce(0) { $0 + $1.entries }
    all.bytes = replays.reduce(0) { $0 + $1.bytes }
    all.explainedUpdates = replays.reduce(0) { $0 + $1.explainedUpdates }
    all.problems = replays.flatMap(\.problems)
    all.problemCount = replays.reduce(0) { $0 + $1.problemCount }
    (all.applied, all.skipped) = ([:], [:])
    for replay in replays {
      for (name, kinds) in replay.applied {
        all.applied[name, default: [:]].merge(kinds, uniquingKeysWith: +)
      }
      for (reason, names) in replay.skipped {
        all.skipped[reason, default: [:]].merge(names, uniquingKeysWith: +)
      }
    }
    record.replay = all
  }

  /// Takes the orphans out of the counts that the record has of each collection.
  func leaveOut(_ strays: [SetVerification.Strays], of set: SetRun) {
    for stray in strays {
      guard let run = set.parts.first(where: { $0.plan.shard == stray.shard })?.run,
        let at = run.record.backup.collections.firstIndex(where: { $0.target == stray.namespace.description })
      else { continue }
      run.record.backup.collections[at].atTarget = run.record.backup.collections[at].atTarget.map {
        $0 - stray.count
      }
    }
    if !strays.isEmpty { takeParts() }
  }
}
