internal import Arguments
internal import Drills
internal import Fleet
internal import Platform
internal import Record

/// `mongodrill fleet run FLEET`.
enum FleetRunCommand: Command {
  static let task = Option.value(
    "--task", placeholder: "N", kind: .integer(in: 0...99_999),
    default: "JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID; without these all tasks are run here",
    help: "Runs that system's drill alone: its place in the file, counted from 0.")

  static let syntax = CommandSyntax(
    name: "fleet run", summary: "runs a round: all systems' drills, or one of them as a task",
    description: [
      "A task is one system's drill, chosen by its index; tasks share nothing but the place of their records. What it "
        + "finds lies there as `rounds/ROUND/tasks/NNNN-NAME/ATTEMPT`. A task may be run twice: `mongodrill fleet report` "
        + "makes one answer of it.",
      "A task ends in the exit status of its drill. Where a passing reason kept it from an answer (no usable mongod, too "
        + "little free disk, a signal, records that can't be reached) it ends in 75, on which engines begin it "
        + "again; the last of the system's `attempts` ends in the drill's own.",
      "Where the fleet has a `budget`, who begins the round says whose turn it is: see `mongodrill fleet plan`. The task "
        + "of a system without a turn ends at once, in 0.",
      "Without --task all systems are run here, side by side as far as `machines` gives memory, disk and cores, the "
        + "longest first. A round that is given by --round and was begun before goes on: systems that have an "
        + "answer are left alone.",
    ],
    positionals: [FleetFlags.fleet],
    options: [
      OptionGroup("Options", [task, FleetFlags.records, FleetFlags.round]), SandboxFlags.group,
    ],
    examples: [
      Example("mongodrill fleet run fleet.yaml", "A whole round on this machine."),
      Example("mongodrill fleet run fleet.yaml --task 17", "One system's drill, as an engine starts it."),
      Example(
        "mongodrill fleet run fleet.yaml --round 2026-11-21", "Goes on with a round that was interrupted."),
    ],
    exits: .codes([
      .pass: "It passed; or the system has no turn in this round.", .checkFailed: nil, .objectiveMissed: nil,
      .warnings: nil,
      .incomplete: "A drill could not be completed.",
      .notVerified: "Not all systems have an answer, or not all that was asked was verified.",
      .cleanupFailed: nil, .usage: nil, .damagedBackup: nil, .backupNotFound: nil, .noServer: nil,
      .internal: nil,
      .tryAgain: nil,
      .invalidScenario:
        "The fleet's file, or a system's scenario, is invalid; or the round is of another file.",
      .interrupted: nil, .terminated: nil,
    ]))

  static func run(_ values: Values, _ session: Session) throws -> Int32 {
    let fleet = try FleetFlags.load(values)
    if let index = try values[task] ?? Engine.taskIndex() {
      return try one(fleet.system(at: index), of: fleet, values, session).status
    }
    return try FleetRound.run(fleet, values, session).status
  }

  /// What keeps a task from its beginning and may be over soon.
  private static let passing = ["records-unreachable", FleetFlags.noScratch]

  private static func one(
    _ system: FleetSystem, of fleet: Fleet, _ values: Values, _ session: Session
  ) throws -> ExitCode {
    let id = try RoundID.resolved(values[FleetFlags.round])
    let end: FleetTask.End
    do throws(Failure) {
      let scratch = try FleetFlags.scratch()
      let round = Round(id, at: fleet.records, scratch: scratch, tool: FleetFlags.tool)
      let begun = try round.begin(fleet) { () throws(Failure) in
        // Backups of other systems may not be on this machine.
        let options = ScenarioFlags.sandboxOptions(values, runID: "plan")
        return try fleet.turns(scratch: scratch, options: options, looking: false)
      }
      if let reason = begun.systems[system.index].leftOut { return leave(system, reason, id, session) }
      var system = system
      system.budget = begun.systems[system.index].budgetSeconds
      let task = FleetTask(
        system, of: fleet, in: round, engine: .found(), restarts: Engine.restarts(),
        options: { ScenarioFlags.sandboxOptions(values, runID: $0) }, events: session.events)
      if !session.options.isQuiet { session.console.log("task \(system.taskName) of round \(id)") }
      end = try task.run()
    } catch {
      guard Self.passing.contains(error.code) else { throw error }
      session.report([error])
      // The last try ends in the failure's own code, so that no engine begins it for ever.
      return (Engine.restarts() ?? 0) + 1 < system.attempts ? .tryAgain : ExitCode(error)
    }
    session.result(text: text(end, session), json: end.record?.json ?? end.result.json)
    return end.code
  }

  /// Ends the task of a system without a turn.
  private static func leave(
    _ system: FleetSystem, _ reason: RoundRecord.LeftOut, _ round: String, _ session: Session
  ) -> ExitCode {
    session.result(
      text: "LEFT OUT  \(system.name) has no turn in round \(round): \(reason.sentence)".visible + "\n",
      json: [
        "system": .string(system.name), "task": .string(system.taskName), "round": .string(round),
        "left_out": .string(reason.rawValue),
      ])
    return .pass
  }

  private static func text(_ end: FleetTask.End, _ session: Session) -> String {
    var lines: [String] = []
    if let record = end.record {
      let style: Style =
        switch record.verdict {
        case .pass: .green
        case .warn: .yellow
        case .fail, .inconclusive: .red
        }
      let word = style.paint(record.verdict.rawValue.uppercased(), if: session.console.resultHasColor)
      lines.append("\(word)  \(record.summary.sentence.visible)")
    } else {
      let word = Style.red.paint("INCONCLUSIVE", if: session.console.resultHasColor)
      lines.append("\(word)  \((end.result.message ?? "there was no drill").visible)")
      if let hint = end.result.hint { lines.append("HINT: \(hint.visible)") }
    }
    if end.code == .tryAgain { lines.append("A passing reason: the task is to be begun again (75).") }
    lines.append("Records: \(end.folder.visible)")
    return lines.joined(separator: "\n") + "\n"
  }
}
