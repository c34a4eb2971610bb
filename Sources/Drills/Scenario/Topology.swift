internal import Checks
internal import Configuration
internal import Platform
internal import Sandbox

/// How the sandbox's servers stand, as a scenario says it.
enum Topology: Sendable, Hashable {
  case standalone
  case replicaSet(ReplicaSetPlan)

  var replicaSet: ReplicaSetPlan? { if case .replicaSet(let plan) = self { plan } else { nil } }
}

extension Shape where Output == Topology {
  private enum Word: String, Sendable, CaseIterable { case standalone }

  private static var members: Key<Int> {
    Key(
      required: "replica_set", .integer(1...3),
      "How many members: 1, for transactions and change streams; 3, to rehearse a failover.")
  }
  private static var electionTimeout: Key<Double> {
    Key(
      "election_timeout", .duration, default: "10s",
      "How long the others wait for a primary before one stands for election; 10s is the server's own default."
    )
  }

  /// `standalone`, or `{replica_set: 3}`.
  static var topology: Shape {
    .scalar(
      Shape<Word>.choice().map { _, _, _ in .standalone },
      orMapping: .record("topology", [members, electionTimeout]) { fields in
        if fields[members] == 2 {
          fields.reject(members, "two members can't elect a primary when one is lost; write 1 or 3")
        }
        if fields[electionTimeout] < 0.1 { fields.reject(electionTimeout, "it is below 100ms") }
        return .replicaSet(ReplicaSetPlan(members: fields[members], electionTimeout: fields[electionTimeout]))
      })
  }
}

extension Scenario {
  /// What the steps make of the sandbox fits the servers that there are, and no step tells a set's key to everybody.
  func checkTopology(_ diagnostics: Diagnostics) {
    checkMembers(diagnostics)
    guard sandbox.replicaSet != nil else { return }
    for step in steps + rollbacks {
      let command = step.action as? RunStep ?? (step.action as? WaitStep)?.until
      if command?.arguments.contains(where: { $0.names.contains(Scenario.uriName) }) == true {
        diagnostics.report(.keyOnCommandLine(at: step.place))
      }
    }
    for check in (suites ?? []).flatMap(\.checks) {
      if (check.check as? CommandCheck)?.showsAddress == true {
        diagnostics.report(.keyOnCommandLine(at: check.place))
      }
    }
    if steps.last.map({ $0.action is RestoreStep || $0.action is ReplayStep }) ?? true {
      diagnostics.report(.replicaSetNotUsed(at: steps.last?.place))
    }
  }

  /// What is done to a member is done when there is one.
  private func checkMembers(_ diagnostics: Diagnostics) {
    let restored = steps.lastIndex { $0.action is RestoreStep || $0.action is ReplayStep } ?? -1
    for (index, step) in steps.enumerated() {
      let fault = step.action as? FaultStep
      guard fault != nil || step.action is FailoverStep else { continue }
      let members = sandbox.replicaSet?.members ?? 0
      if members < 3, fault?.needsThreeMembers ?? true {
        diagnostics.report(.needsThreeMembers(step.kind, at: step.place))
      } else if members > 0, index < restored {
        diagnostics.report(.beforeReplicaSet(step.kind, at: step.place))
      } else if let fault, !fault.member.exists(among: members) {
        diagnostics.report(.noSuchMember(members, at: step.place))
      }
    }
  }
}

extension FaultStep {
  /// Whether it makes no sense with fewer.
  fileprivate var needsThreeMembers: Bool { member == .secondary || action == .rebuild || action == .network }
}

extension FaultStep.Member {
  /// Whether a set of so many members has it; 0 members are a standalone server.
  fileprivate func exists(among members: Int) -> Bool {
    switch self {
    case .server: members == 0
    case .primary, .secondary: members > 0
    case .number(let number): number < max(1, members)
    }
  }
}

extension Failure {
  static func noSuchMember(_ members: Int, at place: Place) -> Failure {
    .invalid(
      "no-such-member",
      members == 0
        ? "a standalone server has no such member" : "a replica set of \(members) has no such member",
      at: place,
      hint: members == 0
        ? "Write `server`, or make it a set: sandbox: {topology: {replica_set: 3}}."
        : "Write `primary`, `secondary` or a number from 0 to \(members - 1).")
  }

  static func needsThreeMembers(_ kind: String, at place: Place) -> Failure {
    .invalid(
      "needs-three-members", "`\(kind)` needs a replica set of three", at: place,
      hint: "Write sandbox: {topology: {replica_set: 3}}.")
  }

  static func beforeReplicaSet(_ kind: String, at place: Place) -> Failure {
    .invalid(
      "before-replica-set", "`\(kind)` before the last restore or replay, when there is no replica set yet",
      at: place, hint: "Move it behind them.")
  }

  static func keyOnCommandLine(at place: Place?) -> Failure {
    .invalid(
      "key-on-command-line", "`argv` holds ${\(Scenario.uriName)}, in which a replica set's key stands",
      at: place,
      hint:
        "Everybody on the machine can read a command line: take it from the environment, MONGODRILL_URI or `env`."
    )
  }

  static func replicaSetNotUsed(at place: Place?) -> Failure {
    .invalid(
      "replica-set-not-used", "no step follows the last restore or replay, so there will be no replica set",
      at: place, hint: "Add a `check`, `run` or `failover` step, or leave `topology` out.")
  }
}
