internal import BSON
internal import Backups
internal import Checks
internal import Facts
internal import Platform
internal import Readiness
internal import Record
internal import Restore

/// What a drill with a budget of time verifies of a backup that is too large for one: the collections that were proven
/// longest ago, or never, as many as fit by what earlier runs took.
struct Spending: Sendable {
  /// Without an earlier run it is guessed, on the safe side: bytes of BSON a second, and seconds for all else.
  private static let guess = (rate: 10e6, fixed: 5.0)
  /// How many times its size gzip's output is taken to hold, where nothing tells the size of the documents.
  private static let compression = 5.0

  /// A collection, as a candidate.
  private struct Candidate {
    var namespace: String
    var bytes: Double
    var proven: WallTime?
  }

  /// What is restored and checked, by its names in the backup.
  private(set) var taken: [String] = []
  /// What isn't, with the time of its last proof.
  private(set) var left: [(namespace: String, proven: WallTime?)] = []
  /// Seconds that it is estimated to take.
  private(set) var estimate: Double
  /// What that rests on.
  let basis: String

  /// Looks at the backup's collections, and at the records in `reports`. Throws `Failure` where nothing tells the
  /// collections' sizes.
  init(
    _ budget: Double, of backup: any LogicalBackup, _ step: RestoreStep, scenario: String, reports: String
  ) throws(Failure) {
    let plan = try RestorePlan(backup, step.options(memory: nil))
    let index = try? RunIndex(reading: reports, depth: .details)
    let known = Dictionary(
      (index.map { ProofLedger($0).lines } ?? []).map { ($0.namespace, $0) },
      uniquingKeysWith: { first, _ in first })
    var candidates = plan.items.filter { $0.target != nil }.map { item in
      let namespace = item.source.description
      let file = Double(item.fileBytes) * (backup.origin.isCompressed ? Spending.compression : 1)
      let line = known[namespace]
      let bytes = (line?.bytes ?? 0) > 0 ? Double(line?.bytes ?? 0) : file
      return Candidate(namespace: namespace, bytes: bytes, proven: line?.proven?.time)
    }
    guard candidates.contains(where: { $0.bytes > 0 }) else { throw .budgetWithoutSizes(backup.path) }
    candidates.sort { left, right in
      let (one, two) = (left.proven ?? .distantPast, right.proven ?? .distantPast)
      return one == two ? left.namespace.utf8.lexicographicallyPrecedes(right.namespace.utf8) : one < two
    }
    let (rate, fixed, runs) = Spending.speed(of: scenario, in: reports)
    basis =
      runs == 0
      ? "guessed at \(ByteSize.format(Int(rate)))/s without an earlier run"
      : "by \(Count.text(runs, "earlier run"))"
    estimate = fixed
    let first = candidates.first { !$0.namespace.hasPrefix("admin.") }?.namespace
    for candidate in candidates {
      let seconds = candidate.bytes / rate
      // The one whose turn it is is taken however large it is: else it would never have one.
      if candidate.namespace == first || estimate + seconds <= budget {
        taken.append(candidate.namespace)
        estimate += seconds
      } else {
        left.append((candidate.namespace, candidate.proven))
      }
    }
  }

  /// Bytes a second, and the seconds that don't grow with them, as medians of earlier runs of the scenario.
  private static func speed(of scenario: String, in reports: String) -> (
    rate: Double, fixed: Double, runs: Int
  ) {
    let growing: Set<String> = ["restore", "indexes", "replay", "checks", "fetch"]
    let runs = RunIndex.completed(scenario, in: reports, most: EarlierRuns.most).filter { $0.bytes > 0 }
    let rates = runs.compactMap { run in
      let seconds = run.phases.filter { growing.contains($0.name) }.reduce(0) { $0 + $1.seconds }
      return seconds > 0 ? Double(run.bytes) / seconds : nil
    }
    let fixed = runs.map { run in
      run.phases.filter { !growing.contains($0.name) }.reduce(0) { $0 + $1.seconds }
    }
    guard let rate = Distribution(rates)?.median, let rest = Distribution(fixed)?.median else {
      return (guess.rate, guess.fixed, 0)
    }
    return (rate, rest, rates.count)
  }

  /// What was left out, as the record says it.
  var notVerified: [DrillRecord.NotVerified] {
    left.map { namespace, proven in
      DrillRecord.NotVerified(
        "budget",
        "\(namespace) was left to another run by the budget; "
          + (proven.map { "last proven \($0.text)" } ?? "it was never proven"))
    }
  }

  /// One sentence.
  var note: String {
    "the budget is spent on \(Count.text(taken.count)) of \(Count.text(taken.count + left.count, "collection")), "
      + "those proven longest ago: about \(TimeSpan.format(estimate)), \(basis)"
  }
}

extension Scenario {
  /// The same of what the budget allows alone, and what that is; itself without a budget. Throws `Failure`.
  func within(
    _ budget: Double?, of backup: any LogicalBackup, reports: String
  ) throws(Failure) -> (Scenario, Spending?) {
    guard let budget = budget ?? self.budget else { return (self, nil) }
    try requireSpendable()
    guard let at = steps.firstIndex(where: { $0.action is RestoreStep }),
      var step = steps[at].action as? RestoreStep
    else { return (self, nil) }
    let spending = try Spending(budget, of: backup, step, scenario: name, reports: reports)
    step.include = spending.taken
    step.exclude = []
    var scenario = self
    scenario.steps[at].action = step
    return (scenario, spending)
  }

  /// Which collections are there is known only when the budget is spent: checks that name one could ask of nothing.
  private func requireSpendable() throws(Failure) {
    let restores = steps.filter { $0.action is RestoreStep }
    guard restores.count == 1, set == nil, !isOfCopy else {
      throw .budgetNotPossible("it restores more than one backup's dump")
    }
    for check in (suites ?? []).flatMap(\.checks) where check.subject != .everything {
      throw .budgetNotPossible("a check asks of \(check.subject), which the budget may leave out")
    }
  }
}

extension Failure {
  static func budgetNotPossible(_ reason: String) -> Failure {
    Failure(
      .usage, "budget-not-possible", "a budget can't be spent on this scenario: \(reason)",
      hint:
        "A budget is for a plain backup, or a scenario with one `restore` step whose checks stand under \"*\"."
    )
  }

  static func budgetWithoutSizes(_ path: String) -> Failure {
    Failure(
      .usage, "budget-without-sizes", "nothing tells the sizes of the collections in \(path)",
      hint: "An archive doesn't: drill it once without a budget; the record tells them from then on.")
  }
}
