internal import Arguments
internal import Drills
internal import Platform
internal import Record
internal import Reports

/// `mongodrill run SCENARIO…`.
enum RunCommand: Command {
  /// What else is to end in an exit code of its own.
  enum FailOn: String, Sendable, CaseIterable {
    case fail
    case warn
  }

  static let scenarios = Positional.oneOrMore(
    "SCENARIO",
    help: "A scenario.yaml, the folder that it lies in, or a backup, which is then checked against itself.")
  static let reports = Option.value(
    "--report-dir", placeholder: "DIR", kind: .folder, default: "reports",
    help: "Where each drill's report gets its folder.")
  static let keep = Option.flag(
    "--keep", help: "Keeps the sandbox's files; the report says where they are.")
  static let budget = Option.value(
    "--budget", placeholder: "DURATION", kind: .duration, default: "none",
    help:
      "How long the drill may take: verifies the collections that were proven longest ago; wins over the scenario's."
  )
  static let dryRun = Option.flag(
    "-n", "--dry-run", help: "Says what would be done and does nothing: the same as `mongodrill plan`.")
  static let from = Option.value(
    "--from", placeholder: "STEP", kind: .text,
    help: "Begins with that step, in a sandbox that an earlier run with --keep left, and keeps it.")
  static let kept = Option.value(
    "--kept", placeholder: "DIR", kind: .folder,
    help: "With --from: the kept sandbox; without it the newest of the same scenario.")
  static let failOn = Option.choice(
    "--fail-on", default: FailOn.fail, help: "With warn, warnings end in exit status 3.")
  static let noReplay = Option.flag(
    "--no-replay", help: "Restores the documents alone, without the oplog that the dump took along.")

  static let requireProven = Option.flag(
    "--require-proven",
    help: "A target past an unproven seam of the oplog is no proof: exit status 5 instead of a warning.")

  static let meta = Option.list(
    "--meta", placeholder: "NAME=VALUE", kind: .parameter,
    help: "Puts a pair into the record, such as ticket=OPS-1234; wins over the scenario's metadata.")
  static let approvals = Option.list(
    "--approve", placeholder: "STEP=NAME", kind: .parameter,
    help: "NAME approves that step beforehand, where nobody can be asked.")

  static let witness = Option.value(
    "--witness", placeholder: "FILE", kind: .path,
    help: "What `mongodrill witness` recorded, for checks that compare with it; wins over the scenario's.")
  static let baseline = Option.value(
    "--baseline", placeholder: "RUN", kind: .path,
    help:
      "An earlier run (its folder, report.json or id), for checks that compare with it; wins over the scenario's."
  )

  static let formats = Option.list(
    "--format", placeholder: "FORMAT", kind: .format,
    help: "Writes the report in this format, too: \(Renderer.fileNames).")
  static let prometheus = Option.value(
    "--prometheus", placeholder: "DIR", kind: .folder,
    help: "Writes gauges to DIR/mongodrill-SCENARIO.prom, for the textfile collector of node_exporter.")
  static let notify = Option.value(
    "--notify", placeholder: "PROGRAM", kind: .path,
    help: "After each drill starts PROGRAM, which gets report.json on its standard input.")
  static let notifyArguments = Option.list(
    "--notify-arg", placeholder: "ARG", kind: ValueKind("a text") { $0 },
    help: "An argument for the program of --notify.")
  static let hashFiles = Option.choice(
    "--hash-files", default: BackupDigests.Choice.auto,
    help: "Puts the SHA-256 of the backup's files into the record: auto, when they have up to 1 GB.")
  static let sign = Option.value(
    "--sign", placeholder: "KEY", kind: .path,
    help:
      "Signs report.json with an OpenSSH key: a private key's file, or the public one's of a key that the agent holds."
  )

