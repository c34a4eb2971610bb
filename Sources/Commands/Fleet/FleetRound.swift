internal import Arguments
internal import Drills
internal import Fleet
internal import Platform
internal import Record

/// A whole round on this machine, as `fleet run` without a task runs it.
enum FleetRound {
  static func run(_ fleet: Fleet, _ values: Values, _ session: Session) throws -> ExitCode {
    guard let program = Machine.program else { throw Failure.noProgram() }
    let scratch = try FleetFlags.scratch()
    let id = try roundID(fleet, values)
    let round = Round(id, at: fleet.records, scratch: scratch, tool: FleetFlags.tool)
    let options = ScenarioFlags.sandboxOptions(values, runID: "plan")
    let turns = try fleet.turns(scratch: scratch, options: options, looking: true)
    let begun = try round.begin(fleet) { turns }
    let records = try fleet.records.local(round: id, scratch: scratch)
    let before = try RoundRecords(id, in: records)
    let answered = Set(before.answers.filter { $0.state == .answered }.map(\.system.index))
    // A round that goes on keeps to the turns that it was begun with.
    let needs = turns.all.filter { need in
      let index = need.system.index
      return !answered.contains(index) && begun.systems[index].leftOut == nil
    }
    let capacity = try fleet.capacity(options)
    let place = try fleet.records.absolute()
    let words = try [program, "fleet", "run", Files.realPath(fleet.path), "--round", id, "--records", place]
    let flags = sandboxFlags(values)
    let setting = LocalRound.Setting(capacity: capacity, budget: fleet.budget) { system in
      var environment = Environment.all
      // What an engine said to this process isn't said to its tasks.
      for name in ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_ID", "SLURM_RESTART_COUNT"] {
        environment[name] = nil
      }
      var own = flags
      // What nothing is said of counts as a server with a small cache, and gets one.
      if system.resources.memory == nil, values[SandboxFlags.cache] == nil { own.append("--cache=256MiB") }
      return ChildSpec(
        words + ["--task", "\(system.index)", "-q", "--progress", "none"] + own, environment: environment,
        output: .null, errorOutput: .null)
    }
    let progress = RoundProgress(session, total: needs.count)
    if !session.options.isQuiet {
      let reasons = begun.systems.compactMap(\.leftOut)
      let words = [
        (answered.count, "have an answer already"), (reasons.count { $0 == .notDue }, "not due"),
        (reasons.count { $0 == .budget }, "left to another round by the budget"),
      ].filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
      session.console.log(
        "round \(id): \(Count.text(fleet.systems.count, "system"))\(words); records in \(fleet.records)"
          .visible)
    }
    _ = try LocalRound(setting) { progress.tell($0) }.run(needs)
    let report = try FleetReport(
      reading: fleet.records.local(scratch: scratch), round: id, listed: fleet.systems.map(\.name))
    session.result(
      text: FleetReportText(report).text(color: session.console.resultHasColor)
        + "\nRecords: \(round.folder.visible)\n", json: report.json(version: Version.text))
    return report.exitCode
  }

  /// The round to go on with, or a new one: today's date, and a number where there was one of that date.
  private static func roundID(_ fleet: Fleet, _ values: Values) throws -> String {
    let id = try RoundID.resolved(values[FleetFlags.round])
    guard values[FleetFlags.round] == nil, Environment[RoundID.variable] == nil else { return id }
    let there = try Set(fleet.records.rounds(scratch: FleetFlags.scratch()))
    var candidate = id
    var number = 1
    while there.contains(candidate) {
      number += 1
      candidate = "\(id).\(number)"
    }
    return candidate
  }

  private static func sandboxFlags(_ values: Values) -> [String] {
    var words: [String] = []
    if let mongod = values[SandboxFlags.mongod] { words += ["--mongod=\(mongod)"] }
    if let directory = values[SandboxFlags.directory] { words += ["--sandbox-dir=\(directory)"] }
    if let cache = values[SandboxFlags.cache] { words += ["--cache=\(cache)"] }
    if let memory = values[SandboxFlags.memory] { words += ["--memory=\(memory)"] }
    return words
  }
}

/// A line for each task that ends.
private final class RoundProgress: Sendable {
  private let session: Session
  private let total: Int
  private let done = Monitor(0)

  init(_ session: Session, total: Int) {
    self.session = session
    self.total = total
  }

  func tell(_ happening: LocalRound.Happening) {
    guard !session.options.isQuiet, session.options.progress != .none else { return }
    switch happening {
    case .began(let system, let attempt):
      if session.options.isVerbose || attempt > 1 {
        log("\(system.taskName) begins\(attempt > 1 ? ", attempt \(attempt)" : "")")
      }
    case .ended(let system, let status, let seconds, let again):
      if again { return log("\(system.taskName) could not run: \(status); it is begun again") }
      let number = done.update { done in
        done += 1
        return done
      }
      log("[\(number)/\(total)] \(system.taskName): \(words(status)), \(TimeSpan.format(seconds))")
    case .tooLarge(let system):
      log("\(system.taskName) takes more than this machine has, and is left out: see `mongodrill fleet plan`")
    case .leftOut(let system): log("\(system.taskName) is left out: the round's time is over")
    }
  }

  private func words(_ status: ExitStatus) -> String {
    switch status {
    case .exited(0): "passed"
    case .exited(let code): "exit status \(code)"
    case .signaled: "\(status)"
    }
  }

  private func log(_ line: String) { session.console.log(line.visible) }
}

extension Failure {
  static func noProgram() -> Failure {
    Failure(.internal, "no-own-program", "the path of this program is not known: is /proc mounted?")
  }
}
