import Platform
import Readiness
import Record
import Reports
import Testing

@Suite("Readiness")
struct ReadinessTests {
  private let now = WallTime.new.after(days: 365)

  private func answer(
    _ text: String, _ folder: ReportFolder, _ backups: [BackupEvidence] = [], at time: WallTime? = nil
  ) throws -> ReadinessAnswer {
    let policy = try policy("version: 1\n" + text, in: folder)
    var found = FoundBackups()
    for system in policy.systems {
      for place in system.backups.compactMap(\.path) { found.places[place] = backups }
    }
    let index = try RunIndex(reading: folder.path, depth: .details, now: now)
    let chain = policy.asksUnalteredRecords ? try ChainVerification(of: folder.path) : nil
    return ReadinessAnswer(policy, index, found, chain: chain, at: time ?? now)
  }

  private func lines(_ answer: ReadinessAnswer) -> [String] {
    answer.findings.map { "\($0.title) | \($0.status.rawValue) | \($0.level.rawValue) | \($0.found)" }
  }

  private func full(_ hours: Double, _ bytes: Int = 1000, fault: String? = nil) -> BackupEvidence {
    BackupEvidence(.full, "/b/\(hours)", time: now.after(-Int(hours * 3600)), bytes: bytes, fault: fault)
  }

  /// Nothing but what a test asks for.
  private let quiet = "full_backup: false, slices: false, drills: false, each_scenario: false"

