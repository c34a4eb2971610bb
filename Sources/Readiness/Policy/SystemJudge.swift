internal import Platform
internal import Record

/// Judges what is due of one system.
struct SystemJudge {
  let system: Policy.System
  let policy: Policy
  let time: WallTime
  private let index: RunIndex
  /// Its drills up to the moment, the oldest first; of each is known when it ended.
  let drills: [(run: RunSummary, time: WallTime)]
  let backups: FoundBackups

  init(
    _ system: Policy.System, _ policy: Policy, _ index: RunIndex, _ backups: FoundBackups, at time: WallTime
  ) {
    self.system = system
    self.policy = policy
    self.time = time
    self.backups = backups
    self.index = index
    drills = index.runs.compactMap { run in
      // One that went on with what another had kept restored nothing.
      guard run.kind == .drill, !run.isResumed, system.covers(run), let ended = run.time,
        ended <= time
      else {
        return nil
      }
      return (run, ended)
    }
  }

  var findings: [RequirementFinding] {
    var all = [fullBackup, slices, sliceGap, copies, restoreTest, enoughDrills].compactMap(\.self)
    all += eachScenario
    all += [
      objective(.rto, system.rto) { $0.rto?.measuredSeconds },
      objective(.rpo, system.rpo) { $0.rpo?.measuredSeconds },
    ].compactMap(\.self)
    all += proven
    all += system.attested.map { $0.finding(system.name, at: time, notice: policy.attestationNotice) }
    return all
  }

  // MARK: words

  private func finding(
    _ kind: RequirementKind, of subject: String? = nil, _ level: ReadinessLevel, _ found: String,
    _ asked: String,
    _ evidence: [Evidence] = []
  ) -> RequirementFinding {
    RequirementFinding(
      kind, system: system.name, subject: subject, level: level, found: found, asked: asked,
      evidence: evidence)
  }

  func age(_ moment: WallTime) -> Double { time.timeInterval(since: moment) }

  private func asked(_ bounds: Bounds<Double>) -> String {
    "within \(TimeSpan.format(bounds.target))"
      + (bounds.limit == bounds.target ? "" : ", at most \(TimeSpan.format(bounds.limit))")
  }

  private func asked(_ often: Policy.Often) -> String {
    "\(often.bounds.target) in \(TimeSpan.format(often.interval))"
      + (often.bounds.limit == often.bounds.target ? "" : ", at least \(often.bounds.limit)")
  }

  private func evidence(_ drill: (run: RunSummary, time: WallTime)) -> Evidence {
    Evidence(
      .run, drill.run.runID, path: RunChain.record(of: drill.run.runID, in: drill.run.folder),
      time: drill.time)
  }

  private func evidence(_ backup: BackupEvidence) -> Evidence {
    Evidence(.backup, backup.path, path: backup.path, time: backup.time)
  }

  // MARK: backups

  /// What nothing speaks against, up to the moment, the oldest first. The same file at two places' overlap counts once.
  func sound(_ places: [String], _ kinds: Set<BackupEvidence.Kind>) -> [BackupEvidence] {
    var seen: Set<String> = []
    return places.flatMap { backups.places[$0] ?? [] }
      .filter { kinds.contains($0.kind) && $0.fault == nil && ($0.time.map { $0 <= time } ?? false) }
      .filter { seen.insert((try? Files.realPath($0.path)) ?? $0.path).inserted }
      .sorted { ($0.time ?? .distantPast, $0.path) < ($1.time ?? .distantPast, $1.path) }
  }

  var folders: [String] { system.backups.compactMap(\.path) }
  var whole: Set<BackupEvidence.Kind> { system.takesParts ? [.full, .part] : [.full] }
  var fulls: [BackupEvidence] { sound(folders, whole) }

  private var fullBackup: RequirementFinding? {
    guard let bounds = system.fullBackup else { return nil }
    guard let last = fulls.last, let taken = last.time else {
      var why = folders.isEmpty ? "nothing: `backups` names no folder" : "none"
      let parts = system.takesParts ? 0 : sound(folders, [.part]).count
      if parts > 0 { why += " that is whole; \(Count.text(parts)) of a part of the data" }
      return finding(.fullBackup, .critical, why, asked(bounds))
    }
    return finding(
      .fullBackup, bounds.level(age(taken)), "\(TimeSpan.format(age(taken))) old", asked(bounds),
      [evidence(last)])
  }

