internal import BSON
internal import Backups
internal import Checks
internal import Configuration
package import Platform

/// The keys of a scenario file.
enum ScenarioKeys {
  static let version = Key(required: "version", .integer(1...1), "The version of this format: 1.")
  static let title = Key("title", .string, "What a person calls it.")
  static let tags = Key("tags", .list(of: .string), "Words to select scenarios by.")
  static let description = Key("description", .string, "What it is for, in more words.")
  static let parameters = Key(
    "parameters", Parameters.shape, "Values that are left open: ${name} stands for one, $${ for a literal ${."
  )
  static let backup = Key(required: "backup", backupShape, "What is restored.")
  private static let backupShape = Shape<BackupSource>(
    "a mapping",
    schema: [
      "anyOf": [
        KeySpec.schema(of: [backupPath, backupUntil]),
        KeySpec.schema(of: [backupFrom, backupPick, backupSeed]),
        KeySpec.schema(of: [backupCommand]), KeySpec.schema(of: [backupFetch, fetchedCommand]),
        KeySpec.schema(of: [backupFetch, backupPick, backupSeed]), KeySpec.schema(of: [ShardedSource.key]),
      ]
    ]
  ) { node, diagnostics in
    if node["fetch"] != nil { return fetchedSource(node, diagnostics) }
    if node["sharded"] != nil {
      guard let fields = Fields.decode(node, of: "backup", [ShardedSource.key], diagnostics) else {
        return nil
      }
      let set = fields[ShardedSource.key]
      return BackupSource(path: set.commonPath, pick: nil, set: set)
    }
    if node["command"] != nil {
      guard let fields = Fields.decode(node, of: "backup", [backupCommand], diagnostics) else { return nil }
      let command = fields[backupCommand]
      if command.isEmpty {
        fields.reject(backupCommand, "there is no program in it")
        return nil
      }
      return BackupSource(path: UserCommand(command).name, pick: nil, command: command)
    }
    let keys: [any DeclaredKey] =
      node["from"] == nil && node["pick"] == nil
      ? [backupPath, backupUntil] : [backupFrom, backupPick, backupSeed]
    guard let fields = Fields.decode(node, of: "backup", keys, diagnostics) else { return nil }
    if node["from"] == nil, node["pick"] == nil {
      return BackupSource(path: fields[backupPath], pick: nil, until: fields[backupUntil])
    }
    guard let pick = seeded(fields[backupPick], fields) else { return nil }
    return BackupSource(path: fields[backupFrom], pick: pick)
  }

  /// A backup that is fetched; a pick is among what was fetched.
  private static func fetchedSource(_ node: Node, _ diagnostics: Diagnostics) -> BackupSource? {
    let picks = node["pick"] != nil || node["seed"] != nil
    let keys: [any DeclaredKey] =
      picks ? [backupFetch, backupPick, backupSeed] : [backupFetch, fetchedCommand]
    guard let fields = Fields.decode(node, of: "backup", keys, diagnostics) else { return nil }
    let remote = fields[backupFetch]
    var source = BackupSource(path: remote.address, fetch: remote)
    if picks {
      guard let pick = seeded(fields[backupPick], fields) else { return nil }
      if pick.isSeveral {
        fields.reject(backupPick, "of what is fetched only one can be picked")
        return nil
      }
      source.pick = pick
    } else if let command = fields[fetchedCommand] {
      if command.isEmpty {
        fields.reject(fetchedCommand, "there is no program in it")
        return nil
      }
      source.command = command
    }
    return source
  }

  /// The pick with the seed that is given.
  private static func seeded(_ pick: BackupSource.Pick, _ fields: Fields) -> BackupSource.Pick? {
    guard let seed = fields[backupSeed] else { return pick }
    switch pick {
    case .random: return .random(seed: UInt64(seed))
    case .several(let picks) where picks.contains(.random(seed: nil)):
      return .several(picks.map { $0 == .random(seed: nil) ? .random(seed: UInt64(seed)) : $0 })
    default:
      fields.reject(backupSeed, "only `pick: random` takes one")
      return nil
    }
  }

