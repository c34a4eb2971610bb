package import Arguments
internal import Platform
internal import Record

/// The whole program: its commands, and how it starts and ends.
package enum Program {
  /// The commands, in the order of the help.
  static let commands: [any Command.Type] = [
    RunCommand.self, RestoreCommand.self, VerifyCommand.self, FindCommand.self, WitnessCommand.self,
    InitCommand.self, LintCommand.self, PlanCommand.self, CheckCommand.self, DamageCommand.self,
    SchemaCommand.self, ReportCommand.self, HistoryCommand.self, DiffCommand.self, InventoryCommand.self,
    ReadinessCommand.self, FleetLintCommand.self, FleetPlanCommand.self, FleetRunCommand.self,
    FleetReportCommand.self, FleetManifestCommand.self, FleetSimulateCommand.self, DoctorCommand.self,
    CleanCommand.self, CompletionCommand.self,
    ManualCommand.self, VersionCommand.self,
  ]

  /// The command line, of which help, manual and completions are drawn.
  package static let syntax = ProgramSyntax(
    name: "mongodrill",
    summary: "proves that a MongoDB backup can be recovered. It restores the backup into a throwaway server, "
      + "checks what came back, and writes the evidence.",
    options: GlobalOptions.group, commands: commands.map { $0.syntax },
    examples: [
      Example("mongodrill run dump/", "Whether last night's dump can be restored."),
      Example("mongodrill run scenarios/shop --fail-on warn", "A scenario, as a gate."),
      Example("mongodrill restore dump/ -- ./smoke.sh", "Your own test on the restored data."),
    ], groupSummaries: ["fleet": "many systems, drilled on many machines, and one answer"])

  /// Runs a command line, without the program's name, and returns the exit status. To be called once, first thing
  /// in main: it forks the supervisor, which ends with everything it started before this returns.
  package static func run(_ words: [String]) -> Int32 {
    ProcessList.hideCredentials()
    Heap.configure()
    defer { Supervisor.shared.finish() }
    let status = status(of: words)
    guard let failure = Console.lostOutput else { return status }
    Session(GlobalOptions(guessing: words)).log(failure)
    return status == ExitCode.pass.status ? ExitCode(failure).status : status
  }

  private static func status(of words: [String]) -> Int32 {
    do {
      try Supervisor.start()
      Interruption.install()
      switch try syntax.parse(words) {
      case .help(let command):
        let width = min(100, Terminal.width(Terminal.output) ?? 80)
        let help = command.map { syntax.help(on: $0, width: width) } ?? syntax.help(width: width)
        Console(color: .never).result(help)
        return ExitCode.pass.status
      case .helpOnGroup(let group):
        let width = min(100, Terminal.width(Terminal.output) ?? 80)
        Console(color: .never).result(syntax.help(onGroup: group, width: width))
        return ExitCode.pass.status
      case .version: return VersionCommand.run(Values(), Session(GlobalOptions(guessing: words)))
      case .command(let index, let values): return run(commands[index], values)
      }
    } catch {
      return end(error, Session(GlobalOptions(guessing: words)))
    }
  }

  private static func run(_ command: any Command.Type, _ values: Values) -> Int32 {
    let session = Session(GlobalOptions(values))
    do {
      let status = try command.run(values, session)
      session.endProgress()
      return status
    } catch {
      return end(error, session)
    }
  }

  private static func end(_ error: any Error, _ session: Session) -> Int32 {
    let failures = (error as? Failures)?.all ?? [.wrapping(error)]
    session.report(failures)
    return ExitCode.first(of: failures.map { ExitCode($0) }).status
  }
}
