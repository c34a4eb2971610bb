internal import Checks
internal import Configuration
internal import Facts
internal import Platform
internal import Record
internal import Sandbox

extension DrillRun {
  // MARK: Leaving something to go on from

  /// Notes where the drill stands after a step that came to its end.
  func mark(_ step: Step) {
    marks[step.id] = KeptDrill.Mark(
      checks: record.checks.count, seconds: secondsOfMachine(until: Clock.monotonic))
  }

  /// Writes beside the kept data what another run needs to go on.
  func leaveBehind(in directory: String) throws {
    // A replica set's files can't be opened again, and checks of a drill without a scenario come from reading the backup.
    guard settings.replicaSet == nil, scenario.suites != nil else { return }
    var kept = KeptDrill(record)
    kept.expected = restored.mapValues(\.expected)
    kept.stepFacts = stepFacts
    kept.marks = marks
    kept.moment = moment
    kept.standing = standing
    kept.lastApplied = lastApplied
    kept.warnings = evidence.warnings
    kept.unanswered = evidence.unanswered
    kept.seams = seams
    kept.witnessed = witnessed
    kept.sums = sums
    try kept.write(to: directory)
  }

  // MARK: Going on

  /// Runs the steps from `id` on in a sandbox that an earlier run kept.
  func steps(from id: String) throws {
    let index = try scenario.firstStep(from: id)
    let (directory, kept) = try options.kept.map { ($0, try KeptDrill.read($0)) } ?? newestKept()
    try scenario.require(kept, before: index)
    try readCounterparts()
    try scenario.require(sums, of: kept, before: index)
    if let failure = Preflight.missingApprovals(scenario, options: options, from: index).first {
      throw failure
    }
    try phase("sandbox") {
      let sandbox = try Sandbox.reopen(directory, settings.options(needing: nil, keep: true))
      self.sandbox = sandbox
      watch.server { sandbox.kill() }
      record.environment.mongod = DrillRecord.Mongod(
        path: sandbox.program.path, version: "\(sandbox.version)")
      record.environment.sandbox = DrillRecord.Sandbox(directory: directory, kept: true)
    }
    take(kept, before: index)
    record.resumed = DrillRecord.Resumption(runID: kept.record.runID, step: id, directory: directory)
    let warning =
      "the steps before \(id) were done by run \(kept.record.runID); what became of its sandbox since then is not known"
    events(.warning(warning))
    evidence.warnings.append(warning)
    for (index, step) in scenario.steps.enumerated().dropFirst(index) {
      guard try run(step, at: index) else { break }
    }
  }

  /// The newest sandbox that a drill of this scenario kept.
  private func newestKept() throws(Failure) -> (String, KeptDrill) {
    let folders = Leftovers.find(in: [settings.directory ?? SandboxOptions.defaultDirectory])
      .filter { $0.state == .kept }.sorted { ($0.time ?? "") > ($1.time ?? "") }
    for folder in folders {
      guard let kept = try? KeptDrill.read(folder.path), kept.record.scenario.name == scenario.name else {
        continue
      }
      return (folder.path, kept)
    }
    throw .nothingKept(scenario.name, settings.directory ?? SandboxOptions.defaultDirectory)
  }

  /// Takes over what the earlier run knew when the steps before `index` were done.
  private func take(_ kept: KeptDrill, before index: Int) {
    record.backup = kept.record.backup
    record.replay = kept.record.replay
    record.phases = kept.record.phases.filter { $0.name != "cleanup" } + record.phases
    record.notVerified = kept.record.notVerified
    let done = Set(scenario.steps[..<index].map(\.id))
    record.exports = kept.record.exports.filter { done.contains($0.step) }
    for (at, step) in scenario.steps.enumerated().prefix(index) {
      guard let done = kept.record.steps.first(where: { $0.id == step.id }) else { continue }
      record.steps[at] = done
    }
    let last = scenario.steps[index - 1].id
    let mark = kept.marks[last] ?? KeptDrill.Mark(checks: 0, seconds: 0)
    record.checks = Array(kept.record.checks.prefix(mark.checks))
    marks = kept.marks
    for step in scenario.steps[..<index] {
      guard let check = step.action as? CheckStep else { continue }
      asked.formUnion(check.suites.isEmpty ? scenario.suites?.map(\.name) ?? [] : check.suites.map(\.value))
    }
    restored = kept.expected.mapValues { Restored(expected: $0, collections: record.backup.collections) }
    stepFacts = kept.stepFacts
    (moment, standing, lastApplied) = (options.moment ?? kept.moment, kept.standing, kept.lastApplied)
    witnessed = kept.witnessed
    // What a seam is worth, this run's options say.
    seams = kept.seams
    let past = Set(seams.map(\.message))
    evidence.warnings += kept.warnings.filter { !past.contains($0) }
    evidence.unanswered += kept.unanswered.filter { !seams.contains($0) }
    for seam in seams { weigh(seam: seam) }
    evidence.collections = record.backup.collections
    evidence.problems = record.backup.problems
    evidence.problemCount = record.backup.problemCount
    evidence.checks = record.checks
    // The clock goes on where it stood.
    firstByte = Clock.monotonic - mark.seconds
  }
}

extension Failure {
  static func nothingKept(_ scenario: String, _ directory: String) -> Failure {
    Failure(
      .usage, "nothing-kept", "no sandbox that a drill of \(scenario) kept lies in \(directory)",
      hint: "Run it with --keep first, or name its folder: --kept DIR.")
  }
}