  static let syntax = CommandSyntax(
    name: "run", summary: "runs drills and writes the evidence",
    description: [
      "A drill restores the backup into a throwaway mongod, replays the oplog to a target, asks the scenario's checks, measures its objectives, "
        + "and cleans up, whatever happens. Its folder of reports holds report.json, the record, and report.md. "
        + "The verdict and the report's path go to standard output; with --output json the record itself, of "
        + "several drills an array of records.",
      "A scenario that picks several backups (`pick: all`, or a list) is a drill of each, with a report of its own, and "
        + "ends in a table of them; what can't be used is in it, too.",
      "All scenarios are read before the first drill begins: when one is invalid, none is run. Of several drills "
        + "the first exit status in this order counts: 70, 64, 78, 66, 69, 65, 130, 143, 4, 1, 5, 2, 6, 3, 0.",
    ],
    positionals: [scenarios],
    options: [
      OptionGroup(
        "Options",
        [
          ScenarioFlags.parameters, witness, baseline, meta, approvals, reports, formats, prometheus, notify,
          notifyArguments, sign, hashFiles, failOn, requireProven, noReplay, budget, dryRun,
        ]),
      OptionGroup("Sandbox", SandboxFlags.group.options + [keep, from, kept]),
    ],
    substitutes: ScenarioFlags.substitutes,
    examples: [
      Example("mongodrill run dump/", "Whether last night's dump can be restored."),
      Example("mongodrill run scenarios/* --report-dir /var/lib/drills", "The monthly drills."),
      Example("mongodrill run scenarios/shop --fail-on warn -q", "A gate in CI."),
      Example(
        "mongodrill run scenarios/shop --format html --format junit",
        "A page to read and test results besides."),
      Example(
        "mongodrill run scenarios/* --notify ./mail.sh --notify-arg ops@example.org",
        "Tells somebody after each drill."),
      Example("mongodrill run scenarios/shop --sign ~/.ssh/drills", "Evidence that others can verify."),
      Example("mongodrill run scenarios/shop --keep", "Leaves the restored data for a closer look."),
      Example("mongodrill run scenarios/shop --from verify", "The checks again, on the data that was kept."),
    ],
    exits: .codes([
      .pass: nil, .checkFailed: nil, .objectiveMissed: nil, .warnings: nil, .incomplete: nil,
      .notVerified: nil,
      .cleanupFailed: "The clean-up, --prometheus or --notify failed; otherwise it passed.", .usage: nil,
      .damagedBackup: nil, .backupNotFound: nil, .noServer: nil,
      .internal: nil,
      .invalidScenario: nil, .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let scenarios = try ScenarioFlags.load(values[self.scenarios], values)
    if values[dryRun] {
      return try ExitCode.first(of: scenarios.map { try PlanCommand.plan($0, values, session) }).status
    }
    if values[from] != nil && (scenarios.count > 1 || scenarios.contains { $0.pick?.isSeveral == true }) {
      throw Failure.fromOfSeveral()
    }
    if let from = values[from] { try scenarios.first?.firstStep(from: from) }
    if values[kept] != nil && values[from] == nil { throw Failure.keptWithoutFrom() }
    if values[notify] == nil, !values[notifyArguments].isEmpty { throw Failure.argumentsWithoutNotifier() }
    let notifier = try values[notify].map { try Notifier($0, arguments: values[notifyArguments]) }
    if let key = values[sign] { try RecordSignature.probe(key: key) }
    var records: [DrillRecord] = []
    var codes: [ExitCode] = []
    for scenario in scenarios {
      let drills = scenario.drills
      let first = records.count
      let isSeveral = scenario.pick?.isSeveral == true
      for scenario in drills {
        if let signal = Interruption.pending {
          codes.append(ExitCode(.interrupted(by: signal)))
          break
        }
        let (record, folder, isWritten) = try drill(scenario, values, session)
        // Of many drills in one process the records are not all kept for nothing.
        if session.options.output == .json || isSeveral { records.append(record) }
        codes.append(record.exitCode)
        tell(record, isWritten ? folder : nil, session)
        Heap.trim()
        if isWritten {
          codes += passOn(record, folder, values, notifier, session)
        } else {
          codes.append(.incomplete)
        }
      }
      if isSeveral, session.options.output == .text {
        let table = PickedTable(folder: scenario.backup, drills: drills, records: Array(records[first...]))
        session.result(text: table.text, json: .null)
      }
    }
    if session.options.output == .json {
      let all = records.map(\.json)
      let isOne = scenarios.count == 1 && scenarios[0].pick?.isSeveral != true && all.count == 1
      session.result(text: "", json: isOne ? all[0] : .array(all))
    }
    return ExitCode.first(of: codes).status
  }

  private static func drill(
    _ scenario: Scenario, _ values: Values, _ session: Session
  ) throws -> (DrillRecord, RunFolder, isWritten: Bool) {
    let folder = try RunFolder(of: scenario.name, at: .now, in: values[reports] ?? "reports")
    if !session.options.isQuiet { session.console.log("drill \(folder.id)") }
    var options = ScenarioFlags.options(values, runID: folder.id)
    options.keep = values[keep]
    options.from = values[from]
    options.kept = values[kept]
    options.budget = values[budget]
    options.failOnWarn = values[failOn] == .warn
    options.requireProven = values[requireProven]
    options.witness = values[witness]
    options.baseline = values[baseline]
    options.reports = values[reports] ?? "reports"
    options.digests = values[hashFiles]
    options.meta = values[meta].map { ($0.name, $0.value) }
    options.approvals = Dictionary(values[approvals].map { ($0.name, $0.value) }) { _, last in last }
    for id in options.approvals.keys
    where !scenario.steps.contains(where: { $0.id == id && $0.kind == "approve" }) {
      session.events(.warning("--approve \(id): scenario \(scenario.name) has no such step to approve"))
    }
    options.ask = session.asking
    let record = Drill(scenario, options: options, events: session.events).run()
    do throws(Failure) {
      let written = try folder.write(record, formats: values[formats], signingKey: values[sign])
      return (written, folder, true)
    } catch {
      // The drill is done, and what it came to is told at least.
      session.log(.reportNotWritten(folder.path, error))
      return (record, folder, false)
    }
  }

  /// Writes the metrics and starts the notifier. What fails there is said loudly and ends in the code of a clean-up
  /// that failed: the record is written by then, and stays what it is.
  private static func passOn(
    _ record: DrillRecord, _ folder: RunFolder, _ values: Values, _ notifier: Notifier?, _ session: Session
  ) -> [ExitCode] {
    var codes: [ExitCode] = []
    do throws(Failure) {
      if let directory = values[prometheus] { try TextfileCollector.write(record, in: directory) }
    } catch {
      session.log(error)
      codes.append(.cleanupFailed)
    }
    do throws(Failure) { try notifier?.notify(of: record, in: folder) } catch {
      session.log(error)
      codes.append(.cleanupFailed)
    }
    return codes
  }

  /// The verdict and where the report is, if it could be written; of records the one array at the end.
  private static func tell(_ record: DrillRecord, _ folder: RunFolder?, _ session: Session) {
    session.endProgress()
    if let sandbox = record.environment.sandbox, sandbox.kept {
      session.console.log(
        "The sandbox's files are kept in \(sandbox.directory.visible), and hold what the backup holds: "
          + "`mongodrill clean --kept` removes them.")
    }
    if session.options.output == .json { return }
    let style: Style =
      switch record.verdict {
      case .pass: .green
      case .warn: .yellow
      case .fail, .inconclusive: .red
      }
    let word = style.paint(record.verdict.rawValue.uppercased(), if: session.console.resultHasColor)
    let report = folder.map { "Report: \(Files.join($0.path, "report.md").visible)\n" } ?? ""
    let isPlain = record.verdict == .pass && record.exitCode == .pass
    let hint = (isPlain ? nil : record.reasons.first?.hint).map { "HINT: \($0.visible)\n" } ?? ""
    session.result(
      text: "\(word)  \(record.summary.sentence.visible)\n\(hint)\(report)",
      json: record.json)
  }
}

extension Failure {
  static func fromOfSeveral() -> Failure {
    Failure(
      .usage, "from-of-several", "--from goes on with one drill, and several were given",
      hint: "Give the one scenario, which picks one backup.")
  }

  static func reportNotWritten(_ path: String, _ failure: Failure) -> Failure {
    Failure(
      .incomplete, "report-not-written", "the drill is done, and its report could not be written to \(path)",
      hint: failure.hint ?? "Make room, or give another folder with --report-dir, and run it again.",
      cause: failure.description)
  }

  static func keptWithoutFrom() -> Failure {
    Failure(
      .usage, "kept-without-from", "--kept names a sandbox to go on with, but not from where",
      hint: "Add --from STEP.")
  }
}
