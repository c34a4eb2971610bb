package import Platform

/// What is due: a policy file as it was read.
package struct Policy: Sendable {
  /// At least, or at most, so many in an interval.
  package struct Often: Sendable, Hashable {
    package var bounds: Bounds<Int>
    /// Seconds up to now.
    package var interval: Double
  }

  /// Gaps of at most so many seconds in an interval.
  package struct Gaps: Sendable, Hashable {
    package var bounds: Bounds<Double>
    package var interval: Double
  }

  /// Where backups lie.
  package struct Location: Sendable, Hashable {
    /// A folder; nil where it is a remote.
    package var path: String?
    /// As a scenario's `fetch` names it; a drill from there is what shows that something is there.
    package var fetch: String?
    package var isOffsite = false

    /// As it is shown.
    package var name: String { path ?? fetch ?? "" }
  }

  /// Backups in several places.
  package struct Copies: Sendable, Hashable {
    package var atLeast: Int
    package var offsite: Int
    /// Seconds; a copy that is older doesn't count.
    package var within: Double
  }

  /// Each namespace proven again after so many seconds.
  package struct Proven: Sendable, Hashable {
    package var bounds: Bounds<Double>
    /// Names; one that ends in `*` stands for all that begin so.
    package var namespaces: [String]
  }

  /// What a person vouches for.
  package struct Attestation: Sendable, Hashable {
    package var item: String
    package var by: String?
    package var on: WallTime?
    /// The first moment at which it counts no more.
    package var expires: WallTime?
  }

  /// When there is an alert.
  package struct Alerts: Sendable, Hashable {
    /// Seconds without a backup.
    package var noBackup: Double
    /// Shares.
    package var successUnder: Double
    package var growthOver: Double
    /// The seconds up to now that success is counted over.
    package var interval: Double
  }

  /// A control of a framework, and what of a policy bears on it.
  package struct Control: Sendable, Hashable {
    package var name: String
    /// What it is about, in a few words.
    package var about: String
    package var requirements: [RequirementKind]

    package init(_ name: String, _ about: String, _ requirements: [RequirementKind]) {
      self.name = name
      self.about = about
      self.requirements = requirements
    }
  }

  /// What is due of one system. A requirement that is nil isn't asked.
  package struct System: Sendable {
    package var name: String
    /// The scenarios that are drills of it; empty: all.
    package var scenarios: [String]
    package var backups: [Location]
    package var oplog: [String]
    /// Whether backups of a part of the data count as full ones.
    package var takesParts: Bool
    package var fullBackup: Bounds<Double>?
    package var slices: Often?
    package var sliceGap: Gaps?
    package var copies: Copies?
    package var restoreTest: Bounds<Double>?
    package var drills: Often?
    package var eachScenario: Bounds<Double>?
    package var rto: Bounds<Double>?
    package var rpo: Bounds<Double>?
    package var proven: Proven?
    package var attested: [Attestation]

    /// Whether runs of a scenario are about it.
    package func covers(_ scenario: String) -> Bool {
      scenarios.isEmpty || scenarios.contains { $0.stands(for: scenario) }
    }

    /// Whether a run is about it: one of a fleet only where the fleet's system bears the same name.
    package func covers(_ run: RunSummary) -> Bool {
      covers(run.scenario) && (run.system.map { $0.utf8.elementsEqual(name.utf8) } ?? true)
    }
  }

  package var title: String
  package var path: String
  /// Relative paths of the file are made relative to its folder.
  package var reports: String?
  package var systems: [System]
  package var attested: [Attestation]
  package var asksUnalteredRecords: Bool
  /// How long before it expires an attestation becomes a warning, in seconds.
  package var attestationNotice: Double
  package var alerts: Alerts
  package var controls: [Control]
}

extension String {
  /// Whether it is a name, or the beginning of it with a `*` at its end.
  func stands(for name: String) -> Bool {
    if utf8.last == UInt8(ascii: "*") { return name.utf8.starts(with: utf8.dropLast()) }
    return utf8.elementsEqual(name.utf8)
  }

  var isPattern: Bool { utf8.last == UInt8(ascii: "*") }
}

extension Policy.Control {
  /// What the requirements of a policy bear on in frameworks that are often asked for. A help for those who collect
  /// evidence: that a control is met takes more than this.
  ///
  /// Sources: ISO/IEC 27001:2022 Annex A; AICPA Trust Services Criteria 2017, Availability; PCI DSS v4.0; NIST SP 800-34
  /// Rev. 1, sections 3.4 and 3.5.
  package static let common: [Policy.Control] = [
    Policy.Control(
      "ISO/IEC 27001:2022 A.8.13", "backups are kept, and tested regularly",
      [.fullBackup, .copies, .restoreTest]),
    Policy.Control(
      "ISO/IEC 27001:2022 A.5.30", "readiness for continuity is planned, kept up and tested",
      [.eachScenario, .rto, .rpo]),
    Policy.Control(
      "SOC 2 A1.2", "backup processes and the means of recovery are run and watched",
      [.fullBackup, .slices, .copies]),
    Policy.Control("SOC 2 A1.3", "procedures of recovery are tested", [.restoreTest, .eachScenario]),
    Policy.Control(
      "PCI DSS v4.0 12.10.1", "the incident plan has recovery and backup procedures",
      [.fullBackup, .attested]),
    Policy.Control(
      "PCI DSS v4.0 12.10.2", "that plan is reviewed and tested every 12 months",
      [.eachScenario, .attested]),
    Policy.Control(
      "NIST SP 800-34 3.4", "backup methods, offsite storage and an alternate site are chosen and kept",
      [.fullBackup, .copies]),
    Policy.Control(
      "NIST SP 800-34 3.5", "the contingency plan is tested, people are trained, it is exercised",
      [.drills, .eachScenario, .attested]),
  ]
}
