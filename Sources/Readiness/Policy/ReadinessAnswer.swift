package import Platform
internal import Record

/// Whether what a policy asks is kept: a table of requirements, and what there is to be told at once.
package struct ReadinessAnswer: Sendable {
  /// A control of a framework as the requirements behind it came out.
  package struct Control: Sendable, Hashable {
    package var control: Policy.Control
    /// The worst of the requirements that bear on it; nil where one of these isn't asked, unless another fails.
    package var status: Compliance?
    /// Those that the policy doesn't ask.
    package var notAsked: [RequirementKind]
  }

  package let title: String
  /// The moment that is judged.
  package let time: WallTime
  package private(set) var findings: [RequirementFinding] = []
  /// The most urgent first.
  package private(set) var alerts: [ReadinessAlert] = []
  package private(set) var controls: [Control] = []
  /// As it was given; where runs are.
  package let reports: String

  /// The worst of all; nothing asked is nothing shown.
  package var status: Compliance { findings.map(\.status).max() ?? .nonCompliant }
  package var level: ReadinessLevel { findings.map(\.level).max() ?? .critical }

  /// Judges a moment. `index` holds details (`RunIndex.init(reading:depth:)`); what lies after the moment isn't
  /// looked at. `chain` is nil unless the policy asks for it.
  package init(
    _ policy: Policy, _ index: RunIndex, _ backups: FoundBackups, chain: ChainVerification?, at time: WallTime
  ) {
    title = policy.title
    self.time = time
    reports = index.folder
    for system in policy.systems {
      let judge = SystemJudge(system, policy, index, backups, at: time)
      findings += judge.findings
      alerts += judge.alerts
    }
    findings += policy.attested.map { $0.finding(nil, at: time, notice: policy.attestationNotice) }
    if policy.asksUnalteredRecords { judgeChain(chain) }
    alerts += ReadinessAnswer.remarks(index, at: time)
    let severities = ReadinessAlert.Severity.allCases
    alerts = severities.flatMap { severity in alerts.filter { $0.severity == severity } }
    controls = policy.controls.map { control in
      let found = findings.filter { control.requirements.contains($0.requirement) }
      let missing = control.requirements.filter { kind in !found.contains { $0.requirement == kind } }
      var status = found.map(\.status).max()
      // What isn't asked is not known to be kept.
      if !missing.isEmpty, status != .nonCompliant { status = nil }
      return Control(control: control, status: status, notAsked: missing)
    }
  }

  private mutating func judgeChain(_ chain: ChainVerification?) {
    let isKept = chain.map { $0.isSound && $0.intact > 0 } ?? false
    let found: String
    if let chain {
      found =
        chain.isSound
        ? Count.text(chain.intact, "record") + " as written" : Count.text(chain.faults.count, "fault")
    } else {
      found = "not verified"
    }
    findings.append(
      RequirementFinding(
        .unalteredRecords, system: nil, level: isKept ? .excellent : .critical, found: found,
        asked: "a chain of records without a fault",
        evidence: (chain?.head).map {
          [Evidence(.run, $0.runID, path: RunChain.record(of: $0.runID, in: reports))]
        }
          ?? []))
    for fault in (chain?.faults ?? []).prefix(5) {
      alerts.append(
        ReadinessAlert(
          .critical, "records-altered",
          (fault.runID.map { "\($0): " } ?? "") + "\(fault.kind.rawValue), \(fault.message)"))
    }
  }

  /// What of the records could not be counted, or not as it stands there.
  private static func remarks(_ index: RunIndex, at time: WallTime) -> [ReadinessAlert] {
    index.unreadable.map {
      ReadinessAlert(.warning, "record-unreadable", "\($0.runID): \($0.failure.description)")
    }
      + index.doubtful.map {
        ReadinessAlert(
          .warning, "clock-doubtful",
          "\($0.runID): \($0.clock?.words ?? ""), so its own times are not believed")
      }
      + index.unfinished.filter { $0.startedAt <= time }.map {
        ReadinessAlert(.info, "run-unfinished", "\($0.runID): no record; it is under way, or was killed")
      }
  }

  /// `{title, at, status, level, requirements[], alerts[], controls[]}`.
  package var json: JSON {
    [
      "title": .string(title), "at": .string(time.text), "status": .string(status.rawValue),
      "level": .string(level.rawValue), "reports": .string(reports),
      "requirements": .array(findings.map(\.json)), "alerts": .array(alerts.map(\.json)),
      "controls": .array(
        controls.map { one in
          [
            "control": .string(one.control.name), "about": .string(one.control.about),
            "status": one.status.map { .string($0.rawValue) } ?? .null,
            "requirements": .array(one.control.requirements.map { .string($0.rawValue) }),
            "not_asked": .array(one.notAsked.map { .string($0.rawValue) }),
          ]
        }),
    ]
  }
}

extension Policy.Attestation {
  func finding(_ system: String?, at time: WallTime, notice: Double) -> RequirementFinding {
    let level: ReadinessLevel
    let found: String
    let person = by.map { " by \($0)" } ?? ""
    if by == nil || on == nil || expires == nil {
      let missing = [
        by == nil ? "who" : nil, on == nil ? "since when" : nil, expires == nil ? "through when" : nil,
      ]
      (level, found) = (.critical, "nothing says \(missing.compactMap(\.self).joined(separator: ", "))")
    } else if let on, on > time {
      (level, found) = (.critical, "only from \(on.day) on\(person)")
    } else if let expires, expires <= time {
      (level, found) = (
        .critical, "expired \(TimeSpan.format(time.timeInterval(since: expires))) ago\(person)"
      )
    } else {
      let left = expires?.timeInterval(since: time) ?? 0
      level = left <= notice ? .fair : .excellent
      found = "for \(TimeSpan.format(left)) more\(person)"
    }
    return RequirementFinding(
      .attested, system: system, subject: item, level: level, found: found,
      asked: "a name, and a date that isn't past",
      evidence: by.map { [Evidence(.person, $0, time: on)] } ?? [])
  }
}

extension WallTime {
  /// `2026-11-21`.
  var day: String { String(text.prefix(10)) }
}
