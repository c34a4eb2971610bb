internal import Configuration
internal import Platform
internal import Record
internal import Sandbox

extension DrillRun {
  /// How long a rollback may take that doesn't say so itself, in seconds.
  private static let rollbackTimeout = 60.0

  /// `run`: a command of the user's own, in the scenario's folder. A status other than 0 is a failure in the
  /// result; a command that can't be started or takes too long is thrown.
  func command(_ step: RunStep, _ owner: Step) throws -> StepResult {
    try command(step, owner, timeout: owner.timeout, ignoringInterruption: false)
  }

  private func command(
    _ step: RunStep, _ owner: Step, timeout: Double?, ignoringInterruption: Bool
  ) throws -> StepResult {
    let values = values()
    var environment: [String: String?] = [
      "MONGODRILL": try? Files.realPath("/proc/self/exe"), "MONGODRILL_URI": sandbox?.uri,
      "MONGODRILL_EXPORTS": exportsFolder, "MONGODRILL_URIS": urisOfSet,
    ]
    for (name, value) in step.environment { environment[name] = value.resolved(values) }
    let command = UserCommand(
      step.arguments.map { $0.resolved(values) }, environment: environment, folder: scenario.folder)
    if let sandbox, command.arguments.contains(where: { sandbox.masked($0) != $0 }) {
      events(
        .warning(
          "step \(owner.id) hands the set's key over as an argument, which who lists processes sees: use MONGODRILL_URI"
        ))
    }
    // Rollbacks run in the time of their own, whatever made the drill stop.
    let left = ignoringInterruption ? nil : watch.secondsLeft
    let result = try command.run(
      timeout: [timeout, left].compactMap(\.self).min(), ignoringInterruption: ignoringInterruption)
    if result.isTimedOut, let stop = watch.stopAfterTimeout(timeout, left) { throw stop }
    if result.isTimedOut { throw Failure.stepTimedOut(owner.id, seconds: timeout ?? 0) }
    let isGood = result.status == .exited(0)
    return StepResult(
      failure: isGood ? nil : "\(command.program) ended with \(result.status)",
      exitStatus: Int(result.status.shellCode), output: result.output.isEmpty ? nil : result.output)
  }

  /// Runs every rollback, whatever happened and whatever happens: each for a bounded time, also after a signal.
  func rollbacks() {
    for (index, rollback) in scenario.rollbacks.enumerated() {
      guard let action = rollback.action as? RunStep else { continue }
      var entry = record.rollbacks[index]
      entry.startedAt = .nowInRecord
      let start = Clock.monotonic
      repeat {
        entry.attempts += 1
        do {
          let result = try command(
            action, rollback, timeout: rollback.timeout ?? Self.rollbackTimeout, ignoringInterruption: true)
          entry.exitStatus = result.exitStatus
          entry.output = result.output
          entry.message = result.failure
        } catch {
          entry.message = Failure.wrapping(error).description
        }
        entry.status = entry.message == nil ? .completed : .failed
      } while entry.status == .failed && entry.attempts <= rollback.retries
      entry.seconds = Clock.monotonic - start
      record.rollbacks[index] = entry
      if let message = entry.message {
        evidence.cleanupFailures.append(.rollbackFailed(rollback.id, message))
      }
    }
  }
}

extension Failure {
  static func rollbackFailed(_ id: String, _ message: String) -> Failure {
    Failure(.incomplete, "rollback-failed", "rollback \(id) failed", cause: message)
  }
}
