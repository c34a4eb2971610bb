package import Platform
package import Record

/// What changed from one run to another.
package struct RunDifference: Sendable, Hashable {
  /// One thing that is not as it was.
  package struct Change: Sendable, Hashable {
    /// What it belongs to, in the order of a report.
    package enum Area: String, Sendable, Hashable, CaseIterable {
      case verdict, environment, backup, objectives, collections, checks, phases
    }

    package var area: Area
    package var name: String
    /// As text; nil where there was none.
    package var before: String?
    package var after: String?
    /// Whether it is for the worse: a verdict, a check, an index, a collection, most of a collection's documents.
    package var isWorse = false
  }

  package let before: String
  package let after: String
  package private(set) var changes: [Change] = []

  /// Times and rates differ from run to run: a change below this share is none.
  package static let noise = 0.1

  /// Collections shrink by what is deleted: a collection that lost more than this share of its documents is worse, and
  /// so is one that lost them all.
  package static let loss = 0.2

  package init(_ before: DrillRecord, _ after: DrillRecord) {
    (self.before, self.after) = (before.runID, after.runID)
    verdict(before, after)
    environment(before, after)
    backup(before.backup, after.backup)
    for ((name, old), (_, new)) in zip(
      RunDifference.objectives(before), RunDifference.objectives(after))
    {
      if RunDifference.isNoticeable(old?.measuredSeconds, new?.measuredSeconds) {
        add(
          .objectives, name, old?.measuredSeconds.map(TimeSpan.format),
          new?.measuredSeconds.map(TimeSpan.format))
      }
      add(
        .objectives, "\(name) limit", old?.limitSeconds.map(TimeSpan.format),
        new?.limitSeconds.map(TimeSpan.format))
      add(
        .objectives, "\(name) met", RunDifference.word(old?.met), RunDifference.word(new?.met),
        isWorse: new?.met == false)
    }
    collections(before.backup.collections, after.backup.collections)
    checks(before.checks, after.checks)
    phases(before.phases, after.phases)
  }

  /// Whether anything is for the worse.
  package var isWorse: Bool { changes.contains(where: \.isWorse) }

  private static func objectives(_ record: DrillRecord) -> [(String, DrillRecord.Objective?)] {
    [("RTO", record.objectives.rto), ("RPO", record.objectives.rpo)]
  }

  private static func word(_ met: Bool?) -> String? { met.map { $0 ? "yes" : "no" } }

  /// Whether two figures differ by more than what is usual from run to run.
  private static func isNoticeable(_ before: Double?, _ after: Double?) -> Bool {
    guard let before, let after else { return (before == nil) != (after == nil) }
    return (after - before).magnitude > max(before, after) * noise
  }

  private mutating func add(
    _ area: Change.Area, _ name: String, _ before: String?, _ after: String?, isWorse: Bool = false
  ) {
    let isSame =
      switch (before, after) {
      case (let before?, let after?): before.utf8.elementsEqual(after.utf8)
      case (nil, nil): true
      default: false
      }
    if !isSame {
      changes.append(Change(area: area, name: name, before: before, after: after, isWorse: isWorse))
    }
  }

  private mutating func verdict(_ before: DrillRecord, _ after: DrillRecord) {
    let ranks: [DrillRecord.Verdict: Int] = [.pass: 0, .warn: 1, .inconclusive: 2, .fail: 3]
    add(
      .verdict, "verdict", before.verdict.rawValue, after.verdict.rawValue,
      isWorse: ranks[after.verdict] ?? 0 > ranks[before.verdict] ?? 0)
    add(.verdict, "exit code", "\(before.exitCode.rawValue)", "\(after.exitCode.rawValue)")
    add(.verdict, "status", before.status.rawValue, after.status.rawValue)
    let levels = DrillRecord.Rating.Level.allCases
    let (old, new) = (before.rating?.level, after.rating?.level)
    add(
      .verdict, "rating", old?.rawValue, new?.rawValue,
      isWorse: (new.flatMap(levels.firstIndex) ?? 0) > (old.flatMap(levels.firstIndex) ?? 0))
  }

  private mutating func environment(_ before: DrillRecord, _ after: DrillRecord) {
    add(.environment, "scenario", before.scenario.name, after.scenario.name)
    add(.environment, "scenario's SHA-256", before.scenario.sha256, after.scenario.sha256)
    add(.environment, "mongodrill", before.tool.version, after.tool.version)
    let (old, new) = (before.environment, after.environment)
    add(.environment, "mongod", old.mongod?.version, new.mongod?.version)
    add(.environment, "host", old.host, new.host)
    add(.environment, "system", old.os, new.os)
    add(.environment, "cores", "\(old.cores)", "\(new.cores)")
    add(.environment, "memory", ByteSize.format(old.memoryBytes), ByteSize.format(new.memoryBytes))
  }

  private mutating func backup(_ before: DrillRecord.Backup, _ after: DrillRecord.Backup) {
    add(.backup, "path", before.path, after.path)
    add(.backup, "form", before.form, after.form)
    add(.backup, "size", before.bytes.map(ByteSize.format), after.bytes.map(ByteSize.format))
    add(.backup, "server", before.serverVersion, after.serverVersion)
    add(.backup, "mongodump", before.toolVersion, after.toolVersion)
    add(.backup, "files' SHA-256", before.filesSHA256, after.filesSHA256)
  }

  private mutating func collections(
    _ before: [DrillRecord.Collection], _ after: [DrillRecord.Collection]
  ) {
    let old = Dictionary(before.map { ($0.source, $0) }) { first, _ in first }
    let new = Dictionary(after.map { ($0.source, $0) }) { first, _ in first }
    func found(_ one: DrillRecord.Collection?) -> Int? {
      guard let one, one.target != nil else { return nil }
      return one.atTarget ?? one.inserted
    }
    for name in Set(old.keys).union(new.keys).sorted() {
      let (was, now) = (found(old[name]), found(new[name]))
      add(
        .collections, name, was.map { Count.text($0, "document") }, now.map { Count.text($0, "document") },
        isWorse: RunDifference.isLoss(was, now))
      guard was != nil, now != nil, let was = old[name]?.indexes, let now = new[name]?.indexes else {
        continue
      }
      func words(_ count: Int) -> String { Count.text(count, "index", plural: "indexes") }
      add(.collections, name, words(was), words(now), isWorse: now < was)
    }
  }

  /// Whether a collection is gone, or documents of it that no ordinary week takes.
  private static func isLoss(_ before: Int?, _ after: Int?) -> Bool {
    guard let before else { return false }
    guard let after else { return true }
    return before > 0 && (after == 0 || Double(before - after) > loss * Double(before))
  }

  private mutating func checks(_ before: [Outcome], _ after: [Outcome]) {
    let ranks: [Outcome.Result: Int] = [.pass: 0, .warn: 1, .skipped: 2, .error: 3, .fail: 4]
    func identity(_ check: Outcome) -> String { "\(check.suite): \(check.title)" }
    func byName(_ checks: [Outcome]) -> [String: Outcome] {
      // Several of one name: the worst of them.
      Dictionary(checks.map { (identity($0), $0) }) { first, second in
        ranks[second.result] ?? 0 > ranks[first.result] ?? 0 ? second : first
      }
    }
    let (old, new) = (byName(before), byName(after))
    for name in Set(old.keys).union(new.keys).sorted() {
      let (was, now) = (old[name]?.result, new[name]?.result)
      let isWorse =
        now.map { now in (ranks[now] ?? 0) > (was.flatMap { ranks[$0] } ?? 0) } ?? true
      add(.checks, name, was?.rawValue, now?.rawValue, isWorse: isWorse)
    }
  }

  private mutating func phases(_ before: [Phase], _ after: [Phase]) {
    func seconds(_ phases: [Phase], _ name: String) -> Double? {
      let all = phases.filter { $0.name == name }
      return all.isEmpty ? nil : all.reduce(0) { $0 + $1.seconds }
    }
    var names: [String] = []
    for phase in before + after where !names.contains(phase.name) { names.append(phase.name) }
    for name in names {
      let (was, now) = (seconds(before, name), seconds(after, name))
      // A tenth of a second says nothing of a phase.
      if let was, let now, (was - now).magnitude < 0.1 { continue }
      guard RunDifference.isNoticeable(was, now) else { continue }
      add(.phases, name, was.map(TimeSpan.format), now.map(TimeSpan.format))
    }
  }

  /// `{before, after, worse, changes[]}`.
  package var json: JSON {
    [
      "before": .string(before), "after": .string(after), "worse": .bool(isWorse),
      "changes": .array(
        changes.map { change in
          [
            "area": .string(change.area.rawValue), "name": .string(change.name),
            "before": change.before.map(JSON.string) ?? .null,
            "after": change.after.map(JSON.string) ?? .null, "worse": .bool(change.isWorse),
          ]
        }),
    ]
  }
}