  private static let backupFetch = Key(
    required: "fetch", .remote,
    "A folder or a file on another machine, which rclone fetches into the sandbox's folder first.")
  private static let fetchedCommand = Key(
    "command", .list(of: .text),
    "A program and its arguments that reads the fetched file as its standard input and writes an archive.")
  private static let backupFrom = Key(
    required: "from", .string, "A folder of backups, of which one is chosen; relative to this file.")
  private static let backupPick = Key(
    required: "pick", picks,
    "How: `latest`, `oldest`, `random`, the newest of those that hold a collection or are older than a time, or "
      + "`for_target`: the newest that ends at or before the first target and whose oplog reaches it. `all`, or a list "
      + "of these: several, each for a drill of its own.")
  private static let onePick = Shape<BackupSource.Pick>.scalar(
    Shape<PickWord>.choice().map { word, _, _ in word.pick },
    orMapping: Shape<BackupSource.Pick>.record("pick", [pickHolds, pickOlderThan]) { fields in
      if fields[pickHolds] == nil, fields[pickOlderThan] == nil {
        fields.diagnostics.report(.emptyPick(at: fields.node.place))
        return nil
      }
      return .newest(holding: fields[pickHolds], olderThan: fields[pickOlderThan])
    })
  private static let picks = Shape<BackupSource.Pick>(
    "\(onePick.name), or a list of these",
    schema: ["anyOf": [onePick.schema, ["type": "array", "minItems": 1, "items": onePick.schema]]]
  ) { node, diagnostics in
    guard let nodes = node.elements else { return onePick.decode(node, diagnostics) }
    let picks = nodes.compactMap { onePick.decode($0, diagnostics) }
    guard picks.count == nodes.count else { return nil }
    if picks.isEmpty {
      diagnostics.report(.emptyPick(at: node.place))
      return nil
    }
    if let at = picks.firstIndex(where: { $0 == .all || $0 == .forTarget }) {
      diagnostics.report(.pickInList(nodes[at].text ?? "", at: nodes[at].place))
      return nil
    }
    return .several(picks)
  }
  private static let pickHolds = Key(
    "holds", .string, "The collection that it holds, `shop.orders`, or a pattern of collections.")
  private static let pickOlderThan = Key("older_than", .duration, "How old it is at least.")
  private static let backupSeed = Key(
    "seed", .integer(0...Int.max), "With `pick: random`: the same backup again, out of the same ones.")

  /// The ways to pick that are a word.
  private enum PickWord: String, Sendable, CaseIterable {
    case latest, oldest, random, all
    case forTarget = "for_target"

    var pick: BackupSource.Pick {
      switch self {
      case .latest: .latest
      case .oldest: .oldest
      case .random: .random(seed: nil)
      case .all: .all
      case .forTarget: .forTarget
      }
    }
  }

  private static let backupPath = Key(
    required: "path", .string,
    "A dump directory, a database's directory, a collection's file, an archive, or a physical copy: a dbPath or a tar of "
      + "one; relative to this file.")
  private static let backupUntil = Key(
    "until",
    Shape<String>.text.map("an oplog timestamp") { text, node, diagnostics in
      if let timestamp = Timestamp(text), timestamp.bits > 0 { return timestamp }
      diagnostics.report(expected: "an oplog timestamp such as 1795258578:300", found: node)
      return nil
    },
    "Of a physical copy, the last oplog entry that belongs to it, such as \"1795258578:300\": a managed snapshot's oplogTs "
      + "and oplogInc.")
  private static let backupCommand = Key(
    required: "command", .list(of: .text),
    "A program and its arguments whose output is an archive; no shell reads them, it runs in this file's folder."
  )
  static let oplog = Key(
    "oplog",
    Shape<[OplogSource]>.list(
      of: .scalar(Shape<String>.string.map { path, _, _ in .path(path) }, orMapping: oplogSource), orOne: true
    ),
    "Slices of the oplog that were saved after the backup, in any order.")
  private static let oplogPath = Key(
    required: "path", .string,
    "A .bson file of entries, a dump of local.oplog.rs, or a folder of these; relative to this file.")
  private static let oplogFetch = Key(
    required: "fetch", .remote,
    "Slices on another machine, which rclone fetches into the sandbox's folder first.")
  private static let oplogSource = Shape<OplogSource>(
    "a mapping",
    schema: ["anyOf": [KeySpec.schema(of: [oplogPath]), KeySpec.schema(of: [oplogFetch])]]
  ) { node, diagnostics in
    if node["fetch"] != nil {
      return Fields.decode(node, of: "oplog", [oplogFetch], diagnostics).map { .remote($0[oplogFetch]) }
    }
    return Fields.decode(node, of: "oplog", [oplogPath], diagnostics).map { .path($0[oplogPath]) }
  }
  static let budget = Key(
    "budget", .duration,
    "How long it may take: of a backup too large for that, the collections that were proven longest ago are verified; "
      + "the report names the others.")
  static let sandbox = Key(
    "sandbox",
    Shape<SandboxSettings>.record("sandbox", [mongod, topology, directory, cache, memory], make: settings),
    "The throwaway server.")
  static let objectives = Key("objectives", objectivesShape, "What the drill is measured against.")
  static let witness = Key(
    "witness", .string,
    "A file that `mongodrill witness` wrote, for checks that compare with it; relative to this file.")
  static let baseline = Key(
    "baseline", .string,
    "An earlier run, for checks that compare with it: its folder, its report.json or its id; relative to this file."
  )
  static let stopConditions = Key(
    "stop_conditions", StopCondition.shape, "When to give up; the drill then ends as aborted.")
  static let steps = Key(
    "steps", Steps.shape(Steps.kinds), "What to do, in order; when left out: restore, then ask all checks.")
  static let checks = Key(
    "checks", .suites,
    "Suites of checks; when left out, those that follow from the backup itself.")
  static let rollbacks = Key(
    "rollbacks", Steps.shape([RunStep.self], prefix: "rollback-"),
    "Commands that always run at the end: also after a failure, Ctrl-C and SIGTERM.")

