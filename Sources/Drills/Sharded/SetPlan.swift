internal import BSON
internal import Backups
internal import Configuration
internal import Facts
internal import Platform
internal import Replay
internal import Witness

/// What a scenario whose backup is a sharded set comes to: each part's recovery, all of them to one target.
struct SetPlan {
  /// One part.
  struct Part {
    /// `config servers`, `shard shardA`.
    let title: String
    /// The shard's name; nil for the config servers.
    let shard: String?
    /// The scenario of this part alone: its backup, restored and replayed.
    let scenario: Scenario
    let backup: RoutedBackup
    let plans: RecoveryPlans
    /// Its oplog and the target in it.
    let replay: PlannedReplay
  }

  /// The step that restores, and the one that replays; nil where the oplog is replayed without being asked.
  let restore: String
  let replay: String?
  /// The target as it was asked for.
  let requested: Target
  /// The timestamp through which every part is replayed.
  let through: Timestamp
  /// The config servers' first, then the shards'.
  let parts: [Part]
  /// What a person should know of the target.
  let notes: [String]

  var shards: ArraySlice<Part> { parts.dropFirst() }

  /// Why a server of that version can't hold all parts; nil when nothing speaks against it.
  func unfit(_ server: ServerVersion) -> Failure? {
    .unfit(
      server, for: parts.flatMap { Preflight.Source($0.backup, $0.plans).missing(on: server) })
  }

  /// Nil when the scenario's backup is no sharded set. Throws `Failure`: a part that can't be opened, whose oplog is
  /// damaged or doesn't reach the target, which is `target` or what the scenario says.
  init?(_ scenario: Scenario, options: DrillOptions, target: Target? = nil) throws(Failure) {
    guard let set = scenario.set else { return nil }
    if options.noReplay { throw .notForSets("--no-replay", at: nil) }
    if options.witness != nil { throw .notForSets("a witness", at: nil) }
    if options.sandbox.or(scenario.sandbox).replicaSet != nil {
      throw .notForSets("a replica set as topology", at: nil)
    }
    guard let restore = scenario.steps.first(where: { $0.action is RestoreStep }) else {
      throw .notForSets("a scenario that doesn't restore", at: nil)
    }
    let replay = scenario.steps.first { $0.action is ReplayStep }
    self.restore = restore.id
    self.replay = replay?.id
    requested = target ?? (replay?.action as? ReplayStep)?.target ?? .latest

    var opened:
      [(title: String, shard: String?, source: ShardedSource.Part, backup: RoutedBackup, chain: OplogChain)] =
        []
    for (shard, source) in set.all {
      let title = shard.map { "shard \($0)" } ?? "config servers"
      do throws(Failure) {
        if PhysicalCopy.isOne(source.path) {
          throw .notForSets("a physical copy as a part", at: Place(source.path))
        }
        let backup = RoutedBackup(try openBackup(source.path, endingBy: requested.bound))
        opened.append((title, shard, source, backup, try OplogChain.open(base: backup, slices: source.oplog)))
      } catch { throw error.of(title) }
    }
    let lacking = RoutedBackup.routing.sorted().filter { name in
      !opened[0].backup.holds(Namespace("config", name))
    }
    if !lacking.isEmpty { throw .noRouting(lacking, in: set.config.path) }
    let common = try SetPlan.common(requested, opened.map { ($0.title, $0.chain.coverage, $0.chain) })
    notes = common.notes
    var parts: [Part] = []
    for part in opened {
      do throws(Failure) {
        var own = scenario
        own.set = nil
        own.backup = part.source.path
        own.oplog = part.source.oplog
        own.suites = []
        own.rollbacks = []
        own.sandbox = scenario.sandbox
        var action = ReplayStep()
        action.target = common.target
        var step = replay ?? restore
        step.id = SetPlan.replayID
        step.action = action
        own.steps = [restore, step]
        let plans = try RecoveryPlans(own, of: part.backup, noReplay: false)
        let planned = PlannedReplay(part.chain, to: try common.target.resolve(in: part.chain))
        parts.append(
          Part(
            title: part.title, shard: part.shard, scenario: own, backup: part.backup, plans: plans,
            replay: planned))
      } catch { throw error.of(part.title) }
    }
    self.parts = parts
    through = parts[0].replay.target.through
  }

  /// The id of the replay in a part's own scenario.
  static let replayID = "replay-of-part"

  /// The target that all parts can be given, so that each goes to the same moment: words that mean another one in each
  /// oplog become a timestamp.
  private static func common(
    _ requested: Target, _ parts: [(title: String, coverage: Coverage, chain: OplogChain)]
  ) throws(Failure) -> (target: Target, notes: [String]) {
    switch requested {
    case .latest:
      // A gap ends no oplog: what lies behind it was asked for.
      for part in parts {
        do throws(Failure) { _ = try requested.resolve(in: part.chain) } catch { throw error.of(part.title) }
      }
      guard let first = parts.min(by: { $0.coverage.end < $1.coverage.end }),
        let last = parts.max(by: { $0.coverage.dumpEnd < $1.coverage.dumpEnd })
      else { return (requested, []) }
      guard first.coverage.end >= last.coverage.dumpEnd else {
        throw .noCommonMoment(
          behind: first.title, first.coverage.end, ahead: last.title, last.coverage.dumpEnd)
      }
      return (
        .through(first.coverage.end),
        [
          "the latest moment that all parts reach is \(first.coverage.end), where the oplog of the \(first.title) ends"
        ]
      )
    case .dumpEnd:
      let end = parts.map(\.coverage.dumpEnd).max() ?? Timestamp(bits: 0)
      return (.through(end), ["the last dump of the set ended at \(end)"])
    case .beforeFirst:
      var entries: [(Timestamp, String)] = []
      var nothing: Failure?
      for part in parts {
        do throws(Failure) {
          if let entry = try requested.resolve(in: part.chain).entry { entries.append((entry, part.title)) }
        } catch {
          guard error.code == "nothing-matches" else { throw error.of(part.title) }
          nothing = nothing ?? error
        }
      }
      guard let first = entries.min(by: { $0.0 < $1.0 }) else {
        throw nothing ?? Failure(.internal, "no-parts", "a set without parts")
      }
      return (
        .before(first.0), ["the first entry that matches is \(first.0), in the oplog of the \(first.1)"]
      )
    default: return (requested, [])
    }
  }
}

extension Failure {
  /// The same, with the part of the set that it is about.
  func of(_ part: String) -> Failure {
    var failure = self
    failure.message = "\(part): \(message)"
    return failure
  }

  static func noRouting(_ lacking: [String], in path: String) -> Failure {
    Failure(
      .damagedBackup, "no-routing",
      "the config servers' backup holds no \(lacking.map { "config.\($0)" }.joined(separator: ", "))",
      at: Place(path),
      hint: "Without them nobody knows where the data belongs. Dump the config servers' replica set itself.")
  }

  static func noCommonMoment(
    behind: String, _ end: Timestamp, ahead: String, _ dumpEnd: Timestamp
  ) -> Failure {
    Failure(
      .damagedBackup, "no-common-moment",
      "no moment is common to all parts: the oplog of the \(behind) ends at \(end), before the dump of the \(ahead) does, at "
        + "\(dumpEnd)", hint: "Give later slices of the \(behind).")
  }
}
