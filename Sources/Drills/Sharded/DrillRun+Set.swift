internal import BSON
internal import Backups
internal import Checks
internal import Facts
internal import Mongo
internal import Platform
internal import Record
internal import Replay
internal import Restore
internal import Sandbox
internal import Sharding
internal import Witness

/// A sharded set under way: one run of its own a part, and what was found of all of them.
final class SetRun {
  /// One part, and the run that restores it into a sandbox of its own.
  struct Part {
    let plan: SetPlan.Part
    let run: DrillRun
  }

  let plan: SetPlan
  /// The config servers' first.
  let parts: [Part]
  /// Where data belongs, once the parts were looked at together.
  var routing: RoutingTable?
  /// Whether there are documents, and not one of them lies on a shard that owns it.
  var isMisplaced = false

  init(_ plan: SetPlan, _ options: DrillOptions, _ settings: SandboxSettings, _ events: @escaping EventSink) {
    self.plan = plan
    var own = options
    own.sandbox = settings
    // One machine's memory for all of them.
    let whole = settings.cache ?? max(0, Machine.availableMemory - 1 << 30) / 2
    own.sandbox.cache = whole / plan.parts.count
    parts = plan.parts.map { part in
      let run = DrillRun(part.scenario, own, events)
      run.backup = part.backup
      run.plans = part.plans
      return Part(plan: part, run: run)
    }
  }

  var sandboxes: [Sandbox] { parts.compactMap(\.run.sandbox) }
}

extension DrillRun {
  /// The servers that there are.
  var sandboxes: [Sandbox] { self.set?.sandboxes ?? [sandbox].compactMap(\.self) }

  /// Runs the steps where the backup is a sharded set; false when it is none.
  func stepsOfSet() throws -> Bool {
    guard scenario.isOfSet else { return false }
    let plan = try phase("read") {
      firstByte = Clock.monotonic
      try readCounterparts()
      return try SetPlan(scenario, options: options)
    }
    guard let plan else { return false }
    let set = SetRun(plan, options, settings, events)
    self.set = set
    describe(plan)
    for part in set.parts {
      do { try part.run.compareWithSidecar(part.plan.backup) } catch let failure as Failure {
        throw failure.of(part.plan.title)
      }
    }
    try Interruption.check()
    try phase("sandbox") {
      _ = try settings.options(needing: plan.neededBytes, keep: false).room()
      try start(set)
      takeParts()
    }
    var isWhole = true
    for (index, step) in scenario.steps.enumerated() where isWhole { isWhole = try run(step, at: index) }
    if isWhole, set.routing == nil {
      try verify(set)
      lastCheck = Clock.monotonic
    }
    return true
  }

  /// Starts the servers of all parts at the same time.
  private func start(_ set: SetRun) throws {
    let program = try MongodFinder(set.parts[0].run.settings.mongod).find()
    if let failure = set.plan.unfit(program.version) { throw failure }
    let options = set.parts.map { part in
      part.run.settings.options(
        needing: SandboxNeed.bytes(for: part.plan.plans.restores, of: part.plan.backup),
        keep: part.run.options.keep)
    }
    let started = Monitor([Result<Sandbox, Failure>?](repeating: nil, count: options.count))
    try Threads.concurrently(options.count) { at in
      let result = Result { () throws(Failure) in try Sandbox.start(options[at]) }
      started.withLock { $0[at] = result }
    }
    let results = started.withLock { $0.compactMap(\.self) }
    for (part, result) in zip(set.parts, results) {
      if case .success(let sandbox) = result { part.run.take(sandbox) }
    }
    let sandboxes = set.sandboxes
    watch.server { for sandbox in sandboxes { sandbox.kill() } }
    for result in results { _ = try result.get() }
    record.environment.mongod = set.parts[0].run.record.environment.mongod
    record.environment.sandbox = set.parts[0].run.record.environment.sandbox
  }

  // MARK: Steps

  /// `restore` of a sharded set: part after part, each into its own server.
  func restore(_ set: SetRun, _ step: Step) throws -> StepResult {
    let restored = try each(set) { try $0.run.restore(step) }
    guard set.plan.replay == nil else { return restored }
    let replayed = try replay(set)
    let failures = [restored.failure, replayed.failure].compactMap(\.self)
    return StepResult(failure: failures.isEmpty ? nil : failures.joined(separator: "; "))
  }

  /// `replay` of a sharded set: every part to the common target.
  func replay(_ set: SetRun) throws -> StepResult {
    let result = try each(set) { part in try part.run.replay(part.plan.scenario.steps[1]) }
    standing = set.plan.through
    lastApplied = set.parts.compactMap(\.run.lastApplied).min()
    moment = set.parts.compactMap(\.run.moment).min()
    takeReplay(set)
    return result
  }

  private func each(_ set: SetRun, _ body: (SetRun.Part) throws -> StepResult) throws -> StepResult {
    var failures: [String] = []
    defer { takeParts() }
    for part in set.parts {
      try checkStops()
      events(.note("\(part.plan.title): \(part.plan.backup.path)"))
      do {
        if let failure = try body(part).failure { failures.append("\(part.plan.title): \(failure)") }
      } catch let failure as Failure where failure.kind != .interrupted {
        throw failure.of(part.plan.title)
      }
    }
    return StepResult(failure: failures.isEmpty ? nil : failures.joined(separator: "; "))
  }