  @Test("of nothing is never compliant, whatever is asked")
  func nothing() throws {
    let folder = try ReportFolder()
    let answer = try answer(
      """
      unaltered_records: true
      systems:
        shop:
          scenarios: [shop]
          backups: [/b, {fetch: "off:b", offsite: true}]
          slice_gap: {within: 15m}
          copies: {at_least: 1, offsite: 0}
          restore_test: {within: 7d}
          rto: {within: 1h}
          rpo: {within: 1h}
          proven: {within: 30d}
      attested: {runbook read: {}}
      """, folder)
    #expect(Set(answer.findings.map(\.requirement)) == Set(RequirementKind.allCases))
    #expect(
      answer.findings.allSatisfy { $0.status == .nonCompliant && $0.level == .critical }, "\(lines(answer))")
    #expect(answer.status == .nonCompliant && answer.level == .critical)
    #expect(answer.controls.allSatisfy { $0.status == .nonCompliant })
    #expect(answer.alerts.map(\.rule) == ["no-backup"])
  }

  @Test(
    "is as good as the newest full backup that nothing speaks against",
    arguments: [
      (23.0, ReadinessLevel.excellent, 0), (30, .good, 1), (100, .fair, 1), (200, .critical, 1),
    ])
  func backups(hours: Double, level: ReadinessLevel, alerts: Int) throws {
    let answer = try answer(
      "systems: {shop: {backups: /b, slices: false, drills: false, each_scenario: false}}", ReportFolder(),
      [full(hours), full(hours + 24), full(1, fault: "damaged"), full(-2)])
    #expect(answer.findings.map(\.level) == [level] && answer.level == level)
    #expect(answer.findings[0].evidence.map(\.path) == ["/b/\(hours)"])
    #expect(
      answer.alerts.filter { $0.rule == "no-backup" }.map(\.severity) == (alerts == 1 ? [.critical] : []))
    #expect(answer.alerts.contains { $0.rule == "backup-unusable" })
  }

  @Test("doesn't take a backup of a part of the data for a full one unless the policy says so")
  func parts() throws {
    let part = BackupEvidence(.part, "/b/part", time: now.after(-60))
    let text =
      "systems: {shop: {backups: /b, partial_backups: no, slices: false, drills: false, each_scenario: false}}"
    let without = try answer(text.replacing(": no", with: ": false"), ReportFolder(), [part])
    #expect(
      lines(without) == [
        "shop: last full backup | NON_COMPLIANT | CRITICAL | none that is whole; 1 of a part of the data"
      ])
    let with = try answer(text.replacing(": no", with: ": true"), ReportFolder(), [part])
    #expect(with.status == .compliant)
  }

  @Test("counts slices and incrementals, and finds the longest gap between them, also at both ends")
  func slices() throws {
    let text =
      "systems: {shop: {backups: /b, full_backup: false, drills: false, each_scenario: false, slice_gap: {within: [15m, 1h]}}}"
    func slices(_ minutes: [Int]) -> [BackupEvidence] {
      minutes.map { BackupEvidence(.slice, "/b/s\($0)", time: now.after(-60 * $0)) }
    }
    let tight = try answer(text, ReportFolder(), slices(Array(stride(from: 5, through: 1500, by: 15))))
    #expect(
      lines(tight) == [
        "shop: slices and incrementals | COMPLIANT | EXCELLENT | 96",
        "shop: longest gap between slices | COMPLIANT | EXCELLENT | 15m 00s",
      ])
    let late = try answer(text, ReportFolder(), slices(Array(stride(from: 40, through: 1500, by: 15))))
    #expect(late.findings[1].found == "40m 00s" && late.findings[1].status == .warning)
    let torn = try answer(text, ReportFolder(), slices([5, 200, 210, 1500]))
    #expect(torn.findings[0].level == .good && torn.findings[1].status == .nonCompliant)
  }

  @Test("counts a year of weekly runs in under a second")
  func year() throws {
    let folder = try ReportFolder()
    for week in 0..<52 {
      try folder.write(at: .new.after(days: 7 * week)) { record in
        record.objectives.rpo = DrillRecord.Objective(limit: 300, measured: Double(week))
        record.checks = (0..<100).map { number in
          Outcome(
            kind: "count", suite: "core", namespace: "shop.orders", name: "count \(number)", result: .pass,
            message: "as before")
        }
      }
    }
    let (answer, seconds) = try Clock.measure {
      try self.answer(
        """
        unaltered_records: true
        systems:
          shop:
            full_backup: false
            slices: false
            drills: {at_least: [4, 3, 1], in: 30d}
            restore_test: {within: 9d}
            rto: {within: [5s, 10s]}
            rpo: {within: 1m}
            proven: {within: [7d, 30d], namespaces: [shop.orders, shop.gone]}
        """, folder)
    }
    #expect(
      lines(answer)
        == [
          "shop: last restore test | COMPLIANT | EXCELLENT | 7d 24h ago",
          "shop: successful drills | COMPLIANT | EXCELLENT | 4",
          "shop: last drill of shop | COMPLIANT | EXCELLENT | 7d 24h ago",
          "shop: RTO | WARNING | FAIR | 8.0 s in shop",
          "shop: RPO | COMPLIANT | EXCELLENT | 51.0 s in shop",
          "shop: last proof of shop.gone | NON_COMPLIANT | CRITICAL | never",
          "shop: last proof of shop.orders | WARNING | FAIR | 7d 24h ago",
          "records unaltered | COMPLIANT | EXCELLENT | 52 records as written",
        ].map { $0.replacing("7d 24h", with: "8d 00h") })
    #expect(seconds < 60, "\(seconds) s")
    // Of the middle of the year only what was known then is looked at.
    let then = try self.answer(
      "systems: {shop: {full_backup: false, slices: false}}", folder, at: .new.after(days: 20))
    #expect(then.findings[0].found == "3")
  }

  @Test("is never good while the last drill failed, and says so at once")
  func failed() throws {
    let folder = try ReportFolder()
    try folder.write(at: now.after(-86_400))
    let id = try folder.write(at: now.after(-3600)) { record in
      record.verdict = .fail
      record.exitCode = .checkFailed
    }
    let answer = try answer("systems: {shop: {\(quiet), restore_test: {within: 7d}}}", folder)
    #expect(answer.findings.map(\.level) == [.fair] && answer.status == .warning)
    #expect(answer.findings[0].evidence.last?.name == id)
    #expect(answer.alerts.map(\.rule) == ["drill-failed", "low-success"])
    #expect(answer.alerts.map(\.severity) == [.critical, .warning])
  }

  @Test("takes no interrupted, unfinished, unreadable or checking run for a drill that succeeded")
  func interrupted() throws {
    let folder = try ReportFolder()
    try folder.write("shop-a", at: now.after(-7200)) { record in
      record.status = .aborted
      record.verdict = .inconclusive
    }
    try Files.createFolder(Files.join(folder.path, "20270105T010000Z-shop-b"))
    try Files.createFolder(Files.join(folder.path, "20270104T010000Z-shop-c"))
    try Files.writeAtomically(
      "{".utf8, to: Files.join(folder.path, "20270104T010000Z-shop-c/report.json"))
    try folder.write("shop-d", at: now.after(-3600)) { record in
      record.environment.server = DrillRecord.Server(address: "db1", version: "6.0.5")
    }
    let answer = try answer("systems: {shop: {scenarios: shop-*, full_backup: false, slices: false}}", folder)
    #expect(
      lines(answer).prefix(2) == [
        "shop: successful drills | NON_COMPLIANT | CRITICAL | 0",
        "shop: last drill of shop-a | NON_COMPLIANT | CRITICAL | none that succeeded",
      ])
    let rules = Set(answer.alerts.map(\.rule))
    #expect(
      rules.isSuperset(of: ["drill-failed", "record-unreadable", "run-unfinished"]),
      "\(rules)")
  }

  @Test("of runs whose clock jumped follows the order of writing")
  func clocks() throws {
    let folder = try ReportFolder()
    for day in [-60, -59, -58] { try folder.write(at: now.after(days: day)) }
    // Set back to long ago, and forward to yesterday, which came before the last one.
    try folder.write(at: now.after(days: -300))
    try folder.write(at: now.after(days: -57))
    let answer = try answer("systems: {shop: {\(quiet), restore_test: {within: [30d, 90d]}}}", folder)
    #expect(answer.findings[0].status == .warning && answer.findings[0].found == "57d 00h ago")
    #expect(answer.alerts.map(\.rule).contains("clock-doubtful"))
  }

  @Test("reads records of an older version as far as they go")
  func older() throws {
    let folder = try ReportFolder()
    let id = try folder.write(at: now.after(-3600))
    var text = try Files.text(of: folder.record(id))
    for key in ["objectives", "rating", "checks", "previous_run"] {
      text = text.replacing("\"\(key)\":", with: "\"was_\(key)\":")
    }
    try Files.writeAtomically(text.utf8, to: folder.record(id))
    let answer = try answer(
      "systems: {shop: {\(quiet), restore_test: {within: 1d}, rto: {within: 1h}, proven: {within: 1d}}}",
      folder)
    #expect(answer.findings.map(\.status) == [.compliant, .nonCompliant, .nonCompliant], "\(lines(answer))")
  }

  @Test("counts copies by place, and what was fetched and drilled as one elsewhere")
  func copies() throws {
    let folder = try ReportFolder()
    let text = """
      systems:
        shop: {\(quiet), backups: [/b, {fetch: "off:backups", offsite: true}], copies: {within: 48h}}
      """
    let one = try answer(text, folder, [full(10)])
    #expect(lines(one) == ["shop: copies | NON_COMPLIANT | CRITICAL | 1, 0 offsite"])
    try folder.write(at: now.after(-7200)) { $0.backup.path = "off:backups-of-others/base" }
    #expect(try answer(text, folder, [full(10)]).status == .nonCompliant)
    try folder.write(at: now.after(-3600)) { $0.backup.path = "off:backups/base" }
    let two = try answer(text, folder, [full(10)])
    #expect(lines(two) == ["shop: copies | COMPLIANT | EXCELLENT | 2, 1 offsite"])
    #expect(two.findings[0].evidence.map(\.kind) == [.backup, .run])
  }

  @Test(
    "takes a drill of a part of what it fetched for no full backup there, unless the policy says so",
    arguments: ["selection", "collection file", "database directory"])
  func copiesInPart(part: String) throws {
    let folder = try ReportFolder()
    try folder.write(at: now.after(-3600)) { record in
      record.backup.path = "off:backups/base"
      if part == "selection" {
        record.backup.collections.append(
          DrillRecord.Collection(
            source: "shop.customers", target: nil, note: "not selected", documents: 9, bytes: 9, inserted: 0,
            indexes: 0))
      } else {
        record.backup.form = part
      }
      record.backup.collections.append(
        DrillRecord.Collection(
          source: "admin.system.version", target: nil, documents: 3, bytes: 1, inserted: 0, indexes: 0))
    }
    func policy(_ more: String) -> String {
      """
      systems:
        shop: {\(quiet), backups: [/b, {fetch: "off:backups", offsite: true}], copies: {within: 48h}\(more)}
      """
    }
    #expect(try answer(policy(""), folder, [full(10)]).status == .nonCompliant)
    #expect(try answer(policy(", partial_backups: true"), folder, [full(10)]).status == .compliant)
  }

  @Test(
    "counts what people vouch for until it expires",
    arguments: [
      ("by: Ada, on: 2026-12-01, expires: 2027-06-01", Compliance.compliant),
      ("by: Ada, on: 2026-12-01, expires: 2027-01-10", .warning),
      // Through its last day: the moment is 2027-01-05T03:00:00Z.
      ("by: Ada, on: 2026-12-01, expires: 2027-01-05", .warning),
      ("by: Ada, on: 2026-12-01, expires: 2027-01-04", .nonCompliant),
      ("by: Ada, on: 2027-02-01, expires: 2027-06-01", .nonCompliant),
      ("on: 2026-12-01, expires: 2027-06-01", .nonCompliant), ("by: Ada, expires: 2027-06-01", .nonCompliant),
      ("by: Ada, on: 2026-12-01", .nonCompliant),
    ])
  func attested(keys: String, status: Compliance) throws {
    let answer = try answer(
      "systems: {shop: {\(quiet)}}\nattested: {runbook read: {\(keys)}}", ReportFolder())
    #expect(answer.findings.map(\.status) == [status], "\(lines(answer))")
  }

  @Test("tells when backups grew, and of controls only what was asked")
  func growth() throws {
    let answer = try answer(
      """
      systems: {shop: {backups: /b, slices: false, drills: false, each_scenario: false}}
      controls:
        One: {requirements: full_backup}
        Two: {requirements: [full_backup, slices]}
      """, ReportFolder(), [full(72), full(48), full(25, 1100), full(1, 1300)])
    #expect(answer.alerts.map(\.rule) == ["backup-grew"] && answer.alerts[0].message.contains("30% more"))
    #expect(answer.controls.map(\.status) == [.compliant, nil] && answer.controls[1].notAsked == [.slices])
  }

  @Test("finds a record that was altered")
  func altered() throws {
    let folder = try ReportFolder()
    let id = try folder.write(at: now.after(-3600))
    var bytes = try Files.read(folder.record(id))
    bytes[bytes.count - 30] ^= 1
    try Files.writeAtomically(bytes, to: folder.record(id))
    let answer = try answer("unaltered_records: true\nsystems: {shop: {\(quiet)}}", folder)
    #expect(answer.status == .nonCompliant && answer.alerts.contains { $0.rule == "records-altered" })
  }

  @Test("as a page is harmless whatever names hold, and needs nothing from elsewhere")
  func page() throws {
    let folder = try ReportFolder()
    try folder.write("<script>x", at: now.after(-3600))
    let answer = try answer(
      "title: \"<b>&\"\nsystems: {shop: {backups: /b, restore_test: {within: 1d}}}", folder,
      [BackupEvidence(.full, "/b/\"><img src=x>", time: now.after(-60))])
    let page = ReadinessPage(answer).text
    #expect(!page.contains("<script") && !page.contains("<img") && page.contains("&lt;b&gt;&amp;"))
    #expect(!page.contains("http") && page.contains("<a href=\"/") && page.contains("COMPLIANT"))
  }
}

