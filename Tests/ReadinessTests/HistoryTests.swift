import Platform
import Readiness
import Record
import Reports
import Testing

@Suite("A history")
struct HistoryTests {
  @Test("of a year of weekly runs is summarised in under a second")
  func quick() throws {
    let folder = try ReportFolder()
    for week in 0..<52 {
      try folder.write(at: .new.after(days: 7 * week)) { record in
        record.backup.collections = (0..<40).map {
          DrillRecord.Collection(
            source: "shop.c\($0)", target: "shop.c\($0)", documents: 100, bytes: 9000, inserted: 100,
            indexes: 2)
        }
        record.checks = (0..<100).map { number in
          Outcome(
            kind: "count", suite: "core", namespace: "shop.c\(number % 40)", name: "count", result: .pass,
            message: "100 documents, as in the \"backup\"", measured: ["documents": 100, "expected": 100],
            query: "db.getSiblingDB(\"shop\").c.countDocuments({})")
        }
      }
    }
    let now = WallTime.new.after(days: 52 * 7)
    let (history, seconds) = try Clock.measure {
      let history = RunHistory(try RunIndex(reading: folder.path, now: now), last: 20, since: nil, now: now)
      _ = history.json.text()
      return history
    }
    #expect(history.shown.count == 20 && history.statistics.map(\.drills) == [0, 1, 4, 12, 52])
    #expect(seconds < 60, "\(seconds) s")
  }

  @Test("reads of a record what the record holds")
  func same() throws {
    let folder = try ReportFolder()
    let id = try folder.write(at: .new) { record in
      record.scenario.title = "Shop \"whole\""
      record.objectives.rpo = DrillRecord.Objective(limit: 300, warn: 60, measured: 12.5)
      record.steps = [DrillRecord.Step(id: "restore", kind: "restore")]
      record.replay = DrillRecord.Replay()
      record.replay?.lastApplied = "1795259692:191"
      record.checks[0].samples = ["{\"}]", "\\\""]
    }
    let record = try RunIndex.record(of: id, in: folder.path)
    let run = try #require(try RunIndex(reading: folder.path, depth: .details).runs.first)
    #expect(run.runID == record.runID && run.title == record.scenario.title && run.verdict == record.verdict)
    #expect(run.startedAt == record.startedAt && run.endedAt == record.endedAt && run.time == record.endedAt)
    #expect(run.rto == record.objectives.rto && run.rpo == record.objectives.rpo)
    #expect(run.phases == record.phases && run.steps.map(\.id) == ["restore"])
    #expect(run.documents == record.summary.documents && run.checks.asked == 1 && run.checks.passed == 1)
    #expect(run.sentence == record.summary.sentence && run.rating == "EXCELLENT")
    #expect(run.lastApplied == "1795259692:191" && run.backupBytes == 1_000_000 && run.position == 0)
    #expect(run.details?.collections.map(\.source) == ["shop.orders"])
    #expect(run.details?.checks.map(\.result) == ["pass"])
    #expect(run.bytesPerSecond == 180_000 && run.seconds == 10)
  }

