internal import Backups
internal import Platform
package import Record
internal import Sandbox

/// A drill whose checks are put to the test: faults are planted on purpose, one at a time, and the record says which
/// were noticed, and by what.
///
/// Faults in the data are planted in the sandbox and undone, all on one restore; for the others (a byte of the backup, a
/// slice of the oplog, a replay that stops early) a whole drill is run on a damaged copy.
package struct DamageDrill: Sendable {
  private let scenario: Scenario
  private let options: DrillOptions
  private let each: Int?
  private let events: EventSink

  /// `each`: in how many collections a kind of fault is planted, the largest first; nil for all. The scenario's
  /// rollbacks and exports don't run: nothing is recovered from.
  package init(_ scenario: Scenario, options: DrillOptions, each: Int?, events: @escaping EventSink) {
    var scenario = scenario
    scenario.rollbacks = []
    scenario.steps.removeAll { $0.action is ExportStep }
    self.scenario = scenario
    self.options = options
    self.each = each
    self.events = events
  }

  /// Drills, plants, judges. Nothing is thrown: what went wrong is in the record.
  package func run() -> DrillRecord {
    let run = DrillRun(scenario, options, events)
    run.record.damage = DrillRecord.Damage()
    var isWhole = false
    do {
      if scenario.isOfSet { throw Failure.notForSets("faults planted in it", at: nil) }
      try run.steps()
      isWhole = run.isWhole
      if isWhole { try run.plantFaults(each: each) }
    } catch {
      run.fail(error)
    }
    let (plans, moment) = (run.plans, run.moment)
    run.cleanUp()
    if isWhole, run.evidence.failures.isEmpty {
      do { try damagedCopies(run, plans, moment) } catch { run.fail(error) }
    } else if run.evidence.failures.isEmpty {
      run.evidence.failures.append(.damageOnDamage())
    }
    return run.finished()
  }

  /// Whole drills on damaged copies.
  private func damagedCopies(_ run: DrillRun, _ plans: RecoveryPlans?, _ moment: Double?) throws {
    let settings = options.sandbox.or(scenario.sandbox)
    let folder = try OwnedFolder.scratch(in: settings.directory ?? SandboxOptions.defaultDirectory)
    defer { try? folder.remove() }
    let makers: [() throws -> BackupFault] = [
      { try BackupFault.byteFlipped(scenario, in: folder.path) },
      { try BackupFault.sliceMissing(scenario, run.chain, in: folder.path) },
      { try BackupFault.stoppedEarly(scenario, plans, isOfCopy: run.physical != nil, moment: moment) },
    ]
    for make in makers {
      try Interruption.check()
      let fault: BackupFault
      do { fault = try make() } catch let impossible as BackupFault.Impossible {
        var left = DrillRecord.Fault()
        left.kind = impossible.kind
        left.description = impossible.reason
        run.note(left)
        continue
      }
      run.note(try drill(fault))
    }
  }

  private func drill(_ planted: BackupFault) throws -> DrillRecord.Fault {
    let start = Clock.monotonic
    var quiet = options
    quiet.moment = planted.moment
    quiet.keep = false
    let record = Drill(planted.scenario, options: quiet, events: { _ in }).run()
    if let signal = Interruption.pending { throw Failure.interrupted(by: signal) }
    var fault = DrillRecord.Fault()
    fault.kind = planted.kind
    fault.description = planted.description
    fault.noticed = record.verdict != .pass
    let checks = record.checks.filter { $0.result != .pass && $0.result != .skipped }.map(\.title)
    fault.by = checks.isEmpty ? record.reasons.map(\.code) : checks
    if fault.noticed == false { fault.remedy = planted.remedy }
    fault.seconds = Clock.monotonic - start
    return fault
  }
}

extension DrillRun {
  /// Whether everything is as it should be, so that a fault could be told from what was wrong before.
  var isWhole: Bool {
    evidence.failures.isEmpty && evidence.problemCount == 0 && evidence.refusals.isEmpty
      && !record.checks.isEmpty
      && record.checks.allSatisfy { $0.result == .pass }
  }
}

extension Failure {
  static func damageOnDamage() -> Failure {
    Failure(
      .incomplete, "not-whole-before", "no fault was planted: the drill does not pass without one",
      hint: "Mend the scenario or the backup first; a fault can't be told from what is wrong already.")
  }
}
