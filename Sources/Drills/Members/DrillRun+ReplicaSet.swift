internal import Platform
internal import Record
internal import Sandbox

extension DrillRun {
  /// Makes a replica set of the server when the scenario asks for one and everything is restored and replayed: before the
  /// first step after that. Restoring goes as fast as ever, into a standalone server.
  func becomeReplicaSet(before index: Int) throws {
    guard var plan = settings.replicaSet, let sandbox, sandbox.set == nil,
      !scenario.steps[index...].contains(where: { $0.action is RestoreStep || $0.action is ReplayStep })
    else { return }
    plan.hasRelays = scenario.steps.contains { ($0.action as? FaultStep)?.action == .network }
    plan.keepsSeed = scenario.steps.contains { ($0.action as? FaultStep)?.needsSeed == true }
    let setup = try phase("replica_set") { [plan] in try sandbox.becomeReplicaSet(plan) }
    record.environment.sandbox?.members = plan.members
    if plan.members > 1 { record.environment.sandbox?.seeding = seeding(setup) }
    var parts = [
      "\(TimeSpan.format(setup.stopSeconds)) to stop the server",
      "\(TimeSpan.format(setup.initiateSeconds)) to initiate it",
    ]
    if plan.members > 1 {
      parts.append(
        "\(TimeSpan.format(setup.copySeconds)) to copy \(ByteSize.format(setup.copiedBytes)) for each of the others"
      )
      parts.append("\(TimeSpan.format(setup.joinSeconds)) to start them and have them join")
    }
    events(
      .note(
        "a replica set of \(plan.members) in \(TimeSpan.format(setup.seconds)): \(parts.joined(separator: ", "))"
      ))
  }

  /// Puts down the members that the set ends without: nothing says that they would hold what the others do.
  func noteLostMembers() {
    guard let set = sandbox?.set, set.members.count > 1, watch.stop == nil, Interruption.pending == nil else {
      return
    }
    let lost = set.look().filter { !["PRIMARY", "SECONDARY"].contains($0.state) }
    for member in lost {
      let server = set.members[member.index]
      let state =
        server.condition == .running ? member.state ?? "without an answer" : server.condition.rawValue
      record.notVerified.append(
        DrillRecord.NotVerified(
          "replica_set",
          "the replica set ended degraded: member \(member.index) is \(state), and what it holds was not verified"
        ))
    }
  }

  /// How the others got their data, for the record.
  private func seeding(_ setup: ReplicaSetSetup) -> DrillRecord.Seeding {
    var seeding = DrillRecord.Seeding()
    seeding.seconds = setup.copySeconds
    seeding.bytes = setup.copiedBytes
    seeding.reason =
      "copying files is faster than an initial sync, which reads and writes every document and builds every index again"
    return seeding
  }
}