  @Test("names what has no record, or one that can't be read, and counts the rest")
  func unreadable() throws {
    let folder = try ReportFolder()
    let ids = try (0..<6).map { try folder.write(at: .new.after(days: $0)) }
    let text = try Files.text(of: folder.record(ids[0]))
    func put(_ id: String, _ text: String) throws {
      try Files.writeAtomically(text.utf8, to: folder.record(id))
    }
    try put(ids[0], String(text.dropLast(20)))
    try put(ids[1], "")
    try put(ids[2], text)
    try put(
      ids[3],
      text.replacing(ids[0], with: ids[3]).replacing("\"schema_version\": 1", with: "\"schema_version\": 2"))
    try put(ids[4], "{\"run_id\": \"\(ids[4])\"}")
    try Files.createFolder(Files.join(folder.path, "20260301T000000Z-shop"))
    // Neither is a run.
    try Files.createFolder(Files.join(folder.path, "example"))
    try Files.writeAtomically("x".utf8, to: Files.join(folder.path, "20260302T000000Z-shop.log"))
    let index = try RunIndex(reading: folder.path)
    #expect(index.runs.map(\.runID) == [ids[5]])
    #expect(index.unreadable.map(\.runID) == Array(ids[...4]))
    #expect(
      index.unreadable.map(\.failure.code) == [
        "record-unreadable", "record-unreadable", "record-unreadable", "later-record", "record-unreadable",
      ])
    #expect(index.unreadable[2].failure.description.hasSuffix("it is the record of run \(ids[0])"))
    #expect(index.unfinished.map(\.runID) == ["20260301T000000Z-shop"])
    let history = RunHistory(index, last: nil, since: nil)
    #expect(history.json["unreadable"]?.count == 5 && history.json["unfinished"]?.count == 1)
  }

  @Test("takes records of an older version, without keys that came later")
  func older() throws {
    let folder = try ReportFolder()
    let id = try folder.write(at: .new)
    var kept: [JSON.Member] = []
    guard case .object(let members) = try JSON.parse(Files.read(folder.record(id))) else { return }
    let later = [
      "summary", "rating", "recommendations", "phases", "steps", "objectives", "resumed", "damage", "status",
    ]
    kept = members.filter { !later.contains($0.key) }
      .map { $0.key == "schema_version" ? JSON.Member($0.key, 0) : $0 }
    try Files.writeAtomically(JSON.object(kept).text().utf8, to: folder.record(id))
    let run = try #require(try RunIndex(reading: folder.path).runs.first)
    #expect(run.verdict == .pass && run.rto == nil && run.rating == nil && run.checks.asked == 0)
    #expect(run.backupBytes == 1_000_000)
  }

  @Test("counts a run that was interrupted among those that did not succeed")
  func interrupted() throws {
    let folder = try ReportFolder()
    try folder.write(at: .new)
    try folder.write(at: .new.after(60)) { record in
      (record.status, record.verdict, record.exitCode) = (.aborted, .inconclusive, .interrupted)
      record.objectives.rto?.measuredSeconds = nil
    }
    let now = WallTime.new.after(days: 1)
    let week = RunStatistics(try RunIndex(reading: folder.path, now: now).runs, days: 7, now: now)
    #expect(week.drills == 2 && week.successRate == 0.5 && week.inconclusive == 1)
    #expect(week.rto.judged == 2 && week.rto.met == 1 && week.recovery?.count == 1)
  }

  @Test(
    "leaves checks of live servers and planted damage out of the figures, and resumed runs out of the times")
  func kinds() throws {
    let folder = try ReportFolder()
    try folder.write(at: .new)
    try folder.write(at: .new.after(60)) {
      $0.environment.server = DrillRecord.Server(address: "db", version: "6.0.5")
    }
    try folder.write(at: .new.after(120)) { $0.damage = DrillRecord.Damage() }
    try folder.write(at: .new.after(180)) { record in
      record.resumed = DrillRecord.Resumption(runID: "x", step: "verify", directory: "/d")
      record.objectives.rto?.measuredSeconds = 99
    }
    let now = WallTime.new.after(days: 1)
    let index = try RunIndex(reading: folder.path, now: now)
    #expect(index.runs.map(\.kind) == [.drill, .check, .damage, .drill])
    let all = RunStatistics(index.runs, days: nil, now: now)
    #expect(all.drills == 2 && all.recovery?.count == 1 && all.recovery?.max == 8)
    #expect(RunTrend.of("shop", index.runs).first?.values == [8])
    #expect(RunIndex.completed("shop", in: folder.path, most: 10).count == 1)
  }
}

@Suite("Clocks that jump")
struct ClockTests {
  @Test("runs that overlap are as they should be")
  func overlapping() throws {
    let folder = try ReportFolder()
    // The first one begins first and ends last, so it is written last.
    let short = try folder.write("short", at: .new.after(600)) { $0.endedAt = .new.after(1200) }
    let long = try folder.write("long", at: .new) { $0.endedAt = .new.after(7200) }
    let index = try RunIndex(reading: folder.path, now: .new.after(days: 1))
    #expect(index.runs.map(\.runID) == [short, long] && index.doubtful == [])
  }

