internal import Arguments
internal import BSON
internal import Backups
internal import Platform
internal import Readiness
internal import Record
internal import Replay

/// `mongodrill inventory DIR…`.
enum InventoryCommand: Command {
  static let folders = Positional.oneOrMore(
    "DIR", help: "Folders of backups and slices, whatever lies in what; also single backups.")
  static let reports = Option.value(
    "--report-dir", placeholder: "DIR", kind: .folder, default: "reports",
    help: "Whose records say which backup was drilled when.")
  static let current = Option.value(
    "--current", placeholder: "AGE", kind: .duration, default: "24h",
    help: "Up to this age a backup is CURRENT.")
  static let recent = Option.value(
    "--recent", placeholder: "AGE", kind: .duration, default: "7d",
    help: "Up to this age it is RECENT, beyond it OLD.")
  static let slices = Option.flag("--slices", help: "Lists each slice, not the folders of them alone.")
  static let coverage = Option.flag(
    "--coverage",
    help: "Says of each collection of the backups when it was last proven, and by which run.")
  static let holds = Option.value(
    "--holds", placeholder: "NS", kind: .text,
    help: "Only backups that hold this collection; a pattern as in --include of restore.")
  static let target = Option.value(
    "--target", placeholder: "TARGET", kind: .text,
    help:
      "Only backups from which this moment can be reached with their slices: a time, SECONDS:INCREMENT, or before: either."
  )
  static let every = Option.value(
    "--every", placeholder: "INTERVAL", kind: .duration,
    help: "How often a backup is due; gaps of more than one and a half times that are named.")
  static let daily = Option.value(
    "--keep-daily", placeholder: "N", kind: .integer(in: 0...100_000),
    help: "Retention would keep the newest backup of the last N days that have one.")
  static let weekly = Option.value(
    "--keep-weekly", placeholder: "N", kind: .integer(in: 0...100_000),
    help: "The same of weeks, from Monday on.")
  static let monthly = Option.value(
    "--keep-monthly", placeholder: "N", kind: .integer(in: 0...100_000), help: "The same of months.")
  static let keptSlices = Option.value(
    "--keep-slices", placeholder: "AGE", kind: .duration,
    help: "It would keep slices that are not older than that; all without it.")

  static let syntax = CommandSyntax(
    name: "inventory",
    summary: "lists backups and slices: age, size, what they reach, when they were drilled",
    description: [
      "Finds dumps, archives, physical copies, stores of Percona Backup for MongoDB and oplog slices by their content. It "
        + "reads headers, metadata and the ends of oplogs, not the documents: `mongodrill verify` does. What is damaged, "
        + "failed or was never finished is named, and so is what is not counted. Symbolic links are resolved within the "
        + "folders: a backup to which `latest` leads is counted once.",
      "With one of the --keep options it says what such a retention would remove. It removes nothing. It spares the "
        + "newest of each series (names that differ in dates and numbers alone), the newest that a drill proved where no "
        + "other proven one stays, and what slices that stay need: a backup to lead on from, and the slices between.",
    ],
    positionals: [folders],
    options: [
      OptionGroup("Options", [reports, current, recent, slices, coverage]),
      OptionGroup("Search", [holds, target]),
      OptionGroup("Schedule and retention", [every, daily, weekly, monthly, keptSlices]),
    ],
    examples: [
      Example("mongodrill inventory /backups", "What there is."),
      Example(
        "mongodrill inventory /backups --target 2026-11-21T14:30:00Z --holds shop.orders",
        "From which backups that moment of a collection can be recovered."),
      Example("mongodrill inventory /backups --every 24h", "Whether a night was left out."),
      Example(
        "mongodrill inventory /backups /oplog --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --keep-slices 14d",
        "What could go."),
      Example(
        "mongodrill inventory /backups --coverage --output json", "When what was last proven, for a program."),
    ],
    exits: .codes([
      .pass: "Listed; nothing is wrong with what was found.",
      .checkFailed: "With --every: there is a gap.",
      .incomplete: "Something could not be read or written.", .usage: nil,
      .damagedBackup:
        "A backup or a slice is damaged, failed or was not finished; or none reaches --target.",
      .backupNotFound: "There is no such folder, no backup in it, or none that --holds.", .internal: nil,
      .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let target = try values[target].map { try SearchedTarget(Target($0)) }
    let ages = Inventory.Ages(current: values[current] ?? 86_400, recent: values[recent] ?? 7 * 86_400)
    guard ages.current <= ages.recent else { throw Failure.agesOutOfOrder() }
    let policy = Retention.Policy(
      daily: values[daily], weekly: values[weekly], monthly: values[monthly], slices: values[keptSlices])
    let folder = values[reports] ?? "reports"
    let runs =
      values[reports] != nil || Files.isDirectory(folder)
      ? try RunIndex(reading: folder, depth: .details) : nil
    let inventory = try Inventory(of: values[folders], ages: ages, runs: runs)
    var report = InventoryReport(inventory)
    report.listsSlices = values[slices]
    report.unreadableRecords = runs?.unreadable ?? []
    report.holds = values[holds]
    report.target = target
    report.search()
    report.gaps = values[every].map { inventory.gaps(every: $0) }
    if policy != Retention.Policy() { report.retention = Retention(inventory, policy) }
    if values[coverage] {
      report.ledger = ProofLedger(try runs ?? RunIndex(reading: folder), known: inventory.collections)
    }
    session.result(text: report.text(color: session.console.resultHasColor), json: report.json)
    return report.exitCode.status
  }
}

/// A moment that is searched for, as far as it can be told without reading an oplog.
struct SearchedTarget {
  let text: String
  /// What a backup has to end by, and through what its slices have to lead.
  let bound: Timestamp
  let through: Timestamp

  init(_ target: Target) throws(Failure) {
    guard let bound = target.bound else { throw .targetNotSearched(target) }
    text = target.description
    self.bound = bound
    through =
      switch target {
      // Only an entry of a later second shows that the second has no more.
      case .second(let second): Timestamp(seconds: second + 1, increment: 0)
      case .beforeSecond(let second): Timestamp(seconds: second, increment: 0)
      case .before(let timestamp): timestamp
      default: bound
      }
  }
}

extension Failure {
  fileprivate static func targetNotSearched(_ target: Target) -> Failure {
    Failure(
      .usage, "target-not-searched",
      "--target \(target.description) can't be searched for by the ends of oplogs",
      hint: "Give a time or SECONDS:INCREMENT; `mongodrill find` lists moments of operations.")
  }

  fileprivate static func agesOutOfOrder() -> Failure {
    Failure(
      .usage, "ages-out-of-order", "--current is longer than --recent",
      hint: "A backup is CURRENT, then RECENT, then OLD: give --recent, too.")
  }
}
