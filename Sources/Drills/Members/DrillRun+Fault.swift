internal import BSON
internal import Mongo
internal import Platform
internal import Record
internal import Sandbox

/// Writers that go on through a fault, and what they write into.
struct FaultProbe {
  let stepID: String
  let writers: NumberedWriters
  let scratch: ScratchDatabase
}

/// A fault under way.
private struct Struck {
  /// When it had its effect.
  var at = 0.0
  /// What to say of the member, as a clause.
  var outcome: String?
  /// Ends it, and waits until the member is up again.
  var undo: (() throws -> Void)?
}

extension DrillRun {
  /// `fault`.
  func fault(_ asked: FaultStep, _ step: Step) throws -> StepResult {
    guard let sandbox else { throw Failure.noSandbox() }
    guard let index = member(asked, of: sandbox) else {
      return StepResult(skipped: "there is no such member: \(sandbox.set?.description ?? "one server")")
    }
    let server = sandbox.servers[index]
    var found = DrillRecord.MemberFault()
    found.action = asked.action.rawValue
    found.member = index
    found.role = role(of: index, in: sandbox)
    found.expected = asked.expectation.rawValue
    found.withinSeconds = asked.within
    var failures: [String] = []

    let disk: SmallDisk?
    switch try smallDisk(for: asked, server, sandbox) {
    case .success(let made): disk = made
    case .failure(let obstacle): return StepResult(skipped: obstacle.reason)
    }
    let known = Set(sandbox.set?.rollbacks(of: index).map(\.path) ?? [])
    let probe = try FaultProbe(stepID: step.id, on: sandbox)
    defer { probe.writers.stop() }
    let serves = probe.writers.waitForAnswer(begunAfter: 0, atMost: asked.mends ? 3 : 60)
    if !serves, !asked.mends { throw Failure.noAnswers(step.id) }
    let home = server.dataPath
    defer {
      // Only where the step broke off: what it came to is on the small disk, and that goes now.
      withExtendedLifetime(disk) {
        if disk != nil, server.dataPath != home { try? server.moveBack(to: home) }
      }
    }
    if let disk { try move(index, to: disk, role: found.role, sandbox, probe) }
    try checkStops()

    probe.writers.mark()
    let began = Clock.monotonic
    events(.note("step \(step.id): \(asked.action.rawValue) of \(found.role) \(index)"))
    let struck = try strike(asked, index, server, sandbox, disk, home)
    found.outcome = struck.outcome
    defer {
      server.resume()
      sandbox.set?.network?.heal()
    }
    try judge(asked, began: began, struck, probe, &found, &failures)
    try struck.undo?()
    try checkStops()
    if struck.undo != nil || asked.mends {
      if waitUntilBack(index, in: sandbox, atMost: asked.mends ? asked.within : 300) {
        found.backSeconds = Clock.monotonic - began
      } else {
        let words = server.condition == .down ? ": it ended, \(server.endOfLog(lines: 1).first ?? "")" : ""
        failures.append(
          "member \(index) is not back after \(TimeSpan.format(Clock.monotonic - began))\(words)")
      }
    }
    probe.writers.stop()
    found.writeGapSeconds = probe.writers.longestGap
    try settle(asked, probe, sandbox, &found, &failures)
    if let set = sandbox.set { found.rolledBack = rolledBack(by: index, in: set, but: known) }
    return StepResult(
      failure: failures.isEmpty ? nil : failures.joined(separator: "; "),
      refusal: failures.isEmpty ? nil : "fault-not-as-expected", fault: found)
  }

  // MARK: Who

  /// The member that is meant, by its number; nil when there is none.
  private func member(_ asked: FaultStep, of sandbox: Sandbox) -> Int? {
    let servers = sandbox.servers
    guard let set = sandbox.set else { return 0 }
    let down = servers.indices.filter { servers[$0].condition == .down }
    switch asked.member {
    case .number(let number): return number < servers.count ? number : nil
    case .server: return servers.count == 1 ? 0 : nil
    case .primary:
      if let primary = set.primary { return primary }
      return asked.mends ? down.first : nil
    case .secondary:
      // What is to be mended is what is lost.
      if asked.mends, let lost = down.first { return lost }
      return set.look().last { $0.state == "SECONDARY" }?.index
    }
  }

