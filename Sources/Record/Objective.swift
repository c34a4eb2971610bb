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
      ]
    }
  }
}
