package import Drills
internal import Glibc
package import Platform
package import Record
internal import Reports

/// One system's drill as a task of a round: begun, recorded and judged by itself.
package struct FleetTask: Sendable {
  /// How it ended.
  package struct End: Sendable {
    /// What the process ends with.
    package var code: ExitCode
    package var result: ResultRecord
    /// The drill's record; nil when there was none.
    package var record: DrillRecord?
    /// Of the attempt.
    package var folder: String
  }

  private let fleet: Fleet
  private let system: FleetSystem
  private let round: Round
  private let engine: Engine
  private let restarts: Int?
  private let options: @Sendable (String) -> DrillOptions
  private let events: EventSink

  /// How long a drill may take to stop once its time is up, in seconds; then the process ends, and with it all that it
  /// started.
  private static let grace = 60.0

  /// `options` gives those of the command line for a run's id.
  package init(
    _ system: FleetSystem, of fleet: Fleet, in round: Round, engine: Engine, restarts: Int?,
    options: @escaping @Sendable (String) -> DrillOptions, events: @escaping EventSink
  ) {
    self.fleet = fleet
    self.system = system
    self.round = round
    self.engine = engine
    self.restarts = restarts
    self.options = options
    self.events = events
  }

  /// Runs the drill and leaves its records. Throws only when these can't be left.
  package func run() throws(Failure) -> End {
    let runs = try round.earlierRuns(of: system)
    let (attempt, earlier) = try round.attempt(at: system, of: fleet, engine: engine, restarts: restarts)
    let isLast = max(earlier, restarts ?? 0) + 1 >= system.attempts
    let scenario: Scenario
    do { scenario = try system.drill(of: fleet) } catch {
      let first = error.failures[0]
      let code = ExitCode.first(of: error.failures.map { ExitCode($0) })
      for failure in error.failures { events(.warning(failure.description)) }
      return try finish(attempt, attempt.result(.failedToStart, code, first.description, hint: first.hint))
    }
    let watchdog = Watchdog(after: system.timeout + Self.grace) { [system] in
      let message =
        "it did not stop when its time of \(TimeSpan.format(system.timeout)) was up, and was ended"
      _ = try? finish(attempt, attempt.result(.timedOut, .incomplete, message))
    }
    defer { watchdog.cancel() }
    do throws(Failure) {
      let folder = try RunFolder(of: scenario.name, at: .now, in: attempt.folder)
      let record = try folder.write(drill(scenario, folder.id, attempt, earlier: runs))
      let report = Files.join(folder.path, "report.json")
      let bytes = try Files.read(report, limit: .max)
      var result = attempt.result(.ran, record.exitCode)
      result.runID = folder.id
      result.reportSHA256 = SHA256.hex(of: bytes)
      result.reportBytes = bytes.count
      if let reason = record.passingReason {
        result.message = reason
        result.isPassing = true
        if !isLast { result.exitCode = ExitCode.tryAgain.rawValue }
      }
      // The watchdog and this must not both write.
      guard watchdog.cancel() else { Self.wait() }
      return try finish(attempt, result, record)
    } catch {
      guard watchdog.cancel() else { Self.wait() }
      // The report could not be written: nothing was proven, and another try may do it.
      let code: ExitCode = isLast ? ExitCode(error) : .tryAgain
      var result = attempt.result(.failedToStart, code, error.description, hint: error.hint)
      result.isPassing = true
      return try finish(attempt, result)
    }
  }

  private func drill(
    _ scenario: Scenario, _ id: String, _ attempt: Attempt, earlier runs: String?
  ) -> DrillRecord {
    var options = options(id)
    // A budget is spent on what was proven longest ago, and a regression is measured against earlier runs.
    options.reports = runs ?? attempt.folder
    options.budget = system.budget
    if options.sandbox.cache == nil { options.sandbox.cache = system.resources.cache }
    options.meta += [
      ("fleet_round", attempt.record.round), ("fleet_system", system.name),
      ("fleet_task", attempt.record.task),
    ]
    if let owner = system.owner { options.meta.append(("owner", owner)) }
    return Drill(scenario, options: options, events: events).run()
  }

  private func finish(
    _ attempt: Attempt, _ result: ResultRecord, _ record: DrillRecord? = nil
  ) throws(Failure) -> End {
    try attempt.finish(result)
    return End(
      code: ExitCode(rawValue: result.exitCode) ?? .internal, result: result, record: record,
      folder: attempt.folder)
  }

  /// The watchdog ends this process.
  private static func wait() -> Never {
    while true { sleep(1) }
  }
}

/// Ends this process when it takes too long; the supervisor ends what it started.
private final class Watchdog: Sendable {
  private enum State { case waiting, cancelled, barking }

  private let state = Monitor(State.waiting)

  init(after seconds: Double, _ body: @escaping @Sendable () -> Void) {
    let state = state
    _ = try? Threads.start {
      _ = state.wait(atMost: seconds) { $0 == .waiting ? nil : $0 }
      let barks = state.update { state in
        guard state == .waiting else { return false }
        state = .barking
        return true
      }
      guard barks else { return }
      body()
      _exit(ExitCode.incomplete.rawValueOfProcess)
    }
  }

  /// False when it is too late.
  @discardableResult func cancel() -> Bool {
    state.update { state in
      if state == .waiting { state = .cancelled }
      return state == .cancelled
    }
  }
}

extension ExitCode {
  fileprivate var rawValueOfProcess: Int32 { Int32(rawValue) }
}

extension FleetSystem.Resources {
  /// The server's cache that fits into the memory, as a machine of that size would get it; nil where nothing is said.
  var cache: Int? { memory.map { max(256 << 20, ($0 - (1 << 30)) / 2) } }
}

extension DrillRecord {
  /// The codes of failures that another try, later or elsewhere, may not meet again.
  private static let passing: Set<String> = [
    "no-free-disk", "disk-full", "no-sandbox-dir", "no-socket-dir", "no-free-port", "port-taken", "no-thread",
    "mongod-died", "mongod-stopped", "supervisor-died", "connection-lost", "fetch-failed", "remote-slow",
    "no-report-folder",
  ]

  /// What kept it from an answer and may be over soon; nil when it has an answer, or will have the same again.
  package var passingReason: String? {
    switch exitCode {
    case .noServer, .interrupted, .terminated: reasons.first?.message ?? exitCode.meaning
    case .incomplete: reasons.first { Self.passing.contains($0.code) }?.message
    default: nil
    }
  }
}