  /// `check` of a sharded set: first whether it is one, then the suites.
  func check(_ set: SetRun, _ names: [String]) throws -> StepResult {
    let before = record.checks.count
    defer { evidence.checks = record.checks }
    try phase("checks") {
      if set.routing == nil { try verify(set) }
      // Checks of what lies nowhere would have no data, and that would be no answer; this is one.
      if set.isMisplaced { return }
      let server = checkedServer(set)
      let suites = try scenario.suitesOfSet().filter { names.isEmpty || names.contains($0.name) }
      for suite in suites {
        try ask(suite, on: server, alive: aliveness(set)) { record.checks += $0 }
        lastCheck = Clock.monotonic
        asked.insert(suite.name)
      }
      lastCheck = Clock.monotonic
    }
    let failed = record.checks[before...].count { $0.result == .fail || $0.result == .error }
    guard failed > 0 else { return StepResult() }
    let all = Count.text(record.checks.count - before, "check")
    if set.isMisplaced {
      return StepResult(
        failure: "not a single document lies on the shard that owns it: were the shards' backups swapped?",
        refusal: "parts-misplaced")
    }
    return StepResult(failure: "\(Count.text(failed)) of \(all) did not pass")
  }

  private func aliveness(_ set: SetRun) -> @Sendable () throws -> Void {
    let sandboxes = set.sandboxes
    return { for sandbox in sandboxes { try sandbox.checkAlive() } }
  }

  /// Looks at the parts together.
  private func verify(_ set: SetRun) throws {
    let pools = set.parts.compactMap { $0.run.sandbox?.pool }
    guard let config = pools.first, pools.count == set.parts.count else { throw Failure.noSandbox() }
    let shards = zip(set.plan.shards, pools.dropFirst()).map { RestoredShard(name: $0.shard ?? "", pool: $1) }
    var verification = try SetVerification(
      set.plan, config: config, shards: shards,
      reached: set.parts.map { part in
        (part.plan.title, part.run.record.replay?.through, part.plan.replay.chain.coverage.end.description)
      }, events: events)
    defer {
      record.checks += verification.outcomes
      evidence.checks = record.checks
    }
    try verification.run()
    set.routing = verification.routing
    set.isMisplaced = verification.isMisplaced
    leaveOut(verification.strays, of: set)
    record.notVerified += verification.doubts.map { DrillRecord.NotVerified("sharding", $0) }
    for at in record.shards.indices where record.shards[at].role == "shard" {
      let name = record.shards[at].name
      record.shards[at].documents = verification.documents[name] ?? 0
      record.shards[at].orphans = verification.orphans[name] ?? 0
      record.shards[at].chunks = verification.routing.collections.reduce(0) { $0 + $1.chunks(of: name) }
    }
  }

  /// The set as checks see it.
  private func checkedServer(_ set: SetRun) -> CheckedServer {
    func part(_ part: SetRun.Part, _ pool: ClientPool) -> CheckedSet.Part {
      let users = part.run.expected.sorted.filter { $0.namespace.database != "config" }
      return CheckedSet.Part(name: part.plan.shard ?? "config", pool: pool, expected: Catalogue(users))
    }
    let parts = zip(set.parts, set.sandboxes).map { part($0, $1.pool) }
    var all = Catalogue()
    for facts in parts.dropFirst().reversed().flatMap(\.expected.sorted) { all[facts.namespace] = facts }
    var server = CheckedServer(parts[0].pool, expected: all, isSandbox: true)
    server.folder = scenario.folder
    server.moment = moment
    server.baseline = baseline
    let routing = set.routing
    server.set = CheckedSet(
      config: parts[0], shards: Array(parts.dropFirst()), owners: { routing?.owners(of: $0) ?? [] })
    return server
  }

  /// The addresses of a set's servers as a JSON object by part, for commands; nil where there is no set.
  var urisOfSet: String? {
    self.set.map { set in
      JSON.object(
        set.parts.map { JSON.Member($0.plan.shard ?? "config", .string($0.run.sandbox?.uri ?? "")) }
      ).text()
    }
  }

  /// Stops the servers of all parts and removes their files, or keeps them.
  func cleanUp(_ set: SetRun) {
    for part in set.parts {
      part.run.cleanUp()
      record.phases += part.run.record.phases
      part.run.record.phases = []
      evidence.cleanupFailures += part.run.evidence.cleanupFailures
    }
    record.environment.sandbox?.kept = set.parts.contains { $0.run.record.environment.sandbox?.kept == true }
  }
}

extension SetPlan {
  /// Bytes that all sandboxes together will need, as estimated; nil where nothing is known.
  var neededBytes: Int? {
    let needs = parts.compactMap { SandboxNeed.bytes(for: $0.plans.restores, of: $0.backup) }
    return needs.isEmpty ? nil : needs.reduce(0, +)
  }
}
