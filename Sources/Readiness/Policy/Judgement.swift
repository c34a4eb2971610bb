package import Platform

/// Whether a requirement of a policy is kept.
package enum Compliance: String, Sendable, Hashable, CaseIterable, Comparable {
  /// At the target, or better.
  case compliant = "COMPLIANT"
  /// Past the target, within the limit.
  case warning = "WARNING"
  /// Past the limit, or nothing shows that it is kept.
  case nonCompliant = "NON_COMPLIANT"

  private var order: Int {
    switch self {
    case .compliant: 0
    case .warning: 1
    case .nonCompliant: 2
    }
  }

  package static func < (left: Compliance, right: Compliance) -> Bool { left.order < right.order }
}

/// How good it is what was found; the worst of all requirements is that of the whole.
package enum ReadinessLevel: String, Sendable, Hashable, CaseIterable, Comparable {
  case excellent = "EXCELLENT"
  case good = "GOOD"
  case fair = "FAIR"
  case critical = "CRITICAL"

  private var order: Int {
    switch self {
    case .excellent: 0
    case .good: 1
    case .fair: 2
    case .critical: 3
    }
  }

  package static func < (left: ReadinessLevel, right: ReadinessLevel) -> Bool { left.order < right.order }

  /// The first level is the target, what lies below the last is past the limit.
  package var compliance: Compliance {
    switch self {
    case .excellent: .compliant
    case .good, .fair: .warning
    case .critical: .nonCompliant
    }
  }
}

/// The bounds of the levels, from the target to the limit: one (the target is the limit), two or three.
package struct Bounds<Value: Comparable & Sendable & Hashable>: Sendable, Hashable {
  package let values: [Value]
  /// Whether less is better.
  package let isUpper: Bool

  package init(_ values: [Value], isUpper: Bool) {
    self.values = values
    self.isUpper = isUpper
  }

  package var target: Value { values[0] }
  package var limit: Value { values[values.count - 1] }

  /// The level of what was found; a bound itself is within. Nothing found is never good.
  package func level(_ found: Value?) -> ReadinessLevel {
    guard let found, let place = values.firstIndex(where: { isUpper ? found <= $0 : found >= $0 }) else {
      return .critical
    }
    if place == 0 { return .excellent }
    return values.count == 3 && place == 1 ? .good : .fair
  }
}

/// What a requirement was judged by: something that a person can open.
package struct Evidence: Sendable, Hashable {
  /// What it is.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case run
    case backup
    case person
  }

  package var kind: Kind
  /// A run's id, a backup's path, a person's name.
  package var name: String
  /// The record's path, relative as the folder of reports was given; nil for persons.
  package var path: String?
  package var time: WallTime?

  package init(_ kind: Kind, _ name: String, path: String? = nil, time: WallTime? = nil) {
    self.kind = kind
    self.name = name
    self.path = path
    self.time = time
  }

  var json: JSON {
    [
      "kind": .string(kind.rawValue), "name": .string(name), "path": path.map(JSON.string) ?? .null,
      "time": time.map { .string($0.text) } ?? .null,
    ]
  }
}

/// One line of the answer: what is due, what was found, and by what that shows.
package struct RequirementFinding: Sendable, Hashable {
  package var requirement: RequirementKind
  /// The system that it is about; nil for what holds for all.
  package var system: String?
  /// Which of several of its kind: a scenario, an item that somebody attests.
  package var subject: String?
  package var level: ReadinessLevel
  /// In words: `3h 05m old`, `nothing`.
  package var found: String
  /// In words: `within 24h`.
  package var asked: String
  package var evidence: [Evidence] = []

  package init(
    _ requirement: RequirementKind, system: String?, subject: String? = nil, level: ReadinessLevel,
    found: String, asked: String, evidence: [Evidence] = []
  ) {
    self.requirement = requirement
    self.system = system
    self.subject = subject
    self.level = level
    self.found = found
    self.asked = asked
    self.evidence = evidence
  }

  package var status: Compliance { level.compliance }

  /// `shop: last drill of scenario point-in-time`.
  package var title: String {
    (system.map { "\($0): " } ?? "") + requirement.title + (subject.map { " \($0)" } ?? "")
  }

  var json: JSON {
    [
      "requirement": .string(requirement.rawValue), "system": system.map(JSON.string) ?? .null,
      "subject": subject.map(JSON.string) ?? .null, "status": .string(status.rawValue),
      "level": .string(level.rawValue), "found": .string(found), "asked": .string(asked),
      "evidence": .array(evidence.map(\.json)),
    ]
  }
}

/// The kinds of requirements that a policy can hold, by their keys.
package enum RequirementKind: String, Sendable, Hashable, CaseIterable {
  case fullBackup = "full_backup"
  case slices
  case sliceGap = "slice_gap"
  case copies
  case restoreTest = "restore_test"
  case drills
  case eachScenario = "each_scenario"
  case rto
  case rpo
  case proven
  case attested
  case unalteredRecords = "unaltered_records"

  /// What a person calls it.
  package var title: String {
    switch self {
    case .fullBackup: "last full backup"
    case .slices: "slices and incrementals"
    case .sliceGap: "longest gap between slices"
    case .copies: "copies"
    case .restoreTest: "last restore test"
    case .drills: "successful drills"
    case .eachScenario: "last drill of"
    case .rto: "RTO"
    case .rpo: "RPO"
    case .proven: "last proof of"
    case .attested: "attested:"
    case .unalteredRecords: "records unaltered"
    }
  }
}

/// Something to be told at once, beside the table.
package struct ReadinessAlert: Sendable, Hashable {
  /// How urgent it is.
  package enum Severity: String, Sendable, Hashable, CaseIterable {
    case critical = "CRITICAL"
    case warning = "WARNING"
    case info = "INFO"
  }

  package var severity: Severity
  /// Stable, for machines: `no-backup`.
  package var rule: String
  package var system: String?
  package var message: String

  package init(_ severity: Severity, _ rule: String, system: String? = nil, _ message: String) {
    self.severity = severity
    self.rule = rule
    self.system = system
    self.message = message
  }

  var json: JSON {
    [
      "severity": .string(severity.rawValue), "rule": .string(rule),
      "system": system.map(JSON.string) ?? .null, "message": .string(message),
    ]
  }
}
