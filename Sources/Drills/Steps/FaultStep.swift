internal import BSON
package import Configuration
internal import Platform
package import Sandbox

/// `fault`: does something bad to a server while writers go on, and tells whether the service outlived it.
package struct FaultStep: StepKind {
  package static let name = "fault"
  package static let summary =
    "Does something bad to the server or to a member of the replica set while writers go on, or mends it again, and "
    + "tells whether writes went on."
  package static let abortsOnFailure = false
  package static let isRepeatable = false

  /// What is done.
  package enum Action: String, Sendable, CaseIterable {
    case kill, pause, restart, rebuild, network
    case fillDisk = "fill_disk"
    case damageFiles = "damage_files"
  }

  /// What the service is expected to do.
  package enum Expectation: String, Sendable, CaseIterable {
    /// Writes are acknowledged again within the time.
    case survives
    /// No write is acknowledged for that time.
    case fails
  }

  /// To whom it is done.
  package enum Member: Sendable, Hashable {
    case primary
    /// One that is not primary; for mending, one that is down.
    case secondary
    /// The standalone server.
    case server
    /// By its number.
    case number(Int)
  }

  package var action: Action
  package var member: Member
  package var expectation = Expectation.survives
  /// Seconds for what is expected; for mending, until the member is back.
  package var within: Double
  /// Seconds that it lasts.
  package var duration: Double
  /// The collection whose file is damaged; nil for the largest.
  var collection: Namespace?
  /// What becomes of its connections with the other members.
  package var trouble = MemberNetwork.Trouble.cut
  /// How a member is rebuilt.
  package var source = ReplicaSet.RebuildSource.initialSync
  /// Whether the members' data is compared once they are all up again.
  package var compares = true

  /// Whether it mends something.
  var mends: Bool { action == .restart || action == .rebuild }
  /// Whether it needs files of what the backup gave.
  var needsSeed: Bool { action == .rebuild && source == .backup }
}

extension FaultStep {
  private static let summaries: [Action: String] = [
    .kill: "SIGKILL, as by a power cut. It stays down until `restart` or `rebuild`.",
    .pause: "SIGSTOP for the time `for`: it answers nobody, and its connections stay open.",
    .restart: "Starts it, after a shutdown in order where it runs.",
    .rebuild: "Throws its files away and has it get its data again, from another member or from the backup.",
    .fillDisk: "Fills its disk for the time `for`: a small file system in memory, never the machine's disk.",
    .network:
      "Cuts or slows its connections with the other members for the time `for`; clients still reach it.",
    .damageFiles: "Damages a collection's file while it is shut down, and starts it again.",
  ]
  private static let actions: [(Action, Key<Member?>)] = Action.allCases.map { action in
    (
      action,
      Key(
        action.rawValue, .member, (summaries[action] ?? "") + " `primary`, `secondary`, `server` or a number."
      )
    )
  }
  private static let expectKey = Key(
    "expect", Shape<Expectation>.choice(), default: "survives",
    "`survives`: writes are acknowledged again in time; `fails`: none is.")
  private static let withinKey = Key(
    "within", .duration,
    "The time for that: 1m for `survives`, 10s for `fails`; of `restart` 5m and `rebuild` 1h until the member is back."
  )
  private static let forKey = Key(
    "for", .duration, "How long `pause`, `network` and `fill_disk` last; 15s by default.")
  private static let collectionKey = Key(
    "collection", .string, "Whose file `damage_files` damages; the largest collection's by default.")
  private enum How: String, Sendable, CaseIterable { case cut, slow }
  private static let howKey = Key(
    "how", Shape<How>.choice(), "What `network` does: `cut` (the default), or `slow`.")
  private static let delayKey = Key(
    "delay", .duration, "How late everything arrives with `how: slow`; 200ms by default.")
  private static let byKey = Key(
    "by", Shape<ReplicaSet.RebuildSource>.choice(),
    "How `rebuild` gets the data: `initial_sync` (the default); `copy`, of another member's files; or "
      + "`backup`, of the files as they were when the set was made of the backup, after which it catches up.")
  private static let compareKey = Key(
    "compare", .boolean, default: "true",
    "Whether the members' data is compared once all of them are up and have caught up.")

  package static let shape = Shape<FaultStep>.record(
    "fault",
    actions.map { $0.1 } + [expectKey, withinKey, forKey, collectionKey, howKey, delayKey, byKey, compareKey]
  ) { fields in
    let given = actions.filter { fields[$0.1] != nil }
    guard given.count == 1, let (action, key) = given.first, let member = fields[key] else {
      fields.diagnostics.report(.notOneFault(at: fields.node.place))
      return nil
    }
    let expectation = fields[expectKey]
    var step = FaultStep(
      action: action, member: member, expectation: expectation,
      within: fields[withinKey] ?? defaultLimit(action, expectation), duration: fields[forKey] ?? 15)
    if fields[howKey] == .slow { step.trouble = .delay(fields[delayKey] ?? 0.2) }
    step.source = fields[byKey] ?? .initialSync
    step.compares = fields[compareKey]
    if let name = fields[collectionKey] {
      step.collection = Namespace(name)
      if step.collection == nil { fields.reject(collectionKey, "expected a collection such as shop.orders") }
    }
    step.reject(fields)
    return step
  }

  private static func defaultLimit(_ action: Action, _ expectation: Expectation) -> Double {
    switch (action, expectation) {
    case (.restart, _): 300
    case (.rebuild, _): 3600
    case (_, .survives): 60
    case (_, .fails): 10
    }
  }

  /// What doesn't fit together.
  private func reject(_ fields: Fields) {
    if fields[Self.forKey] != nil, ![.pause, .network, .fillDisk].contains(action) {
      fields.reject(Self.forKey, "it belongs to `pause`, `network` and `fill_disk`")
    }
    if fields[Self.howKey] != nil, action != .network {
      fields.reject(Self.howKey, "it belongs to `network`")
    }
    if fields[Self.delayKey] != nil, fields[Self.howKey] != .slow {
      fields.reject(Self.delayKey, "it belongs to `how: slow`")
    }
    if fields[Self.collectionKey] != nil, action != .damageFiles {
      fields.reject(Self.collectionKey, "it belongs to `damage_files`")
    }
    if fields[Self.byKey] != nil, action != .rebuild { fields.reject(Self.byKey, "it belongs to `rebuild`") }
    if expectation == .fails, mends {
      fields.reject(Self.expectKey, "`\(action.rawValue)` mends: nothing is to fail by it")
    }
    if expectation == .fails, action == .pause || action == .network, within > duration {
      fields.reject(Self.withinKey, "the member goes on after \(TimeSpan.format(duration)) (`for`)")
    }
  }

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult { try run.fault(self, step) }
}

extension Shape where Output == FaultStep.Member {
  /// `primary`, `secondary`, `server` or a number.
  static var member: Shape {
    .scalar(
      "one of `primary`, `secondary`, `server`, or a member's number",
      schema: Schema.orParameter(["enum": ["primary", "secondary", "server", 0, 1, 2]])
    ) { scalar in
      switch scalar.text {
      case "primary": .primary
      case "secondary": .secondary
      case "server": .server
      case "0": .number(0)
      case "1": .number(1)
      case "2": .number(2)
      default: nil
      }
    }
  }
}

extension Failure {
  static func notOneFault(at place: Place) -> Failure {
    .invalid(
      "not-one-fault", "a fault with none or several of its actions", at: place,
      hint: "Write one a step: "
        + FaultStep.Action.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + ".")
  }
}
