internal import BSON
internal import Mongo
internal import Platform
internal import Record
internal import Sandbox

extension DrillRun {
  /// `failover`.
  func failover(_ asked: FailoverStep, _ step: Step) throws -> StepResult {
    guard let sandbox, let set = sandbox.set else { throw Failure.noReplicaSet(step.id) }
    var found = DrillRecord.Failover()
    found.how = asked.how.rawValue
    found.maxGapSeconds = asked.maxGap
    var failures: [String] = []
    try set.waitUntilSteady(atMost: asked.within)
    let scratch = ScratchDatabase(on: sandbox)
    let writers = try NumberedWriters(
      uri: set.uri, into: scratch.namespace("writes"), NumberedWriters.Options(threads: asked.threads))
    defer { writers.stop() }

    // Before.
    guard writers.waitForAnswer(begunAfter: 0, atMost: asked.within) else { throw Failure.noAnswers(step.id) }
    try sleep(asked.before)

    // The loss.
    let old = try set.waitForPrimary(atMost: asked.within)
    found.oldPrimary = old
    let known = Set(set.rollbacks(of: old).map(\.path))
    writers.mark()
    let lost = Clock.monotonic
    switch asked.how {
    case .kill: set.members[old].kill()
    case .stepDown: try stepDown(set.members[old])
    }
    events(
      .note(
        "step \(step.id): member \(old), the primary, \(asked.how == .kill ? "was killed" : "stepped down")"))
    let others = set.members.indices.filter { $0 != old }
    do throws(Failure) {
      let new = try set.waitForPrimary(atMost: asked.within, among: others)
      found.newPrimary = new
      found.newPrimarySeconds = Clock.monotonic - lost
    } catch {
      guard error.code == "replica-set-not-ready" else { throw error }
      failures.append("no new primary after \(TimeSpan.format(asked.within))")
    }
    try checkStops()

    // After.
    if found.newPrimary != nil {
      let elected = Clock.monotonic
      if writers.waitForAnswer(begunAfter: elected, atMost: asked.within) {
        try sleep(asked.after)
      } else {
        failures.append(
          "no write was acknowledged \(TimeSpan.format(asked.within)) after there was a new primary")
      }
    }
    found.writeGapSeconds = writers.longestGap
    if let gap = found.writeGapSeconds, let most = asked.maxGap, gap > most {
      failures.append(
        "no write was acknowledged for \(TimeSpan.format(gap)), above the \(TimeSpan.format(most)) that are allowed"
      )
    }
    if asked.how == .kill {
      let started = Clock.monotonic
      try set.members[old].start()
      if waitUntilBack(old, in: set, atMost: asked.within) {
        found.rejoinSeconds = Clock.monotonic - started
      } else {
        failures.append(
          "member \(old) was started again and is no secondary after \(TimeSpan.format(asked.within))")
      }
    }
    writers.stop()
    let quiet = Clock.monotonic
    do throws(Failure) {
      try set.waitUntilSteady(atMost: asked.within)
      found.catchUpSeconds = Clock.monotonic - quiet
    } catch {
      guard error.code == "replica-set-not-ready" else { throw error }
      failures.append(
        "the members have not caught up after \(TimeSpan.format(asked.within)): \(error.cause ?? "")")
    }
    try checkStops()
    try account(writers, sandbox, &found, &failures)
    found.rolledBack = rolledBack(by: old, in: set, but: known)
    found.rollbackFiles = found.rolledBack.count
    found.clientServed = served(by: set, scratch, &failures)
    // Removed before the comparison, so that the removal is compared as well.
    try scratch.remove()
    if asked.compares, found.catchUpSeconds != nil {
      try set.waitUntilSteady(atMost: asked.within)
      found.comparison = try compared(set, &failures)
    }
    return StepResult(
      failure: failures.isEmpty ? nil : failures.joined(separator: "; "),
      refusal: failures.isEmpty ? nil : "failover-failed", failover: found)
  }

  private func stepDown(_ server: Server) throws {
    // Longer than the step takes, so that it doesn't take over again; another is told to stand for election at once.
    try server.pool.run(["replSetStepDown": 120, "secondaryCatchUpPeriodSecs": 10])
  }

