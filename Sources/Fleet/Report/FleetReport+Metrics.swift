internal import Platform
internal import Readiness
internal import Record
internal import Reports

extension FleetReport {
  /// Gauges by system, in the text format of Prometheus.
  package var prometheus: String {
    func moment(_ time: WallTime) -> Double { Double(time.seconds) }
    func all(_ value: (Row) -> Double?) -> [(labels: [(String, String)], value: Double)] {
      inOrder.compactMap { row in value(row).map { (labels(row), $0) } }
    }
    let families: [MetricFamily] = [
      MetricFamily(
        "mongodrill_fleet_round_timestamp_seconds", unit: "seconds", "When the round began.",
        [([("round", round.round)], moment(round.startedAt))]),
      MetricFamily(
        "mongodrill_fleet_exit_code", "What the gate over all systems ends with.",
        [([], Double(exitCode.rawValue))]),
      MetricFamily(
        "mongodrill_fleet_systems", "Systems by verdict.",
        DrillRecord.Verdict.allCases.map { ([("verdict", $0.rawValue)], Double(count($0))) }),
      MetricFamily(
        "mongodrill_fleet_answers", "Systems by the kind of their answer.",
        TaskAnswer.State.allCases.map { ([("state", $0.rawValue)], Double(count($0))) }),
      MetricFamily(
        "mongodrill_fleet_system_success",
        "Whether the system's backup was recovered in this round; missing for those that had no turn.",
        all { $0.answer.state == .leftOut ? nil : $0.answer.isSuccess ? 1 : 0 }),
      MetricFamily(
        "mongodrill_fleet_system_exit_code", "What the system adds to the gate.",
        all { Double($0.exitCode.rawValue) }),
      MetricFamily(
        "mongodrill_fleet_system_last_proven_timestamp_seconds", unit: "seconds",
        "When the system was last proven, in any round; 0: never.",
        all { $0.coverage.proven.map(moment) ?? 0 }),
      MetricFamily(
        "mongodrill_fleet_system_every_seconds", unit: "seconds", "How often the system is due.",
        all { $0.system.everySeconds }),
      MetricFamily(
        "mongodrill_fleet_system_overdue",
        "Whether its last proof is older than that, or than the fleet requires.",
        all { $0.isOverdue || $0.isBeyondRequirement ? 1 : 0 }),
      MetricFamily(
        "mongodrill_fleet_system_attempts", "How often its task was started in this round.",
        all { Double($0.answer.attempts.count) }),
      MetricFamily(
        "mongodrill_fleet_system_duration_seconds", unit: "seconds", "How long its drill took.",
        all { $0.answer.run?.seconds }),
      MetricFamily(
        "mongodrill_fleet_system_rto_seconds", unit: "seconds", "Time to recover, measured.",
        all { $0.answer.run?.rto?.measuredSeconds }),
      MetricFamily(
        "mongodrill_fleet_system_rto_objective_seconds", unit: "seconds", "Time to recover, the limit.",
        all { $0.answer.run?.rto?.limitSeconds }),
      MetricFamily(
        "mongodrill_fleet_system_rpo_seconds", unit: "seconds", "Data lost, as time, measured.",
        all { $0.answer.run?.rpo?.measuredSeconds }),
      MetricFamily(
        "mongodrill_fleet_system_rpo_objective_seconds", unit: "seconds", "Data lost, as time, the limit.",
        all { $0.answer.run?.rpo?.limitSeconds }),
    ]
    return families.prometheus
  }

  /// In the order of the file: a text that changes as little as the answers do.
  private var inOrder: [Row] { rows.sorted { $0.system.index < $1.system.index } }

  private func labels(_ row: Row) -> [(String, String)] {
    [("system", row.name)] + (row.system.owner.map { [("owner", $0)] } ?? [])
  }
}