@Suite("A projection")
struct ProjectionTests {
  private func runs(_ seconds: [(restore: Double, bytes: Int)]) throws -> [RunSummary] {
    let folder = try ReportFolder()
    for (number, one) in seconds.enumerated() {
      try folder.write(at: .new.after(days: number)) { record in
        record.backup.bytes = one.bytes
        record.phases = [
          Phase("sandbox", seconds: 2), Phase("restore", seconds: one.restore), Phase("cleanup", seconds: 9),
        ]
        record.objectives.rto = DrillRecord.Objective(limit: nil, measured: one.restore + 3)
      }
    }
    return try RunIndex(reading: folder.path).runs
  }

  @Test("scales what moves data by each run's own size, and leaves the rest")
  func scaled() throws {
    let runs = try runs([(10, 1_000), (12, 1_000), (24, 2_000)])
    let projection = try #require(Projection("shop", runs, bytes: 10_000))
    // 2 s of sandbox and 1 s of no phase stay.
    #expect(projection.median == 123 && projection.interval == 103...123)
    #expect(projection.measuredBytes == 1_000...2_000 && projection.runs.count == 3)
    #expect(projection.parts.map(\.phase) == ["sandbox", "restore"])
    #expect(projection.parts.map(\.projected) == [2, 120])
    #expect(projection.assumptions.contains { $0.hasPrefix("5.0 times the largest") })
    let faster = try #require(Projection("shop", runs, bytes: 10_000, speed: 2))
    #expect(faster.median == 63)
  }

  @Test("of the size that was measured is what was measured")
  func same() throws {
    let projection = try #require(Projection("shop", try runs([(7, 500)]), bytes: 500))
    #expect(projection.median == 10 && projection.interval == 10...10)
    #expect(projection.assumptions.contains { $0.contains("the interval says little") })
  }

  @Test("is made of drills that succeeded and measured, or not at all")
  func none() throws {
    let folder = try ReportFolder()
    try folder.write(at: .new) { $0.objectives.rto = nil }
    try folder.write(at: .new.after(1)) { $0.verdict = .fail }
    try folder.write(at: .new.after(2)) { $0.backup.bytes = nil }
    let runs = try RunIndex(reading: folder.path).runs
    #expect(runs.count == 3 && Projection("shop", runs, bytes: 1) == nil)
    #expect(Projection("other", runs, bytes: 1) == nil)
  }
}