  /// Slices and incrementals of the last `interval` seconds.
  private func recent(_ interval: Double) -> [BackupEvidence] {
    sound(folders + system.oplog, [.slice, .incremental]).filter { age($0.time ?? .distantPast) <= interval }
  }

  private var slices: RequirementFinding? {
    guard let often = system.slices else { return nil }
    let found = recent(often.interval)
    return finding(
      .slices, often.bounds.level(found.count), Count.text(found.count), asked(often),
      (found.last.map { [$0] } ?? []).map(evidence))
  }

  private var sliceGap: RequirementFinding? {
    guard let gaps = system.sliceGap else { return nil }
    let all = sound(folders + system.oplog, [.slice, .incremental])
    guard let last = all.last else { return finding(.sliceGap, .critical, "no slice", asked(gaps.bounds)) }
    // The interval begins with the last one before it, so that a gap at its beginning is seen.
    let start = time.adding(-gaps.interval)
    let before = all.last { ($0.time ?? .distantPast) < start }?.time ?? start
    let moments = [max(before, start)] + recent(gaps.interval).compactMap(\.time) + [time]
    let longest = zip(moments, moments.dropFirst()).map { $1.timeInterval(since: $0) }.max() ?? gaps.interval
    return finding(
      .sliceGap, gaps.bounds.level(longest), TimeSpan.format(longest), asked(gaps.bounds), [evidence(last)])
  }

  private var copies: RequirementFinding? {
    guard let asked = system.copies else { return nil }
    var kept: [(place: Policy.Location, evidence: Evidence)] = []
    for place in system.backups {
      if let path = place.path {
        guard let last = sound([path], whole).last, let taken = last.time, age(taken) <= asked.within else {
          continue
        }
        kept.append((place, evidence(last)))
      } else if let fetch = place.fetch,
        let drill = drills.last(where: {
          $0.run.isSuccess && $0.run.backup.lies(in: fetch) && (system.takesParts || $0.run.isOfWholeBackup)
        }),
        age(drill.time) <= asked.within
      {
        kept.append((place, evidence(drill)))
      }
    }
    let offsite = kept.count { $0.place.isOffsite }
    let isKept = kept.count >= asked.atLeast && offsite >= asked.offsite
    return finding(
      .copies, isKept ? .excellent : .critical, "\(kept.count), \(offsite) offsite",
      "\(asked.atLeast), \(asked.offsite) offsite, each within \(TimeSpan.format(asked.within))",
      kept.map(\.evidence))
  }

  // MARK: drills

  private var succeeded: [(run: RunSummary, time: WallTime)] { drills.filter(\.run.isSuccess) }

  private var restoreTest: RequirementFinding? {
    guard let bounds = system.restoreTest else { return nil }
    return last(.restoreTest, nil, drills, bounds)
  }

  /// How long ago the last success was. What failed after it keeps it from being good.
  private func last(
    _ kind: RequirementKind, _ subject: String?, _ drills: [(run: RunSummary, time: WallTime)],
    _ bounds: Bounds<Double>
  ) -> RequirementFinding {
    guard let success = drills.last(where: \.run.isSuccess) else {
      let found = drills.isEmpty ? "none" : "none that succeeded"
      return finding(kind, of: subject, .critical, found, asked(bounds), drills.suffix(1).map(evidence))
    }
    var level = bounds.level(age(success.time))
    var found = "\(TimeSpan.format(age(success.time))) ago"
    var shown = [success]
    if let newest = drills.last, !newest.run.isSuccess {
      level = max(level, .fair)
      found += "; the last one did not succeed"
      shown.append(newest)
    }
    return finding(kind, of: subject, level, found, asked(bounds), shown.map(evidence))
  }

  private var enoughDrills: RequirementFinding? {
    guard let often = system.drills else { return nil }
    let found = succeeded.filter { age($0.time) <= often.interval }
    return finding(
      .drills, often.bounds.level(found.count), Count.text(found.count), asked(often),
      found.suffix(often.bounds.target).map(evidence))
  }

  /// Those that are named in full, and those that were drilled.
  var scenarios: [String] {
    Set(drills.map(\.run.scenario)).union(system.scenarios.filter { !$0.isPattern }).sorted()
  }

  func drills(of scenario: String) -> [(run: RunSummary, time: WallTime)] {
    drills.filter { $0.run.scenario.utf8.elementsEqual(scenario.utf8) }
  }

