internal import Platform
internal import Record

/// Several figures of one name, for Prometheus: a gauge in base units.
package struct MetricFamily: Sendable {
  /// With its prefix: `mongodrill_success`.
  package var name: String
  package var unit: String?
  /// One sentence.
  package var help: String
  package var samples: [(labels: [(String, String)], value: Double)]

  package init(
    _ name: String, unit: String? = nil, _ help: String,
    _ samples: [(labels: [(String, String)], value: Double)]
  ) {
    self.name = name
    self.unit = unit
    self.help = help
    self.samples = samples
  }
}

extension [MetricFamily] {
  /// The text format of Prometheus, version 0.0.4. Families without a figure are left out.
  package var prometheus: String { Metrics.text(filter { !$0.samples.isEmpty }, isOpenMetrics: false) }
}

/// What is measured of a drill: families of gauges in base units, as Prometheus and OpenMetrics know them.
struct Metrics {
  let families: [MetricFamily]

  /// `previous`: when the scenario last succeeded before this run, in seconds since 1970, where that is known.
  init(_ record: DrillRecord, lastSuccess previous: Double?) {
    let builder = Builder(scenario: record.scenario.name)
    let ended = Double(record.endedAt.seconds) + Double(record.endedAt.nanoseconds / 1_000_000) / 1000
    // A drill that cleaned up badly, or that warns under --fail-on warn, proved the backup all the same.
    let isSuccess = record.verdict == .pass || record.verdict == .warn
    let lastSuccess = isSuccess ? max(ended, previous ?? 0) : previous ?? 0
    let summary = record.summary
    var families = [
      builder.gauge(
        "last_run_timestamp_seconds", "When the last drill ended.", [([], ended)], unit: "seconds"),
      builder.gauge(
        "last_success_timestamp_seconds", "When the last drill ended that passed; 0 when none is known.",
        [([], lastSuccess)], unit: "seconds"),
      builder.gauge("success", "Whether the last drill passed.", [([], isSuccess ? 1 : 0)]),
      builder.gauge(
        "exit_code", "The exit code of the last drill.", [([], Double(record.exitCode.rawValue))]),
      builder.gauge(
        "verdict", "1 for the verdict of the last drill, 0 for the others.",
        DrillRecord.Verdict.allCases.map { ([("verdict", $0.rawValue)], $0 == record.verdict ? 1 : 0) }),
      builder.gauge(
        "duration_seconds", "How long the last drill took, cleaning up included.",
        [([], record.durationSeconds)],
        unit: "seconds"),
      builder.gauge(
        "phase_duration_seconds", "How long each phase took.", phases(record) { $0.seconds }, unit: "seconds"),
      builder.gauge(
        "phase_documents", "Documents, entries or indexes that a phase handled.",
        phases(record) { $0.documents.map(Double.init) }),
      builder.gauge(
        "phase_bytes", "Bytes that a phase handled.", phases(record) { $0.bytes.map(Double.init) },
        unit: "bytes"),
      builder.gauge(
        "checks", "Checks by their answer.",
        Outcome.Result.allCases.map { result in
          ([("result", result.rawValue)], Double(record.checks.count { $0.result == result }))
        }),
      builder.gauge(
        "not_verified", "Things that were not verified.", [([], Double(record.notVerified.count))]),
      builder.gauge("documents", "Documents that came back.", [([], Double(summary.documents))]),
      builder.gauge(
        "bytes", "Bytes of the documents that were read.", [([], Double(summary.bytes))], unit: "bytes"),
      builder.gauge("collections", "Collections that came back.", [([], Double(summary.collections))]),
      builder.gauge(
        "indexes", "Indexes that came back, besides those of _id.", [([], Double(summary.indexes))]),
      builder.gauge(
        "backup_bytes", "The size of the backup's files.",
        record.backup.bytes.map { [([], Double($0))] } ?? [],
        unit: "bytes"),
    ]
    for (name, objective) in record.objectives.all {
      families += builder.objective(name.lowercased(), objective)
    }
    if let last = record.replay?.lastApplied, let time = DrillRecord.Replay.time(of: last) {
      families.append(
        builder.gauge(
          "recovered_to_timestamp_seconds", "The moment that the data was recovered to.",
          [([], Double(time.seconds))], unit: "seconds"))
    }
    if let replay = record.replay {
      let all = replay.all
      families.append(
        builder.gauge(
          "oplog_operations", "Operations of the oplog by what became of them.",
          [
            ([("outcome", "applied")], Double(all.reduce(0) { $0 + $1.appliedCount })),
            ([("outcome", "skipped")], Double(all.reduce(0) { $0 + $1.skippedCount })),
          ]))
    }
    self.families = families.filter { !$0.samples.isEmpty }

    /// Phases of one name together: a series may stand in a text only once.
    func phases(_ record: DrillRecord, _ value: (Phase) -> Double?) -> [([(String, String)], Double)] {
      var order: [String] = []
      var sums: [String: Double] = [:]
      for phase in record.phases {
        guard let value = value(phase) else { continue }
        if sums[phase.name] == nil { order.append(phase.name) }
        sums[phase.name, default: 0] += value
      }
      return order.map { ([("phase", $0)], sums[$0] ?? 0) }
    }
  }

  /// Makes families of one scenario.
  private struct Builder {
    let scenario: String

    func gauge(
      _ name: String, _ help: String, _ samples: [([(String, String)], Double)], unit: String? = nil
    ) -> MetricFamily {
      MetricFamily(
        "mongodrill_" + name, unit: unit, help, samples.map { ([("scenario", scenario)] + $0.0, $0.1) })
    }

    func objective(_ name: String, _ objective: DrillRecord.Objective) -> [MetricFamily] {
      let title = name == "rto" ? "Time to recover" : "Data lost, as time"
      func family(_ suffix: String, _ help: String, _ value: Double?) -> MetricFamily {
        gauge("\(name)_\(suffix)", help, value.map { [([], $0)] } ?? [], unit: "seconds")
      }
      return [
        family("seconds", "\(title), measured.", objective.measuredSeconds),
        family("objective_seconds", "\(title), the limit.", objective.limitSeconds),
        family("warning_seconds", "\(title), above which it warns.", objective.warnSeconds),
      ]
    }
  }

  /// The text format of Prometheus, version 0.0.4.
  var prometheus: String { Metrics.text(families, isOpenMetrics: false) }

  /// OpenMetrics 1.0.0 text.
  var openMetrics: String { Metrics.text(families, isOpenMetrics: true) }

  static func text(_ families: [MetricFamily], isOpenMetrics: Bool) -> String {
    var lines: [String] = []
    for family in families {
      lines.append("# HELP \(family.name) \(family.help)")
      lines.append("# TYPE \(family.name) gauge")
      if isOpenMetrics, let unit = family.unit { lines.append("# UNIT \(family.name) \(unit)") }
      for (labels, value) in family.samples {
        let words = labels.map { "\($0.0)=\"\(Metrics.escaped($0.1))\"" }.joined(separator: ",")
        lines.append("\(family.name){\(words)} \(Metrics.number(value))")
      }
    }
    if isOpenMetrics { lines.append("# EOF") }
    return lines.map { $0 + "\n" }.joined()
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: value) { return String(whole) }
    return value.magnitude >= 0.001 && value.magnitude < 1e15 ? Decimals.format(value, 3) : "\(value)"
  }

  static func escaped(_ value: String) -> String {
    value.visible.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