  @Test("a run of a clock that was ahead is placed by the order of writing")
  func ahead() throws {
    let folder = try ReportFolder()
    let days = [0, 7, 400, 21, 28]
    let ids = try days.map { try folder.write(at: .new.after(days: $0)) }
    for now in [30, 500] {
      let index = try RunIndex(reading: folder.path, now: .new.after(days: now))
      #expect(index.doubtful.map(\.runID) == [ids[2]])
      #expect(index.doubtful.map(\.clock) == [now == 30 ? .inTheFuture : .outOfOrder])
      #expect(index.runs.map(\.runID) == ids)
      #expect(index.runs[2].time == WallTime.new.after(days: 7).after(10))
    }
    let now = WallTime.new.after(days: 30)
    let index = try RunIndex(reading: folder.path, now: now)
    #expect(RunStatistics(index.runs, days: 30, now: now).drills == 5)
    #expect(RunStatistics(index.runs, days: 7, now: now).drills == 1)
  }

  @Test("a run of a clock that was behind, too")
  func behind() throws {
    let folder = try ReportFolder()
    let ids = try [100, 107, 3, 121].map { try folder.write(at: .new.after(days: $0)) }
    let index = try RunIndex(reading: folder.path, now: .new.after(days: 130))
    #expect(index.runs.map(\.runID) == ids && index.doubtful.map(\.clock) == [.outOfOrder])
    #expect(index.runs[2].time == WallTime.new.after(days: 107).after(10))
  }

  @Test("a run that lies in the future and hangs on nothing is in no interval, and is named")
  func future() throws {
    let folder = try ReportFolder()
    let id = try folder.write(at: .new.after(days: 900))
    let index = try RunIndex(reading: folder.path, now: .new)
    #expect(index.doubtful.map(\.runID) == [id] && index.runs[0].time == nil)
    #expect(RunStatistics(index.runs, days: 90, now: .new).drills == 0)
    #expect(RunStatistics(index.runs, days: nil, now: .new).drills == 1)
  }

  @Test("a run that ends before it begins took what its phases took")
  func backwards() throws {
    let folder = try ReportFolder()
    try folder.write(at: .new) { $0.endedAt = .new.after(-3600) }
    let run = try RunIndex(reading: folder.path, now: .new.after(days: 1)).runs[0]
    #expect(run.clock == .endsBeforeItBegins && run.seconds == 5)
  }
}

@Suite("Figures")
struct FigureTests {
  @Test(
    "the 95th percentile is the smallest value that 95 of 100 don't exceed",
    arguments: [(1, 1.0), (19, 19), (20, 19), (21, 20), (100, 95)])
  func percentile(count: Int, p95: Double) throws {
    let distribution = try #require(Distribution((1...count).reversed().map(Double.init)))
    #expect(distribution.p95 == p95)
    #expect(distribution.median == Double(count + 1) / 2 && distribution.mean == Double(count + 1) / 2)
  }

  @Test(
    "a sparkline goes from the smallest to the largest, and noise stays in the middle",
    arguments: [
      ([0.0, 50, 100], false, "▁▄█"), ([0, 50, 100], true, "_~#"), ([7, 7, 7], false, "▄▄▄"),
      ([0, 0], false, "▄▄"), ([100, 101, 99], false, "▄▅▃"), ([], false, ""),
    ])
  func sparkline(values: [Double], isASCII: Bool, text: String) {
    #expect(Sparkline.text(values, isASCII: isASCII).count == text.count)
    #expect(Sparkline.text(values, isASCII: isASCII) == text)
  }

  @Test("a sparkline leaves a blank where there is no value, and shows the newest")
  func blanks() {
    #expect(Sparkline.text([1, nil, 9], isASCII: true) == "_ #")
    #expect(Sparkline.text((0..<100).map { Double($0) }, width: 5).count == 5)
  }
}

extension JSON {
  /// Elements of an array.
  var count: Int { if case .array(let values) = self { values.count } else { 0 } }
}
