internal import BSON
internal import Backups
internal import Platform
internal import Replay

/// A fault in what a drill is given: the scenario with a damaged copy in place of the backup, or another target.
struct BackupFault {
  var kind: String
  var description: String
  /// What would notice it.
  var remedy: String
  var scenario: Scenario
  /// The moment that the drill believes in; nil for its own.
  var moment: Double?

  /// Why a kind could not be made.
  struct Impossible: Error {
    var kind: String
    var reason: String
  }

  /// The names of the kinds.
  static let kinds = ["byte-flipped", "slice-missing", "replay-stopped-early"]

  /// A byte of the backup's largest file is another.
  static func byteFlipped(_ scenario: Scenario, in folder: String) throws -> BackupFault {
    let kind = kinds[0]
    guard scenario.backup != "-", scenario.pick == nil, scenario.command == nil, scenario.fetch == nil else {
      throw Impossible(kind: kind, reason: "the backup is not one that lies at a path")
    }
    guard let largest = try Files.tree(scenario.backup).max(by: { ($0.size, $1.path) < ($1.size, $0.path) }),
      largest.size > 0
    else { throw Impossible(kind: kind, reason: "the backup has no file with a byte in it") }
    guard try Files.freeSpace(at: folder) > largest.size * 2 else {
      throw Impossible(kind: kind, reason: "no room for a copy of \(largest.path)")
    }
    let copy = Files.join(folder, Files.name(of: scenario.backup))
    try Files.linkTree(scenario.backup, to: copy) { $0 == largest.path }
    let file = largest.path.isEmpty ? copy : Files.join(copy, largest.path)
    let offset = largest.size / 2
    try Files.flipBit(of: file, at: offset)
    var damaged = scenario
    damaged.backup = copy
    return BackupFault(
      kind: kind, description: "a bit of byte \(offset) of \(Files.name(of: file)) flipped",
      remedy: "digest: {compare: witness}, or a compressed backup, which has checksums", scenario: damaged)
  }

  /// One of the slices of the oplog is not there.
  static func sliceMissing(_ scenario: Scenario, _ chain: OplogChain?, in folder: String) throws
    -> BackupFault
  {
    let kind = kinds[1]
    guard scenario.fetchedOplog.isEmpty else {
      throw Impossible(kind: kind, reason: "slices are fetched from another machine")
    }
    let files = try scenario.oplog.flatMap { path in
      try Files.tree(path).map { (root: path, path: $0.path) }
    }
    let slices = chain?.slices.filter { $0.role != .base }.map(\.file) ?? []
    // One in the middle: without the last, the chain is shorter, and says so.
    guard slices.count > 1, !files.isEmpty else {
      throw Impossible(kind: kind, reason: "there are no slices beside the backup to leave one out of")
    }
    let left = slices[(slices.count - 1) / 2]
    var damaged = scenario
    damaged.oplog = []
    for (number, root) in scenario.oplog.enumerated() {
      let copy = Files.join(folder, "oplog-\(number)")
      try Files.linkTree(root, to: copy) { path in
        (path.isEmpty ? root : Files.join(root, path)) == left ? nil : false
      }
      if Files.exists(copy) { damaged.oplog.append(copy) }
    }
    return BackupFault(
      kind: kind, description: "the slice \(left) left out", remedy: "a replay to a target past it",
      scenario: damaged)
  }

  /// The replay ends half way to its target, and nobody says so.
  static func stoppedEarly(
    _ scenario: Scenario, _ plans: RecoveryPlans?, isOfCopy: Bool, moment: Double?
  ) throws -> BackupFault {
    let kind = kinds[2]
    if isOfCopy {
      throw Impossible(
        kind: kind, reason: "the oplog of a physical copy went with the sandbox that opened it")
    }
    guard
      let at = scenario.steps.lastIndex(where: { ($0.action as? ReplayStep)?.untilFailing.isEmpty == true }),
      var step = scenario.steps[at].action as? ReplayStep, let chain = plans?.chain,
      let stage = plans?.recoveries.values.flatMap(\.stages).first(where: { $0.step == scenario.steps[at].id }
      )
    else { throw Impossible(kind: kind, reason: "nothing is replayed by a step of its own") }
    let line = try OplogLine(chain, after: chain.coverage.dumpEnd, through: stage.replay.target.through)
    guard line.count > 1, let middle = try line.timestamps(of: [line.count / 2]).first else {
      throw Impossible(kind: kind, reason: "there are too few entries to stop among")
    }
    step.target = .through(middle)
    var damaged = scenario
    damaged.steps[at].action = step
    return BackupFault(
      kind: kind,
      description: "\(line.count - line.count / 2) of \(line.count) entries before the target not applied",
      remedy: "freshness, or digest: {compare: witness}", scenario: damaged, moment: moment)
  }
}