  static let all: [any DeclaredKey] =
    [
      version, title, tags, description, parameters, backup, oplog, budget, sandbox, objectives, witness,
      baseline, stopConditions, steps,
      checks,
      rollbacks,
    ] + Runbook.keys

  // MARK: sandbox

  private static let mongod = Key(
    "mongod", .string,
    "A path of a mongod (relative to this file), or what its version has to be: \">=6.0 <7\".")
  private static let topology = Key(
    "topology", .topology,
    "How many servers, and how they stand: `standalone`, {replica_set: 1} or {replica_set: 3}.")
  private static let directory = Key(
    "directory", .string, "The folder that its files are made in; relative to this file.")
  private static let cache = Key("cache", .byteSize, "The server's cache; by default it follows the machine.")
  private static let memory = Key("memory", .byteSize, "mongodrill's own memory; 256 MiB by default.")

  private static func settings(_ fields: Fields) -> SandboxSettings? {
    SandboxSettings(
      mongod: fields[mongod], directory: fields[directory], cache: fields[cache], memory: fields[memory],
      replicaSet: fields[topology]?.replicaSet)
  }

  // MARK: objectives

  private static let max = Key("max", .duration, "The limit: above it the objective is missed.")
  private static let warn = Key("warn", .duration, "Above this there is a warning.")
  private static let regression = Key(
    "regression", .percentage,
    "How far above the median of the last ten completed runs it may be, such as 25%; judged from three runs on."
  )
  static let rto = Key(
    "rto",
    Shape<ObjectiveLimits>.record("rto", [max, warn, regression]) { fields in
      if fields[max] == nil, fields[warn] == nil, fields[regression] == nil {
        fields.diagnostics.report(.emptyObjective("rto", at: fields.node.place))
        return nil
      }
      if let limit = fields[max], let warning = fields[warn], warning > limit {
        fields.reject(warn, "it is above `max`")
      }
      return ObjectiveLimits(
        rtoLimit: fields[max], rtoWarning: fields[warn], rtoRegression: fields[regression])
    }, "Time to recover: from the first byte read to the checks passed.")
  private static let reference = Key(
    required: "reference", .text,
    "The moment up to which data should be there: an oplog timestamp, a time with its zone, or Unix seconds.")
  static let rpo = Key(
    "rpo",
    Shape<RecoveryPointLimit>.record("rpo", [max, warn, reference]) { fields in
      if fields[max] == nil, fields[warn] == nil {
        fields.diagnostics.report(.emptyObjective("rpo", at: fields.node.place))
        return nil
      }
      if let limit = fields[max], let warning = fields[warn], warning > limit {
        fields.reject(warn, "it is above `max`")
      }
      guard let moment = moment(fields[reference]) else {
        fields.reject(reference, "expected an oplog timestamp, a time with its zone, or Unix seconds")
        return nil
      }
      return RecoveryPointLimit(limit: fields[max], warning: fields[warn], reference: moment)
    }, "Data lost: from the last entry that was applied to the reference.")

  /// Seconds since 1970.
  private static func moment(_ text: String) -> Double? {
    if let timestamp = Timestamp(text) { return Double(timestamp.seconds) }
    if let time = WallTime(rfc3339: text) { return Double(time.seconds) + Double(time.nanoseconds) / 1e9 }
    return UInt32(text).map(Double.init)
  }

  private static let objectivesShape = Shape<ObjectiveLimits>(
    "a mapping", schema: KeySpec.schema(of: [rto, rpo])
  ) { node, diagnostics in
    let before = diagnostics.count
    guard let fields = Fields.decode(node, of: "objectives", [rto, rpo], diagnostics),
      diagnostics.count == before
    else { return nil }
    var limits = fields[rto] ?? ObjectiveLimits()
    limits.rpo = fields[rpo]
    return limits
  }

  /// The JSON Schema of a scenario file (draft 2020-12).
  static var schema: JSON {
    guard case .object(let members) = KeySpec.schema(of: all) else { return [:] }
    return .object(
      [
        .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
        .init("title", "mongodrill scenario"),
        .init("description", "A runbook for a recovery drill: what to restore and what to ask of it."),
      ] + members)
  }
}

/// The JSON Schema of a scenario file, put together from what every key, step kind and check kind declares.
package var scenarioSchema: JSON { ScenarioKeys.schema }

extension Failure {
  static func emptyPick(at place: Place) -> Failure {
    .invalid(
      "empty-pick", "`pick` without a condition", at: place,
      hint: "Give it `holds`, `older_than` or both; or write `pick: latest`.")
  }

  static func pickInList(_ word: String, at place: Place) -> Failure {
    .invalid(
      "pick-in-list", "`\(word)` can't stand in a list of picks", at: place,
      hint: "It picks by itself: `pick: \(word)`.")
  }

  static func emptyObjective(_ name: String, at place: Place) -> Failure {
    .invalid(
      "empty-objective", "objective `\(name)` without a limit", at: place,
      hint: "Give it `max`, `warn` or both" + (name == "rto" ? ", or `regression`." : "."))
  }
}
