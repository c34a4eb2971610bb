internal import BSON
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
        KeySpec.schema(of: [backupPath]), KeySpec.schema(of: [backupFrom, backupPick, backupSeed]),
        KeySpec.schema(of: [backupCommand]),
      ]
    ]
  ) { node, diagnostics in
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
      node["from"] == nil && node["pick"] == nil ? [backupPath] : [backupFrom, backupPick, backupSeed]
    guard let fields = Fields.decode(node, of: "backup", keys, diagnostics) else { return nil }
    if keys.count == 1 { return BackupSource(path: fields[backupPath], pick: nil) }
    var pick = fields[backupPick]
    if let seed = fields[backupSeed] {
      guard case .random = pick else {
        fields.reject(backupSeed, "only `pick: random` takes one")
        return nil
      }
      pick = .random(seed: UInt64(seed))
    }
    return BackupSource(path: fields[backupFrom], pick: pick)
  }
  private static let backupFrom = Key(
    required: "from", .string, "A folder of backups, of which one is chosen; relative to this file.")
  private static let backupPick = Key(
    required: "pick",
    .scalar(
      Shape<PickWord>.choice().map { word, _, _ in word.pick },
      orMapping: Shape<BackupSource.Pick>.record("pick", [pickHolds, pickOlderThan]) { fields in
        if fields[pickHolds] == nil, fields[pickOlderThan] == nil {
          fields.diagnostics.report(.emptyPick(at: fields.node.place))
          return nil
        }
        return .newest(holding: fields[pickHolds], olderThan: fields[pickOlderThan])
      }),
    "How: `latest`, `oldest`, `random`, the newest of those that hold a collection or are older than a time, or "
      + "`for_target`: the newest that ends at or before the first target and whose oplog reaches it.")
  private static let pickHolds = Key(
    "holds", .string, "The collection that it holds, `shop.orders`, or a pattern of collections.")
  private static let pickOlderThan = Key("older_than", .duration, "How old it is at least.")
  private static let backupSeed = Key(
    "seed", .integer(0...Int.max), "With `pick: random`: the same backup again, out of the same ones.")

  /// The ways to pick that are a word.
  private enum PickWord: String, Sendable, CaseIterable {
    case latest, oldest, random
    case forTarget = "for_target"

    var pick: BackupSource.Pick {
      switch self {
      case .latest: .latest
      case .oldest: .oldest
      case .random: .random(seed: nil)
      case .forTarget: .forTarget
      }
    }
  }

  private static let backupPath = Key(
    required: "path", .string,
    "A dump directory, a database's directory, a collection's file or an archive; relative to this file.")
  private static let backupCommand = Key(
    required: "command", .list(of: .text),
    "A program and its arguments whose output is an archive; no shell reads them, it runs in this file's folder."
  )
  static let oplog = Key(
    "oplog",
    Shape<[String]>.list(
      of: .scalar(.string, orMapping: Shape<String>.record("oplog", [oplogPath]) { $0[oplogPath] }),
      orOne: true),
    "Slices of the oplog that were saved after the backup, in any order.")
  private static let oplogPath = Key(
    required: "path", .string,
    "A .bson file of entries, a dump of local.oplog.rs, or a folder of these; relative to this file.")
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
      version, title, tags, description, parameters, backup, oplog, sandbox, objectives, witness,
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
  private static let rto = Key(
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
  private static let rpo = Key(
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

  static func emptyObjective(_ name: String, at place: Place) -> Failure {
    .invalid(
      "empty-objective", "objective `\(name)` without a limit", at: place,
      hint: "Give it `max`, `warn` or both" + (name == "rto" ? ", or `regression`." : "."))
  }
}
