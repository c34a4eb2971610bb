package import Record

/// One execution of a scenario. Whatever happens, it ends with a record.
package struct Drill: Sendable {
  private let scenario: Scenario
  private let options: DrillOptions
  private let events: EventSink

  package init(_ scenario: Scenario, options: DrillOptions, events: @escaping EventSink) {
    self.scenario = scenario
    self.options = options
    self.events = events
  }

  /// Runs the steps, then the rollbacks, then removes the sandbox; the last two whatever happened before, a signal
  /// to stop included. Nothing is thrown: what went wrong is in the record.
  package func run() -> DrillRecord {
    let run = DrillRun(scenario, options, events)
    do { try run.steps() } catch { run.fail(error) }
    run.rollbacks()
    run.cleanUp()
    return run.finished()
  }
}

/// What the command line says of a drill.
package struct DrillOptions: Sendable {
  /// The run's id, which its report's folder bears.
  package var runID: String
  /// mongodrill's own version.
  package var version: String
  /// Wins over the scenario's.
  package var sandbox = SandboxSettings()
  /// Whether the sandbox's files stay, and where they are is told.
  package var keep = false
  /// The step to begin with, in a sandbox that an earlier run kept; nil: the first, in a new one.
  package var from: String?
  /// The folder of that sandbox; nil: the newest that a drill of the same scenario kept.
  package var kept: String?
  /// Seconds that the drill may take; wins over the scenario's.
  package var budget: Double?
  /// Whether warnings end in an exit code of their own.
  package var failOnWarn = false
  /// Whether the documents alone are asked for, without the dump's own oplog; also a key of the `restore` step.
  package var noReplay = false
  /// Whether a target past an unproven seam of the oplog is no proof.
  package var requireProven = false
  /// The moment that checks take the data for, in seconds since 1970; nil: the one that was recovered to.
  var moment: Double?
  /// The file of a witness; wins over the scenario's.
  package var witness: String?
  /// An earlier run: its folder, its report.json or its id among `reports`; wins over the scenario's.
  package var baseline: String?
  /// Whether the backup's files get their digests into the record.
  package var digests = BackupDigests.Choice.auto
  /// The folder of reports.
  package var reports = "reports"
  /// Who approved which step beforehand.
  package var approvals: [String: String] = [:]
  /// Asks a person on the terminal; nil when there is none. The answer is nil at the end of the input.
  package var ask: (@Sendable (String) throws -> String?)?
  /// Pairs for the record, such as a ticket's number.
  package var meta: [(key: String, value: String)] = []

  package init(runID: String, version: String) {
    self.runID = runID
    self.version = version
  }
}