  private func role(of index: Int, in sandbox: Sandbox) -> String {
    guard let set = sandbox.set else { return "server" }
    return switch set.look(at: index).state {
    case "PRIMARY": "primary"
    case "SECONDARY": "secondary"
    default: "member"
    }
  }

  /// Waits until a server answers, and as a member is primary or secondary.
  private func waitUntilBack(_ index: Int, in sandbox: Sandbox, atMost seconds: Double) -> Bool {
    if let set = sandbox.set { return waitUntilBack(index, in: set, atMost: seconds) }
    return sandbox.servers[index].condition == .running
  }

  // MARK: What

  /// Why a fault can't be had on this machine.
  struct Obstacle: Error { let reason: String }

  private func smallDisk(
    for asked: FaultStep, _ server: Server, _ sandbox: Sandbox
  ) throws -> Result<SmallDisk?, Obstacle> {
    guard asked.action == .fillDisk else { return .success(nil) }
    let bytes = Files.diskUsage(of: server.dataPath) + SmallDisk.headroom
    if let reason = SmallDisk.obstacle(bytes: bytes) {
      return .failure(Obstacle(reason: "fill_disk: \(reason)"))
    }
    let folder = Files.join(sandbox.directory, "disk-\(UInt32.random(in: 0 ... .max))")
    try Files.createFolder(folder)
    do throws(Failure) { return .success(try SmallDisk(bytes: bytes, at: folder)) } catch {
      guard error.code == "no-small-disk" else { throw error }
      return .failure(Obstacle(reason: "fill_disk: \(error.description)"))
    }
  }

  private func strike(
    _ asked: FaultStep, _ index: Int, _ server: Server, _ sandbox: Sandbox, _ disk: SmallDisk?, _ home: String
  ) throws -> Struck {
    var struck = Struck()
    switch asked.action {
    case .kill: server.kill()
    case .pause:
      server.pause()
      struck.undo = try ending(after: asked.duration) { server.resume() }
    case .network:
      guard let network = sandbox.set?.network else { throw Failure.noSandbox() }
      network.begin(asked.trouble, of: index)
      struck.undo = try ending(after: asked.duration) { network.heal() }
    case .restart:
      if server.condition == .paused { server.resume() }
      if server.condition == .running { server.shutDown() }
      try server.start()
    case .rebuild:
      guard let set = sandbox.set else { throw Failure.noSandbox() }
      try set.rebuild(index, by: asked.source)
    case .damageFiles:
      let damage = try sandbox.damageFiles(of: server, asked.collection)
      struck.outcome =
        "\(Count.text(damage.blocks, "block")) of \(damage.namespace) were damaged: \(damage.outcome)"
    case .fillDisk:
      guard let disk else { throw Failure.noSandbox() }
      struck.outcome = try fill(disk, server, for: asked.duration)
      struck.undo = {
        try disk.drain()
        try server.moveBack(to: home)
        disk.remove()
      }
    }
    struck.at = Clock.monotonic
    return struck
  }

  /// Ends something at its time, whoever waits for what; what is returned waits for that. At the drill's end it ends, too.
  private func ending(after seconds: Double, _ body: @escaping @Sendable () -> Void) throws -> () throws ->
    Void
  {
    let end = Clock.monotonic + seconds
    let watch = watch
    let waker = try Threads.start {
      while Clock.monotonic < end, watch.stop == nil, Interruption.pending == nil {
        Interruption.sleep(min(0.05, max(0, end - Clock.monotonic)))
      }
      body()
    }
    return { waker.join() }
  }