  private var eachScenario: [RequirementFinding] {
    guard let bounds = system.eachScenario else { return [] }
    guard !scenarios.isEmpty else {
      return [finding(.eachScenario, of: "any scenario", .critical, "none", asked(bounds))]
    }
    return scenarios.map { last(.eachScenario, $0, drills(of: $0), bounds) }
  }

  /// Of the last drill of each scenario that came to its end and began at the beginning; the longest of these.
  private func objective(
    _ kind: RequirementKind, _ bounds: Bounds<Double>?, _ measured: (RunSummary) -> Double?
  ) -> RequirementFinding? {
    guard let bounds else { return nil }
    var worst: (seconds: Double, drill: (run: RunSummary, time: WallTime))?
    var unmeasured: [(run: RunSummary, time: WallTime)] = []
    for scenario in scenarios {
      let whole = drills(of: scenario).filter { $0.run.status == .completed && !$0.run.isResumed }
      guard let drill = whole.last else { continue }
      guard let seconds = measured(drill.run) else {
        unmeasured.append(drill)
        continue
      }
      if seconds > worst?.seconds ?? -1 { worst = (seconds, drill) }
    }
    guard let worst else {
      return finding(kind, .critical, "not measured", asked(bounds), unmeasured.map(evidence))
    }
    var found = "\(TimeSpan.format(worst.seconds)) in \(worst.drill.run.scenario)"
    var level = bounds.level(worst.seconds)
    if !unmeasured.isEmpty {
      found += "; not measured in \(unmeasured.map(\.run.scenario).joined(separator: ", "))"
      level = max(level, .fair)
    }
    return finding(kind, level, found, asked(bounds), [evidence(worst.drill)] + unmeasured.map(evidence))
  }

  // MARK: coverage over time

  /// A line for each namespace that a run restored, that a backup holds, or that is named in full.
  private var proven: [RequirementFinding] {
    guard let proven = system.proven else { return [] }
    func isAsked(_ name: String) -> Bool { proven.namespaces.contains { $0.stands(for: name) } }
    let held = fulls.last?.namespaces ?? []
    let named = proven.namespaces.filter { !$0.isPattern }
    // Runs of two systems of a fleet may bear one id.
    let own = Set(drills.map { [$0.run.folder, $0.run.runID] })
    let ledger = ProofLedger(
      index.filtered { own.contains([$0.folder, $0.runID]) }, known: held + named)
    let lines = ledger.lines.filter { isAsked($0.namespace) }
    guard !lines.isEmpty else {
      return [finding(.proven, of: "any namespace", .critical, "none", asked(proven.bounds))]
    }
    return lines.map { line in
      guard let proof = line.proven, let moment = proof.time else {
        return finding(
          .proven, of: line.namespace, .critical, "never", asked(proven.bounds),
          (line.failed.map { [$0] } ?? []).map(evidence))
      }
      var level = proven.bounds.level(age(moment))
      var found = "\(TimeSpan.format(age(moment))) ago"
      if line.failed != nil {
        level = max(level, .fair)
        found += "; not in the last run"
      }
      return finding(
        .proven, of: line.namespace, level, found, asked(proven.bounds),
        ([proof] + (line.failed.map { [$0] } ?? [])).map(evidence))
    }
  }

  private func evidence(_ proof: ProofLedger.Proof) -> Evidence {
    Evidence(.run, proof.runID, path: RunChain.record(of: proof.runID, in: proof.folder), time: proof.time)
  }
}

extension RunSummary {
  /// Whether it was of a whole backup, and restored all of it: one of a part, or of a selection, shows no more than that.
  fileprivate var isOfWholeBackup: Bool {
    guard let details else { return false }
    let parts = ["database directory", "collection file"]
    return !parts.contains(backupForm ?? "")
      && !details.collections.contains {
        $0.target == nil && !ProofLedger.isOfServer($0.source) && !$0.source.contains(".system.")
      }
  }
}

extension String {
  /// Whether it is a remote's path, or lies below it.
  fileprivate func lies(in remote: String) -> Bool {
    guard utf8.starts(with: remote.utf8) else { return false }
    let rest = utf8.dropFirst(remote.utf8.count)
    return rest.isEmpty || remote.utf8.last == UInt8(ascii: "/") || remote.utf8.last == UInt8(ascii: ":")
      || rest.first == UInt8(ascii: "/")
  }
}