  /// Waits until a member is a secondary (or, all being well again, the primary).
  func waitUntilBack(_ index: Int, in set: ReplicaSet, atMost seconds: Double) -> Bool {
    let end = Clock.monotonic + seconds
    while Clock.monotonic < end, Interruption.pending == nil, watch.stop == nil,
      set.members[index].condition != .down
    {
      if ["SECONDARY", "PRIMARY"].contains(set.look(at: index).state) { return true }
      Interruption.sleep(0.02)
    }
    return false
  }

  /// What became of the writes: not one that was acknowledged may be missing.
  private func account(
    _ writers: NumberedWriters, _ sandbox: Sandbox, _ found: inout DrillRecord.Failover,
    _ failures: inout [String]
  ) throws {
    let account = try writers.account(on: sandbox.pool)
    found.writes = DrillRecord.NumberedWrites(account)
    if account.lost > 0 {
      let samples = account.lostSamples.map { "\($0)" }.joined(separator: ", ")
      failures.append(
        "\(Count.text(account.lost, "write")) of \(Count.text(account.acknowledged)) that a majority had acknowledged "
          + "\(account.lost == 1 ? "is" : "are") lost (_id \(samples))")
    }
  }

  /// What a member has set aside since then.
  func rolledBack(by index: Int, in set: ReplicaSet, but known: Set<String>) -> [DrillRecord.RolledBack] {
    set.rollbacks(of: index, but: known).map { file in
      var entry = DrillRecord.RolledBack()
      entry.file = file.path
      entry.documents = file.documents
      entry.ids = file.ids
      return entry
    }
  }

  /// Whether a client that has only the set's address can write and read.
  private func served(by set: ReplicaSet, _ scratch: ScratchDatabase, _ failures: inout [String]) -> Bool {
    do {
      let client = try ClientPool(uri: set.uri + "&serverSelectionTimeoutMS=10000", connections: 1)
      let place = scratch.namespace("client")
      let insert: Document = [
        "insert": .string(place.collection), "documents": [["_id": 1]],
        "writeConcern": ["w": "majority", "wtimeout": 10_000],
      ]
      let reply = try client.run(insert, on: place.database)
      let find: Document = ["find": .string(place.collection), "readConcern": ["level": "majority"]]
      if reply["writeConcernError"] == nil, try client.all(find, on: place.database).count == 1 {
        return true
      }
      failures.append("a new client could not read what it wrote")
    } catch {
      failures.append("a new client was not served: \(sandbox?.masked("\(error)") ?? "")")
    }
    return false
  }

  /// The members' data, compared.
  func compared(_ set: ReplicaSet, _ failures: inout [String]) throws -> DrillRecord.MemberData {
    let comparison = try set.compareData()
    var data = DrillRecord.MemberData()
    data.members = comparison.members
    data.databases = comparison.databases
    data.collections = comparison.collections
    data.differing = comparison.differing
    if !comparison.differing.isEmpty {
      let shown = comparison.differing.prefix(5).joined(separator: ", ")
      failures.append(
        "the members differ in \(Count.text(comparison.differing.count, "collection")): \(shown)")
    }
    return data
  }
}

/// A database of mongodrill's own for what a step writes.
struct ScratchDatabase {
  /// Random: nobody else's, whether a server can be asked or not.
  private let name = "mongodrill_" + String(UInt64.random(in: 0 ... .max), radix: 16)
  private let sandbox: Sandbox

  init(on sandbox: Sandbox) { self.sandbox = sandbox }

  func namespace(_ collection: String) -> Namespace { Namespace(name, collection) }

  /// Removes it from every member that a majority needs.
  func remove() throws {
    try sandbox.pool.run(
      ["dropDatabase": 1, "writeConcern": ["w": "majority", "wtimeout": 60_000]], on: name)
  }
}

extension Failure {
  static func noReplicaSet(_ id: String) -> Failure {
    Failure(.internal, "no-replica-set", "step \(id) runs without a replica set")
  }

  static func noAnswers(_ id: String) -> Failure {
    Failure(
      .incomplete, "no-writes-acknowledged", "step \(id) began, and no write was acknowledged by a majority")
  }
}