  /// Fills the disk and has the server write to it, until it ends or the time is over.
  private func fill(_ disk: SmallDisk, _ server: Server, for seconds: Double) throws -> String {
    try disk.fill()
    let start = Clock.monotonic
    server.expectEnd()
    while Clock.monotonic < start + seconds, server.condition == .running {
      try checkStops()
      _ = server.checkpoint()
      try sleep(0.2)
    }
    guard server.condition == .down else {
      return "its disk was full for \(TimeSpan.format(seconds)), and it went on"
    }
    return "its disk was full, and it ended after \(TimeSpan.format(Clock.monotonic - start))"
  }

  /// Has a member run on a small disk, and be what it was before: it is restarted for that.
  private func move(
    _ index: Int, to disk: SmallDisk, role: String, _ sandbox: Sandbox, _ probe: FaultProbe
  ) throws {
    try sandbox.servers[index].move(to: disk)
    if let set = sandbox.set {
      guard waitUntilBack(index, in: set, atMost: 120) else { throw Failure.noAnswers(probe.stepID) }
      if role == "primary" { try set.makePrimary(index, atMost: 120) }
    }
    guard probe.writers.waitForAnswer(begunAfter: Clock.monotonic, atMost: 60) else {
      throw Failure.noAnswers(probe.stepID)
    }
  }

  // MARK: What came of it

  private func judge(
    _ asked: FaultStep, began: Double, _ struck: Struck, _ probe: FaultProbe,
    _ found: inout DrillRecord.MemberFault, _ failures: inout [String]
  ) throws {
    let survived = probe.writers.waitForAnswer(begunAfter: struck.at, atMost: asked.within)
    try checkStops()
    found.survived = survived
    if survived { found.recoveredSeconds = Clock.monotonic - began }
    switch (asked.expectation, survived) {
    case (.survives, true), (.fails, false): break
    case (.survives, false):
      failures.append("no write was acknowledged within \(TimeSpan.format(asked.within))")
    case (.fails, true):
      failures.append(
        "writes were expected to fail, and one was acknowledged after "
          + TimeSpan.format(found.recoveredSeconds ?? 0))
    }
  }

  /// Accounts for the writes of this fault and of those before it, as soon as there is somebody to ask; compares the
  /// members when all of them are up.
  private func settle(
    _ asked: FaultStep, _ probe: FaultProbe, _ sandbox: Sandbox, _ found: inout DrillRecord.MemberFault,
    _ failures: inout [String]
  ) throws {
    unsettled.append(probe)
    let servers = sandbox.servers
    let isUp =
      sandbox.set.map { (try? $0.waitForPrimary(atMost: found.survived ? 20 : 0.5)) != nil }
      ?? (servers[0].condition == .running)
    guard isUp else { return }
    while let probe = unsettled.first {
      let account = try probe.writers.account(on: sandbox.pool)
      if probe.stepID == unsettled.last?.stepID { found.writes = DrillRecord.NumberedWrites(account) }
      if account.lost > 0 {
        failures.append(
          "\(Count.text(account.lost, "write")) that step \(probe.stepID) had acknowledged "
            + "\(account.lost == 1 ? "is" : "are") lost (_id \(account.lostSamples.map { "\($0)" }.joined(separator: ", ")))"
        )
      }
      try probe.scratch.remove()
      unsettled.removeFirst()
    }
    // Damaged files are no news; whoever reads them ends.
    guard let set = sandbox.set, asked.action != .damageFiles,
      servers.allSatisfy({ $0.condition == .running })
    else { return }
    try set.waitUntilSteady(atMost: 300)
    if asked.compares { found.comparison = try compared(set, &failures) }
  }
}

extension FaultProbe {
  fileprivate init(stepID: String, on sandbox: Sandbox) throws {
    self.stepID = stepID
    scratch = ScratchDatabase(on: sandbox)
    writers = try NumberedWriters(
      uri: sandbox.uri, into: scratch.namespace("writes"), NumberedWriters.Options(threads: 2))
  }
}

extension DrillRecord.NumberedWrites {
  /// The account of some writers.
  init(_ account: NumberedWriters.Account) {
    self.init()
    acknowledged = account.acknowledged
    lost = account.lost
    unacknowledged = account.unacknowledged
    survived = account.survived
    rolledBack = account.rolledBack
    unsent = account.unsent
  }
}
