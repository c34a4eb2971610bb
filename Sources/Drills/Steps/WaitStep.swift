package import Configuration
internal import Platform

/// `wait`: lets time pass, or waits until a command says that something is so.
package struct WaitStep: StepKind {
  package static let name = "wait"
  package static let summary = "Waits for a time, or until a command ends with status 0."
  package static let abortsOnFailure = true

  /// Seconds; with a command, the most that it waits.
  package var seconds: Double?
  /// The command that is asked again and again; nil for a plain wait.
  package var until: RunStep?
  /// Seconds between two askings.
  package var interval = 1.0

  private static let timeKey = Key("for", .duration, "How long; with `until`, how long at the most.")
  private static let untilKey = Key(
    "until", .list(of: .template), "A command (a list of arguments) that is run until it ends with status 0.")
  private static let everyKey = Key(
    "every", .duration, default: "1s", "How long to wait before it is run again.")

  package static let shape = Shape<WaitStep>.scalar(
    Shape<Double>.duration.map("a wait") { seconds, _, _ in WaitStep(seconds: seconds) },
    orMapping: .record("wait", [timeKey, untilKey, everyKey]) { fields in
      if fields[timeKey] == nil, fields[untilKey] == nil {
        fields.reject(timeKey, "there is nothing to wait for", hint: "Give `for`, `until` or both.")
      }
      if let argv = fields[untilKey], argv.isEmpty { fields.reject(untilKey, "there is no program in it") }
      return WaitStep(
        seconds: fields[timeKey],
        until: fields[untilKey].map { RunStep(arguments: $0, environment: []) },
        interval: max(0.05, fields[everyKey]))
    })

  package func perform(_ run: DrillRun, _ step: Step) throws -> StepResult {
    let end = seconds.map { Clock.monotonic + $0 }
    var last = StepResult()
    while true {
      if let until {
        last = try run.command(until, step)
        if last.failure == nil { return last }
      }
      let now = Clock.monotonic
      if let end, now >= end { break }
      try run.sleep(min(until == nil ? .infinity : interval, (end ?? .infinity) - now))
    }
    guard until != nil, let seconds else { return StepResult() }
    return StepResult(
      failure: "not so after \(TimeSpan.format(seconds)): \(last.failure ?? "")", exitStatus: last.exitStatus,
      output: last.output)
  }
}

extension DrillRun {
  /// Waits; wakes for a signal and for whatever else stops the drill.
  func sleep(_ seconds: Double) throws {
    let end = Clock.monotonic + seconds
    let pause = Monitor(false)
    while true {
      try checkStops()
      let left = end - Clock.monotonic
      guard left > 0 else { return }
      _ = pause.wait(atMost: min(0.1, left)) { $0 ? true : nil }
    }
  }
}
