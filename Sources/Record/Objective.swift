extension DrillRecord {
  /// What the drill measured itself against.
  package struct Objectives: RecordPart {
    /// Recovery time: from the first byte fetched or read to the last check's pass.
    package var rto: Objective?
    /// Recovery point: the time between the reference and the moment recovered to.
    package var rpo: Objective?

    package init() {}

    package static var fields: [RecordField<Objectives>] {
      [RecordField("rto", \.rto), RecordField("rpo", \.rpo)]
    }

    /// Those that there are, with the name that people use.
    package var all: [(name: String, objective: Objective)] {
      [rto.map { ("RTO", $0) }, rpo.map { ("RPO", $0) }].compactMap(\.self)
    }
  }

  /// One objective, all in seconds.
  package struct Objective: RecordPart {
    /// The most that is allowed; nil when only measured.
    package var limitSeconds: Double?
    /// Above this it is a warning.
    package var warnSeconds: Double?
    /// nil when it could not be measured.
    package var measuredSeconds: Double?
    /// How it compares with earlier runs; nil when that was not asked for.
    package var regression: Regression?

    package init() {}
    package init(limit: Double?, warn: Double? = nil, measured: Double?) {
      limitSeconds = limit
      warnSeconds = warn
      measuredSeconds = measured
    }

    /// What was left of the limit; negative when it was missed.
    package var marginSeconds: Double? {
      if let limitSeconds, let measuredSeconds { limitSeconds - measuredSeconds } else { nil }
    }

    /// Whether the limit was kept; nil without a limit or a measurement.
    package var met: Bool? { marginSeconds.map { $0 >= 0 } }

    /// Whether the limit was kept, but not the warning's.
    package var isNearLimit: Bool {
      if let warnSeconds, let measuredSeconds { met != false && measuredSeconds > warnSeconds } else { false }
    }

    package static var fields: [RecordField<Objective>] {
      [
        RecordField("limit_seconds", \.limitSeconds), RecordField("warn_seconds", \.warnSeconds),
        RecordField("measured_seconds", \.measuredSeconds),
        RecordField(derived: "margin_seconds") { $0.marginSeconds }, RecordField(derived: "met") { $0.met },
        RecordField("regression", \.regression),
      ]
    }
  }

  /// An objective that is measured against earlier runs.
  package struct Regression: RecordPart {
    /// How far above the median is allowed, as a share of it.
    package var limit = 0.0
    /// What was measured then, and in how many runs; nil when they were too few.
    package var medianSeconds: Double?
    package var runs = 0
    /// How far from the median, as a share of it.
    package var change: Double?

    package init() {}
    package init(limit: Double, runs: Int, medianSeconds: Double?, measured: Double?) {
      self.limit = limit
      self.runs = runs
      self.medianSeconds = medianSeconds
      if let medianSeconds, let measured, medianSeconds > 0 { change = measured / medianSeconds - 1 }
    }

    /// Whether the limit was kept; nil when it could not be judged.
    package var met: Bool? { change.map { $0 <= limit } }

    package static var fields: [RecordField<Regression>] {
      [
        RecordField("limit", \.limit), RecordField("median_seconds", \.medianSeconds),
        RecordField("runs", \.runs), RecordField("change", \.change), RecordField(derived: "met") { $0.met },
      ]
    }
  }
}
